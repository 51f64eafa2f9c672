//! What the other specs of a run, and those beside them, name. None of it is a leftover, whoever made it: a prune leaves it alone.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::external_id::ExternalId;
use crate::arn::{AccountId, Arn};
use crate::policy::wildcard_matches;

/// Everything that one spec names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecNames {
    /// The spec, as reports name it.
    file: String,
    /// Its account and name, as in the tags of what it makes.
    spec: (AccountId, String),
    /// It is only in the same folder as a spec of the run.
    is_beside: bool,
    /// Roles and policies, as IAM tells them apart.
    objects: BTreeSet<String>,
    integrations: Vec<NamedIntegration>,
    /// What `[genesys] credentials` says.
    credentials: Option<String>,
    /// IDs of integrations and data actions.
    ids: BTreeSet<String>,
}

/// An integration by name, and the organization that it belongs to, as far as the spec says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NamedIntegration {
    name: String,
    organization: ExternalId,
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
    pub fn new(file: String, account: &AccountId, spec: &str) -> Self {
        Self {
            file,
            spec: (account.clone(), spec.to_owned()),
            is_beside: false,
            objects: BTreeSet::new(),
            integrations: Vec::new(),
            credentials: None,
            ids: BTreeSet::new(),
        }
    }

    /// Of a spec that is not of the run.
    #[must_use]
    pub fn beside(self) -> Self {
        Self { is_beside: true, ..self }
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

    /// `organization`: the external ID of its role.
    pub fn add_integration(&mut self, name: &str, organization: &ExternalId) {
        let (name, organization) = (name.to_owned(), organization.clone());
        self.integrations.push(NamedIntegration { name, organization });
    }

    /// Which OAuth client the spec uses, by the name of its variables.
    pub fn set_credentials(&mut self, name: Option<&str>) {
        self.credentials = name.map(str::to_owned);
    }

    /// Of an integration or data action.
    pub fn add_id(&mut self, id: &str) {
        self.ids.insert(id.to_owned());
    }
}

/// Who names something that this spec does not name, or not any longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Namer {
    /// Another spec of the run, by file.
    Run(String),
    /// A spec in the same folder that is not of the run.
    Beside { file: String, own: String },
    /// A role of this spec that the run leaves out.
    LeftOut,
}

/// A spec whose names are not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadSpec {
    pub file: String,
    pub why: String,
}

/// The specs that a run knows of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownSpecs {
    /// Of the whole run, and those beside them.
    pub names: Vec<SpecNames>,
    pub unread: Vec<UnreadSpec>,
    /// The run was given a folder, or several specs: what no spec of them made is nobody's, as far as is known.
    pub is_fleet: bool,
}

/// What is named by other specs than this one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Elsewhere {
    specs: Arc<KnownSpecs>,
    own: String,
    /// What the roles of this spec name that the run leaves out.
    left_out: Option<SpecNames>,
    /// Specs of the account that are kept somewhere else, as patterns.
    others: Vec<String>,
}

impl Elsewhere {
    /// `own` is the file of this spec.
    pub fn new(specs: &Arc<KnownSpecs>, own: String) -> Self {
        Self { specs: Arc::clone(specs), own, ..Self::default() }
    }

    /// Roles of this spec that the run leaves out are not leftovers.
    pub fn leave_out(&mut self, names: SpecNames) {
        self.left_out = Some(names);
    }

    /// Specs that are kept somewhere else.
    pub fn set_others(&mut self, patterns: &[String]) {
        self.others = patterns.to_vec();
    }

    /// The file of this spec.
    pub fn own(&self) -> &str {
        &self.own
    }

    pub fn unread(&self) -> &[UnreadSpec] {
        &self.specs.unread
    }

    /// Whether a spec of this account that no file has is somebody's all the same; yes if nobody can tell.
    pub fn knows_spec(&self, account: &AccountId, spec: &str) -> bool {
        let is_it = |names: &SpecNames| names.spec.0 == *account && names.spec.1 == spec;
        !self.specs.is_fleet || self.specs.names.iter().any(is_it) || self.is_kept_elsewhere(spec)
    }

    /// Whether the operator said so.
    pub fn is_kept_elsewhere(&self, spec: &str) -> bool {
        self.others.iter().any(|pattern| wildcard_matches(pattern, spec))
    }

    /// The spec that names this role.
    pub fn names_role(&self, account: &AccountId, name: &str) -> Option<Namer> {
        let object = object(account.as_str(), "role", name);
        self.other(|names| names.objects.contains(&object))
    }

    /// The spec that names this policy.
    pub fn names_policy(&self, arn: &Arn) -> Option<Namer> {
        let object = object_of(arn)?;
        self.other(|names| names.objects.contains(&object))
    }

    /// The spec that names this integration of an organization. Another of the same name in an organization that is
    /// certainly another one is not meant: neither does the run use one client for both, nor can the external ID be this
    /// organization's.
    pub fn names_integration(&self, organization: &str, id: &str, name: &str) -> Option<Namer> {
        let own = self.specs.names.iter().find(|names| names.file == self.own);
        let own = own.map(|names| &names.credentials);
        self.other(|names| {
            let has_same_client = !names.is_beside && Some(&names.credentials) == own;
            let is_it = |one: &NamedIntegration| {
                let other = &one.organization;
                one.name == name && (has_same_client || other.is_unset() || other.expose() == organization)
            };
            names.ids.contains(id) || names.integrations.iter().any(is_it)
        })
    }

    /// The spec that names this data action.
    pub fn names_action(&self, id: &str) -> Option<Namer> {
        self.other(|names| names.ids.contains(id))
    }

    fn other(&self, is: impl Fn(&SpecNames) -> bool) -> Option<Namer> {
        if self.left_out.as_ref().is_some_and(&is) {
            return Some(Namer::LeftOut);
        }
        let mut others = self.specs.names.iter().filter(|names| names.file != self.own);
        others.find(|names| is(names)).map(|names| match names.is_beside {
            true => Namer::Beside { file: names.file.clone(), own: self.own.clone() },
            false => Namer::Run(names.file.clone()),
        })
    }
}
