//! The file as a whole.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::common::Common;
use super::parser::{Parser, Target};
use crate::arn::partition_of_region;
use crate::spec::diagnostic::{Diagnostic, Severity};
use crate::spec::environment::Environment;
use crate::spec::limits;
use crate::spec::model::Spec;
use crate::spec::reader::{Diagnostics, Spanned, Table, wrong_type};

/// Reads a spec; `name` is what it is called unless it says so itself. Without an error there is a spec, and what is
/// returned with it are warnings and what blocks it.
pub fn parse(source: &str, name: &str, environment: &dyn Environment) -> (Option<Spec>, Vec<Diagnostic>) {
    let mut diagnostics = Diagnostics::default();
    let mut spec = match DeTable::parse(source) {
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
            let help = unquoted_account_id(source, &span);
            diagnostics.error(span, format!("this is not TOML: {}", error.message()), "here", help);
            None
        }
    };
    // Each after the one before it: the file is gone through once.
    let (mut at, mut line) = (0, 1);
    let mut line_of = |start: usize| {
        if start < at {
            (at, line) = (0, 1);
        }
        line += source.get(at..start).map_or(0, |between| between.matches('\n').count());
        at = start;
        line
    };
    for role in spec.iter_mut().flat_map(|spec| &mut spec.roles) {
        role.functions.iter_mut().for_each(|function| function.line = line_of(function.span.start));
        role.accepts.iter_mut().for_each(|accept| accept.line = line_of(accept.span.start));
    }
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
        let aws = root.required(aws, "aws", "{ region = \"us-east-1\", account_id = \"111122223333\" }");
        let genesys = root.table("genesys", "[genesys]", self.diagnostics);
        let defaults = root.table("defaults", "[defaults]", self.diagnostics);
        let check = root.table("check", "[check]", self.diagnostics);
        let organization = root.table("organization", "[organization]", self.diagnostics);
        let roles = root.array("role", "a list of tables, [[role]]", self.diagnostics);
        let roles = root.required(roles, "role", "[[role]], a table with a name and functions");
        let misspelt = root.deny_unknown_keys(self.diagnostics);

        let aws = aws.and_then(|table| self.aws(table));
        let target = aws.as_ref().map(|aws| Target {
            account_id: aws.account_id.clone(),
            region: aws.region.clone(),
            partition: partition_of_region(&aws.region),
        });
        let mut genesys = genesys.map(|table| self.genesys(table, target.as_ref())).unwrap_or_default();
        if misspelt.contains("genesys") {
            (genesys.account_given, genesys.external_id_given) = (true, true);
        }
        let defaults = match defaults {
            Some(mut table) => {
                let common = self.common(&mut table, target.as_ref());
                table.deny_unknown_keys(self.diagnostics);
                common
            }
            None => Common::default(),
        };
        if let Some(table) = check {
            self.verifier = self.verifier(table, target.as_ref());
        }
        let organization = organization.map(|table| self.organization(table)).unwrap_or_default();
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
        let is_named = name.is_some();
        let name = name.map_or_else(|| tag_text(stem), |name| name.value);
        Some(Spec {
            name,
            is_named,
            aws: aws?,
            genesys: genesys.cloud,
            verifier: self.verifier.take(),
            organization,
            roles: read,
            excluded: Vec::new(),
        })
    }
}

/// What a tag's value may contain.
fn tag_text(text: &str) -> String {
    let text: String = text.chars().filter(|c| limits::tag_value(&c.to_string()).is_ok()).take(256).collect();
    if text.is_empty() { "genesys".to_owned() } else { text }
}

/// A number cannot begin with 0, an account ID can.
fn unquoted_account_id(source: &str, span: &std::ops::Range<usize>) -> String {
    let from = source.get(..span.start).unwrap_or_default();
    let begin = from.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let digits: String =
        source.get(begin..).unwrap_or_default().chars().take_while(char::is_ascii_digit).take(13).collect();
    if digits.len() == 12 {
        format!("an account ID is written in quotes: \"{digits}\"")
    } else {
        String::new()
    }
}
