//! What the other specs of a run name. None of it is a leftover, whoever made it: a prune leaves it alone.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::arn::{AccountId, Arn};

/// Everything that one spec names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecNames {
    /// The spec, as reports name it.
    file: String,
    /// Roles and policies, as IAM tells them apart.
    objects: BTreeSet<String>,
    /// Names of integrations.
    integrations: BTreeSet<String>,
    /// IDs of integrations and data actions.
    ids: BTreeSet<String>,
}

/// A role or policy, whatever its path and the case of its name: in IAM, these are one name.
fn object(account: &str, kind: &str, name: &str) -> String {
    format!("{account} {kind} {name}").to_lowercase()
}

fn object_of(arn: &Arn) -> Option<String> {
    let kind = arn.resource.split_once('/')?.0;
    Some(object(&arn.account, kind, arn.name()))
}

impl SpecNames {
    /// Of a spec that names nothing yet.
    pub fn new(file: String) -> Self {
        Self { file, objects: BTreeSet::new(), integrations: BTreeSet::new(), ids: BTreeSet::new() }
    }

    pub fn add_role(&mut self, account: &AccountId, name: &str) {
        self.objects.insert(object(account.as_str(), "role", name));
    }

    pub fn add_policy(&mut self, account: &AccountId, name: &str) {
        self.objects.insert(object(account.as_str(), "policy", name));
    }

    /// A role or policy; anything else is not pruned anyway.
    pub fn add_arn(&mut self, arn: &Arn) {
        self.objects.extend(object_of(arn));
    }

    pub fn add_integration(&mut self, name: &str) {
        self.integrations.insert(name.to_owned());
    }

    /// Of an integration or data action.
    pub fn add_id(&mut self, id: &str) {
        self.ids.insert(id.to_owned());
    }
}

/// What is named by the specs of a run other than this one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Elsewhere {
    /// Of the whole run, with this one's own.
    specs: Arc<Vec<SpecNames>>,
    own: String,
    /// Specs of the run that cannot be read: what they name is not known.
    unread: Arc<Vec<String>>,
}

impl Elsewhere {
    /// `own` is the file of this spec.
    pub fn new(specs: &Arc<Vec<SpecNames>>, own: String, unread: &Arc<Vec<String>>) -> Self {
        Self { specs: Arc::clone(specs), own, unread: Arc::clone(unread) }
    }

    pub fn unread(&self) -> &[String] {
        &self.unread
    }

    /// The spec that names this role.
    pub fn names_role(&self, account: &AccountId, name: &str) -> Option<&str> {
        let object = object(account.as_str(), "role", name);
        self.other(|names| names.objects.contains(&object))
    }

    /// The spec that names this policy.
    pub fn names_policy(&self, arn: &Arn) -> Option<&str> {
        let object = object_of(arn)?;
        self.other(|names| names.objects.contains(&object))
    }

    /// The spec that names this integration. Its name counts in every organization: a spec does not say for certain which
    /// one it is about.
    pub fn names_integration(&self, id: &str, name: &str) -> Option<&str> {
        self.other(|names| names.integrations.contains(name) || names.ids.contains(id))
    }

    /// The spec that names this data action.
    pub fn names_action(&self, id: &str) -> Option<&str> {
        self.other(|names| names.ids.contains(id))
    }

    fn other(&self, is: impl Fn(&SpecNames) -> bool) -> Option<&str> {
        let mut others = self.specs.iter().filter(|names| names.file != self.own);
        others.find(|names| is(names)).map(|names| names.file.as_str())
    }
}
