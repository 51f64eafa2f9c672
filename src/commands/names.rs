//! Names that two specs for one account both want: each would undo what the other makes.

use std::collections::BTreeMap;

use super::specs::SpecSource;
use crate::arn::AccountId;
use crate::explain::{Explain, Status};
use crate::spec::Spec;

/// The names of roles and policies so far, by account; IAM ignores their case.
#[derive(Default)]
pub(super) struct Names {
    seen: BTreeMap<(AccountId, &'static str, String), String>,
}

impl Names {
    /// # Errors
    ///
    /// [`SameName`] for a name that an earlier spec also uses.
    pub(super) fn add(&mut self, source: &SpecSource, spec: &Spec) -> Result<(), SameName> {
        let roles = spec.roles.iter().map(|role| ("role", &role.name));
        let policies = spec.roles.iter().map(|role| ("policy", &role.policy_name));
        // What a spec made is found by its name: each would take the other's roles for its own, and prune them.
        let own = std::iter::once((SPEC, &spec.name));
        for (kind, name) in own.chain(roles).chain(policies) {
            let account = spec.aws.account_id.clone();
            let key =
                (account.clone(), kind, if kind == SPEC { name.clone() } else { name.to_ascii_lowercase() });
            let this = source.to_string();
            if let Some(other) = self.seen.insert(key, this.clone()).filter(|other| *other != this) {
                return Err(SameName { kind, name: name.clone(), account, this, other });
            }
        }
        Ok(())
    }
}

const SPEC: &str = "the spec name";

#[derive(Debug, thiserror::Error)]
#[error("{kind} `{name}` of AWS account {account} is in two specs: {other} and {this}")]
pub(super) struct SameName {
    kind: &'static str,
    name: String,
    account: AccountId,
    other: String,
    this: String,
}

impl Explain for SameName {
    fn help(&self) -> Option<String> {
        Some(match self.kind {
            SPEC => format!(
                "what a spec made is found by its name: write another `name = \"…\"` at the top of {}",
                self.this
            ),
            _ => "keep it in one of them, or give it another name".to_owned(),
        })
    }

    fn status(&self) -> Status {
        Status::Error
    }
}
