//! The role, and who may assume it.

use super::model::{FixStep, Means, Remedy, run, say};
use super::shell::{Shell, SpecEdit};
use crate::arn::Arn;
use crate::check::Facts;

/// Replaces the trust policy with the correct one.
pub fn trust(facts: &Facts, shell: &Shell) -> Remedy {
    let desired = &facts.desired.role;
    let document = desired.assume_role_policy.to_json();
    let console = vec![
        say(format!("IAM > Roles > {} > Trust relationships > Edit trust policy", desired.name)),
        say("replace it by this document, then Update policy:"),
        FixStep::Paste(desired.assume_role_policy.to_pretty()),
    ];
    let cli = shell.aws(&[
        "iam",
        "update-assume-role-policy",
        "--role-name",
        &desired.name,
        "--policy-document",
        &document,
    ]);
    by_tool(facts, shell, SpecEdit::Nothing).with(Means::Console, console).with(Means::Cli, vec![run(cli)])
}

/// Creates the role with its policy.
pub(super) fn role(facts: &Facts, shell: &Shell) -> Remedy {
    let desired = &facts.desired.role;
    let name = desired.name.as_str();
    let mut create = vec!["iam", "create-role", "--role-name", name];
    if desired.path != "/" {
        create.extend(["--path", &desired.path]);
    }
    let trust = desired.assume_role_policy.to_json();
    create.extend(["--assume-role-policy-document", &trust]);
    let seconds = desired.max_session_duration.to_string();
    if desired.max_session_duration != 3600 {
        create.extend(["--max-session-duration", &seconds]);
    }
    let boundary = desired.permissions_boundary.as_ref().map(ToString::to_string);
    if let Some(boundary) = &boundary {
        create.extend(["--permissions-boundary", boundary]);
    }
    let mut cli = vec![run(shell.aws(&create))];
    let mut console = if desired.path == "/" {
        vec![
            say("IAM > Roles > Create role > Custom trust policy: this document"),
            FixStep::Paste(desired.assume_role_policy.to_pretty()),
            say(format!("Role name: {name}")),
        ]
    } else {
        vec![no_paths("roles", &desired.path)]
    };
    if let Some(boundary) = &boundary {
        console.push(say(format!("Add permissions > Set permissions boundary: {boundary}")));
    }
    if facts.desired.functions.is_empty() {
        let rest = "then a policy for it that allows lambda:InvokeFunction on the ARN of the function (name it, or set the \
                    credentials of Genesys Cloud, and run this again)";
        cli.push(say(rest));
        console.push(say(rest));
        return Remedy::default().with(Means::Console, console).with(Means::Cli, cli);
    }
    cli.extend(policy_commands(facts, shell));
    console.extend(policy_in_console(facts));
    by_tool(facts, shell, SpecEdit::Nothing).with(Means::Console, console).with(Means::Cli, cli)
}

fn no_paths(things: &str, path: &str) -> FixStep {
    say(format!("the console makes {things} without a path only: make this one, in {path}, with the AWS CLI"))
}

/// Creates the policy if needed, and attaches it.
pub(super) fn policy_commands(facts: &Facts, shell: &Shell) -> Vec<FixStep> {
    let policy = &facts.desired.policy;
    let mut steps = Vec::new();
    if facts.live.policy.is_none() {
        let document = policy.document.to_json();
        let mut create = vec!["iam", "create-policy", "--policy-name", &policy.name];
        if policy.path != "/" {
            create.extend(["--path", &policy.path]);
        }
        create.extend(["--policy-document", &document]);
        steps.push(run(shell.aws(&create)));
    }
    steps.push(attach(shell, &facts.desired.role.name, &policy.arn));
    steps
}

fn attach(shell: &Shell, role: &str, policy: &Arn) -> FixStep {
    let arn = policy.to_string();
    run(shell.aws(&["iam", "attach-role-policy", "--role-name", role, "--policy-arn", &arn]))
}

pub(super) fn policy_in_console(facts: &Facts) -> Vec<FixStep> {
    let policy = &facts.desired.policy;
    let mut steps = Vec::new();
    if facts.live.policy.is_none() && policy.path != "/" {
        steps.push(no_paths("policies", &policy.path));
    } else if facts.live.policy.is_none() {
        steps.push(say("IAM > Policies > Create policy > JSON: this document"));
        steps.push(FixStep::Paste(policy.document.to_pretty()));
        steps.push(say(format!("Policy name: {}", policy.name)));
    }
    steps.push(say(format!(
        "IAM > Roles > {} > Permissions > Add permissions > Attach policies: {}",
        facts.desired.role.name, policy.name
    )));
    steps
}

/// A spec corrects the AWS side. Without functions there is none.
pub(super) fn by_tool(facts: &Facts, shell: &Shell, edit: SpecEdit<'_>) -> Remedy {
    if facts.desired.functions.is_empty() {
        return Remedy::default();
    }
    Remedy::default().with(Means::Tool, shell.apply(&facts.desired.role.name, edit))
}
