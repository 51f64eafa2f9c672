//! Principals and conditions in words.

use super::super::document::{Scalar, Statement};
use super::super::key::{EXTERNAL_ID, KEYS};
use crate::arn::{AccountId, Arn};

/// What an account is called, by partition and ID.
pub type AccountName = fn(&str, &AccountId) -> Option<&'static str>;

/// The account and partition of a principal that is a whole account.
fn whole_account(principal: &str) -> Option<(AccountId, String)> {
    if let Ok(account) = principal.parse() {
        return Some((account, "aws".to_owned()));
    }
    let arn: Arn = principal.parse().ok()?;
    if arn.service == "iam" && arn.resource == "root" {
        Some((arn.account.parse().ok()?, arn.partition))
    } else {
        None
    }
}

/// A principal as a person would name it.
pub fn principal_in_words(kind: &str, principal: &str, name: AccountName) -> String {
    match (kind, principal) {
        ("AWS", "*") => return "anyone".to_owned(),
        (_, "*") => return format!("any principal of the kind {kind}"),
        ("AWS", _) => {}
        ("Service", _) => return format!("the AWS service {principal}"),
        ("Federated", _) => return format!("the identity provider {principal}"),
        ("CanonicalUser", _) => return format!("the AWS account with the canonical user ID {principal}"),
        _ => return format!("{kind} {principal}"),
    }
    let Some((account, partition)) = whole_account(principal) else { return principal.to_owned() };
    let of = if partition == "aws" { String::new() } else { format!(" of the partition {partition}") };
    match name(&partition, &account) {
        Some(name) => format!("{name} (AWS account {account}{of})"),
        None => format!("AWS account {account}{of}"),
    }
}

/// `, with external ID x`, `, if StringLike aws:PrincipalArn is a or b`, or nothing if there are no conditions.
pub fn conditions(statement: &Statement) -> String {
    let mut external_ids = String::new();
    let mut others = Vec::new();
    for (operator, key, values) in statement.conditions().iter() {
        let values = values.iter().map(value_in_words).collect::<Vec<_>>().join(" or ");
        if operator == "StringEquals" && key.eq_ignore_ascii_case(EXTERNAL_ID) {
            external_ids.push_str(&format!(", with external ID {values}"));
        } else {
            let key = in_awss_capitals(key);
            others.push(match (operator, values.as_str()) {
                ("Null", "true") if key == "aws:PrincipalOrgID" => {
                    format!("the caller belongs to no AWS organization ({key} is missing)")
                }
                ("Null", "true") => format!("{key} is missing"),
                ("Null", "false") => format!("{key} is present"),
                _ => format!("{operator} {key} is {values}"),
            });
        }
    }
    if others.is_empty() { external_ids } else { format!("{external_ids}, if {}", others.join(" and ")) }
}

/// Keys are case-insensitive; people read them as AWS writes them.
fn in_awss_capitals(key: &str) -> &str {
    KEYS.iter().find(|known| known.eq_ignore_ascii_case(key)).unwrap_or(&key)
}

/// Quoted unless it is one plain word, so no value reads like part of the sentence.
fn value_in_words(value: &Scalar) -> String {
    let text = value.to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/+=@*?${}".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text } else { serde_json::Value::from(text).to_string() }
}
