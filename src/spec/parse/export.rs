//! The file that the UI exports for a data action (`*.custom.json`).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

const LAMBDA: &str = "aws-lambda-data-actions";

/// The contents of the file. It names no integration, and the spec's function replaces its own.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Exported {
    pub(super) name: Option<String>,
    pub(super) secure: Option<bool>,
    pub(super) timeout_seconds: Option<u32>,
    pub(super) function: Option<String>,
    pub(super) request_template: Option<String>,
    pub(super) headers: Option<BTreeMap<String, String>>,
    pub(super) success_template: Option<String>,
    pub(super) translation_map: Option<BTreeMap<String, String>>,
    pub(super) translation_map_defaults: Option<BTreeMap<String, String>>,
    pub(super) input_schema: Option<Value>,
    pub(super) success_schema: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    name: String,
    integration_type: String,
    action_type: String,
    config: Config,
    contract: Contract,
    #[serde(default)]
    secure: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Config {
    request: ExportedRequest,
    #[serde(default)]
    response: Response,
    timeout_seconds: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ExportedRequest {
    request_url_template: Option<String>,
    #[serde(default, rename = "requestType")]
    _request_type: String,
    headers: Option<BTreeMap<String, String>>,
    request_template: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Response {
    translation_map: Option<BTreeMap<String, String>>,
    translation_map_defaults: Option<BTreeMap<String, String>>,
    success_template: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Contract {
    input: Input,
    output: ExportedOutput,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Input {
    input_schema: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ExportedOutput {
    success_schema: Value,
}

/// On failure: what is wrong with it, in words that follow its name.
pub(super) fn read(value: &Value) -> Result<Exported, String> {
    let file: File =
        File::deserialize(value).map_err(|error| format!("is not what the UI exports: {error}"))?;
    if file.integration_type != LAMBDA {
        return Err(format!("is of the integration type `{}`, not `{LAMBDA}`", file.integration_type));
    }
    if file.action_type != "custom" {
        return Err(format!("is of the action type `{}`, not `custom`", file.action_type));
    }
    let Config { request, response, timeout_seconds } = file.config;
    let timeout_is_valid = timeout_seconds.is_none_or(|seconds| (1..=60).contains(&seconds));
    if !timeout_is_valid {
        return Err("has a timeout that is not 1 to 60 seconds".to_owned());
    }
    Ok(Exported {
        name: Some(without_stamp(&file.name).to_owned()),
        secure: Some(file.secure),
        timeout_seconds,
        function: request.request_url_template.filter(|url| url.starts_with("arn:")),
        request_template: request.request_template,
        headers: request.headers,
        success_template: response.success_template,
        translation_map: response.translation_map,
        translation_map_defaults: response.translation_map_defaults,
        input_schema: Some(file.contract.input.input_schema),
        success_schema: Some(file.contract.output.success_schema),
    })
}

/// Each export appends ` - Exported 2024-11-19 @ 14:13` to the name.
fn without_stamp(name: &str) -> &str {
    let mut name = name;
    while let Some((before, stamp)) = name.rsplit_once(" - Exported ") {
        let shape: String = stamp.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        if shape != "0000-00-00 @ 00:00" {
            break;
        }
        name = before;
    }
    name
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn file() -> Value {
        json!({
            "name": "Get order - Exported 2024-11-19 @ 14:13 - Exported 2025-01-02 @ 03:04",
            "integrationType": "aws-lambda-data-actions", "actionType": "custom",
            "config": {
                "request": { "requestUrlTemplate": "your-lambda-function-arn", "requestType": "POST",
                             "headers": {}, "requestTemplate": "${input.rawRequest}" },
                "response": { "translationMap": {}, "translationMapDefaults": {}, "successTemplate": "${rawResult}" },
            },
            "contract": { "input": { "inputSchema": { "type": "object", "properties": {} } },
                          "output": { "successSchema": { "type": "object" } } },
            "secure": false,
        })
    }

    #[test]
    fn the_stamps_of_exports_and_a_placeholder_for_the_function_are_dropped() {
        let read = read(&file()).unwrap();
        assert_eq!((read.name.as_deref(), read.function), (Some("Get order"), None));
        assert_eq!(without_stamp("A - Exported soon"), "A - Exported soon");
    }

    #[test]
    fn other_types_and_unknown_members_are_refused() {
        for (pointer, value, fault) in [
            ("/integrationType", json!("purecloud-data-actions"), "of the integration type"),
            ("/actionType", json!("customAuth"), "of the action type"),
            ("/config/request/more", json!(1), "unknown field `more`"),
            ("/config/timeoutSeconds", json!(61), "1 to 60"),
        ] {
            let mut file = file();
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            file.pointer_mut(parent).unwrap()[key] = value;
            let why = read(&file).unwrap_err();
            assert!(why.contains(fault), "{why}");
        }
    }
}
