//! What an AWS organization forbids.

use super::model::{Means, Remedy, run, say};
use super::shell::Shell;
use super::trust::by_tool;
use crate::check::{Facts, Finding, guards};
use crate::plan::GuardExemption;

/// Whoever administers the organization exempts the role, or tells by which tag it is exempt.
pub(super) fn guard(facts: &Facts, finding: &Finding, shell: &Shell) -> Remedy {
    let role = facts.desired.role.name.as_str();
    let account = &facts.desired.genesys_account_id;
    let found =
        guards(facts).into_iter().filter(|guard| finding.what.starts_with(&format!("{} ", guard.policy)));
    let (mut tool, mut cli, mut console) = (Remedy::default(), Vec::new(), Vec::new());
    for exemption in found.flat_map(|guard| guard.exemptions) {
        match exemption {
            GuardExemption::Account => console.push(say(format!(
                "whoever administers the organization adds {account} to the accounts of aws:PrincipalAccount in that policy"
            ))),
            GuardExemption::Tag { key, value } => {
                let tag = format!("Key={key},Value={value}");
                cli.push(say("with the consent of whoever administers the organization:"));
                cli.push(run(shell.aws(&["iam", "tag-role", "--role-name", role, "--tags", &tag])));
                console.push(say(format!(
                    "with the consent of whoever administers it: IAM > Roles > {role} > Tags > Manage tags: {key} = {value}"
                )));
                let [key, value] = [key, value].map(serde_json::Value::from);
                tool = by_tool(facts, shell, &format!("tags = {{ {key} = {value} }}"));
            }
        }
    }
    if console.is_empty() {
        console.push(say(finding.remedy.clone()));
        console.push(say(format!(
            "what to ask for: sts:AssumeRole on {} for AWS account {account}, and lambda:InvokeFunction for that role",
            facts.desired.role.arn
        )));
    }
    tool.with(Means::Console, console).with(Means::Cli, cli)
}
