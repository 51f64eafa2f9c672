//! An external ID, written out or kept elsewhere.

use toml::de::DeValue;

use super::parser::{Parser, example};
use crate::spec::limits;
use crate::spec::model::ExternalId;
use crate::spec::reader::{Table, string, wrong_type};

impl Parser<'_> {
    /// A string, `{ env = "NAME" }` or `{ file = "path" }`.
    pub(super) fn external_id(&mut self, table: &mut Table<'_>, organization: bool) -> Option<ExternalId> {
        let value = table.value("external_id")?;
        let span = value.span();
        let id = match value.get_ref() {
            DeValue::Table(entries) => {
                let text = self.indirect(Table::new("external_id", span.clone(), entries))?;
                if let Err(why) = limits::masked_external_id(&text) {
                    self.diagnostics.error(
                        span,
                        format!("`external_id` {why}"),
                        "read from here",
                        example("external_id"),
                    );
                    return None;
                }
                ExternalId::secret(text)
            }
            DeValue::String(_) => {
                let text = string(value, "external_id", self.diagnostics);
                ExternalId::literal(self.checked(text, "external_id", limits::external_id)?.value)
            }
            _ => {
                let wanted = "a string, { env = \"NAME\" } or { file = \"PATH\" }";
                return wrong_type(value, "external_id", wanted, self.diagnostics);
            }
        };
        if organization && !limits::is_guid(id.expose()) {
            self.diagnostics.warning(
                span,
                "the external ID is not a Genesys Cloud organization ID, which is a GUID",
                "no GUID",
                "find it in Genesys Cloud under Admin > Organization Settings > Advanced, or with GET \
                 /api/v2/organizations/me",
            );
        }
        Some(id)
    }

    fn indirect(&mut self, mut table: Table<'_>) -> Option<String> {
        let env = table.string("env", self.diagnostics);
        let file = table.string("file", self.diagnostics);
        let span = table.span.clone();
        let faults = self.diagnostics.list.len();
        table.deny_unknown_keys(self.diagnostics);
        if self.diagnostics.list.len() > faults {
            return None;
        }
        let (text, from) = match (env, file) {
            (Some(env), None) => match self.environment.variable(&env.value) {
                Some(text) => (text, env),
                None => {
                    let help = format!("export {}=… before running", env.value);
                    let message = format!("the environment variable `{}` is not set", env.value);
                    self.diagnostics.error(env.span, message, "not set", help);
                    return None;
                }
            },
            (None, Some(file)) => match self.environment.file(&file.value) {
                Ok(text) => (text, file),
                Err(error) => {
                    let message = format!("cannot read `{}`: {error}", file.value);
                    let help = "a relative path is relative to the spec's folder";
                    self.diagnostics.error(file.span, message, "no such file to read", help);
                    return None;
                }
            },
            _ => {
                let help = "write { env = \"NAME\" } or { file = \"PATH\" }";
                self.diagnostics.error(
                    span,
                    "`external_id` names no source, or two",
                    "one of `env` and `file`",
                    help,
                );
                return None;
            }
        };
        // As editors on Windows begin and end a file.
        let text = text.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']).to_owned();
        if text.is_empty() {
            let message = format!("`{}` is empty", from.value);
            self.diagnostics.error(from.span, message, "empty", "put the organization ID there");
            return None;
        }
        Some(text)
    }
}
