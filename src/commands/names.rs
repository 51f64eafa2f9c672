//! Names that two specs for one account both want: each would undo what the other makes.

use std::collections::BTreeMap;

use super::specs::SpecSource;
use crate::arn::AccountId;
use crate::explain::{Explain, Status};
use crate::spec::{AcceptedThing, Boundary, RoleSpec, Spec, SpecNames};

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

/// Everything that a spec names, in roles that are selected or not: no other spec of the run prunes it.
pub(super) fn all_names(source: &SpecSource, spec: &Spec) -> SpecNames {
    let account = &spec.aws.account_id;
    let mut names = SpecNames::new(source.display(), account, &spec.name);
    let arns = spec.verifier.iter().chain(spec.aws.assume_role.as_ref().map(|role| &role.role_arn));
    arns.for_each(|arn| names.add_arn(arn));
    add_roles(&mut names, account, spec.roles.iter().chain(&spec.excluded));
    names
}

/// What roles of a spec name that a run leaves out.
pub(super) fn names_left_out(spec: &Spec) -> SpecNames {
    let account = &spec.aws.account_id;
    let mut names = SpecNames::new(String::new(), account, &spec.name);
    add_roles(&mut names, account, spec.excluded.iter());
    names
}

fn add_roles<'s>(names: &mut SpecNames, account: &AccountId, roles: impl Iterator<Item = &'s RoleSpec>) {
    for role in roles {
        names.add_role(account, &role.name);
        names.add_policy(account, &role.policy_name);
        if let Boundary::Policy(arn) = &role.permissions_boundary {
            names.add_arn(arn);
        }
        for accept in &role.accepts {
            let value = accept.what.value();
            match (&accept.what, value.parse()) {
                (AcceptedThing::Policy(_) | AcceptedThing::Principal(_), Ok(arn)) => names.add_arn(&arn),
                (AcceptedThing::Policy(_), Err(_)) => names.add_policy(account, value),
                _ => {}
            }
        }
        if let Some(integration) = &role.integration {
            names.add_integration(&integration.name);
            integration.id.iter().for_each(|id| names.add_id(id));
        }
        role.data_actions.iter().filter_map(|action| action.id.as_ref()).for_each(|id| names.add_id(id));
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
                "what a spec made is found by its name, so give the newer of the two another `name = \"…\"`, the one whose roles \
                 are not made yet: under a new name, {} or {} would no longer find what it made as `{}`",
                self.other, self.this, self.name
            ),
            _ => "keep it in one of them, or give it another name".to_owned(),
        })
    }

    fn status(&self) -> Status {
        Status::Error
    }
}
