//! Permissions as an IAM policy, or as Terraform's data source for one.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::permissions::{GenesysPermission, Permission, size};
use crate::policy::quota;

/// What the OAuth client needs, one per line: not part of the IAM policy.
pub fn genesys(permissions: &[GenesysPermission]) -> String {
    let lines = permissions.iter().map(|GenesysPermission { name, is_optional }| {
        let note = if *is_optional { " (optional)" } else { "" };
        format!("\n  {name}{note}")
    });
    format!("In Genesys Cloud, a role of the OAuth client needs:{}", lines.collect::<String>())
}

/// The permissions as policies that each fit into a customer managed policy: one, if they all fit.
pub fn policies(grants: &[Permission]) -> Vec<Vec<Permission>> {
    let fits = |policy: &[Permission]| size(&document(policy).to_string()) <= quota::MANAGED_POLICY;
    let mut policies = Vec::new();
    let mut policy: Vec<Permission> = Vec::new();
    let mut left: Vec<Permission> = grants.iter().rev().cloned().collect();
    while let Some(grant) = left.pop() {
        let with = |part: Permission| [policy.as_slice(), &[part]].concat();
        if fits(&with(grant.clone())) {
            policy.push(grant);
            continue;
        }
        // As much of it as fits.
        let lengths: Vec<usize> = (1..grant.resources.len()).collect();
        let room = lengths
            .partition_point(|&length| grant.divided(length).is_some_and(|(part, _)| fits(&with(part))));
        if room > 0
            && let Some((part, rest)) = grant.divided(room)
        {
            policy.push(part);
            left.push(rest);
        } else if !policy.is_empty() {
            left.push(grant);
        } else if let Some((part, rest)) = grant.divided(1) {
            left.extend([rest, part]);
            continue;
        } else {
            policy.push(grant);
        }
        policies.push(std::mem::take(&mut policy));
    }
    if !policy.is_empty() {
        policies.push(policy);
    }
    policies
}

/// A policy document, or an array of several.
pub fn json(policies: &[Vec<Permission>]) -> String {
    match policies {
        [policy] => format!("{:#}\n", document(policy)),
        _ => format!("{:#}\n", documents(policies)),
    }
}

fn documents(policies: &[Vec<Permission>]) -> Value {
    policies.iter().map(|policy| document(policy)).collect()
}

/// Both services' permissions, for machines.
pub fn report(policies: &[Vec<Permission>], of_genesys: &[GenesysPermission]) -> Value {
    let optional: BTreeSet<&str> = policies
        .iter()
        .flatten()
        .filter(|grant| grant.is_optional)
        .map(|Permission { sid, .. }| *sid)
        .collect();
    let of_genesys = of_genesys.iter().map(
        |GenesysPermission { name, is_optional }| json!({ "permission": name, "is_optional": is_optional }),
    );
    json!({
        "policies": documents(policies),
        "optional": optional,
        "genesys_cloud": of_genesys.collect::<Value>(),
    })
}

fn document(grants: &[Permission]) -> Value {
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
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// `data "aws_iam_policy_document" "NAME_1"`, `"NAME_2"` and so on, and a list of them as `local.NAME`: whoever uses that
/// need not know how many there are.
pub fn terraform(name: &str, policies: &[Vec<Permission>]) -> String {
    let names: Vec<String> = (1..=policies.len()).map(|number| format!("{name}_{number}")).collect();
    let mut out = String::new();
    for (name, policy) in names.iter().zip(policies) {
        out.push_str(&data_source(name, policy));
        out.push('\n');
    }
    out.push_str(
        "locals {\n  # Each becomes a customer managed policy; with the spec, their number may grow.\n",
    );
    let _ = writeln!(out, "  {name} = [");
    for name in names {
        let _ = writeln!(out, "    data.aws_iam_policy_document.{name}.json,");
    }
    out.push_str("  ]\n}\n");
    out
}

fn data_source(name: &str, grants: &[Permission]) -> String {
    let list = |values: &[String]| {
        let quoted: Vec<String> = values.iter().map(|value| format!("      {},\n", quoted(value))).collect();
        format!("[\n{}    ]", quoted.concat())
    };
    let mut out = format!("data \"aws_iam_policy_document\" \"{name}\" {{\n");
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

/// An HCL string: `${` would start an expression, `%{` a directive.
fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace("${", "$${").replace("%{", "%%{")
}
