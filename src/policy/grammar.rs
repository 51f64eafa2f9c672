//! What IAM refuses to store: a document with such a fault has no known meaning.

use std::collections::BTreeSet;

use super::document::{
    Conditions, Document, Effect, PrincipalElement, Principals, ResourceElement, Scalar, Statement,
    VERSION_2008, VERSION_2012,
};
use crate::arn::{AccountId, Arn, PARTITIONS};

/// What a document is for; decides what it may contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// What an identity may do: a managed or inline policy, a boundary, a session policy.
    Identity,
    /// Who may assume a role.
    Trust,
    /// The policy of another resource, such as a function.
    Resource,
}

/// The trust policy actions that hand out sessions of the role.
pub const SESSION_ACTIONS: [&str; 4] =
    ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML", "sts:AssumeRoot"];

/// Why IAM refuses a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentRefusal {
    /// Counted from 1; `None` for the document as a whole.
    pub statement: Option<usize>,
    pub message: String,
}

/// Every reason IAM refuses a document, except unknown elements and operators, which have their own lints.
pub fn refusals(document: &Document, purpose: Purpose) -> Vec<DocumentRefusal> {
    let Document { version, id, statements, unknown: _ } = document;
    let mut found = Vec::new();
    let mut whole = |message: String| found.push(DocumentRefusal { statement: None, message });
    if let Some(version) =
        version.as_ref().filter(|version| ![VERSION_2008, VERSION_2012].contains(&version.as_str()))
    {
        whole(format!("the Version `{version}` is not one that IAM knows"));
    }
    if let Some(fault) = id.as_deref().and_then(character_fault) {
        whole(format!("the Id has {fault}"));
    }
    if statements.as_slice().is_empty() {
        whole("there are no statements".to_owned());
    }
    let mut sids = BTreeSet::new();
    for (index, statement) in statements.as_slice().iter().enumerate() {
        let mut add = |message: String| found.push(DocumentRefusal { statement: Some(index + 1), message });
        if purpose != Purpose::Resource
            && let Some(sid) = statement.sid.as_deref().filter(|sid| !sid.is_empty())
        {
            if !sid.bytes().all(|b| b.is_ascii_alphanumeric()) {
                add(format!("the Sid `{sid}` has other characters than letters and digits"));
            } else if !sids.insert(sid) {
                add(format!("the Sid `{sid}` is used twice"));
            }
        }
        statement_faults(statement, purpose, &mut add);
    }
    found
}

/// The first fault that makes a statement's meaning unknown. An unknown operator does not count: it leaves only its own
/// condition undecided.
pub(super) fn refused(statement: &Statement, purpose: Purpose) -> Option<String> {
    if let Some(element) = statement.unknown.keys().next() {
        return Some(format!("it has an element `{element}` that IAM does not know"));
    }
    let mut first = None;
    statement_faults(statement, purpose, &mut |message| {
        first.get_or_insert(message);
    });
    first.map(|message| format!("IAM refuses it: {message}"))
}

fn statement_faults(statement: &Statement, purpose: Purpose, add: &mut dyn FnMut(String)) {
    let Statement { sid: _, effect, principal, action: _, resource, condition, unknown: _ } = statement;
    match statement.action_values() {
        [] => add("it has no action".to_owned()),
        actions => {
            for action in actions {
                match action_fault(action) {
                    Some(fault) => add(fault),
                    None if purpose == Purpose::Trust && !is_sts(action) => {
                        add(format!("a trust policy is about sts actions only, not `{action}`"));
                    }
                    None => {}
                }
            }
        }
    }
    match (purpose, principal) {
        (Purpose::Identity, None) => {}
        (Purpose::Identity, Some(_)) => add("a policy of an identity names no principal".to_owned()),
        (_, None) => add("it has no principal".to_owned()),
        (Purpose::Trust, Some(PrincipalElement::NotPrincipal(_))) if *effect == Effect::Allow => {
            add("NotPrincipal goes with Deny only".to_owned());
        }
        (_, Some(PrincipalElement::Principal(principals) | PrincipalElement::NotPrincipal(principals))) => {
            principal_faults(principals, add);
        }
    }
    match (purpose, resource) {
        (Purpose::Trust, None) => {}
        (Purpose::Trust, Some(_)) => add("a trust policy has no resource".to_owned()),
        (_, Some(ResourceElement::Resource(values) | ResourceElement::NotResource(values)))
            if !values.as_slice().is_empty() =>
        {
            values.as_slice().iter().filter_map(|value| resource_fault(value)).for_each(&mut *add);
        }
        (_, _) => add("it has no resource".to_owned()),
    }
    condition.iter().for_each(|conditions| condition_faults(conditions, add));
}

fn is_sts(action: &str) -> bool {
    action.split_once(':').is_some_and(|(service, _)| service.eq_ignore_ascii_case("sts"))
}

/// `*`, or `service:Action`, where the action may have wildcards.
pub(super) fn action_fault(action: &str) -> Option<String> {
    if action == "*" {
        return None;
    }
    let Some((service, name)) = action.split_once(':') else {
        return Some(format!(
            "the action `{action}` does not begin with a service, as in `lambda:InvokeFunction`"
        ));
    };
    let is_name = |text: &str, more: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    if service.contains(['*', '?']) && service != "*" {
        return Some(format!("the action `{action}` has a wildcard in the service"));
    }
    if !(service == "*" || is_name(service, "-.")) || !is_name(name, "*?-_") {
        return Some(format!("`{action}` is not an action"));
    }
    None
}

/// `*`, or an ARN, which may end early in a wildcard.
pub(super) fn resource_fault(resource: &str) -> Option<String> {
    if resource == "*" {
        return None;
    }
    if let Some(fault) = character_fault(resource) {
        return Some(format!("the resource `{resource}` has {fault}"));
    }
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    if parts.len() < 2 || parts[0] != "arn" {
        return Some(format!("the resource `{resource}` is neither an ARN nor `*`"));
    }
    let partition = parts[1];
    let is_open = partition.contains("${") || partition.contains(['*', '?']);
    if !is_open && !PARTITIONS.iter().any(|known| known.name == partition) {
        return Some(format!(
            "the resource `{resource}` is in the partition `{partition}`, which AWS does not have"
        ));
    }
    if parts.len() < 6 && !resource.ends_with('*') {
        return Some(format!("the resource `{resource}` is not a whole ARN"));
    }
    None
}

fn principal_faults(principals: &Principals, add: &mut dyn FnMut(String)) {
    let Principals::ByKind(kinds) = principals else { return };
    if kinds.values().all(|values| values.as_slice().is_empty()) {
        add("it has no principal".to_owned());
    }
    for (kind, values) in kinds {
        if !["AWS", "Service", "Federated", "CanonicalUser"].contains(&kind.as_str()) {
            add(format!("`{kind}` is not a kind of principal"));
            continue;
        }
        for value in values.as_slice() {
            if let Some(fault) = character_fault(value) {
                add(format!("the principal `{value}` has {fault}"));
            } else if kind == "AWS" && !is_aws_principal(value) {
                add(format!(
                    "`{value}` is not a principal: an account, a role, a user or `*` is, without wildcards"
                ));
            } else if value.is_empty() {
                add(format!("a principal of the kind {kind} is empty"));
            }
        }
    }
}

fn is_aws_principal(value: &str) -> bool {
    if value == "*" || value.parse::<AccountId>().is_ok() {
        return true;
    }
    match value.parse::<Arn>() {
        Ok(arn) => {
            let is_whole = arn.resource == "root"
                || arn
                    .resource
                    .split_once('/')
                    .is_some_and(|(kind, name)| !kind.is_empty() && !name.is_empty());
            !value.contains(['*', '?'])
                && PARTITIONS.iter().any(|known| known.name == arn.partition)
                && matches!(arn.service.as_str(), "iam" | "sts" | "cloudfront")
                && (arn.account.parse::<AccountId>().is_ok() || arn.service == "cloudfront")
                && is_whole
        }
        // The unique ID of a deleted principal.
        Err(_) => {
            value.len() >= 8
                && value.starts_with(|c: char| c.is_ascii_uppercase())
                && value.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        }
    }
}

fn condition_faults(conditions: &Conditions, add: &mut dyn FnMut(String)) {
    for (operator, keys) in &conditions.0 {
        for (key, values) in keys {
            if !key.contains(':') {
                add(format!("the condition key `{key}` does not begin with a service, as in `aws:SourceIp`"));
            }
            if values.as_slice().is_empty() {
                add(format!("{operator} {key} has no values"));
            }
            for value in values.as_slice() {
                if let Scalar::String(text) = value
                    && let Some(fault) = character_fault(text)
                {
                    add(format!("a value of {operator} {key} has {fault}"));
                }
            }
        }
    }
}

/// IAM accepts tab, line feed, carriage return and U+0020 to U+00FF (IAM API reference, `PolicyDocument`).
fn character_fault(text: &str) -> Option<String> {
    let is_taken = |c: &char| matches!(*c, '\t' | '\n' | '\r' | ' '..='\u{ff}');
    let other = text.chars().find(|c| !is_taken(c))?;
    let what = match other {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => ", a dash other than -",
        '\u{2018}'..='\u{201f}' => ", a typographic quotation mark",
        '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => ", which cannot be seen",
        '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => ", a blank other than a space",
        _ => "",
    };
    Some(format!("the character U+{:04X}{what}", u32::from(other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(statement: &str, purpose: Purpose) -> Vec<String> {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
        refusals(&Document::parse(&text).unwrap(), purpose)
            .into_iter()
            .map(|refusal| refusal.message)
            .collect()
    }

    #[test]
    fn what_people_write_is_not_refused() {
        for (statement, purpose) in [
            (
                r#"{"Sid":"A","Effect":"Allow","Principal":{"AWS":["765628985471","arn:aws:iam::765628985471:root","arn:aws:sts::111122223333:assumed-role/r/s","AROAEXAMPLEEXAMPLE123"],"Service":"lambda.amazonaws.com"},"Action":["sts:AssumeRole","sts:*"],"Condition":{"StringEquals":{"sts:ExternalId":"é"}}}"#,
                Purpose::Trust,
            ),
            (
                r#"{"Effect":"Deny","NotAction":["*","lambda:Get*","*:*"],"NotResource":["*","arn:aws:s3:::b/${aws:username}","arn:*:lambda:*","arn:aws*"]}"#,
                Purpose::Identity,
            ),
            (
                r#"{"Sid":"a b-c","Effect":"Deny","NotPrincipal":{"AWS":"*"},"Action":"s3:*","Resource":"arn:aws:s3:::b"}"#,
                Purpose::Resource,
            ),
        ] {
            assert_eq!(of(statement, purpose), Vec::<String>::new(), "{statement}");
        }
    }

    #[test]
    fn every_fault_of_the_grammar_is_found() {
        let trust = r#"{"Effect":"Allow","Principal":{"AWS":"765628985471"},"Action":"sts:AssumeRole"}"#;
        for (from, to) in [
            (r#"{"AWS":"765628985471"}"#, r#"{"AWS":[]}"#),
            (r#"{"AWS":"765628985471"}"#, "{}"),
            (r#""Principal":{"AWS":"765628985471"},"#, ""),
            ("\"AWS\"", "\"aws\""),
            ("765628985471", "arn:aws:iam::*:root"),
            ("765628985471", "arn:aws:iam::765628985471:*"),
            ("765628985471", "76562898547"),
            ("765628985471", "arn:aws-moon:iam::765628985471:root"),
            ("\"Principal\"", "\"NotPrincipal\""),
            ("sts:AssumeRole", "*"),
            ("sts:AssumeRole", "lambda:InvokeFunction"),
            ("sts:AssumeRole", "AssumeRole"),
            ("sts:AssumeRole", "sts:AssumeRole "),
            ("sts:AssumeRole", "sts:Assume:Role"),
            ("sts:AssumeRole", ""),
            ("sts:AssumeRole", "st*:AssumeRole"),
            ("\"sts:AssumeRole\"", "[]"),
            ("\"Action\"", "\"Resource\":\"*\",\"Action\""),
            ("\"Action\"", "\"Sid\":\"a b\",\"Action\""),
            ("\"Action\"", r#""Condition":{"StringEquals":{"ExternalId":"x"}},"Action""#),
            ("\"Action\"", r#""Condition":{"StringEquals":{"sts:ExternalId":[]}},"Action""#),
            (
                "\"Action\"",
                "\"Condition\":{\"StringEquals\":{\"sts:ExternalId\":\"\u{201c}x\u{201d}\"}},\"Action\"",
            ),
        ] {
            assert_eq!(of(&trust.replace(from, to), Purpose::Trust).len(), 1, "{to}");
        }
        let invoke = r#"{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:us-east-1:111122223333:function:f"}"#;
        for (from, to) in [
            ("arn:aws:lambda", "arn:aws-moon:lambda"),
            ("arn:aws:lambda:us-east-1:111122223333:function:f", "function:f"),
            ("arn:aws:lambda:us-east-1:111122223333:function:f", "arn:aws:lambda:us-east-1"),
            ("arn:aws:lambda:us-east-1:111122223333:function:f", ""),
            (":function:f", ":function:f\u{2014}x"),
            ("\"Resource\"", "\"Principal\":\"*\",\"Resource\""),
        ] {
            assert_eq!(of(&invoke.replace(from, to), Purpose::Identity).len(), 1, "{to}");
        }
        assert_eq!(of(&format!("{},{}", with_sid(invoke), with_sid(invoke)), Purpose::Identity).len(), 1);
        assert_eq!(of("", Purpose::Trust), ["there are no statements"]);
        let other = Document::parse(r#"{"Version":"2012-10-18","Statement":[]}"#).unwrap();
        assert_eq!(refusals(&other, Purpose::Trust).len(), 2);
    }

    fn with_sid(statement: &str) -> String {
        statement.replacen('{', "{\"Sid\":\"One\",", 1)
    }
}
