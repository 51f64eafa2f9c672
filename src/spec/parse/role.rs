//! `[[role]]`.

use std::collections::BTreeMap;
use std::ops::Range;

use super::common::Common;
use super::genesys::Genesys;
use super::parser::{Parser, Target};
use crate::arn::{Arn, FunctionArn};
use crate::policy::quota;
use crate::policy::template::{invoke_policy, trust_policy};
use crate::spec::limits;
use crate::spec::model::{Boundary, ExtraPermissions, GenesysCloud, RoleSpec, default_policy_name};
use crate::spec::reader::{Spanned, Table};

const TAG_LIMIT: usize = 50;
/// The number of this tool's own tags on a role or policy.
const OWN_TAGS: usize = 2;

impl Parser<'_> {
    pub(super) fn role(
        &mut self,
        mut table: Table<'_>,
        genesys: &Genesys,
        defaults: &Common,
        target: Option<&Target>,
    ) -> Option<RoleSpec> {
        let span = table.head();
        let name = table.string("name", self.diagnostics);
        let name = table.required(name, "name", "\"GenesysDataActionRole\"");
        let name = self.checked(name, "name", limits::role_name);
        let policy_name = self.text(&mut table, "policy_name", limits::policy_name);
        self.duplicates(name.as_ref(), policy_name.as_ref());
        let own = self.common(&mut table, target);
        let genesys = match table.table("genesys", "[role.genesys]", self.diagnostics) {
            Some(table) => {
                let own = self.trust(table, target);
                Genesys {
                    cloud: GenesysCloud::default(),
                    account: own.account.or_else(|| genesys.account.clone()),
                    external_id: own.external_id.or_else(|| genesys.external_id.clone()),
                    account_given: own.account_given || genesys.account_given,
                    external_id_given: own.external_id_given || genesys.external_id_given,
                }
            }
            None => genesys.clone(),
        };
        let missing = [
            (genesys.account_given, "account_id", "\"765628985471\""),
            (genesys.external_id_given, "external_id", "\"<your Genesys Cloud organization ID>\""),
        ];
        for (given, key, example) in missing {
            if !given {
                self.diagnostics.error(
                    span.clone(),
                    format!("`[genesys] {key}` is missing"),
                    "for this role",
                    format!("add `{key} = {example}` to [genesys], or to [role.genesys] for this role only"),
                );
            }
        }
        let written = table.array("functions", "a list of strings", self.diagnostics);
        let written = table.required(written, "functions", "[\"my-function\"]");
        let functions = written.map(|written| self.functions(written, target)).unwrap_or_default();
        let integration = table.table("integration", "[role.integration]", self.diagnostics);
        let integration = integration.and_then(|table| self.integration(table));
        let data_actions = self.data_actions(&mut table, integration.as_ref(), &functions, target);
        let accepts = self.accepts(&mut table, target);
        let has_default_tags = table.boolean("default_tags", self.diagnostics).unwrap_or(true);
        table.deny_unknown_keys(self.diagnostics);

        let tags = match has_default_tags {
            true => self.merged_tags(&defaults.tags, own.tags, span.clone()),
            false => own.tags,
        };
        if tags.len() + OWN_TAGS > TAG_LIMIT {
            let message = format!("the role has {} tags, IAM accepts {TAG_LIMIT}", tags.len() + OWN_TAGS);
            self.diagnostics.error(span.clone(), message, "this role", "two of them are this tool's own");
        }
        let name = name?;
        let (genesys_account_id, genesys_account) = genesys.account?;
        let role = RoleSpec {
            path: own.path.or_else(|| defaults.path.clone()).unwrap_or_else(|| "/".to_owned()),
            description: own.description.or_else(|| defaults.description.clone()),
            max_session_duration: own.max_session_duration.or(defaults.max_session_duration).unwrap_or(3600),
            permissions_boundary: own
                .permissions_boundary
                .or_else(|| defaults.permissions_boundary.clone())
                .unwrap_or(Boundary::Unmentioned),
            tags,
            policy_name: policy_name.map_or_else(|| default_policy_name(&name.value), |name| name.value),
            policy_path: own
                .policy_path
                .or_else(|| defaults.policy_path.clone())
                .unwrap_or_else(|| "/".to_owned()),
            genesys_account_id,
            genesys_account,
            external_id: genesys.external_id?,
            functions,
            integration,
            data_actions,
            adopt: own.adopt.or(defaults.adopt).unwrap_or(false),
            prevent_destroy: own.prevent_destroy.or(defaults.prevent_destroy).unwrap_or(false),
            extra_permissions: own
                .extra_permissions
                .or(defaults.extra_permissions)
                .unwrap_or(ExtraPermissions::Report),
            accepts,
            name: name.value.clone(),
            span: span.clone(),
        };
        self.sizes(&role, target);
        Some(role)
    }

    fn sizes(&mut self, role: &RoleSpec, target: Option<&Target>) {
        let Some(target) = target else { return };
        let principal = Arn::account_root(target.partition, &role.genesys_account_id);
        let trusted: Vec<&Arn> = std::iter::once(&principal).chain(&self.verifier).collect();
        let trust = trust_policy(&trusted, role.external_id.expose()).size();
        if trust > quota::TRUST_POLICY {
            let message =
                format!("the trust policy has {trust} characters, IAM accepts {}", quota::TRUST_POLICY);
            self.diagnostics.error(role.span.clone(), message, "this role", "the external ID is too long");
        }
        let arns: Vec<FunctionArn> = role.functions.iter().map(|function| function.arn.clone()).collect();
        let size = invoke_policy(&arns).size();
        if size > quota::MANAGED_POLICY {
            let fits = most_that_fit(&arns);
            self.diagnostics.error(
                role.span.clone(),
                format!("the policy has {size} characters, IAM accepts {}", quota::MANAGED_POLICY),
                format!("{} functions", arns.len()),
                format!("the first {fits} fit: split the others off into a second role"),
            );
        }
    }

    /// A role's tags override the defaults whatever their case, because IAM ignores the case of tag keys.
    fn merged_tags(
        &mut self,
        defaults: &BTreeMap<String, String>,
        own: BTreeMap<String, String>,
        span: Range<usize>,
    ) -> BTreeMap<String, String> {
        let mut spelt: BTreeMap<String, &String> = own.keys().map(|key| (key.to_lowercase(), key)).collect();
        let mut merged = BTreeMap::new();
        for (key, value) in defaults {
            match spelt.remove(&key.to_lowercase()) {
                None => drop(merged.insert(key.clone(), value.clone())),
                Some(spelling) if spelling == key => {}
                Some(spelling) => self.diagnostics.warning(
                    span.clone(),
                    format!("the tags `{key}` of [defaults] and `{spelling}` of this role are one: IAM's tag keys ignore case"),
                    "this role",
                    format!("the role's is taken; write it as `{key}` in both"),
                ),
            }
        }
        merged.extend(own);
        merged
    }

    /// Role names are unique ignoring case, whatever the path; a policy belongs to one role.
    fn duplicates(&mut self, name: Option<&Spanned<String>>, policy: Option<&Spanned<String>>) {
        let Some(name) = name else { return };
        if let Some(first) = self.names.get(&name.value.to_ascii_lowercase()) {
            let why = if *first == name.value { "" } else { ": IAM's names ignore case" };
            let message = format!("there is a role `{first}` already{why}");
            self.diagnostics.error(name.span.clone(), message, "again", "choose another name");
            return;
        }
        self.names.insert(name.value.to_ascii_lowercase(), name.value.clone());
        let default = default_policy_name(&name.value);
        let (policy, span) = policy.map_or((&default, &name.span), |policy| (&policy.value, &policy.span));
        if let Some(first) = self.policies.insert(policy.to_ascii_lowercase(), name.value.clone()) {
            let message = format!("the policy `{policy}` belongs to role `{first}` already");
            self.diagnostics.error(span.clone(), message, "again", "choose another `policy_name`");
        }
    }
}

/// How many of the functions fit into a policy.
fn most_that_fit(arns: &[FunctionArn]) -> usize {
    let (mut fits, mut too_many) = (0, arns.len());
    while fits + 1 < too_many {
        let middle = fits.midpoint(too_many);
        if invoke_policy(&arns[..middle]).size() <= quota::MANAGED_POLICY {
            fits = middle;
        } else {
            too_many = middle;
        }
    }
    fits
}
