//! Permissions as an IAM policy, or as Terraform's data source for one.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::permissions::{GenesysPermission, Permission};

/// What the OAuth client needs, one per line: it is not part of the IAM policy.
pub fn genesys(permissions: &[GenesysPermission]) -> String {
    let lines = permissions.iter().map(|GenesysPermission { name, is_optional }| {
        let note = if *is_optional { " (optional)" } else { "" };
        format!("\n  {name}{note}")
    });
    format!("In Genesys Cloud, a role of the OAuth client needs:{}", lines.collect::<String>())
}

/// A policy document.
pub fn json(grants: &[Permission]) -> String {
    let statements: Vec<Value> = grants
        .iter()
        .map(|Permission { sid, actions, resources, condition, is_optional: _ }| {
            let mut statement = Map::new();
            statement.insert("Sid".to_owned(), json!(sid));
            statement.insert("Effect".to_owned(), json!("Allow"));
            statement.insert("Action".to_owned(), json!(actions));
            statement.insert("Resource".to_owned(), json!(resources));
            if let Some((operator, key, values)) = condition {
                statement.insert("Condition".to_owned(), json!({ *operator: { *key: values } }));
            }
            Value::Object(statement)
        })
        .collect();
    format!("{:#}\n", json!({ "Version": "2012-10-17", "Statement": statements }))
}

/// `data "aws_iam_policy_document" "genesys_iam"`
pub fn terraform(grants: &[Permission]) -> String {
    let list = |values: &[String]| {
        let quoted: Vec<String> = values.iter().map(|value| format!("      {},\n", quoted(value))).collect();
        format!("[\n{}    ]", quoted.concat())
    };
    let mut out = String::from("data \"aws_iam_policy_document\" \"genesys_iam\" {\n");
    for (number, Permission { sid, actions, resources, condition, is_optional }) in grants.iter().enumerate()
    {
        if number > 0 {
            out.push('\n');
        }
        if *is_optional {
            out.push_str("  # Optional. Without it, the information is reported as unknown.\n");
        }
        let actions: Vec<String> = actions.iter().map(|action| (*action).to_owned()).collect();
        let _ = writeln!(out, "  statement {{\n    sid = {}", quoted(sid));
        let _ = writeln!(out, "    actions = {}\n    resources = {}", list(&actions), list(resources));
        if let Some((operator, key, values)) = condition {
            let _ = writeln!(
                out,
                "    condition {{\n      test     = {}\n      variable = {}\n      values   = [{}]\n    }}",
                quoted(operator),
                quoted(key),
                values.iter().map(|value| quoted(value)).collect::<Vec<_>>().join(", ")
            );
        }
        out.push_str("  }\n");
    }
    out.push_str("}\n");
    out
}

/// A string of HCL: `${` would begin an expression, `%{` a directive.
fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace("${", "$${").replace("%{", "%%{")
}
