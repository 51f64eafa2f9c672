//! An external ID, written out or stored elsewhere.

use toml::de::DeValue;

use super::parser::{Parser, example};
use crate::spec::external_id::{ExternalId, Origin, UNSET};
use crate::spec::limits;
use crate::spec::reader::{Spanned, Table, string, wrong_type};
use crate::spec::variables;

/// Maximum bytes of a file.
const LIMIT: u64 = 4096;

/// What an external ID is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExternalIdUse {
    /// Goes into trust policies.
    Organization,
    /// Presented to the owner of the role that is assumed.
    AssumeRole,
}

impl Parser<'_> {
    /// A string, `{ env = "NAME" }` or `{ file = "path" }`.
    pub(super) fn external_id(
        &mut self,
        table: &mut Table<'_>,
        purpose: ExternalIdUse,
    ) -> Option<ExternalId> {
        let value = table.value("external_id")?;
        let span = value.span();
        let id = match value.get_ref() {
            DeValue::Table(entries) => {
                let (text, origin) =
                    self.indirect(Table::new("external_id", span.clone(), entries), purpose)?;
                if let Err(why) = limits::masked_external_id(&text) {
                    self.diagnostics.error(
                        span,
                        format!("`external_id` {why}"),
                        "read from here",
                        example("external_id"),
                    );
                    return None;
                }
                let is_allowed = match &origin {
                    Origin::Variable(name) => {
                        variables::is_presentable(name) || self.environment.is_allowed(name)
                    }
                    Origin::Literal | Origin::File(_) => false,
                };
                ExternalId::new(text, origin, is_allowed)
            }
            DeValue::String(_) => {
                let text = string(value, "external_id", self.diagnostics);
                let text = self.checked(text, "external_id", limits::external_id)?;
                ExternalId::new(text.value, Origin::Literal, true)
            }
            _ => {
                let wanted = "a string, { env = \"NAME\" } or { file = \"PATH\" }";
                return wrong_type(value, "external_id", wanted, self.diagnostics);
            }
        };
        if purpose == ExternalIdUse::Organization {
            self.organization_id(&id, span);
        }
        Some(id)
    }

    fn organization_id(&mut self, id: &ExternalId, span: std::ops::Range<usize>) {
        const PLACE: &str = "find it in Genesys Cloud under Admin > Organization Settings > Advanced, or with GET \
                             /api/v2/organizations/me";
        if !id.is_masked() && limits::is_placeholder(id.expose()) {
            // Whoever guesses it would be let in.
            let message = "the external ID is a placeholder, not the ID of your organization";
            self.diagnostics.error(span, message, "anybody could guess it", PLACE);
        } else if !limits::is_guid(id.expose()) {
            self.diagnostics.warning(
                span,
                "the external ID is not a Genesys Cloud organization ID, which is a GUID",
                "not a GUID",
                PLACE,
            );
        } else if id.expose().bytes().any(|b| b.is_ascii_uppercase()) {
            self.diagnostics.warning(
                span,
                "the external ID has upper-case letters: Genesys Cloud sends its organization ID in lower case, and \
                 AWS compares case",
                "upper case",
                "copy it from Genesys Cloud: Admin > Organization Settings > Advanced",
            );
        }
    }

    fn indirect(&mut self, mut table: Table<'_>, purpose: ExternalIdUse) -> Option<(String, Origin)> {
        let env = table.string("env", self.diagnostics);
        let file = table.string("file", self.diagnostics);
        let span = table.span.clone();
        let faults = self.diagnostics.list.len();
        table.deny_unknown_keys(self.diagnostics);
        if self.diagnostics.list.len() > faults {
            return None;
        }
        let (text, from, origin) = match (env, file) {
            (Some(env), None) => {
                let text = self.variable(&env, purpose)?;
                let origin = Origin::Variable(env.value.clone());
                (text, env, origin)
            }
            (None, Some(file)) => {
                let text = self.file(&file, purpose)?;
                let origin = Origin::File(file.value.clone());
                (text, file, origin)
            }
            _ => {
                let help = "write { env = \"NAME\" } or { file = \"PATH\" }";
                let message = "`external_id` names no source, or two";
                self.diagnostics.error(span, message, "one of `env` and `file`", help);
                return None;
            }
        };
        // Editors on Windows begin and end files like this.
        let text = text.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']).to_owned();
        if text.is_empty() {
            let message = format!("`{}` is empty", from.value);
            self.diagnostics.error(from.span, message, "empty", "put the organization ID there");
            return None;
        }
        Some((text, origin))
    }

    /// A spec may be untrusted: it cannot read variables that hold credentials by convention.
    fn variable(&mut self, env: &Spanned<String>, purpose: ExternalIdUse) -> Option<String> {
        let Spanned { value: name, span } = env;
        let mut refuse = |message: String, label: &str, help: String| {
            self.diagnostics.error(span.clone(), message, label, help);
            None
        };
        if !variables::is_name(name) {
            let help = "a name has letters, digits and _, and does not begin with a digit";
            return refuse(
                format!("`{name}` is not the name of an environment variable"),
                "not a name",
                help.to_owned(),
            );
        }
        // The role may be that of the spec's author.
        if purpose == ExternalIdUse::AssumeRole && !self.environment.is_allowed(name) {
            return refuse(
                format!(
                    "a spec may not present `{name}` to the owner of a role, who can read it in CloudTrail"
                ),
                "would be sent",
                format!(
                    "write the external ID itself, or allow the variable on the command line: `--allow-env {name}`"
                ),
            );
        }
        if let Some(pattern) = variables::credentials_pattern(name)
            && !self.environment.is_allowed(name)
        {
            return refuse(
                format!("a spec may not read `{name}`: a variable named {pattern} may hold credentials"),
                "may hold credentials",
                format!(
                    "name the variable like `GENESYS_EXTERNAL_ID`, or allow it on the command line: `--allow-env {name}`"
                ),
            );
        }
        if !variables::is_of_an_external_id(name) && !self.environment.is_allowed(name) {
            return refuse(
                format!("a spec may not read `{name}`: its name does not say that it holds an external ID"),
                "may hold anything",
                format!(
                    "name the variable like `GENESYS_EXTERNAL_ID`, or allow it on the command line: `--allow-env {name}`"
                ),
            );
        }
        let value = self.environment.variable(name);
        if value.is_none() && self.environment.is_offline() {
            let help = format!("`plan`, `apply` and `check` need it: export {name}=…");
            let message = format!("the environment variable `{name}` is not set");
            self.diagnostics.warning(span.clone(), message, "not set", help);
            return Some(UNSET.to_owned());
        }
        if value.is_none() {
            return refuse(
                format!("the environment variable `{name}` is not set"),
                "not set",
                format!("export {name}=… before running"),
            );
        }
        value
    }

    fn file(&mut self, file: &Spanned<String>, purpose: ExternalIdUse) -> Option<String> {
        let Spanned { value: path, span } = file;
        if purpose == ExternalIdUse::AssumeRole {
            let message =
                "the external ID of `assume_role` cannot come from a file: the owner of the role can read it";
            let help =
                "write it here, or keep it in a variable that the command line allows: `--allow-env NAME`";
            self.diagnostics.error(span.clone(), message, "a file", help);
            return None;
        }
        match self.environment.file(path, LIMIT) {
            Ok(text) => Some(text),
            Err(error) => {
                let help = "it is a plain file below the repository's root, and a relative path begins at the spec's folder";
                self.diagnostics.error(
                    span.clone(),
                    format!("cannot read `{path}`: {error}"),
                    "not read",
                    help,
                );
                None
            }
        }
    }
}
