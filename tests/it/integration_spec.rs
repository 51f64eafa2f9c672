//! What the spec says about Genesys Cloud: what is accepted, and what is refused with its position.

use std::collections::BTreeMap;
use std::io;

use genesys_iam::spec::{DEFAULT_TIMEOUT, Diagnostic, Environment, RAW_REQUEST, Severity, Spec, parse};

use crate::support::world::{ID, spec_text};

#[derive(Default)]
struct Given(BTreeMap<&'static str, String>);

impl Environment for Given {
    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn is_allowed(&self, _: &str) -> bool {
        false
    }

    fn file(&self, path: &str, _: u64) -> io::Result<String> {
        self.0.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

const INTEGRATION: &str = "[role.integration]\nname = \"Orders\"\n";
const ACTION: &str = "[[role.data_action]]\nname = \"Get order\"\nfunction = \"f\"\ninput = { Order = \"string\" }\noutput = { status = \"string\" }\n";

fn spec_with(more: &str) -> String {
    spec_text("R", &["f", "g:live"], ID, more)
}

fn read(source: &str, files: &[(&'static str, String)]) -> (Option<Spec>, Vec<Diagnostic>) {
    parse(source, "test", &Given(files.iter().cloned().collect()))
}

/// The only fault, the text at its position, and what to do.
#[track_caller]
fn fault(more: &str) -> (String, String, String) {
    let source = spec_with(more);
    let (spec, diagnostics) = read(&source, &[]);
    let errors: Vec<&Diagnostic> = diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
    assert!(spec.is_none());
    let [error] = errors.as_slice() else { panic!("{diagnostics:#?}") };
    let place = source[error.span.clone()].lines().next().unwrap_or_default().to_owned();
    (error.message.clone(), place, error.help.clone().unwrap_or_default())
}

#[test]
fn what_is_not_said_is_what_genesys_cloud_itself_takes() {
    let (spec, diagnostics) = read(&spec_with(&format!("{INTEGRATION}{ACTION}")), &[]);
    assert_eq!(diagnostics, []);
    let role = &spec.unwrap().roles[0];
    let integration = role.integration.as_ref().unwrap();
    assert_eq!((integration.name.as_str(), integration.enabled, integration.adopt), ("Orders", true, false));
    let [action] = role.data_actions.as_slice() else { panic!() };
    assert_eq!(action.function.label(), "f");
    let content = &action.content;
    assert_eq!(
        (content.category.as_str(), content.timeout_seconds, content.request_template.as_str()),
        ("Orders", DEFAULT_TIMEOUT, RAW_REQUEST)
    );
    assert_eq!(
        content.input_schema,
        serde_json::json!({ "type": "object", "properties": { "Order": { "type": "string" } } })
    );
}

#[test]
fn a_misspelt_table_or_key_is_the_only_fault() {
    let action = "[[role.data_action]]\nname = \"A\"\nfunction = \"f\"\n";
    for (more, help) in [
        (format!("{}{ACTION}", INTEGRATION.replace("integration", "integratino")), "`integration`"),
        (format!("{INTEGRATION}{action}inptu = {{ O = \"string\" }}\noutput = {{}}\n"), "`input`"),
        (format!("{INTEGRATION}{action}input_shcema = {{}}\noutput = {{}}\n"), "`input_schema`"),
    ] {
        let (message, _, says) = fault(&more);
        assert!(message.starts_with("unknown key") && says.contains(help), "{message}: {says}");
    }
}

#[test]
fn every_rule_of_genesys_cloud_is_checked_offline_at_its_place() {
    let with = |line: &str| format!("{INTEGRATION}{ACTION}{line}\n");
    for (more, message, place) in [
        (ACTION.to_owned(), "there is a data action and no integration", "[[role.data_action]]"),
        (
            "[role.integration]\nnotes = \"x\"\n".to_owned(),
            "`name` is missing in [role.integration]",
            "[role.integration]",
        ),
        (
            format!("{INTEGRATION}intended_state = \"ON\"\n"),
            "`intended_state` is neither \"ENABLED\" nor \"DISABLED\"",
            "\"ON\"",
        ),
        (
            format!("{INTEGRATION}notes = \"managed-by: me\"\n"),
            "`notes` has a line `managed-by:`, which is this tool's own",
            "\"managed-by: me\"",
        ),
        (with("timeout_seconds = 61"), "`timeout_seconds` is 61", "61"),
        (with("id = \"a/b\""), "`id` is not an ID of Genesys Cloud", "\"a/b\""),
        (
            with("translation_map_defaults = { a = \"1\" }"),
            "`translation_map_defaults` has `a`, which `translation_map` does not have",
            "[[role.data_action]]",
        ),
        (
            with("test_input = { Other = \"1\" }"),
            "`test_input` has `Other`, which the input contract does not have",
            "{ Other = \"1\" }",
        ),
        (
            with("test_input = { Order = 1 }"),
            "`Order` of `test_input` is 1, which is not of the type \"string\"",
            "{ Order = 1 }",
        ),
        (
            with("headers = { Accept = \"text/html\" }"),
            "the header `Accept` is \"text/html\", which is not JSON",
            "[[role.data_action]]",
        ),
        (
            with("input_schema = \"{}\""),
            "`input` and `input_schema` say the same thing",
            "[[role.data_action]]",
        ),
        (
            format!("{INTEGRATION}{ACTION}{ACTION}"),
            "there is a data action \"Get order\" already",
            "[[role.data_action]]",
        ),
        (
            format!("{INTEGRATION}{}", ACTION.replace("\"f\"", "\"h\"")),
            "`h` is none of the role's functions",
            "\"h\"",
        ),
        (
            format!("{INTEGRATION}{}", ACTION.replace("function = \"f\"\n", "")),
            "`function` is missing: the role has several",
            "[[role.data_action]]",
        ),
        (
            format!("{INTEGRATION}{}", ACTION.replace("Order = \"string\"", "orgId = \"string\"")),
            "the input contract has the property `orgId`, which Genesys Cloud itself uses",
            "{ orgId = \"string\" }",
        ),
        (
            format!(
                "{INTEGRATION}{}",
                ACTION.replace("output = { status = \"string\" }\n", "success_schema = \"[\"\n")
            ),
            "`success_schema` is not JSON: EOF while parsing a list at line 1 column 1",
            "\"[\"",
        ),
    ] {
        let (got, at, _) = fault(&more);
        assert_eq!((got.as_str(), at.as_str()), (message, place), "{more}");
    }
}

#[test]
fn the_names_of_cx_as_code_lead_to_ours() {
    for (theirs, ours) in [("request_url_template", "function"), ("contract_input", "input_schema")] {
        let (message, _, help) = fault(&format!("{INTEGRATION}{ACTION}{theirs} = \"x\"\n"));
        assert_eq!(message, format!("unknown key `{theirs}` in [[role.data_action]]"));
        assert_eq!(help, format!("did you mean `{ours}`?"));
    }
}

#[test]
fn one_integration_has_one_role() {
    let second = format!("[[role]]\nname = \"S\"\nfunctions = [\"f\"]\n{INTEGRATION}");
    let (message, place, _) = fault(&format!("{INTEGRATION}{second}"));
    assert_eq!(
        (message.as_str(), place.as_str()),
        ("the integration \"Orders\" is another role's already", "\"Orders\"")
    );
}

#[test]
fn an_exported_file_says_what_the_keys_do_not_and_its_function_gives_way() {
    let file = serde_json::json!({
        "name": "Get order - Exported 2024-11-19 @ 14:13",
        "integrationType": "aws-lambda-data-actions", "actionType": "custom", "secure": true,
        "config": {
            "request": { "requestUrlTemplate": "arn:aws:lambda:us-east-1:999988887777:function:f",
                         "requestType": "POST", "headers": { "a": "b" }, "requestTemplate": "{\"n\": \"${input.N}\"}" },
            "response": { "translationMap": {}, "translationMapDefaults": {}, "successTemplate": "${rawResult}" },
        },
        "contract": { "input": { "inputSchema": { "type": "object", "properties": { "N": { "type": "string" } } } },
                      "output": { "successSchema": { "type": "object" } } },
    });
    let action =
        "[[role.data_action]]\nfile = \"a.json\"\nfunction = \"g:live\"\ntimeout_seconds = 9\nheaders = {}\n";
    let source = spec_with(&format!("{INTEGRATION}{action}"));
    let (spec, warnings) = read(&source, &[("a.json", file.to_string())]);
    let action = spec.unwrap_or_else(|| panic!("{warnings:?}")).roles[0].data_actions[0].clone();
    assert_eq!((action.content.name.as_str(), action.content.secure), ("Get order", true));
    assert_eq!((action.content.timeout_seconds, action.content.headers.len()), (9, 0));
    assert_eq!(action.function.label(), "g:live");
    let said: Vec<&str> = warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert_eq!(
        said,
        [
            "the file names the function arn:aws:lambda:us-east-1:999988887777:function:f; the spec's function wins",
            "the request template in `a.json` puts `N` between quotes without escaping it",
        ]
    );
}
