//! What an AWS organization forbids.

use super::model::{Means, Remedy, run, say};
use super::shell::Shell;
use super::trust::by_tool;
use crate::check::{Facts, Finding, guards};
use crate::plan::GuardExemption;

/// The organization's administrator exempts the role, or says which tag exempts it.
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
        let arn = &facts.desired.role.arn;
        let what = &finding.what;
        let (kind, menu, ask) = if what.contains("resource control policy") || what.starts_with("RCP ") {
            let ask = format!(
                "to exempt AWS account {account} (Genesys Cloud), or the role {arn}, from the resource control policy that denies \
                 sts:AssumeRole to outsiders"
            );
            ("RESOURCE_CONTROL_POLICY", "Resource control policies", ask)
        } else if what.contains("no service control policy") || what.to_lowercase().starts_with("the level") {
            let ask = format!(
                "to allow lambda:InvokeFunction for the role {arn} in a service control policy at each level: root, organizational \
                 units and account"
            );
            ("SERVICE_CONTROL_POLICY", "Service control policies", ask)
        } else {
            let ask = format!(
                "to exempt the role {arn} from the service control policy that denies lambda:InvokeFunction"
            );
            ("SERVICE_CONTROL_POLICY", "Service control policies", ask)
        };
        console.push(say(format!("ask whoever administers your AWS organization {ask}")));
        console.push(say(format!(
            "they do it in the management account: AWS Organizations > Policies > {menu}"
        )));
        console.push(say(
            "they see which policies apply with (again for each organizational unit and root above):",
        ));
        console.push(run(shell.aws(&[
            "organizations",
            "list-policies-for-target",
            "--target-id",
            &arn.account,
            "--filter",
            kind,
        ])));
    }
    tool.with(Means::Console, console).with(Means::Cli, cli)
}
