//! `[[role.data_action]]`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use toml::de::DeValue;

use super::contract::{from_short, input_faults, output_faults};
use super::export::{self, Exported};
use super::parser::{Parser, Target};
use super::velocity::unescaped;
use crate::spec::integration::{
    ActionContent, DEFAULT_TIMEOUT, DataActionSpec, IntegrationSpec, RAW_REQUEST, RAW_RESULT, has_no_members,
    unfit_input,
};
use crate::spec::limits;
use crate::spec::model::FunctionRef;
use crate::spec::reader::{MissingKey, Spanned, Table, json_of, wrong_type};
use crate::text::{near_miss, one_line};

/// Names used by CX as Code and the report, and ours.
const RENAMED: [(&str, &str); 9] = [
    ("request_url_template", "function"),
    ("config_timeout_seconds", "timeout_seconds"),
    ("contract_input", "input_schema"),
    ("contract_output", "success_schema"),
    ("output_schema", "success_schema"),
    ("config_request", "request_template"),
    ("config_response", "success_template"),
    ("integration_id", "name"),
    ("request_type", "function"),
];

/// Maximum bytes of a file.
const LIMIT: u64 = 1024 * 1024;

/// The two halves of a contract.
struct Half {
    short: &'static str,
    full: &'static str,
    /// An example property.
    example: &'static str,
    faults: fn(&Value) -> Vec<String>,
}

const INPUT: Half =
    Half { short: "input", full: "input_schema", example: "OrderNumber", faults: input_faults };
const OUTPUT: Half =
    Half { short: "output", full: "success_schema", example: "Status", faults: output_faults };

impl Parser<'_> {
    pub(super) fn data_actions(
        &mut self,
        role: &mut Table<'_>,
        integration: Option<&IntegrationSpec>,
        functions: &[FunctionRef],
        target: Option<&Target>,
    ) -> Vec<DataActionSpec> {
        let Some(written) =
            role.array("data_action", "a list of tables, [[role.data_action]]", self.diagnostics)
        else {
            return Vec::new();
        };
        if integration.is_none() && role.value("integration").is_none() {
            role.is_missing(MissingKey {
                keys: vec!["integration"],
                span: written.span.clone(),
                message: "there is a data action and no integration".to_owned(),
                label: "belongs to an integration".to_owned(),
                help: "add a table [role.integration] with a name".to_owned(),
            });
        }
        let mut actions: Vec<DataActionSpec> = Vec::new();
        for value in written.value {
            let DeValue::Table(entries) = value.get_ref() else {
                wrong_type::<()>(value, "data_action", "a table, [[role.data_action]]", self.diagnostics);
                continue;
            };
            let table = Table::new("[[role.data_action]]", value.span(), entries);
            let Some(action) = self.data_action(table, integration, functions, target) else { continue };
            let twin = actions.iter().find(|other| {
                other.content.name == action.content.name || (other.id.is_some() && other.id == action.id)
            });
            if twin.is_some() {
                self.diagnostics.error(
                    action.span.clone(),
                    format!("there is a data action \"{}\" already", action.content.name),
                    "again",
                    "choose another name",
                );
                continue;
            }
            actions.push(action);
        }
        self.names_in_use(&actions);
        actions
    }

    /// A name that the spec still has is not a former one: which of the two has it, only the order of the renames would say.
    fn names_in_use(&mut self, actions: &[DataActionSpec]) {
        for action in actions {
            let name = &action.content.name;
            let is_former = |other: &&DataActionSpec| {
                other.content.name != *name && action.was.as_ref() == Some(&other.content.name)
            };
            if let Some(other) = actions.iter().find(is_former) {
                self.diagnostics.error(
                    action.span.clone(),
                    format!("`was` of data action \"{name}\" is \"{0}\", and the spec has a data action \"{0}\"", other.content.name),
                    "this one",
                    "names are not exchanged in one step: give one of them a third name first, and apply that",
                );
            }
        }
    }

    fn data_action(
        &mut self,
        mut table: Table<'_>,
        integration: Option<&IntegrationSpec>,
        functions: &[FunctionRef],
        target: Option<&Target>,
    ) -> Option<DataActionSpec> {
        let span = table.head();
        let has_file = table.value("file").is_some();
        let exported = self.exported(&mut table);
        let file_is_faulty = exported.is_none() && table.value("file").is_some();
        let exported = exported.unwrap_or_default();
        let name = self.text(&mut table, "name", limits::genesys_name);
        let name = name.map(|name| name.value).or_else(|| exported.name.clone());
        let is_named = name.is_some() || file_is_faulty;
        table.required(Some(()).filter(|()| is_named), "name", "\"Get order status\"");
        let id = self.text(&mut table, "id", limits::genesys_id);
        let was = self.text(&mut table, "was", limits::genesys_name);
        let function = self.function_of(&mut table, functions, &exported, target);
        let category = self.text(&mut table, "category", limits::genesys_name);
        if let Some(category) = &category
            && category.value.to_lowercase().contains("function data action")
        {
            self.diagnostics.warning(
                category.span.clone(),
                "CX as Code takes an action of such a category for a function data action",
                "\"function data action\"",
                "choose other words, if anybody uses CX as Code in this organization",
            );
        }
        let secure = table.boolean("secure", self.diagnostics).or(exported.secure).unwrap_or(false);
        let timeout = table.integer("timeout_seconds", self.diagnostics);
        let timeout_seconds = match timeout {
            Some(timeout) => match u32::try_from(timeout.value).ok().filter(|n| (1..=60).contains(n)) {
                Some(seconds) => seconds,
                None => {
                    self.diagnostics.error(
                        timeout.span,
                        format!("`timeout_seconds` is {}", timeout.value),
                        "out of range",
                        "write 1 to 60; without it, it is 60",
                    );
                    DEFAULT_TIMEOUT
                }
            },
            None => exported.timeout_seconds.unwrap_or(DEFAULT_TIMEOUT),
        };
        let request = table.string("request_template", self.diagnostics);
        let file = table.value("file").filter(|_| request.is_none());
        let (request_span, whose) = match (&request, file) {
            (Some(request), _) => (request.span.clone(), "the request template".to_owned()),
            (None, Some(file)) => {
                let path = file.get_ref().as_str().unwrap_or_default();
                (file.span(), format!("the request template in `{}`", one_line(path)))
            }
            (None, None) => (span.clone(), "the request template".to_owned()),
        };
        let request_template = request
            .map(|request| request.value)
            .or(exported.request_template)
            .unwrap_or_else(|| RAW_REQUEST.to_owned());
        for input in unescaped(&request_template) {
            self.diagnostics.warning(
                request_span.clone(),
                format!("{whose} puts `{input}` between quotes without escaping it"),
                "a quote in the input breaks the event, or changes it",
                format!("write \"$esc.jsonString(${{input.{input}}})\""),
            );
        }
        let headers = self.strings(&mut table, "headers").or(exported.headers).unwrap_or_default();
        if let Some(accept) = headers
            .iter()
            .find(|(name, value)| name.eq_ignore_ascii_case("accept") && !value.contains("json"))
        {
            self.diagnostics.error(
                span.clone(),
                format!("the header `Accept` is {:?}, which is not JSON", accept.1),
                "this data action",
                "leave it out, or write \"application/json\"",
            );
        }
        let success = table.string("success_template", self.diagnostics);
        let success_template = success
            .map(|success| success.value)
            .or(exported.success_template)
            .unwrap_or_else(|| RAW_RESULT.to_owned());
        let translation_map =
            self.strings(&mut table, "translation_map").or(exported.translation_map).unwrap_or_default();
        let translation_map_defaults = self
            .strings(&mut table, "translation_map_defaults")
            .or(exported.translation_map_defaults)
            .unwrap_or_default();
        if let Some(name) = translation_map_defaults.keys().find(|name| !translation_map.contains_key(*name))
        {
            self.diagnostics.error(
                span.clone(),
                format!("`translation_map_defaults` has `{name}`, which `translation_map` does not have"),
                "this data action",
                "give it a JSONPath in `translation_map`, or leave it out",
            );
        }
        let input_schema = self.schema(&mut table, &INPUT, exported.input_schema, file_is_faulty);
        let success_schema = self.schema(&mut table, &OUTPUT, exported.success_schema, file_is_faulty);
        let is_empty = |schema: &Option<Value>| schema.as_ref().is_some_and(has_no_members);
        // One with an ID is published already.
        if is_empty(&input_schema) && is_empty(&success_schema) && id.is_none() && !has_file {
            self.diagnostics.warning(
                span.clone(),
                "the data action takes nothing and returns nothing, and Genesys Cloud cannot change that once it is published",
                "an empty contract",
                "write its `input` and `output` before the first `apply`",
            );
        }
        let test_input = self.test_input(&mut table, input_schema.as_ref());
        let replace = table.boolean("replace", self.diagnostics).unwrap_or(false);
        table.deny_unknown_keys_but(&RENAMED, self.diagnostics);
        let category = category
            .map(|category| category.value)
            .or_else(|| integration.map(|integration| integration.name.clone()));
        Some(DataActionSpec {
            id: id.map(|id| id.value),
            was: was.map(|was| was.value),
            function: function?,
            content: ActionContent {
                name: name?,
                category: category?,
                secure,
                timeout_seconds,
                request_template,
                headers,
                success_template,
                translation_map,
                translation_map_defaults,
                input_schema: input_schema?,
                success_schema: success_schema?,
            },
            test_input,
            files: std::mem::take(&mut self.files),
            replace,
            span,
        })
    }

    /// `file`: as exported by the UI.
    fn exported(&mut self, table: &mut Table<'_>) -> Option<Exported> {
        let file = table.string("file", self.diagnostics)?;
        let read = self.json_file(&file)?;
        match export::read(&read) {
            Ok(exported) => Some(exported),
            Err(why) => {
                self.diagnostics.error(
                    file.span,
                    format!("`{}` {why}", file.value),
                    "not an exported data action",
                    "export it under Admin > Integrations > Actions; AWS Lambda data actions only",
                );
                None
            }
        }
    }

    fn json_file(&mut self, file: &Spanned<String>) -> Option<Value> {
        let text = match self.environment.file(&file.value, LIMIT) {
            Ok(text) => text,
            Err(error) => {
                let message = format!("cannot read `{}`: {error}", file.value);
                let help = "it is a plain file below the repository's root, and a relative path begins at the spec's folder";
                self.diagnostics.error(file.span.clone(), message, "not read", help);
                return None;
            }
        };
        self.files.push(file.value.clone());
        match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
            Ok(value) => Some(value),
            Err(error) => {
                let message = format!("`{}` is not JSON: {error}", file.value);
                self.diagnostics.error(file.span.clone(), message, "not JSON", "");
                None
            }
        }
    }

    /// One of the role's functions.
    fn function_of(
        &mut self,
        table: &mut Table<'_>,
        functions: &[FunctionRef],
        exported: &Exported,
        target: Option<&Target>,
    ) -> Option<crate::arn::FunctionArn> {
        let span = table.head();
        let listed = || functions.iter().map(|known| known.written.as_str()).collect::<Vec<_>>().join(", ");
        let arn = match table.string("function", self.diagnostics) {
            Some(written) => {
                let arn = self.function(&written, target)?;
                if !functions.iter().any(|function| function.arn == arn) {
                    // If the role has no functions, that is the fault to report.
                    if !functions.is_empty() {
                        let known: Vec<&str> = functions.iter().map(|known| known.written.as_str()).collect();
                        let meant = near_miss(&written.value, &known);
                        let meant =
                            meant.map(|meant| format!("did you mean `{meant}`? ")).unwrap_or_default();
                        self.diagnostics.error(
                            written.span,
                            format!("`{}` is none of the role's functions", written.value),
                            "not in `functions`",
                            format!(
                                "{meant}`functions` has {}: Genesys Cloud may invoke just those",
                                listed()
                            ),
                        );
                    }
                    return None;
                }
                arn
            }
            None => match functions {
                [only] => only.arn.clone(),
                [] => return None,
                _ => {
                    self.diagnostics.error(
                        span,
                        "`function` is missing: the role has several",
                        "this data action",
                        format!("add `function = \"…\"`, one of {}", listed()),
                    );
                    return None;
                }
            },
        };
        if let Some(other) = exported.function.as_ref().filter(|other| **other != arn.to_string()) {
            self.diagnostics.warning(
                table.head(),
                format!("the file names the function {other}; the spec's function wins"),
                "this data action",
                "",
            );
        }
        Some(arn)
    }

    fn strings(&mut self, table: &mut Table<'_>, key: &'static str) -> Option<BTreeMap<String, String>> {
        let read = table.strings_by_key(key, self.diagnostics)?;
        Some(read.into_iter().map(|(name, value)| (name.value, value.value)).collect())
    }

    /// The short form, the full form, or what the file has.
    fn schema(
        &mut self,
        table: &mut Table<'_>,
        half: &Half,
        exported: Option<Value>,
        silent: bool,
    ) -> Option<Value> {
        let Half { short, full, example, faults } = half;
        let span = table.head();
        let short_form = self.short_form(table, short);
        let full_form = self.full_form(table, full);
        if short_form.is_some() && full_form.is_some() {
            self.diagnostics.error(
                span,
                format!("`{short}` and `{full}` say the same thing"),
                "this data action",
                format!("leave one out: `{short}` is the short form of `{full}`"),
            );
            return None;
        }
        let (schema, span) = match short_form.or(full_form) {
            Some(Spanned { value, span }) => (value?, span),
            None => match exported {
                Some(schema) => (schema, span),
                None if silent => return None,
                None => {
                    table.is_missing(MissingKey {
                        keys: vec![*short, *full],
                        span,
                        message: format!("there is neither `{short}` nor `{full}` for this data action"),
                        label: "this data action".to_owned(),
                        help: format!("add `{short} = {{ {example} = \"string\" }}`, or `{short} = {{}}`"),
                    });
                    return None;
                }
            },
        };
        let found = faults(&schema);
        for fault in &found {
            let help = match *short {
                "input" => "Genesys Cloud takes a flat object of strings, numbers, integers and booleans",
                _ => "Genesys Cloud takes an object or an array of objects, without arrays in arrays",
            };
            self.diagnostics.error(span.clone(), format!("the {short} contract {fault}"), "here", help);
        }
        found.is_empty().then_some(schema)
    }

    fn short_form(&mut self, table: &mut Table<'_>, key: &'static str) -> Option<Spanned<Option<Value>>> {
        let value = table.value(key)?;
        let span = value.span();
        let DeValue::Table(entries) = value.get_ref() else {
            let value = wrong_type(value, key, "a table of types, by name", self.diagnostics);
            return Some(Spanned { value, span });
        };
        let mut types = Vec::new();
        for (name, kind) in entries {
            if let DeValue::String(kind) = kind.get_ref() {
                types.push((name.get_ref().to_string(), kind.to_string()));
                continue;
            }
            let example = "\"string\", \"integer\", \"number\" or \"boolean\"";
            let (found, help) = match (kind.get_ref(), key) {
                (DeValue::Array(_) | DeValue::Table(_), "output") => (
                    "a contract of its own",
                    "give the whole contract as a JSON schema in its place: success_schema = { type = \"object\", properties = { items = { type = \
                     \"array\", items = { type = \"string\" } } } }",
                ),
                (DeValue::Array(_) | DeValue::Table(_), _) => (
                    "a contract of its own",
                    "Genesys Cloud takes a flat input: let the flow pass it as a string",
                ),
                _ => ("not a type", "name the type in quotes"),
            };
            let message = format!("`{}` in `{key}` must be {example}", name.get_ref());
            self.diagnostics.error(kind.span(), message, found, help);
        }
        let is_whole = types.len() == entries.len();
        Some(Spanned { value: is_whole.then(|| from_short(&types)), span })
    }

    /// A table, a string of JSON, or `{ file = "…" }`.
    fn full_form(&mut self, table: &mut Table<'_>, key: &'static str) -> Option<Spanned<Option<Value>>> {
        let value = table.value(key)?;
        let span = value.span();
        let read = match value.get_ref() {
            DeValue::String(text) => match serde_json::from_str(text) {
                Ok(schema) => Some(schema),
                Err(error) => {
                    let message = format!("`{key}` is not JSON: {error}");
                    self.diagnostics.error(span.clone(), message, "not JSON", "");
                    None
                }
            },
            DeValue::Table(entries) if entries.len() == 1 && entries.contains_key("file") => {
                let mut inner = Table::new(key, span.clone(), entries);
                let file = inner.string("file", self.diagnostics);
                file.and_then(|file| self.json_file(&file))
            }
            DeValue::Table(_) => Some(json_of(value)),
            _ => wrong_type(value, key, "a table, a string of JSON or { file = \"PATH\" }", self.diagnostics),
        };
        Some(Spanned { value: read, span })
    }

    fn test_input(&mut self, table: &mut Table<'_>, schema: Option<&Value>) -> Option<Map<String, Value>> {
        let value = table.value("test_input")?;
        let Value::Object(input) = json_of(value) else {
            return wrong_type(value, "test_input", "a table", self.diagnostics);
        };
        let Some(schema) = schema else { return Some(input) };
        for (message, help) in unfit_input("`test_input`", &input, schema) {
            self.diagnostics.error(value.span(), message, "here", help);
        }
        Some(input)
    }
}
