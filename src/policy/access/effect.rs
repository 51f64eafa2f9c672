//! Who gets in by a statement of a trust policy, with its conditions and every Deny of the document taken into account.

use super::super::admission::{ASSUME_ROLE, Everybody, TrustPolicy};
use super::super::document::{Document, Effect, Statement};
use super::super::named::is_unique_id;
use super::super::request::Principal;
use super::extent::Extent;
use super::words::{AccountName, principal_in_words};
use crate::arn::Arn;

/// Which of those whom a statement names get in, as far as is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum InEffect {
    /// Those whom it names.
    #[default]
    AsWritten,
    Nobody,
    /// Of everybody, these.
    AtMost(Vec<String>),
}

impl InEffect {
    pub(super) fn words(&self) -> String {
        match self {
            Self::AsWritten => String::new(),
            Self::Nobody => "; in effect nobody".to_owned(),
            Self::AtMost(who) => format!("; in effect at most {}", who.join(" and ")),
        }
    }
}

/// What an Allow statement lets one of its principals do, and everything that narrows it.
pub(super) struct Narrowed<'a> {
    role: &'a Arn,
    who: Option<Principal>,
    /// The statement, and every Deny; `None`: whoever it names gets in.
    document: Option<Document>,
}

impl<'a> Narrowed<'a> {
    /// `is_plain`: the statement allows sts:AssumeRole, and at most demands an external ID.
    pub(super) fn new(
        statement: &Statement,
        subject: &Extent,
        document: &Document,
        role: &'a Arn,
        is_plain: bool,
    ) -> Self {
        let who = principal(subject);
        let is_plain = is_plain
            && match &who {
                Some(Principal::Aws(id)) => !is_unique_id(id),
                Some(Principal::Service(_)) | None => true,
                Some(Principal::Federated(_) | Principal::Anonymous) => false,
            };
        let denies = || document.statements.as_slice().iter().any(|one| one.effect == Effect::Deny);
        let is_narrowed = statement.effect == Effect::Allow && (!is_plain || denies());
        Self { role, who, document: is_narrowed.then(|| document.with_denials(statement)) }
    }

    pub(super) fn effect(&self, name: AccountName) -> InEffect {
        let (Some(admission), Some(who)) = (self.admission(), &self.who) else { return InEffect::AsWritten };
        match who {
            Principal::Aws(id) if is_unique_id(id) => InEffect::Nobody,
            Principal::Anonymous => {
                let Everybody { calls, named, without_id: _ } = admission.everybody();
                if calls.contains(&ASSUME_ROLE) {
                    return InEffect::AsWritten;
                }
                let by_others = (!calls.is_empty()).then(|| format!("anyone by {}", calls.join(" or ")));
                let words = |who: &Principal| match who {
                    Principal::Aws(arn) => Some(principal_in_words("AWS", arn, name)),
                    _ => None,
                };
                let who: Vec<String> = by_others.into_iter().chain(named.iter().filter_map(words)).collect();
                if who.is_empty() { InEffect::Nobody } else { InEffect::AtMost(who) }
            }
            who if admission.calls(who).is_empty() => InEffect::Nobody,
            _ => InEffect::AsWritten,
        }
    }

    /// Whether someone whom it names may get in without an external ID.
    pub(super) fn needs_no_id(&self) -> bool {
        let (Some(admission), Some(who)) = (self.admission(), &self.who) else { return true };
        match who {
            Principal::Anonymous => admission.everybody().without_id,
            Principal::Aws(_) => admission.comes(who, ASSUME_ROLE, None),
            Principal::Service(_) | Principal::Federated(_) => true,
        }
    }

    fn admission(&self) -> Option<TrustPolicy<'_>> {
        Some(TrustPolicy { role: self.role, document: self.document.as_ref()? })
    }
}

/// Whom an extent of principals names; `None`: more than one can ask about.
fn principal(subject: &Extent) -> Option<Principal> {
    let text = match subject {
        Extent::Everything => return Some(Principal::Anonymous),
        Extent::Exactly(text) => text,
        _ => return None,
    };
    match text.split_once(' ')? {
        ("AWS", "*") => Some(Principal::Anonymous),
        ("AWS", value) => Some(Principal::Aws(value.to_owned())),
        ("Service", value) => Some(Principal::Service(value.to_owned())),
        ("Federated", value) => Some(Principal::Federated(value.to_owned())),
        _ => None,
    }
}
