//! Names that two specs both want: each would undo what the other makes.

use std::collections::BTreeMap;

use super::specs::SpecSource;
use crate::arn::AccountId;
use crate::explain::{Explain, Status};
use crate::spec::{AcceptedThing, Boundary, ExternalId, IntegrationSpec, RoleSpec, Spec, SpecNames};

/// The names so far, and the specs that have them.
#[derive(Default)]
pub(super) struct Names {
    seen: BTreeMap<Name, NameOwner>,
}

/// What only one spec can have. Without `Debug`: an organization's ID may be masked.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    /// The account or organization; nothing for an ID.
    within: String,
    kind: &'static str,
    /// As IAM and the spec tell names apart: without their case, but for the spec's own.
    folded: String,
}

struct NameOwner {
    file: String,
    /// Of an integration: two of one name may well be two if both specs say which.
    id: Option<String>,
}

const SPEC: &str = "the spec name";
const INTEGRATION: &str = "the integration";

impl Names {
    /// # Errors
    ///
    /// [`SameNames`] with all names that earlier specs also use.
    pub(super) fn add(&mut self, source: &SpecSource, spec: &Spec) -> Result<(), SameNames> {
        let this = source.to_string();
        let mut same: Vec<Same> = Vec::new();
        let account = &spec.aws.account_id;
        let mut add = |within: &str, kind, name: &str, id: Option<&str>| {
            let folded = if kind == SPEC { name.to_owned() } else { name.to_ascii_lowercase() };
            let key = Name { within: within.to_owned(), kind, folded };
            let owner = NameOwner { file: this.clone(), id: id.map(str::to_owned) };
            let other = self.seen.insert(key, owner).filter(|other| other.file != this);
            let is_same = |other: &NameOwner| other.id.is_none() || id.is_none() || other.id.as_deref() == id;
            let Some(other) = other.filter(is_same) else { return false };
            let name = name.to_owned();
            same.push(Same { kind, name, account: account.clone(), other: other.file });
            true
        };
        // What a spec made is found by its name: each would take the other's roles for its own, and prune them.
        add(account.as_str(), SPEC, &spec.name, None);
        for role in &spec.roles {
            let is_same = add(account.as_str(), "role", &role.name, None);
            // A policy's name follows from its role's.
            if !is_same {
                add(account.as_str(), "policy", &role.policy_name, None);
            }
            let organization = organization(&role.external_id);
            if let Some(IntegrationSpec { name, id, .. }) = &role.integration {
                let by_name = add(&organization, INTEGRATION, name, id.as_deref());
                if let Some(id) = id.as_ref().filter(|_| !by_name) {
                    add("", "the integration ID", id, None);
                }
            }
            for id in role.data_actions.iter().filter_map(|action| action.id.as_ref()) {
                add("", "the data action ID", id, None);
            }
        }
        if same.is_empty() { Ok(()) } else { Err(SameNames { this, same }) }
    }
}

/// The organization that a role trusts. One whose ID is not known is told apart by where the ID is kept.
fn organization(id: &ExternalId) -> String {
    match id.origin().reference() {
        Some(reference) if id.is_unset() => reference,
        _ => id.expose().to_owned(),
    }
}

/// Everything that a spec names, in roles that are selected or not: no other spec of the run prunes it.
pub(super) fn all_names(source: &SpecSource, spec: &Spec) -> SpecNames {
    let account = &spec.aws.account_id;
    let mut names = SpecNames::new(source.display(), account, &spec.name);
    names.set_credentials(spec.genesys.credentials.as_deref());
    let arns = spec.verifier.iter().chain(spec.aws.assume_role.as_ref().map(|role| &role.role_arn));
    arns.for_each(|arn| names.add_arn(arn));
    add_roles(&mut names, account, spec.roles.iter().chain(&spec.excluded));
    names
}

/// What roles of a spec name that a run leaves out.
pub(super) fn names_left_out(spec: &Spec) -> SpecNames {
    let account = &spec.aws.account_id;
    let mut names = SpecNames::new(String::new(), account, &spec.name);
    names.set_credentials(spec.genesys.credentials.as_deref());
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
            names.add_integration(&integration.name, &role.external_id);
            integration.id.iter().for_each(|id| names.add_id(id));
        }
        role.data_actions.iter().filter_map(|action| action.id.as_ref()).for_each(|id| names.add_id(id));
    }
}

/// All that a spec names and earlier ones name, too.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.sentence())]
pub(super) struct SameNames {
    this: String,
    /// At least one.
    same: Vec<Same>,
}

#[derive(Debug)]
struct Same {
    kind: &'static str,
    name: String,
    account: AccountId,
    other: String,
}

/// How many names an error lists.
const NAMED: usize = 8;

impl SameNames {
    fn sentence(&self) -> String {
        let Self { this, same } = self;
        let of = |one: &Same| match one.kind {
            SPEC | "role" | "policy" => format!("{} `{}` of AWS account {}", one.kind, one.name, one.account),
            kind => format!("{kind} `{}`", one.name),
        };
        let Some((first, rest)) = same.split_first() else { return String::new() };
        let mut sentence = format!("{} is in two specs: {} and {this}", of(first), first.other);
        if !rest.is_empty() {
            let short = |one: &Same| match one.other == first.other {
                true => format!("{} `{}`", one.kind, one.name),
                false => format!("{} `{}` ({})", one.kind, one.name, one.other),
            };
            let mut named: Vec<String> = rest.iter().take(NAMED).map(short).collect();
            if let more @ 1.. = rest.len().saturating_sub(NAMED) {
                named.push(format!("{more} more"));
            }
            let verb = if rest.len() == 1 { "is" } else { "are" };
            sentence.push_str(&format!("; so {verb} {}", named.join(", ")));
        }
        sentence
    }
}

impl Explain for SameNames {
    fn help(&self) -> Option<String> {
        let has = |kind| self.same.iter().any(|one| one.kind == kind);
        Some(match self.same.first()? {
            spec if spec.kind == SPEC => format!(
                "what a spec made is found by its name, so give the newer of the two another `name = \"…\"`, the one whose roles \
                 are not made yet: under a new name, {} or {} would no longer find what it made as `{}`",
                spec.other, self.this, spec.name
            ),
            _ if has("role") || has("policy") => {
                let (it, account) = match self.same.len() {
                    1 => ("it", ""),
                    _ => ("each", "compare the `account_id` of both: is one of them wrong? If not, "),
                };
                format!("{account}keep {it} in one of them, or give it another name")
            }
            _ => "an integration has one credential, which holds one role: keep it in one of them, or give it another name"
                .to_owned(),
        })
    }

    fn status(&self) -> Status {
        Status::Error
    }
}
