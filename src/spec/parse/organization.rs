//! `[organization]`.

use toml::de::DeValue;

use super::parser::Parser;
use crate::policy::Document;
use crate::policy::guardrail::{rcp_fault, scp_fault};
use crate::spec::organization::{OrganizationPolicies, OrganizationPolicy, OrganizationSpec, ScpLevel};
use crate::spec::reader::{Spanned, Table, string, wrong_type};

/// Maximum bytes of a file: AWS's organization policies have some ten thousand characters at most.
const LIMIT: u64 = 64 << 10;
/// Maximum files in a list: AWS attaches at most ten side by side.
const FILES: usize = 20;
/// Maximum levels of SCPs: the root, organizational units five deep, and the account.
const LEVELS: usize = 10;
/// The level for policies attached side by side without a named level.
const ONE_LEVEL: &str = "attached";

type Fault = fn(&Document) -> Option<String>;

impl Parser<'_> {
    pub(super) fn organization(&mut self, mut table: Table<'_>) -> OrganizationSpec {
        let read = table.boolean("read", self.diagnostics).unwrap_or(false);
        let scp = table.value("scp").map(|value| match value.get_ref() {
            DeValue::Table(levels) if levels.is_empty() || levels.len() > LEVELS => {
                self.diagnostics.error(
                    value.span(),
                    format!("`scp` has 1 to {LEVELS} levels, this has {}", levels.len()),
                    "not the levels of an organization",
                    "name the files of each level, or leave `scp` out",
                );
                Vec::new()
            }
            DeValue::Table(levels) => {
                let levels = levels.iter().map(|(name, value)| ScpLevel {
                    name: name.get_ref().to_string(),
                    policies: self.policies(value, "scp", scp_fault),
                });
                levels.collect()
            }
            DeValue::Array(_) => {
                vec![ScpLevel {
                    name: ONE_LEVEL.to_owned(),
                    policies: self.policies(value, "scp", scp_fault),
                }]
            }
            _ => wrong_type(
                value,
                "scp",
                "a list of files, or a table of such lists by level",
                self.diagnostics,
            )
            .unwrap_or_default(),
        });
        let rcp = table.value("rcp").map(|value| self.policies(value, "rcp", rcp_fault));
        table.deny_unknown_keys(self.diagnostics);
        let policies = (scp.is_some() || rcp.is_some())
            .then(|| OrganizationPolicies { scp: scp.unwrap_or_default(), rcp: rcp.unwrap_or_default() });
        OrganizationSpec { policies, read }
    }

    fn policies(
        &mut self,
        value: &toml::Spanned<DeValue<'_>>,
        key: &str,
        fault: Fault,
    ) -> Vec<OrganizationPolicy> {
        let DeValue::Array(files) = value.get_ref() else {
            return wrong_type(value, key, "a list of files", self.diagnostics).unwrap_or_default();
        };
        if files.is_empty() || files.len() > FILES {
            // Nothing would be evaluated, and nothing would block.
            self.diagnostics.error(
                value.span(),
                format!("`{key}` has 1 to {FILES} files, this has {}", files.len()),
                "not the policies of a level",
                format!("name the files, or leave `{key}` out"),
            );
            return Vec::new();
        }
        let files: Vec<Spanned<String>> =
            files.iter().filter_map(|file| string(file, key, self.diagnostics)).collect();
        files.into_iter().filter_map(|file| self.policy(file, fault)).collect()
    }

    fn policy(&mut self, file: Spanned<String>, fault: Fault) -> Option<OrganizationPolicy> {
        let Spanned { value: name, span } = file;
        let text = match self.environment.file(&name, LIMIT) {
            Ok(text) => text,
            Err(error) => {
                let help = "it is a plain file below the repository's root, and a relative path begins at the spec's folder";
                self.diagnostics.error(span, format!("cannot read `{name}`: {error}"), "not read", help);
                return None;
            }
        };
        let document = match Document::from_file(text.as_bytes()) {
            Ok(document) => document,
            Err(error) => {
                let message = format!("`{name}` is not a policy document: {error}");
                self.diagnostics.error(span, message, "not a document", "");
                return None;
            }
        };
        if let Some(why) = fault(&document) {
            let message = format!("`{name}` cannot be such a policy of an organization: {why}");
            self.diagnostics.error(span, message, "AWS would refuse it", "");
            return None;
        }
        Some(OrganizationPolicy { name, document })
    }
}
