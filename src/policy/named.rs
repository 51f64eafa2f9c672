//! The principals a statement names, one by one.

use super::access::{AccountName, principal_in_words};
use super::document::{PrincipalElement, Principals, Statement};
use super::request::Principal;

/// A principal that a statement names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedParty {
    /// `AWS account 691338073777`
    pub words: String,
    /// As written in the document; `*` for everyone. `None`: everyone not excepted.
    pub value: Option<String>,
    /// `None`: who it is cannot be determined.
    pub principal: Option<Principal>,
}

/// The principals a statement names. Without a principal, or with `*`, it names everyone.
pub fn named_parties(statement: &Statement, name: AccountName) -> Vec<NamedParty> {
    let anyone = || NamedParty {
        words: "anyone".to_owned(),
        value: Some("*".to_owned()),
        principal: Some(Principal::Anonymous),
    };
    match &statement.principal {
        Some(PrincipalElement::Principal(Principals::ByKind(kinds))) => kinds
            .iter()
            .flat_map(|(kind, values)| values.as_slice().iter().map(move |value| (kind.as_str(), value)))
            .map(|(kind, value)| NamedParty {
                words: principal_in_words(kind, value, name),
                value: Some(value.clone()),
                principal: match kind {
                    "AWS" if value == "*" => Some(Principal::Anonymous),
                    "AWS" => Some(Principal::Aws(value.clone())),
                    "Service" => Some(Principal::Service(value.clone())),
                    "Federated" => Some(Principal::Federated(value.clone())),
                    // Which account that is cannot be determined.
                    _ => None,
                },
            })
            .collect(),
        Some(PrincipalElement::Principal(Principals::Any)) | None => vec![anyone()],
        Some(PrincipalElement::NotPrincipal(_)) => {
            let words = "everyone except those named in a NotPrincipal".to_owned();
            vec![NamedParty { words, value: None, principal: None }]
        }
    }
}

/// `AROA…`, `AIDA…`: what IAM shows in place of a deleted role or user.
pub fn is_unique_id(text: &str) -> bool {
    text.len() >= 16
        && text.starts_with('A')
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}
