//! What documents grant, as sentences that can be compared: the reader of a plan sees who gains what.

use std::collections::{BTreeMap, BTreeSet};

use crate::arn::{AccountId, Arn};
use crate::policy::Document;
use crate::policy::document::{
    ActionElement, Effect, OneOrMany, PrincipalElement, Principals, ResourceElement, Statement,
};
use crate::policy::wildcard_matches;
use crate::spec::KNOWN_GENESYS_ACCOUNTS;

/// What is granted, by the sentence that says it. A `Deny` is a restriction: losing one is a gain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Access {
    /// Who may assume the role.
    pub assume: BTreeMap<String, Grant>,
    /// What the role may do.
    pub permissions: BTreeMap<String, Grant>,
    pub restrictions: BTreeSet<String>,
}

/// One thing that an Allow lets happen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// Who may, or the actions that may be taken.
    subject: Extent,
    /// The actions of a trust policy, or the resources of another.
    object: Extent,
    condition: String,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Extent {
    Everything,
    /// With `*` and `?`.
    Pattern(String),
    /// A sentence that covers only itself, such as one about a NotAction.
    Exactly(String),
}

impl Grant {
    /// Whether everything that `other` lets happen is let happen by this. When in doubt it is not.
    fn covers(&self, other: &Self) -> bool {
        let condition = self.condition.is_empty() || self.condition == other.condition;
        condition && self.subject.covers(&other.subject) && self.object.covers(&other.object)
    }
}

impl Extent {
    fn of_pattern(pattern: &str) -> Self {
        if pattern == "*" { Self::Everything } else { Self::Pattern(pattern.to_owned()) }
    }

    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Everything, _) => true,
            // What has wildcards itself is not taken for a part of another pattern.
            (Self::Pattern(pattern), Self::Pattern(text)) if !text.contains(['*', '?']) => {
                wildcard_matches(pattern, text)
            }
            _ => self == other,
        }
    }
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
        let wider = |before: &BTreeMap<String, Grant>, after: &BTreeMap<String, Grant>| {
            after.values().any(|new| !before.values().any(|old| old.covers(new)))
        };
        wider(&before.assume, &after.assume)
            || wider(&before.permissions, &after.permissions)
            || !before.restrictions.is_subset(&after.restrictions)
    }

    pub fn assume(&self) -> Vec<(Sign, &str)> {
        signed(self.before.assume.keys(), self.after.assume.keys())
    }

    pub fn permissions(&self) -> Vec<(Sign, &str)> {
        signed(self.before.permissions.keys(), self.after.permissions.keys())
    }

    pub fn restrictions(&self) -> Vec<(Sign, &str)> {
        signed(self.before.restrictions.iter(), self.after.restrictions.iter())
    }
}

fn signed<'a>(
    before: impl Iterator<Item = &'a String>,
    after: impl Iterator<Item = &'a String>,
) -> Vec<(Sign, &'a str)> {
    let before: BTreeSet<&String> = before.collect();
    let after: BTreeSet<&String> = after.collect();
    before
        .union(&after)
        .map(|sentence| {
            let sign = match (before.contains(*sentence), after.contains(*sentence)) {
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
            let actions = actions(statement);
            let by = match actions.as_slice() {
                [(action, _)] if action == "sts:AssumeRole" => String::new(),
                _ => format!(
                    " by {}",
                    actions.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join(", ")
                ),
            };
            let condition = conditions(statement);
            for (who, subject) in principals(statement) {
                let sentence = match condition.as_str() {
                    "" if statement.effect == Effect::Allow => format!("{who}{by}, without an external ID"),
                    _ => format!("{who}{by}{condition}"),
                };
                if statement.effect == Effect::Deny {
                    self.restrictions.insert(format!("not assumable for {sentence}"));
                    continue;
                }
                let object = match actions.as_slice() {
                    [(_, extent)] => extent.clone(),
                    _ => Extent::Exactly(by.clone()),
                };
                let grant = Grant { subject, object, condition: condition.clone() };
                self.assume.insert(sentence, grant);
            }
        }
        if !document.unknown.is_empty()
            || document.statements.as_slice().iter().any(|s| !s.unknown.is_empty())
        {
            let sentence = "whoever an element lets in that IAM's grammar does not have".to_owned();
            let [subject, object] = [(); 2].map(|()| Extent::Exactly(document.to_json()));
            self.assume.insert(sentence, Grant { subject, object, condition: String::new() });
        }
    }

    /// Adds what a policy of the role allows and denies.
    pub fn add_permissions(&mut self, document: &Document) {
        for statement in document.canonical().statements.as_slice() {
            let condition = conditions(statement);
            for (action, subject) in actions(statement) {
                for (resource, object) in resources(statement) {
                    let sentence = format!("{action} on {resource}{condition}");
                    if statement.effect == Effect::Deny {
                        self.restrictions.insert(format!("denied {sentence}"));
                        continue;
                    }
                    let condition = condition.clone();
                    self.permissions.insert(sentence, Grant { subject: subject.clone(), object, condition });
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
    access.permissions.into_keys().collect()
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

fn principals(statement: &Statement) -> Vec<(String, Extent)> {
    let exactly = |text: String| vec![(text.clone(), Extent::Exactly(text))];
    let (element, negated) = match &statement.principal {
        Some(PrincipalElement::Principal(element)) => (element, false),
        Some(PrincipalElement::NotPrincipal(element)) => (element, true),
        None => return exactly("(no principal)".to_owned()),
    };
    let named: Vec<String> = match element {
        Principals::Any if !negated => return vec![("anyone".to_owned(), Extent::Everything)],
        Principals::Any => vec!["anyone".to_owned()],
        Principals::ByKind(kinds) => kinds
            .iter()
            .flat_map(|(kind, values)| values.as_slice().iter().map(|value| principal_in_words(kind, value)))
            .collect(),
    };
    if negated {
        return exactly(format!("everyone but {}", named.join(", ")));
    }
    named.into_iter().map(|who| (who.clone(), Extent::Exactly(who))).collect()
}

fn actions(statement: &Statement) -> Vec<(String, Extent)> {
    let (values, negated) = match &statement.action {
        Some(ActionElement::Action(values)) => (Some(values), false),
        Some(ActionElement::NotAction(values)) => (Some(values), true),
        None => (None, false),
    };
    extents(values, negated, "action")
}

fn resources(statement: &Statement) -> Vec<(String, Extent)> {
    let (values, negated) = match &statement.resource {
        Some(ResourceElement::Resource(values)) => (Some(values), false),
        Some(ResourceElement::NotResource(values)) => (Some(values), true),
        None => (None, false),
    };
    extents(values, negated, "resource")
}

fn extents(values: Option<&OneOrMany<String>>, negated: bool, what: &str) -> Vec<(String, Extent)> {
    let exactly = |text: String| vec![(text.clone(), Extent::Exactly(text))];
    match values.map(OneOrMany::as_slice) {
        None => exactly(format!("(no {what})")),
        Some(values) if negated => exactly(format!("every {what} but {}", values.join(", "))),
        Some(values) => values.iter().map(|value| (value.clone(), Extent::of_pattern(value))).collect(),
    }
}

/// `, with external ID x`, `, if StringLike aws:PrincipalArn is a or b`, or nothing for none.
fn conditions(statement: &Statement) -> String {
    let mut external_id = String::new();
    let mut others = Vec::new();
    for (operator, keys) in statement.condition.iter().flatten() {
        for (key, values) in keys {
            let values: Vec<String> = values.as_slice().iter().map(|value| value.to_string()).collect();
            let values = values.join(" or ");
            if operator == "StringEquals" && key.eq_ignore_ascii_case("sts:ExternalId") {
                external_id = format!(", with external ID {values}");
            } else {
                others.push(format!("{operator} {key} is {values}"));
            }
        }
    }
    if others.is_empty() { external_id } else { format!("{external_id}, if {}", others.join(" and ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(trust: &str, permissions: &str) -> Access {
        let mut access = Access::default();
        for (text, add) in
            [(trust, Access::add_trust as fn(&mut Access, &Document)), (permissions, Access::add_permissions)]
        {
            if !text.is_empty() {
                add(&mut access, &Document::parse(&format!("{{\"Statement\":[{text}]}}")).unwrap());
            }
        }
        access
    }

    fn is_wider(before: Access, after: Access) -> bool {
        AccessDiff { before, after }.is_wider()
    }

    const GENESYS: &str = r#"{"Effect":"Allow","Principal":{"AWS":"765628985471"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"x1"}}}"#;

    #[test]
    fn repairing_what_is_too_wide_widens_nothing() {
        let anyone = r#"{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}"#;
        let before = access(anyone, r#"{"Effect":"Allow","Action":"lambda:*","Resource":"*"}"#);
        let after =
            access(GENESYS, r#"{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"arn:f"}"#);
        assert!(!is_wider(before.clone(), after.clone()));
        assert!(is_wider(after, before));
    }

    #[test]
    fn a_dropped_condition_a_further_function_and_a_lost_deny_widen() {
        let open = GENESYS.replace(r#","Condition":{"StringEquals":{"sts:ExternalId":"x1"}}"#, "");
        assert!(is_wider(access(GENESYS, ""), access(&open, "")));
        assert!(!is_wider(access(&open, ""), access(GENESYS, "")));
        assert!(is_wider(access(GENESYS, ""), access(&GENESYS.replace("x1", "x2"), "")));
        let function = |name: &str| {
            format!(r#"{{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"{name}"}}"#)
        };
        assert!(is_wider(
            access("", &function("f")),
            access("", &format!("{},{}", function("f"), function("g")))
        ));
        let deny = r#"{"Effect":"Deny","Action":"*","Resource":"g"}"#;
        assert!(is_wider(access("", &format!("{},{deny}", function("*"))), access("", &function("*"))));
    }

    #[test]
    fn a_not_action_covers_only_itself() {
        let except = |what: &str| format!(r#"{{"Effect":"Allow","NotAction":"{what}","Resource":"*"}}"#);
        assert!(is_wider(access("", &except("s3:*")), access("", &except("s3:GetObject"))));
        assert!(!is_wider(access("", &except("s3:*")), access("", &except("s3:*"))));
    }

    #[test]
    fn a_pattern_is_not_taken_for_a_part_of_another() {
        let on = |resource: &str| format!(r#"{{"Effect":"Allow","Action":"a:b","Resource":"{resource}"}}"#);
        assert!(is_wider(access("", &on("a?c")), access("", &on("a*c"))));
        assert!(!is_wider(access("", &on("a?c")), access("", &on("abc"))));
    }
}
