//! The file as a whole.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::common::Common;
use super::parser::{Parser, Target};
use crate::arn::partition_of_region;
use crate::spec::Elsewhere;
use crate::spec::diagnostic::{Diagnostic, Severity};
use crate::spec::environment::Environment;
use crate::spec::limits;
use crate::spec::model::Spec;
use crate::spec::reader::{Diagnostics, Spanned, Table, wrong_type};

/// Reads a spec; `name` is its name unless it sets its own. Without an error there is a spec, and the returned
/// diagnostics are warnings and blockers.
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
                files: Vec::new(),
            }
            .spec(table, name)
        }
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            let help = syntax_help(source, &span);
            diagnostics.error(span, format!("this is not TOML: {}", error.message()), "here", help);
            None
        }
    };
    // In order of position, so that the file is scanned only once.
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
        let name = name.map_or_else(|| default_spec_name(stem), |name| name.value);
        Some(Spec {
            name,
            is_named,
            aws: aws?,
            genesys: genesys.cloud,
            verifier: self.verifier.take(),
            organization,
            roles: read,
            excluded: Vec::new(),
            is_part: false,
            elsewhere: Elsewhere::default(),
            even_if_used: false,
        })
    }
}

/// A spec's name after its file: as much of it as a tag's value may contain.
pub fn default_spec_name(stem: &str) -> String {
    let text: String = stem.chars().filter(|c| limits::tag_value(&c.to_string()).is_ok()).take(256).collect();
    if text.is_empty() { "genesys".to_owned() } else { text }
}

/// Help for a line that is not TOML, if it is a habit from elsewhere.
fn syntax_help(source: &str, span: &std::ops::Range<usize>) -> String {
    let before = source.get(..span.start).unwrap_or_default();
    let line = source.get(before.rfind('\n').map_or(0, |at| at + 1)..).unwrap_or_default();
    let line = line.lines().next().unwrap_or_default().trim();
    if let Some(number) = unclosed_quote(before) {
        return format!("line {number} has a quote that nothing closes");
    }
    // One table of its kind ends the list.
    let single = (1..).zip(before.lines()).find(|(_, line)| line.trim() == "[role]");
    if let (Some((number, _)), true) = (single, line.trim_start_matches('[').starts_with("role]")) {
        return format!("line {number} has `[role]`: write `[[role]]`, as for each role");
    }
    let account = unquoted_account_id(source, span);
    if !account.is_empty() {
        return account;
    }
    if line.contains(['\u{201c}', '\u{201d}', '\u{201e}', '\u{2018}', '\u{2019}']) {
        return "write straight quotes: \" in place of \u{201c} and \u{201d}".to_owned();
    }
    // `{ "OrderNumber": "string" }`, `region: "us-east-1"`
    let is_colon = |key: &str| {
        let key = key.trim_end();
        key.ends_with('"')
            || !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
    };
    let (key, value) = match (line.split_once('='), line.split_once(':')) {
        (Some((_, value)), _)
            if value.split_once(':').is_some_and(|(key, _)| value.contains('{') && is_colon(key)) =>
        {
            return "write `=` between a name and its value, not `:`".to_owned();
        }
        (Some((key, value)), _) => (key.trim(), value.split('#').next().unwrap_or_default().trim()),
        (None, Some((key, _))) if is_colon(key) => {
            return "write `=` between a name and its value, not `:`".to_owned();
        }
        _ => return String::new(),
    };
    let is_bare =
        value.starts_with(|c: char| c.is_ascii_alphanumeric()) && !value.contains(['"', '\'', '[', '{']);
    if is_bare { format!("write it in quotes: {key} = \"{value}\"") } else { String::new() }
}

/// The number of the first line whose text ends in a quoted one. Multi-line texts are left alone.
fn unclosed_quote(before: &str) -> Option<usize> {
    if before.contains("\"\"\"") || before.contains("'''") {
        return None;
    }
    let is_open = |line: &str| {
        let (mut quote, mut chars) = (None, line.chars());
        while let Some(c) = chars.next() {
            match (quote, c) {
                (None, '#') => break,
                (None, '"' | '\'') => quote = Some(c),
                (Some('"'), '\\') => drop(chars.next()),
                (Some(open), c) if open == c => quote = None,
                _ => {}
            }
        }
        quote.is_some()
    };
    (1..).zip(before.lines()).find(|(_, line)| is_open(line)).map(|(number, _)| number)
}

/// A number cannot begin with 0, but an account ID can.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::environment::EmptyEnvironment;

    #[test]
    fn a_line_that_is_not_toml_gets_the_help_for_its_mistake() {
        for (line, help) in [
            ("name = \u{201c}Get order\u{201d}", "write straight quotes"),
            (
                "external_id = 3f9a1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90",
                "write it in quotes: external_id = \"3f9a1c5e-",
            ),
            ("region = us-east-1 # ours", "write it in quotes: region = \"us-east-1\""),
            ("input = { \"OrderNumber\": \"string\" }", "write `=` between a name and its value"),
            ("region: \"us-east-1\"", "write `=` between a name and its value"),
            ("account_id = 012345678901", "an account ID is written in quotes"),
            ("functions = [\"a\"", ""),
            ("functions = [\"a]\n\n[[role]]\nname = \"b\"", "line 2 has a quote that nothing closes"),
            ("x = 'a\ny = 1", "line 2 has a quote that nothing closes"),
            ("[role]\nname = \"a\"\n[[role]]", "line 2 has `[role]`: write `[[role]]`"),
        ] {
            let (_, diagnostics) = parse(&format!("[aws]\n{line}\n"), "test", &EmptyEnvironment);
            let shown = diagnostics.first().and_then(|one| one.help.as_deref()).unwrap_or_default();
            assert!(diagnostics[0].message.contains("not TOML"), "{line}: {diagnostics:?}");
            assert!(shown.starts_with(help) && shown.is_empty() == help.is_empty(), "{line}: {shown}");
        }
    }
}
