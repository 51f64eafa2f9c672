//! What documents grant, as sentences that can be compared: the reader of a plan sees who gains what.

use std::collections::BTreeSet;

use crate::arn::{AccountId, Arn};
use crate::policy::Document;
use crate::policy::document::{
    ActionElement, Effect, PrincipalElement, Principals, ResourceElement, Statement,
};
use crate::spec::KNOWN_GENESYS_ACCOUNTS;

/// What is granted, a sentence a grant. A `Deny` is a restriction: losing one is a gain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Access {
    /// Who may assume the role.
    pub assume: BTreeSet<String>,
    /// What the role may do.
    pub permissions: BTreeSet<String>,
    pub restrictions: BTreeSet<String>,
}

/// The difference between two states of access.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccessDiff {
    pub before: Access,
    pub after: Access,
}

/// A sentence that holds only after, only before, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    Gained,
    Lost,
    Kept,
}

impl AccessDiff {
    /// Whether anything is granted that was not, or a restriction falls away.
    pub fn is_wider(&self) -> bool {
        let Self { before, after } = self;
        !after.assume.is_subset(&before.assume)
            || !after.permissions.is_subset(&before.permissions)
            || !before.restrictions.is_subset(&after.restrictions)
    }

    pub fn assume(&self) -> Vec<(Sign, &str)> {
        signed(&self.before.assume, &self.after.assume)
    }

    pub fn permissions(&self) -> Vec<(Sign, &str)> {
        signed(&self.before.permissions, &self.after.permissions)
    }

    pub fn restrictions(&self) -> Vec<(Sign, &str)> {
        signed(&self.before.restrictions, &self.after.restrictions)
    }
}

fn signed<'a>(before: &'a BTreeSet<String>, after: &'a BTreeSet<String>) -> Vec<(Sign, &'a str)> {
    before
        .union(after)
        .map(|sentence| {
            let sign = match (before.contains(sentence), after.contains(sentence)) {
                (true, false) => Sign::Lost,
                (false, true) => Sign::Gained,
                _ => Sign::Kept,
            };
            (sign, sentence.as_str())
        })
        .collect()
}

impl Access {
    /// Adds what a trust policy says.
    pub fn add_trust(&mut self, document: &Document) {
        let document = document.canonical();
        for statement in document.statements.as_slice() {
            let action = actions(statement);
            let action = if action == ["sts:AssumeRole"] {
                String::new()
            } else {
                format!(" by {}", action.join(", "))
            };
            let condition = conditions(statement);
            for who in principals(statement) {
                let sentence = format!("{who}{action}{condition}");
                match statement.effect {
                    Effect::Allow => self.assume.insert(sentence),
                    Effect::Deny => self.restrictions.insert(format!("not assumable for {sentence}")),
                };
            }
        }
        if !document.unknown.is_empty()
            || document.statements.as_slice().iter().any(|s| !s.unknown.is_empty())
        {
            self.assume.insert("an element of the trust policy that IAM's grammar does not have".to_owned());
        }
    }

    /// Adds what a policy of the role allows and denies.
    pub fn add_permissions(&mut self, document: &Document) {
        for statement in document.canonical().statements.as_slice() {
            let condition = conditions(statement);
            for action in actions(statement) {
                for resource in resources(statement) {
                    match statement.effect {
                        Effect::Allow => {
                            self.permissions.insert(format!("{action} on {resource}{condition}"))
                        }
                        Effect::Deny => {
                            self.restrictions.insert(format!("denied {action} on {resource}{condition}"))
                        }
                    };
                }
            }
        }
    }

    pub fn add_boundary(&mut self, boundary: &Arn) {
        self.restrictions.insert(format!("bounded by {boundary}"));
    }
}

/// `lambda:InvokeFunction on arn:…`, an entry for each grant of a document; denials are left out.
pub fn grants(document: &Document) -> Vec<String> {
    let mut access = Access::default();
    access.add_permissions(document);
    access.permissions.into_iter().collect()
}

/// The account of a principal that stands for a whole account.
fn whole_account(principal: &str) -> Option<AccountId> {
    if let Ok(account) = principal.parse() {
        return Some(account);
    }
    let arn: Arn = principal.parse().ok()?;
    if arn.service == "iam" && arn.resource == "root" { arn.account.parse().ok() } else { None }
}

/// A principal as a person would name it.
pub fn principal_in_words(kind: &str, principal: &str) -> String {
    if principal == "*" {
        return "anyone".to_owned();
    }
    if kind == "AWS"
        && let Some(account) = whole_account(principal)
    {
        return match KNOWN_GENESYS_ACCOUNTS.iter().find(|known| known.id == account.as_str()) {
            Some(known) => format!("{} (AWS account {account})", known.name),
            None => format!("AWS account {account}"),
        };
    }
    match kind {
        "AWS" => principal.to_owned(),
        _ => format!("{kind} {principal}"),
    }
}

fn principals(statement: &Statement) -> Vec<String> {
    let (element, negated) = match &statement.principal {
        Some(PrincipalElement::Principal(element)) => (element, false),
        Some(PrincipalElement::NotPrincipal(element)) => (element, true),
        None => return vec!["(no principal)".to_owned()],
    };
    let mut named: Vec<String> = match element {
        Principals::Any => vec!["anyone".to_owned()],
        Principals::ByKind(kinds) => kinds
            .iter()
            .flat_map(|(kind, values)| values.as_slice().iter().map(|value| principal_in_words(kind, value)))
            .collect(),
    };
    if negated {
        named = vec![format!("everyone but {}", named.join(", "))];
    }
    named
}

fn actions(statement: &Statement) -> Vec<String> {
    match &statement.action {
        Some(ActionElement::Action(actions)) => actions.as_slice().to_vec(),
        Some(ActionElement::NotAction(actions)) => {
            vec![format!("every action but {}", actions.as_slice().join(", "))]
        }
        None => vec!["(no action)".to_owned()],
    }
}

fn resources(statement: &Statement) -> Vec<String> {
    match &statement.resource {
        Some(ResourceElement::Resource(resources)) => resources.as_slice().to_vec(),
        Some(ResourceElement::NotResource(resources)) => {
            vec![format!("everything but {}", resources.as_slice().join(", "))]
        }
        None => vec!["(no resource)".to_owned()],
    }
}

/// ` with external ID x`, ` if StringLike aws:PrincipalArn is a or b`, or nothing for none.
fn conditions(statement: &Statement) -> String {
    let Some(operators) = &statement.condition else {
        return match statement.principal {
            Some(_) if statement.effect == Effect::Allow => ", without an external ID".to_owned(),
            _ => String::new(),
        };
    };
    let mut external_id = None;
    let mut others = Vec::new();
    for (operator, keys) in operators {
        for (key, values) in keys {
            let values: Vec<String> = values.as_slice().iter().map(|value| value.to_string()).collect();
            let values = values.join(" or ");
            if operator == "StringEquals" && key.eq_ignore_ascii_case("sts:ExternalId") {
                external_id = Some(values);
            } else {
                others.push(format!("{operator} {key} is {values}"));
            }
        }
    }
    let mut text = match external_id {
        Some(values) => format!(", with external ID {values}"),
        None if statement.principal.is_some() && statement.effect == Effect::Allow && others.is_empty() => {
            ", without an external ID".to_owned()
        }
        None => String::new(),
    };
    if !others.is_empty() {
        text.push_str(", if ");
        text.push_str(&others.join(" and "));
    }
    text
}
