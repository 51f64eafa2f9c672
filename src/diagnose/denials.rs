//! What denies the invocation, in the role's policies, its boundary and the function's own policy.

use super::functions::concerned;
use super::model::{FixStep, Means, Remedy, run, say};
use super::permissions::{
    delete_inline, detach, joined, put_inline, removal, set_document, with_statements, without_statement,
};
use super::shell::{Shell, SpecEdit};
use super::trust::by_tool;
use crate::arn::Arn;
use crate::check::{Facts, Finding, FunctionFacts, may_invoke};
use crate::model::LiveRole;
use crate::policy::document::{Effect, Statement};
use crate::policy::{Decision, Document};

/// How sure it is that a statement denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Certainty {
    Certain,
    /// It depends on what only AWS knows at the time of the call.
    Possible,
}

impl Certainty {
    fn is(self, decision: Decision) -> bool {
        match self {
            Self::Certain => decision == Decision::ExplicitDeny,
            Self::Possible => decision == Decision::Undecided,
        }
    }
}

/// Whoever denied the invocation has to allow it again.
pub(super) fn denied(facts: &Facts, finding: &Finding, shell: &Shell) -> Remedy {
    undone(facts, &concerned(facts, finding), Certainty::Certain, shell)
}

/// The same for a Deny whose condition nobody can evaluate here.
pub fn perhaps_denied(facts: &Facts, shell: &Shell) -> Remedy {
    undone(facts, &facts.functions.iter().collect::<Vec<_>>(), Certainty::Possible, shell)
}

fn undone(facts: &Facts, functions: &[&FunctionFacts], certainty: Certainty, shell: &Shell) -> Remedy {
    let Some(role) = &facts.live.role else { return Remedy::default() };
    let name = role.role.name.as_str();
    let denies = |statement: &Statement| {
        let alone = beside_allow(facts, statement);
        statement.effect == Effect::Deny
            && functions.iter().any(|function| {
                let alone = ("alone".to_owned(), alone.clone());
                let bare = LiveRole {
                    attached: Default::default(),
                    inline: [alone].into(),
                    boundary: None,
                    ..role.clone()
                };
                certainty.is(may_invoke(&bare, &function.arn, None, facts.now).decision)
            })
    };
    let (mut letter, mut cli, mut console) = (Vec::new(), Vec::new(), Vec::new());
    let mut is_foreign = false;
    let attached =
        role.attached.iter().map(|(arn, policy)| (policy.name.as_str(), &policy.document, Some(arn)));
    let inline = role.inline.iter().map(|(policy, document)| (policy.as_str(), document, None));
    for (policy, document, arn) in inline.chain(attached) {
        let Some(parts) = DividedPolicy::of(document, &denies) else { continue };
        is_foreign |= arn != Some(&facts.desired.policy.arn);
        letter.extend(about(policy, name, &parts.denying, functions, certainty));
        let place = format!("IAM > Roles > {name} > Permissions > {policy}");
        let (one, other) = match arn {
            None => inline_steps(shell, name, policy, &place, &parts),
            Some(arn) => attached_steps(shell, role, arn, &place, &parts),
        };
        cli.extend(one);
        console.extend(other);
    }
    for function in functions {
        let (one, other) = of_function(facts, function, certainty, role, shell);
        cli.extend(one);
        console.extend(other);
    }
    let letter = if letter.is_empty() {
        Vec::new()
    } else {
        letter.push("Is that on purpose? If not, may we remove it?".to_owned());
        shell.letter("whoever set this Deny", letter.join("\n"))
    };
    let boundary = boundary(facts, functions, certainty, role, shell);
    let tool = if is_foreign { removal(facts, role, shell) } else { Remedy::default() };
    let own = match letter.is_empty() || is_foreign {
        true => Remedy::default(),
        // The Deny is in the spec's own policy, whose document it restores.
        false => by_tool(facts, shell, SpecEdit::Nothing),
    };
    let mut remedy = Remedy::default().with(Means::Owner, letter);
    remedy.ways.extend(tool.ways.into_iter().chain(own.ways));
    let mut remedy = remedy.with(Means::Console, console).with(Means::Cli, cli);
    remedy.ways.extend(boundary.ways);
    remedy
}

/// A statement beside what the role should be allowed: whether it denies shows only where something is allowed.
fn beside_allow(facts: &Facts, statement: &Statement) -> Document {
    let allow = &facts.desired.policy.document;
    with_statements(allow, [allow.statements.as_slice(), std::slice::from_ref(statement)].concat())
}

/// What a document denies, and what is left of it without that.
struct DividedPolicy {
    denying: Document,
    rest: Option<Document>,
}

impl DividedPolicy {
    fn of(document: &Document, denies: &dyn Fn(&Statement) -> bool) -> Option<Self> {
        let (denying, rest): (Vec<Statement>, Vec<Statement>) =
            document.statements.as_slice().iter().cloned().partition(|one| denies(one));
        (!denying.is_empty()).then(|| Self {
            denying: with_statements(document, denying),
            rest: (!rest.is_empty()).then(|| with_statements(document, rest)),
        })
    }
}

/// The statement, for whoever set it.
fn about(
    policy: &str,
    role: &str,
    denying: &Document,
    functions: &[&FunctionFacts],
    certainty: Certainty,
) -> Vec<String> {
    let keeps = match certainty {
        Certainty::Certain => "keeps",
        Certainty::Possible => "may keep",
    };
    let names: Vec<String> = functions.iter().map(|one| one.arn.label()).collect();
    vec![
        format!(
            "The policy `{policy}` of the role {role} has this statement; it {keeps} Genesys Cloud, our contact centre, from the \
             function {}:",
            names.join(", ")
        ),
        denying.to_pretty().trim_end().to_owned(),
    ]
}

fn inline_steps(
    shell: &Shell,
    role: &str,
    policy: &str,
    place: &str,
    parts: &DividedPolicy,
) -> (Vec<FixStep>, Vec<FixStep>) {
    match &parts.rest {
        None => (
            vec![say(format!("`{policy}` has nothing else:")), delete_inline(shell, role, policy)],
            vec![say(format!("{place}: Remove; it has nothing else"))],
        ),
        Some(rest) => (
            vec![
                say(format!("`{policy}` without the statement; the rest of it stays:")),
                put_inline(shell, role, policy, rest),
            ],
            vec![
                say(format!("{place} > Edit: the statement goes, the rest stays; then Save")),
                FixStep::Paste(rest.to_pretty()),
            ],
        ),
    }
}

fn attached_steps(
    shell: &Shell,
    role: &LiveRole,
    arn: &Arn,
    place: &str,
    parts: &DividedPolicy,
) -> (Vec<FixStep>, Vec<FixStep>) {
    let (name, text) = (arn.name(), arn.to_string());
    match &parts.rest {
        Some(rest) if arn.account == role.role.arn.account => (
            vec![
                say(format!("`{name}` without the statement, for everyone who has it; these do:")),
                run(shell.aws(&["iam", "list-entities-for-policy", "--policy-arn", &text])),
                set_document(shell, arn, rest),
            ],
            vec![
                say(format!(
                    "IAM > Policies > {name} > Edit: the statement goes, for everyone who has the policy (Entities attached); then Save"
                )),
                FixStep::Paste(rest.to_pretty()),
            ],
        ),
        Some(_) => (
            vec![
                say(format!(
                    "AWS's own policy `{name}` cannot be edited; off the role, what it allows goes too:"
                )),
                detach(shell, &role.role.name, arn),
            ],
            vec![say(format!(
                "{place}: Remove (AWS's own policy cannot be edited; what it allows goes too)"
            ))],
        ),
        None => (
            vec![say(format!("`{name}` has nothing else:")), detach(shell, &role.role.name, arn)],
            vec![say(format!("{place}: Remove; it has nothing else"))],
        ),
    }
}

/// A boundary belongs to the account's guardians: it keeps its shape, and additionally allows these functions.
fn boundary(
    facts: &Facts,
    functions: &[&FunctionFacts],
    certainty: Certainty,
    role: &LiveRole,
    shell: &Shell,
) -> Remedy {
    let (Some(document), Some(arn)) = (&role.boundary, &role.role.permissions_boundary) else {
        return Remedy::default();
    };
    let decisions: Vec<Decision> =
        functions.iter().map(|function| role.decision_by(document, &function.arn)).collect();
    let is_in_the_way = match certainty {
        Certainty::Certain => {
            decisions.iter().any(|one| matches!(one, Decision::ExplicitDeny | Decision::ImplicitDeny))
        }
        Certainty::Possible => decisions.contains(&Decision::Undecided),
    };
    if !is_in_the_way {
        return Remedy::default();
    }
    let (name, text) = (arn.name(), arn.to_string());
    let more: Vec<_> = functions.iter().map(|function| function.arn.clone()).collect();
    let allowed = crate::policy::template::invoke_policy(&more);
    let letter = format!(
        "The permissions boundary {text} of the role {} does not let it invoke our function, so Genesys Cloud, our contact centre, is \
         refused. May the boundary allow this too?\n{}",
        role.role.name,
        allowed.to_pretty()
    );
    let mut remedy =
        Remedy::default().with(Means::Owner, shell.letter("whoever set the permissions boundary", letter));
    let is_denial = decisions.contains(&Decision::ExplicitDeny) || certainty == Certainty::Possible;
    if !is_denial && arn.account == role.role.arn.account {
        let wider = joined(facts, document);
        let agreed = "if they agree, for every role that has this boundary:";
        remedy = remedy
            .with(
                Means::Console,
                vec![
                    say(agreed),
                    say(format!("IAM > Policies > {name} > Permissions > Edit: this document, then Save")),
                    FixStep::Paste(wider.to_pretty()),
                ],
            )
            .with(Means::Cli, vec![say(agreed), set_document(shell, arn, &wider)]);
    } else {
        let agreed = "only if they agree that the role has none at all:";
        let remove = shell.aws(&["iam", "delete-role-permissions-boundary", "--role-name", &role.role.name]);
        remedy = remedy
            .with(
                Means::Console,
                vec![
                    say(agreed),
                    say(format!("IAM > Roles > {} > Permissions boundary > Remove boundary", role.role.name)),
                ],
            )
            .with(Means::Cli, vec![say(agreed), run(remove)]);
    }
    // Last: without it the role may do whatever its other policies allow.
    let mut removal = by_tool(facts, shell, SpecEdit::Line("permissions_boundary = \"none\""));
    let caution = "only if the boundary's owner agrees that the role has none at all:";
    removal.ways.iter_mut().for_each(|way| way.steps.insert(0, say(caution)));
    remedy.ways.append(&mut removal.ways);
    remedy
}

/// Statements of the function's own policy that deny this role. Others are not in the way.
fn of_function(
    facts: &Facts,
    function: &FunctionFacts,
    certainty: Certainty,
    role: &LiveRole,
    shell: &Shell,
) -> (Vec<FixStep>, Vec<FixStep>) {
    let Ok(Some(policy)) = &function.policy else { return Default::default() };
    let allow = ("allow".to_owned(), facts.desired.policy.document.clone());
    let bare =
        LiveRole { attached: Default::default(), inline: [allow].into(), boundary: None, ..role.clone() };
    let denies = |statement: &&Statement| {
        let alone = with_statements(policy, vec![(*statement).clone()]);
        statement.effect == Effect::Deny
            && certainty.is(may_invoke(&bare, &function.arn, Some(&alone), facts.now).decision)
    };
    let (mut cli, mut console) = (Vec::new(), Vec::new());
    for statement in policy.statements.as_slice().iter().filter(denies) {
        let shown = with_statements(policy, vec![statement.clone()]);
        let says = format!(
            "the own policy of {} has this Deny; if somebody put it there on purpose, ask them first:",
            function.arn.label()
        );
        let (one, other) = without_statement(&function.arn, statement.sid.as_deref(), shell);
        for steps in [&mut cli, &mut console] {
            steps.push(say(says.as_str()));
            steps.push(FixStep::Paste(shown.to_pretty()));
        }
        cli.extend(one);
        console.push(other);
    }
    (cli, console)
}
