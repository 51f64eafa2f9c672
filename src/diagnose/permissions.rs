//! What the role may do.

use super::model::{DocumentChange, FixStep, Means, Remedy, run, say};
use super::shell::{REMOVE, Shell, SpecEdit};
use super::trust::{by_tool, policy_commands, policy_in_console};
use crate::arn::{Arn, FunctionArn};
use crate::check::{Facts, GenesysSide, extra_grants, loses_a_function};
use crate::model::{LivePolicy, LiveRole};
use crate::policy::document::{Effect, OneOrMany, Statement};
use crate::policy::{Decision, Document};

/// How many versions of a policy IAM keeps.
pub(super) const VERSIONS: usize = 5;

/// Creates the policy, attaches it, or both.
pub(super) fn attached(facts: &Facts, shell: &Shell) -> Remedy {
    if facts.desired.functions.is_empty() {
        let ask = match &facts.genesys {
            GenesysSide::Read(_) => {
                "no integration of the organization uses the role with a data action, so which function it is for is not known: make \
                 the data action first, and run this again"
            }
            _ => {
                "which function the data action invokes is not known: set the credentials of Genesys Cloud and run this \
                 again, or read it under Admin > Integrations > Actions"
            }
        };
        return Remedy::default().with(Means::Console, vec![say(ask)]);
    }
    by_tool(facts, shell, SpecEdit::Nothing)
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
    cli.push(set_document(shell, &policy.policy.arn, document));
    console.push(say(format!("IAM > Policies > {name} > Permissions > Edit: this document, then Save")));
    console.push(FixStep::Paste(document.to_pretty()));
    if !is_attached(facts, &policy.policy.arn) {
        cli.extend(policy_commands(facts, shell));
        console.extend(policy_in_console(facts));
    }
    by_tool(facts, shell, SpecEdit::Nothing).with(Means::Console, console).with(Means::Cli, cli)
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
pub(super) fn joined(facts: &Facts, document: &Document) -> Document {
    with(document, facts.desired.policy.document.statements.as_slice())
}

fn with(document: &Document, more: &[Statement]) -> Document {
    with_statements(document, [document.statements.as_slice(), more].concat())
}

pub(super) fn delete_inline(shell: &Shell, role: &str, policy: &str) -> FixStep {
    let command = shell.aws(&["iam", "delete-role-policy", "--role-name", role, "--policy-name", policy]);
    FixStep::Change(command, DocumentChange::Inline(policy.to_owned(), None))
}

pub(super) fn put_inline(shell: &Shell, role: &str, policy: &str, document: &Document) -> FixStep {
    let text = document.to_json();
    let command = shell.aws(&[
        "iam",
        "put-role-policy",
        "--role-name",
        role,
        "--policy-name",
        policy,
        "--policy-document",
        &text,
    ]);
    FixStep::Change(command, DocumentChange::Inline(policy.to_owned(), Some(document.clone())))
}

pub(super) fn detach(shell: &Shell, role: &str, policy: &Arn) -> FixStep {
    let arn = policy.to_string();
    let command = shell.aws(&["iam", "detach-role-policy", "--role-name", role, "--policy-arn", &arn]);
    FixStep::Change(command, DocumentChange::Detached(policy.clone()))
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
    let mut bare = role.clone();
    bare.inline.retain(|policy, document| {
        let inline = [(policy.clone(), document.clone())].into();
        !is_extra(LiveRole { inline, ..alone.clone() })
    });
    bare.attached.retain(|arn, policy| {
        let attached = [(arn.clone(), policy.clone())].into();
        *arn == facts.desired.policy.arn || !is_extra(LiveRole { attached, ..alone.clone() })
    });
    if facts.desired.functions.is_empty() {
        let ask = "which functions the data actions invoke is not known, and this may be what lets them: set the credentials of Genesys \
                   Cloud and run this again before anything is taken off the role";
        return Remedy::default().with(Means::Console, vec![say(ask)]);
    }
    let (mut cli, mut console) = (Vec::new(), Vec::new());
    if loses_a_function(role, &bare, facts) {
        let first = "this is also what lets Genesys Cloud invoke: first a policy that does just that";
        cli.push(say(format!("{first}:")));
        cli.extend(policy_commands(facts, shell));
        console.push(say(format!("{first}:")));
        console.extend(policy_in_console(facts));
    }
    for (policy, document) in role.inline.iter().filter(|(policy, _)| !bare.inline.contains_key(*policy)) {
        let place = format!("IAM > Roles > {name} > Permissions > {policy}");
        match only(document, Effect::Deny) {
            // Otherwise the one remedy brings back what the other takes away.
            Some(denies) if denies_function(facts, &denies) => {
                let also = format!(
                    "with its Deny, which is a cause of its own, nothing of `{policy}` is left; if that Deny is to stay, take out only what the \
                     policy allows"
                );
                console.push(say(format!("{place}: Remove ({also})")));
                cli.push(say(format!("{also}:")));
                cli.push(delete_inline(shell, name, policy));
            }
            // A denial that somebody put beside it stays.
            Some(denies) => {
                console.push(say(format!("{place} > Edit: only its Deny stays, then Save")));
                console.push(FixStep::Paste(denies.to_pretty()));
                cli.push(say(format!("the Deny in `{policy}` stays, what it allows goes:")));
                cli.push(put_inline(shell, name, policy, &denies));
            }
            None => {
                console.push(say(format!("{place}: Remove")));
                cli.push(delete_inline(shell, name, policy));
            }
        }
    }
    for (arn, policy) in role.attached.iter().filter(|(arn, _)| !bare.attached.contains_key(*arn)) {
        let also = only(&policy.document, Effect::Deny)
            .map_or("", |_| "; what it denies goes too: look at it first");
        console.push(say(format!("IAM > Roles > {name} > Permissions > {}: Remove{also}", policy.name)));
        if !also.is_empty() {
            cli.push(say(format!("{}{also}:", policy.name)));
        }
        cli.push(detach(shell, name, arn));
    }
    removal(facts, role, shell).with(Means::Console, console).with(Means::Cli, cli)
}

/// Whether it keeps the role from a function that it should invoke.
fn denies_function(facts: &Facts, denies: &Document) -> bool {
    let Some(role) = &facts.live.role else { return false };
    let document = joined(facts, denies);
    facts
        .functions
        .iter()
        .any(|function| role.decision_by(&document, &function.arn) == Decision::ExplicitDeny)
}

/// The tool's own way: every policy that the spec does not name goes, as a whole.
pub(super) fn removal(facts: &Facts, role: &LiveRole, shell: &Shell) -> Remedy {
    let own = &facts.desired.policy.arn;
    let attached = role.attached.iter().filter(|(arn, _)| *arn != own).map(|(_, policy)| &policy.name);
    let names: Vec<String> = role.inline.keys().chain(attached).map(|name| format!("`{name}`")).collect();
    let mut remedy = by_tool(facts, shell, SpecEdit::Line(REMOVE));
    let says = format!("this takes whole policies off the role, all but the spec's: {}", names.join(", "));
    remedy.ways.iter_mut().for_each(|way| way.steps.insert(0, say(says.as_str())));
    remedy
}

/// The statements of one effect, if there are any.
pub(super) fn only(document: &Document, effect: Effect) -> Option<Document> {
    let all = document.statements.as_slice().iter();
    let kept: Vec<Statement> = all.filter(|one| one.effect == effect).cloned().collect();
    (!kept.is_empty()).then(|| with_statements(document, kept))
}

pub(super) fn with_statements(document: &Document, statements: Vec<Statement>) -> Document {
    Document { statements: OneOrMany::Many(statements).into(), ..document.clone() }
}

/// The policy allows one more function: the one that a data action points at.
pub(super) fn also(facts: &Facts, shell: &Shell, function: &FunctionArn) -> Option<FixStep> {
    let policy = facts.live.policy.as_ref()?;
    let more = crate::policy::template::invoke_policy(std::slice::from_ref(function));
    let document = with(&policy.policy.document, more.statements.as_slice());
    Some(set_document(shell, &policy.policy.arn, &document))
}

/// Replaces the policy's document.
pub(super) fn set_document(shell: &Shell, policy: &Arn, document: &Document) -> FixStep {
    let command = shell.aws(&[
        "iam",
        "create-policy-version",
        "--policy-arn",
        &policy.to_string(),
        "--policy-document",
        &document.to_json(),
        "--set-as-default",
    ]);
    FixStep::Change(command, DocumentChange::Policy(policy.clone(), document.clone()))
}
