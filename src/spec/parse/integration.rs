//! `[role.integration]`.

use super::parser::Parser;
use crate::spec::integration::IntegrationSpec;
use crate::spec::limits;
use crate::spec::reader::Table;

/// Names used by CX as Code, and ours.
const RENAMED: [(&str, &str); 2] = [("integration_type", "name"), ("credentials", "name")];

impl Parser<'_> {
    pub(super) fn integration(&mut self, mut table: Table<'_>) -> Option<IntegrationSpec> {
        let span = table.head();
        let name = table.string("name", self.diagnostics);
        let name = table.required(name, "name", "\"AWS Lambda orders\"");
        let name = self.checked(name, "name", limits::genesys_name);
        if let Some(name) = &name
            && let Some(first) =
                self.integrations.iter().find(|first| first.eq_ignore_ascii_case(&name.value))
        {
            self.diagnostics.error(
                name.span.clone(),
                format!("the integration \"{first}\" is another role's already"),
                "again",
                "an integration has one credential, which holds one role: choose another name",
            );
        }
        self.integrations.extend(name.iter().map(|name| name.value.clone()));
        let id = self.text(&mut table, "id", limits::genesys_id);
        let notes = self.text(&mut table, "notes", limits::notes);
        let intended = table.string("intended_state", self.diagnostics);
        let enabled = match intended.as_ref().map(|intended| intended.value.as_str()) {
            None | Some("ENABLED") => true,
            Some("DISABLED") => false,
            Some(_) => {
                self.diagnostics.error(
                    intended.map(|intended| intended.span).unwrap_or_default(),
                    "`intended_state` is neither \"ENABLED\" nor \"DISABLED\"",
                    "not known",
                    "write \"ENABLED\" or \"DISABLED\"",
                );
                true
            }
        };
        let adopt = table.boolean("adopt", self.diagnostics).unwrap_or(false);
        table.deny_unknown_keys_but(&RENAMED, self.diagnostics);
        Some(IntegrationSpec {
            name: name?.value,
            id: id.map(|id| id.value),
            notes: notes.map(|notes| notes.value.trim_end().to_owned()).unwrap_or_default(),
            enabled,
            adopt,
            span,
        })
    }
}
