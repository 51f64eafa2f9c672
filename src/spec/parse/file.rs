//! The file as a whole.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::common::Common;
use super::genesys::Genesys;
use super::parser::{Parser, Target};
use crate::arn::partition_of_region;
use crate::spec::diagnostic::{Diagnostic, Severity};
use crate::spec::environment::Environment;
use crate::spec::limits;
use crate::spec::model::Spec;
use crate::spec::reader::{Diagnostics, Spanned, Table, wrong_type};

/// Reads a spec; `name` is what it is called unless it says so itself. Without an error there is a spec, and what is
/// returned beside it are warnings.
pub fn parse(source: &str, name: &str, environment: &dyn Environment) -> (Option<Spec>, Vec<Diagnostic>) {
    let mut diagnostics = Diagnostics::default();
    let spec = match DeTable::parse(source) {
        Ok(root) => {
            let table = Table::new("the file", 0..0, root.get_ref());
            Parser {
                diagnostics: &mut diagnostics,
                environment,
                names: BTreeMap::new(),
                policies: BTreeMap::new(),
                integrations: Vec::new(),
                verifier: None,
            }
            .spec(table, name)
        }
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            diagnostics.error(span, format!("this is not TOML: {}", error.message()), "here", "");
            None
        }
    };
    let mut diagnostics = diagnostics.list;
    diagnostics.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.severity));
    let faulty = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    (spec.filter(|_| !faulty), diagnostics)
}

impl Parser<'_> {
    fn spec(&mut self, mut root: Table<'_>, stem: &str) -> Option<Spec> {
        let name = self.text(&mut root, "name", |text| {
            limits::tag_value(text)
                .and_then(|()| if text.is_empty() { Err("is empty".to_owned()) } else { Ok(()) })
        });
        let aws = root.table("aws", "[aws]", self.diagnostics);
        let aws = root.required(
            aws,
            "aws",
            "{ region = \"us-east-1\", account_id = \"111122223333\" }",
            self.diagnostics,
        );
        let aws = aws.and_then(|table| self.aws(table));
        let target = aws.as_ref().map(|aws| Target {
            account_id: aws.account_id.clone(),
            region: aws.region.clone(),
            partition: partition_of_region(&aws.region),
        });
        let genesys = match root.table("genesys", "[genesys]", self.diagnostics) {
            Some(table) => self.genesys(table, target.as_ref()),
            None => Genesys::default(),
        };
        let defaults = match root.table("defaults", "[defaults]", self.diagnostics) {
            Some(mut table) => {
                let common = self.common(&mut table, target.as_ref());
                table.deny_unknown_keys(self.diagnostics);
                common
            }
            None => Common::default(),
        };
        if let Some(table) = root.table("check", "[check]", self.diagnostics) {
            self.verifier = self.verifier(table, target.as_ref());
        }
        let roles = root.array("role", "a list of tables, [[role]]", self.diagnostics);
        let roles =
            root.required(roles, "role", "[[role]], a table with a name and functions", self.diagnostics);
        let mut read = Vec::new();
        for value in roles.iter().flat_map(|roles| roles.value) {
            match value.get_ref() {
                DeValue::Table(entries) => {
                    let table = Table::new("[[role]]", value.span(), entries);
                    read.extend(self.role(table, &genesys, &defaults, target.as_ref()));
                }
                _ => drop(wrong_type::<()>(value, "role", "a table, [[role]]", self.diagnostics)),
            }
        }
        if let Some(Spanned { value: [], span }) = &roles {
            self.diagnostics.error(
                span.clone(),
                "`role` is empty",
                "no role",
                "replace it by a table `[[role]]` with a name and functions",
            );
        }
        root.deny_unknown_keys(self.diagnostics);
        let is_named = name.is_some();
        let name = name.map_or_else(|| tag_text(stem), |name| name.value);
        Some(Spec {
            name,
            is_named,
            aws: aws?,
            genesys: genesys.cloud,
            verifier: self.verifier.take(),
            roles: read,
            excluded: Vec::new(),
        })
    }
}

/// What may stand in a tag's value.
fn tag_text(text: &str) -> String {
    let text: String = text.chars().filter(|c| limits::tag_value(&c.to_string()).is_ok()).take(256).collect();
    if text.is_empty() { "genesys".to_owned() } else { text }
}
