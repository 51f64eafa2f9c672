//! Claims that compare Genesys Cloud's side with the spec: each difference is a cause.

use super::cause::Cause;
use super::claim::{Claim, Finding, Harm, Question};
use super::facts::{ConnectionFacts, Facts};
use super::level::Level;
use super::questions::may_invoke;
use super::topic::Topic;
use crate::arn::FunctionArn;
use crate::plan::genesys::{GenesysBlocker, GenesysChange};
use crate::policy::Decision;

pub(crate) fn connected(facts: &Facts) -> Vec<Claim> {
    let Some(integration) = &facts.desired.integration else { return Vec::new() };
    let all = Question::new(
        Level::Configured,
        Topic::DataActions,
        "integration, credential and data actions are as the spec says",
        "integration, credential and data actions are not as the spec says",
        "whether integration, credential and data actions are as the spec says is unknown",
    );
    let (changes, blockers, hidden, renamed) = match &facts.connection {
        ConnectionFacts::NotAsked => return Vec::new(),
        ConnectionFacts::NotRead(why) => {
            return vec![all.not_provable(
                why.clone(),
                "`genesys-iam permissions --for check` lists what its OAuth client needs",
            )];
        }
        ConnectionFacts::Read { changes, blockers, hidden, renamed } => (changes, blockers, hidden, renamed),
    };
    let mut claims = Vec::new();
    for (cause, what, remedy) in blockers.iter().filter_map(blocked) {
        claims.push(fails(
            cause,
            "what the spec says can be made so",
            what,
            harmless("what the spec says cannot be made so"),
            remedy,
            &[],
        ));
    }
    // If an integration does not exist, everything in it is missing too: that is one cause.
    let is_new = changes.iter().any(|change| matches!(change, GenesysChange::PostIntegrations { .. }));
    let is_difference = |change: &&GenesysChange| !is_only_meanwhile(change, changes) && !only_waits(change);
    for change in changes.iter().filter(is_difference) {
        let is_first = matches!(change, GenesysChange::PostIntegrations { .. });
        let explained: &[Cause] = if is_new && !is_first { &[Cause::Integration] } else { &[] };
        let replaces = changes.iter().any(|other| is_replaced_by(other, change));
        let difference = match renamed_from(change, renamed) {
            Some(was) => Some(perhaps_renamed(change, was)),
            None if replaces => Some(to_be_replaced(change)),
            None => differs(change, facts),
        };
        let Some((cause, what, consequence)) = difference else { continue };
        let remedy = match replaces {
            true => facts.by_apply("it makes a new one and deletes the present one"),
            false => facts.by_apply(&what_apply_does(change)),
        };
        let remedy = match renamed_from(change, renamed) {
            Some(was) => format!(
                "if \"{was}\" is the same under another name, write that name into the spec, or `was = \"{was}\"` to rename it back: \
                 either way it keeps its ID, which flows use. Otherwise {remedy}"
            ),
            None => remedy,
        };
        let claim = fails(
            cause,
            &format!("the {} is as the spec says", change.subject()),
            what,
            consequence,
            remedy,
            explained,
        );
        claims.push(Claim { function: function_of(change), ..claim });
    }
    if !claims.is_empty() {
        return claims;
    }
    let name = &integration.name;
    claims.push(if hidden.is_empty() {
        all.holds(format!("integration \"{name}\""))
    } else {
        let seen = format!("as far as Genesys Cloud shows; it does not show {}", hidden.join(", "));
        all.not_provable(seen, "only the end-to-end proof shows it: `apply --test`, or `check --invoke`")
    });
    claims
}

/// Whether the integration is only switched off while it is changed: it is enabled, as the spec says.
fn is_only_meanwhile(change: &GenesysChange, changes: &[GenesysChange]) -> bool {
    let GenesysChange::PatchIntegration { integration, .. } = change else { return false };
    let switched = |to: bool| {
        changes.iter().any(|other| {
            matches!(other, GenesysChange::PatchIntegration { integration: other, enabled, .. }
                if other == integration && *enabled == to)
        })
    };
    switched(false) && switched(true)
}

/// The function that a data action is for.
fn function_of(change: &GenesysChange) -> Option<FunctionArn> {
    match change {
        GenesysChange::PatchIntegrationsAction { after: action, .. }
        | GenesysChange::PostIntegrationsActions { action, .. } => action.target.trim().parse().ok(),
        _ => None,
    }
}

/// The live data action that the new one seems to be, under another name.
fn renamed_from<'a>(change: &GenesysChange, renamed: &'a [(String, String)]) -> Option<&'a str> {
    let GenesysChange::PostIntegrationsActions { action, .. } = change else { return None };
    renamed.iter().find(|(_, name)| *name == action.content.name).map(|(was, _)| was.as_str())
}

/// What follows from a difference.
#[derive(Clone, Copy)]
struct Consequence {
    words: &'static str,
    /// Genesys Cloud cannot invoke a function because of it.
    keeps_genesys_out: bool,
}

const fn breaks(words: &'static str) -> Consequence {
    Consequence { words, keeps_genesys_out: true }
}

const fn harmless(words: &'static str) -> Consequence {
    Consequence { words, keeps_genesys_out: false }
}

fn what_apply_does(change: &GenesysChange) -> String {
    let does = match change {
        GenesysChange::PatchIntegration { enabled: true, .. } => "enables the integration",
        GenesysChange::PatchIntegration { enabled: false, .. } => "disables the integration",
        GenesysChange::PutIntegrationsCredential { .. } => "writes the role's ARN into the credential",
        GenesysChange::PutIntegrationConfigCurrent { credential_before, credential_after, .. }
            if credential_before.as_ref() != Some(credential_after) =>
        {
            "gives the integration the role's credential"
        }
        GenesysChange::PutIntegrationConfigCurrent { .. } => "corrects the integration",
        GenesysChange::PatchIntegrationsAction { .. } => "corrects the data action",
        change => return format!("it creates the {}", change.subject()),
    };
    format!("it {does}")
}

fn fails(
    cause: Cause,
    holds: &str,
    what: String,
    consequence: Consequence,
    remedy: String,
    explained: &'static [Cause],
) -> Claim {
    let topic = match cause {
        Cause::IntegrationCredential => Topic::Credential,
        Cause::Integration => Topic::Integration,
        _ => Topic::DataActions,
    };
    let (fails, open) =
        (holds.replace(" is as ", " is not as ").replace(" can be ", " cannot be "), String::new());
    let question = Question::new(Level::Configured, topic, holds, fails, open);
    let Consequence { words, keeps_genesys_out } = consequence;
    let harm = Harm { keeps_genesys_out, ..Harm::default() };
    let seen = what.clone();
    question.fails(seen, Finding { cause, what, consequence: words.to_owned(), remedy, harm }, explained)
}

/// Whether a data action goes because the other one takes its place.
fn is_replaced_by(old: &GenesysChange, new: &GenesysChange) -> bool {
    match (old, new) {
        (
            GenesysChange::DeleteIntegrationsAction { name: old, replaced_by: Some(_), .. },
            GenesysChange::PostIntegrationsActions { action, .. },
        ) => *old == action.content.name,
        _ => false,
    }
}

fn to_be_replaced(new: &GenesysChange) -> (Cause, String, Consequence) {
    (
        Cause::DataAction,
        format!("The {} is not as the spec says: `apply` replaces it", new.subject()),
        harmless(
            "no flow is known to use the present one; whatever uses it keeps its ID, and the new one has another",
        ),
    )
}

/// The one that flows use may be there under another name.
fn perhaps_renamed(new: &GenesysChange, was: &str) -> (Cause, String, Consequence) {
    (
        Cause::DataAction,
        format!(
            "The {} does not exist, but \"{was}\", which this spec made, calls its function",
            new.subject()
        ),
        harmless("flows that use that one keep working"),
    )
}

/// Whether the notes only lack the ID of a data action that is still to be made.
fn only_waits(change: &GenesysChange) -> bool {
    let GenesysChange::PutIntegrationConfigCurrent {
        name,
        notes_before,
        notes_after,
        credential_before,
        credential_after,
        ..
    } = change
    else {
        return false;
    };
    name.before == name.after
        && credential_before.as_ref() == Some(credential_after)
        && notes_before.trim_end() == notes_after.render(|_| None).trim_end()
}

/// The difference from the spec and its consequence, in one sentence.
fn differs(change: &GenesysChange, facts: &Facts) -> Option<(Cause, String, Consequence)> {
    let subject = change.subject();
    Some(match change {
        GenesysChange::PostIntegrationsCredentials { .. } => (
            Cause::IntegrationCredential,
            format!("The {subject} does not exist"),
            breaks("the integration has no role to assume"),
        ),
        GenesysChange::PutIntegrationsCredential { name, arn, .. } => match &arn.before {
            Some(before) if Some(before) != arn.after.as_ref() => (
                Cause::IntegrationCredential,
                format!("The credential holds {before}, not this role's ARN"),
                breaks(
                    "Genesys Cloud assumes another role: the data actions fail, or do what that role can do",
                ),
            ),
            Some(_) => (
                Cause::IntegrationCredential,
                format!("The credential is called \"{}\", not \"{}\"", name.before, name.after),
                harmless("it holds the role's ARN, but its name does not say so"),
            ),
            None => (
                Cause::IntegrationCredential,
                "The credential is not known to hold this role's ARN".to_owned(),
                breaks("Genesys Cloud may assume another role"),
            ),
        },
        GenesysChange::PostIntegrations { .. } => (
            Cause::Integration,
            format!("The {subject} does not exist"),
            breaks("no data action can use the role"),
        ),
        GenesysChange::PutIntegrationConfigCurrent { name, credential_before, credential_after, .. } => {
            if credential_before.as_ref() != Some(credential_after) {
                (
                    Cause::IntegrationCredential,
                    format!("The integration \"{}\" does not use the role's credential", name.before),
                    breaks("Genesys Cloud assumes another role, or none"),
                )
            } else if name.before != name.after {
                (
                    Cause::Integration,
                    format!("The integration is called \"{}\", not \"{}\"", name.before, name.after),
                    harmless("nothing fails because of it"),
                )
            } else {
                (
                    Cause::Integration,
                    format!("The notes of the integration \"{}\" are not the spec's", name.after),
                    harmless(
                        "nothing fails because of it; which data actions are the spec's is not recorded",
                    ),
                )
            }
        }
        GenesysChange::PatchIntegration { enabled, .. } => {
            let (state, consequence) = if *enabled {
                ("not enabled", breaks("its data actions do not run"))
            } else {
                ("enabled, which the spec does not want", harmless("its data actions still run"))
            };
            (Cause::Integration, format!("The {subject} is {state}"), consequence)
        }
        GenesysChange::PostIntegrationsActions { .. } => {
            (Cause::DataAction, format!("The {subject} does not exist"), breaks("flows cannot use it"))
        }
        GenesysChange::PatchIntegrationsAction { before, after, differences, .. } => {
            let members: Vec<String> = differences
                .iter()
                .map(|diff| match diff.member {
                    // They may hold secrets.
                    "headers" => "`headers`".to_owned(),
                    member => format!("`{member}` is {}, not {}", diff.before, diff.after),
                })
                .collect();
            (
                Cause::DataAction,
                format!("The {subject} is not as the spec says: {}", members.join("; ")),
                if differences.iter().all(|diff| diff.member == "name") {
                    harmless("only its name differs: flows keep working")
                } else if before.target == after.target {
                    harmless("it invokes the function, but not as the spec says")
                } else if is_refused(&before.target, facts) {
                    breaks("it names a function that the role may not invoke: it fails with 403")
                } else {
                    breaks("it invokes another function, or not as intended")
                },
            )
        }
        GenesysChange::DeleteIntegrationsAction { .. }
        | GenesysChange::DeleteIntegration { .. }
        | GenesysChange::DeleteIntegrationsCredential { .. } => return None,
    })
}

/// Whether the role's own policies certainly refuse a function.
fn is_refused(target: &str, facts: &Facts) -> bool {
    let (Some(role), Ok(arn)) = (&facts.live.role, target.parse()) else { return false };
    matches!(
        may_invoke(role, &arn, None, facts.now).decision,
        Decision::ImplicitDeny | Decision::ExplicitDeny
    )
}

fn blocked(blocker: &GenesysBlocker) -> Option<(Cause, String, String)> {
    Some(match blocker {
        // The claim on the organization says it.
        GenesysBlocker::OtherOrganization { .. } => return None,
        GenesysBlocker::NotManaged { name, id, .. } | GenesysBlocker::NotOurs { name, id, .. } => (
            Cause::Integration,
            format!("The integration \"{name}\" ({id}) is not this spec's"),
            "run `apply --adopt`: it takes the integration over; or choose another `name`".to_owned(),
        ),
        GenesysBlocker::Several { what, name, ids } => (
            Cause::Integration,
            format!("{} {what}s are called \"{name}\"", ids.len()),
            format!("say which with `id`: {}", ids.iter().cloned().collect::<Vec<_>>().join(", ")),
        ),
        GenesysBlocker::NoSuchId { what, id } => (
            Cause::Integration,
            format!("No {what} has the ID {id}"),
            "correct `id`, or leave it out".to_owned(),
        ),
        GenesysBlocker::NeedsReplacement { action, members, also, .. } => (
            Cause::DataAction,
            format!(
                "The data action \"{action}\" differs in {}, which cannot be changed{}",
                members.join(" and "),
                if also.is_empty() { String::new() } else { format!("; also in {}", also.join(" and ")) }
            ),
            "correct the spec, or add a second data action under another name and move the flows; `replace = true` makes a new one and \
             deletes the old one in the same run"
                .to_owned(),
        ),
        GenesysBlocker::UsedByFlows { action, is_replaced: false, .. } => (
            Cause::DataAction,
            format!("The data action \"{action}\" would be deleted, and flows may use it"),
            "point the flows at another one first".to_owned(),
        ),
        GenesysBlocker::UsedByFlows { action, is_replaced: true, .. } => (
            Cause::DataAction,
            format!("The contract of the data action \"{action}\" is not the spec's, and flows may use it as it is"),
            "give the new contract to a second data action under another name, and move the flows; `apply --even-if-used` replaces \
             this one, and the flows fail until they use the new one"
                .to_owned(),
        ),
        GenesysBlocker::RoleInUse { role, integration, .. } => (
            Cause::DataAction,
            format!("The integration \"{integration}\" uses the role `{role}`, which would be deleted"),
            "give it another role first".to_owned(),
        ),
        GenesysBlocker::UsersUnknown { role } => (
            Cause::DataAction,
            format!("Whether an integration uses the role `{role}`, which would be deleted, is not known"),
            "give the credentials of the organization".to_owned(),
        ),
        GenesysBlocker::ForeignActions { integration, .. } => (
            Cause::DataAction,
            format!("The integration \"{integration}\" has data actions that this spec did not make"),
            "move or delete them by hand first".to_owned(),
        ),
    })
}
