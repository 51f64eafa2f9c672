//! What the role may do.

use super::model::{FixStep, Means, Remedy, run, say};
use super::shell::Shell;
use super::trust::{by_tool, policy_commands, policy_in_console};
use crate::arn::{Arn, FunctionArn};
use crate::check::{Facts, FunctionFacts, extra_grants};
use crate::model::{LivePolicy, LiveRole};
use crate::policy::document::{Effect, OneOrMany, Statement};
use crate::policy::{Decision, Document};

/// How many versions of a policy IAM keeps.
const VERSIONS: usize = 5;

/// Creates the policy, attaches it, or both.
pub(super) fn attached(facts: &Facts, shell: &Shell) -> Remedy {
    if facts.desired.functions.is_empty() {
        let ask = "which function the data action invokes is not known: set the credentials of Genesys Cloud and run this \
                   again, or read it under Admin > Integrations > Actions";
        return Remedy::default().with(Means::Console, vec![say(ask)]);
    }
    by_tool(facts, shell, "")
        .with(Means::Console, policy_in_console(facts))
        .with(Means::Cli, policy_commands(facts, shell))
}

/// The policy also allows the functions, and only them if it contains nothing else.
pub(super) fn covered(facts: &Facts, shell: &Shell) -> Remedy {
    let Some(policy) = &facts.live.policy else { return attached(facts, shell) };
    let live = &policy.policy.document;
    let document =
        if is_about_invocations(live) { facts.desired.policy.document.clone() } else { joined(facts, live) };
    new_version(facts, shell, policy, &document)
}

/// The policy allows the functions and nothing else.
pub(super) fn narrowed(facts: &Facts, shell: &Shell) -> Remedy {
    match &facts.live.policy {
        Some(policy) => new_version(facts, shell, policy, &facts.desired.policy.document),
        None => attached(facts, shell),
    }
}

fn new_version(facts: &Facts, shell: &Shell, policy: &LivePolicy, document: &Document) -> Remedy {
    let arn = policy.policy.arn.to_string();
    let name = &policy.policy.name;
    let mut cli = Vec::new();
    let mut console = Vec::new();
    let others = policy.attachment_count - i32::from(is_attached(facts, &policy.policy.arn));
    if others > 0 {
        let shared = format!("`{name}` is attached to {others} more, for whom it changes too");
        cli.push(say(&*shared));
        console.push(say(shared));
    }
    if policy.versions.len() >= VERSIONS
        && let Some(oldest) =
            policy.versions.iter().filter(|one| !one.is_default).min_by_key(|one| one.number())
    {
        cli.push(run(shell.aws(&[
            "iam",
            "delete-policy-version",
            "--policy-arn",
            &arn,
            "--version-id",
            &oldest.id,
        ])));
    }
    cli.push(set_document(shell, &arn, document));
    console.push(say(format!("IAM > Policies > {name} > Permissions > Edit: this document, then Save")));
    console.push(FixStep::Paste(document.to_pretty()));
    if !is_attached(facts, &policy.policy.arn) {
        cli.extend(policy_commands(facts, shell));
        console.extend(policy_in_console(facts));
    }
    by_tool(facts, shell, "").with(Means::Console, console).with(Means::Cli, cli)
}

fn is_attached(facts: &Facts, policy: &Arn) -> bool {
    facts.live.role.as_ref().is_some_and(|role| role.attached.contains_key(policy))
}

/// Whether replacing it loses nothing.
fn is_about_invocations(document: &Document) -> bool {
    document.statements.as_slice().iter().all(|statement| {
        statement.effect == Effect::Allow
            && statement
                .action_values()
                .iter()
                .all(|action| action.to_ascii_lowercase().starts_with("lambda:invoke"))
    })
}

/// What a document says, plus what the role should be allowed.
fn joined(facts: &Facts, document: &Document) -> Document {
    with(document, facts.desired.policy.document.statements.as_slice())
}

fn with(document: &Document, more: &[Statement]) -> Document {
    let statements = [document.statements.as_slice(), more].concat();
    Document { statements: OneOrMany::Many(statements).into(), ..document.clone() }
}

/// Whoever denied the invocation has to allow it again.
pub(super) fn denied(facts: &Facts, shell: &Shell) -> Remedy {
    let Some(role) = &facts.live.role else { return Remedy::default() };
    let name = role.role.name.as_str();
    let denies = |document: &Document| {
        facts
            .functions
            .iter()
            .any(|function| role.decision_by(document, &function.arn) == Decision::ExplicitDeny)
    };
    let (mut cli, mut console) = (Vec::new(), Vec::new());
    let mut tool = String::new();
    for (policy, _) in role.inline.iter().filter(|(_, document)| denies(document)) {
        cli.push(run(delete_inline(shell, name, policy)));
        console.push(say(format!(
            "IAM > Roles > {name} > Permissions > {policy}: remove the statement with the Deny, or Remove the policy"
        )));
        tool = REMOVE.to_owned();
    }
    for (arn, policy) in role.attached.iter().filter(|(_, policy)| denies(&policy.document)) {
        cli.push(run(detach(shell, name, arn)));
        console.push(say(format!(
            "IAM > Roles > {name} > Permissions > {}: remove the statement with the Deny, or Detach the policy",
            policy.name
        )));
        tool = REMOVE.to_owned();
    }
    let boundary = boundary(facts, role, shell);
    let is_boundary = !boundary.cli.is_empty();
    cli.extend(boundary.cli);
    console.extend(boundary.console);
    for function in &facts.functions {
        let (own_cli, own_console) = of_function(function, shell);
        cli.extend(own_cli);
        console.extend(own_console);
    }
    let remedy = if tool.is_empty() { Remedy::default() } else { by_tool(facts, shell, &tool) };
    let mut remedy = remedy.with(Means::Console, console).with(Means::Cli, cli);
    // Last: without it the role may do whatever its other policies allow.
    if tool.is_empty() && is_boundary {
        let mut removal = by_tool(facts, shell, "permissions_boundary = \"none\"");
        let caution = "only if the boundary's owner agrees that the role has none at all:";
        removal.ways.iter_mut().for_each(|way| way.steps.insert(0, say(caution)));
        remedy.ways.append(&mut removal.ways);
    }
    remedy
}

/// The last table of a spec written by `diagnose` is the role's.
const REMOVE: &str = "extra_permissions = \"remove\"";

pub(super) fn delete_inline(shell: &Shell, role: &str, policy: &str) -> String {
    shell.aws(&["iam", "delete-role-policy", "--role-name", role, "--policy-name", policy])
}

pub(super) fn detach(shell: &Shell, role: &str, policy: &Arn) -> String {
    let arn = policy.to_string();
    shell.aws(&["iam", "detach-role-policy", "--role-name", role, "--policy-arn", &arn])
}

#[derive(Default)]
struct Steps {
    cli: Vec<FixStep>,
    console: Vec<FixStep>,
}

/// A boundary belongs to the account's guardians: it keeps its shape, and additionally allows these functions.
fn boundary(facts: &Facts, role: &LiveRole, shell: &Shell) -> Steps {
    let (Some(document), Some(arn)) = (&role.boundary, &role.role.permissions_boundary) else {
        return Steps::default();
    };
    let decisions: Vec<Decision> =
        facts.functions.iter().map(|function| role.decision_by(document, &function.arn)).collect();
    if decisions.iter().all(|decision| matches!(decision, Decision::Allowed | Decision::Undecided)) {
        return Steps::default();
    }
    let name = arn.name();
    let text = arn.to_string();
    let missing: Vec<String> = facts.functions.iter().map(|function| function.arn.to_string()).collect();
    let ask = format!(
        "`{name}` is the permissions boundary: ask its owner to allow lambda:InvokeFunction on {} in it",
        missing.join(" and ")
    );
    let agreed = "only if its owner agrees that the role has none at all:";
    let is_denial = decisions.contains(&Decision::ExplicitDeny);
    if is_denial || arn.account != role.role.arn.account {
        let remove = shell.aws(&["iam", "delete-role-permissions-boundary", "--role-name", &role.role.name]);
        return Steps {
            cli: vec![say(&*ask), say(agreed), run(remove)],
            console: vec![
                say(ask),
                say(agreed),
                say(format!("IAM > Roles > {} > Permissions boundary > Remove boundary", role.role.name)),
            ],
        };
    }
    let wider = joined(facts, document);
    Steps {
        cli: vec![say(&*ask), set_document(shell, &text, &wider)],
        console: vec![
            say(ask),
            say(format!("IAM > Policies > {name} > Permissions > Edit: this document, then Save")),
            FixStep::Paste(wider.to_pretty()),
        ],
    }
}

/// A Deny in the function's own policy.
fn of_function(function: &FunctionFacts, shell: &Shell) -> (Vec<FixStep>, Vec<FixStep>) {
    let Ok(Some(policy)) = &function.policy else { return Default::default() };
    let statements = policy.statements.as_slice().iter().filter(|one| one.effect == Effect::Deny);
    let (mut cli, mut console) = (Vec::new(), Vec::new());
    for statement in statements {
        let (one, other) = without_statement(&function.arn, statement.sid.as_deref(), shell);
        cli.extend(one);
        console.push(other);
    }
    (cli, console)
}

/// Removes a statement from a function's own policy.
pub(super) fn without_statement(
    function: &FunctionArn,
    sid: Option<&str>,
    shell: &Shell,
) -> (Option<FixStep>, FixStep) {
    let console = say(format!(
        "Lambda ({}) > Functions > {} > Configuration > Permissions > Resource-based policy statements: delete {}",
        function.region(),
        function.label(),
        sid.map_or_else(|| "the statement that has no ID".to_owned(), |sid| format!("`{sid}`"))
    ));
    let cli = sid.map(|sid| {
        let name = function.unqualified().to_string();
        let mut words =
            vec!["lambda", "remove-permission", "--region", function.region(), "--function-name", &name];
        if let Some(qualifier) = function.qualifier() {
            words.extend(["--qualifier", qualifier.as_str()]);
        }
        words.extend(["--statement-id", sid]);
        run(shell.aws(&words))
    });
    (cli, console)
}

/// What else the role may do.
pub(super) fn extra(facts: &Facts, shell: &Shell, is_own: bool) -> Remedy {
    if is_own {
        return narrowed(facts, shell);
    }
    let Some(role) = &facts.live.role else { return Remedy::default() };
    let name = role.role.name.as_str();
    let alone = LiveRole { attached: Default::default(), inline: Default::default(), ..role.clone() };
    let is_extra = |role: LiveRole| !extra_grants(&role, &facts.desired).is_empty();
    let (mut cli, mut console) = (Vec::new(), Vec::new());
    for (policy, document) in &role.inline {
        let inline = [(policy.clone(), document.clone())].into();
        if is_extra(LiveRole { inline, ..alone.clone() }) {
            cli.push(run(delete_inline(shell, name, policy)));
            console.push(say(format!("IAM > Roles > {name} > Permissions > {policy}: Remove")));
        }
    }
    for (arn, policy) in role.attached.iter().filter(|(arn, _)| **arn != facts.desired.policy.arn) {
        let attached = [(arn.clone(), policy.clone())].into();
        if is_extra(LiveRole { attached, ..alone.clone() }) {
            cli.push(run(detach(shell, name, arn)));
            console.push(say(format!("IAM > Roles > {name} > Permissions > {}: Remove", policy.name)));
        }
    }
    by_tool(facts, shell, REMOVE).with(Means::Console, console).with(Means::Cli, cli)
}

/// The policy allows one more function: the one that a data action points at.
pub(super) fn also(facts: &Facts, shell: &Shell, function: &FunctionArn) -> Option<FixStep> {
    let policy = facts.live.policy.as_ref()?;
    let more = crate::policy::template::invoke_policy(std::slice::from_ref(function));
    let document = with(&policy.policy.document, more.statements.as_slice());
    let arn = policy.policy.arn.to_string();
    Some(set_document(shell, &arn, &document))
}

/// Replaces the policy's document.
fn set_document(shell: &Shell, arn: &str, document: &Document) -> FixStep {
    run(shell.aws(&[
        "iam",
        "create-policy-version",
        "--policy-arn",
        arn,
        "--policy-document",
        &document.to_json(),
        "--set-as-default",
    ]))
}
