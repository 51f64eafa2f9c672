//! What the role may do.

use super::super::cause::Cause;
use super::super::claim::{Acceptance, Claim, Finding, Harm};
use super::super::facts::{Basis, Facts, FunctionFacts, GenesysSide, Simulated};
use super::super::questions::{
    Extra, OWN_POLICY, attached_name, extra_grants, inline_name, loses_a_function, may_invoke,
    may_invoke_later, name_of,
};
use super::super::topic::Topic;
use super::functions::removal;
use super::question::{NOT_INVOKED, ask, shell_word};
use crate::arn::FunctionArn;
use crate::model::{LivePolicy, LiveRole};
use crate::plan::{Acceptable, Consent};
use crate::policy::access::grants;
use crate::policy::document::Effect;
use crate::policy::{Decision, Document, Evaluation, StatementOutcome, StatementTrace, wildcard_matches};
use crate::spec::{AcceptedThing, ExtraPermissions};
use crate::text::{one_line, sentence_case};

/// All claims about the role's policies.
pub(crate) fn permissions(role: &LiveRole, facts: &Facts) -> Vec<Claim> {
    let mut claims = attached(role, facts);
    for function in &facts.functions {
        claims.extend(covered(role, facts, function));
        claims.extend(denials(role, facts, function));
        claims.push(may(role, facts, function));
        claims.extend(second_opinion(role, facts, function));
    }
    claims.extend(nothing_else(role, facts));
    claims
}

fn own(function: &FunctionFacts) -> Option<&Document> {
    function.policy.as_ref().ok().and_then(Option::as_ref)
}

fn is_allowed(role: &LiveRole, function: &FunctionFacts, facts: &Facts) -> bool {
    may_invoke(role, &function.arn, own(function), facts.now).decision == Decision::Allowed
}

fn attached(role: &LiveRole, facts: &Facts) -> Vec<Claim> {
    let name = &facts.desired.policy.name;
    // Another policy may allow it too.
    let all_allowed = !facts.functions.is_empty()
        && facts.functions.iter().all(|function| is_allowed(role, function, facts));
    // Without a spec, no policy is asked for by name.
    if all_allowed && facts.basis != Basis::Spec && !role.attached.contains_key(&facts.desired.policy.arn) {
        return Vec::new();
    }
    if let (Basis::Found { .. }, [], Some(grants)) =
        (facts.basis, facts.functions.as_slice(), invocations(role))
    {
        let question = ask(
            Topic::Invocation,
            String::new(),
            String::new(),
            "whether the role may invoke what a data action calls is not known",
        );
        let help = match &facts.genesys {
            GenesysSide::Read(_) => {
                "no integration of the organization uses the role with a data action: make one, or name a role that one uses"
            }
            _ => {
                "set the credentials of Genesys Cloud and run this again, or read under Admin > Integrations > Actions which function \
                  the data action names"
            }
        };
        return vec![question.not_provable(
            format!("no data action is known; the role's policies allow {}", short(&grants)),
            help,
        )];
    }
    let harm = Harm { keeps_genesys_out: !all_allowed, ..Harm::default() };
    let consequence =
        if all_allowed { "only another policy of the role allows the invocation" } else { NOT_INVOKED }
            .to_owned();
    let exists = ask(
        Topic::Attached,
        format!("the policy `{name}` exists"),
        format!("the policy `{name}` does not exist"),
        String::new(),
    );
    let is_attached = ask(
        Topic::Attached,
        format!("the policy `{name}` is attached to the role"),
        format!("the policy `{name}` is not attached to the role"),
        String::new(),
    );
    if facts.live.policy.is_none() {
        let finding = Finding {
            cause: Cause::PolicyMissing,
            what: match (facts.basis, facts.functions.as_slice()) {
                (Basis::Spec, _) | (_, []) => format!("There is no policy `{name}`"),
                // Without a spec, nobody asked for that name.
                (Basis::Found { .. }, functions) => {
                    let lacking = functions.iter().filter(|function| !is_allowed(role, function, facts));
                    let names: Vec<String> = lacking.map(|one| name_of(&one.arn)).collect();
                    format!(
                        "The role has no policy that allows lambda:InvokeFunction on the {}",
                        names.join(" and the ")
                    )
                }
            },
            consequence,
            remedy: facts.by_apply("it creates and attaches the policy"),
            harm,
        };
        return vec![exists.fails("IAM has no policy of that name", finding, &[])];
    }
    let exists = exists.holds(facts.desired.policy.arn.to_string());
    if role.attached.contains_key(&facts.desired.policy.arn) {
        return vec![exists, is_attached.holds("it is among the role's attached policies")];
    }
    let finding = Finding {
        cause: Cause::PolicyNotAttached,
        what: format!("The policy `{name}` is not attached to the role"),
        consequence,
        remedy: facts.by_apply("it attaches the policy"),
        harm,
    };
    vec![exists, is_attached.fails("it is not among the role's attached policies", finding, &[])]
}

/// What the role's policies grant that invokes some function; `None` if nothing does.
fn invocations(role: &LiveRole) -> Option<Vec<String>> {
    let invokes = |grant: &String| {
        let action = grant.split(" on ").next().unwrap_or_default().to_ascii_lowercase();
        wildcard_matches(&action, "lambda:invokefunction")
    };
    let granted: Vec<String> = role.documents().flat_map(grants).filter(invokes).collect();
    (!granted.is_empty()).then_some(granted)
}

/// Whether the spec's policy allows exactly this ARN.
fn covered(role: &LiveRole, facts: &Facts, function: &FunctionFacts) -> Option<Claim> {
    let policy = facts.live.policy.as_ref()?;
    let (name, function_name) = (&facts.desired.policy.name, name_of(&function.arn));
    let question = ask(
        Topic::Covered,
        format!("the policy `{name}` allows the {function_name}"),
        format!("the policy `{name}` does not allow the {function_name}"),
        format!("whether the policy `{name}` allows the {function_name} is undecided"),
    )
    .about(&function.arn);
    match role.decision_by(&policy.policy.document, &function.arn) {
        Decision::Allowed => Some(question.holds("it names the exact ARN")),
        Decision::Undecided => {
            Some(question.not_provable("it has a condition", "only AWS knows what it depends on"))
        }
        // The denial is reported separately.
        Decision::ExplicitDeny => None,
        Decision::ImplicitDeny => {
            let is_allowed = is_allowed(role, function, facts);
            let finding = Finding {
                cause: Cause::PolicyDoesNotCover,
                what: format!(
                    "The policy `{name}` does not allow the {function_name}{}",
                    near_miss_hint(policy, role, &function.arn)
                ),
                consequence: if is_allowed {
                    "only another policy of the role allows the invocation".to_owned()
                } else {
                    NOT_INVOKED.to_owned()
                },
                remedy: facts.by_apply("it makes the policy what the spec says"),
                harm: Harm { keeps_genesys_out: !is_allowed, ..Harm::default() },
            };
            Some(question.fails("no Allow of it matches the exact ARN", finding, &[]))
        }
    }
}

/// The usual mistake: an alias or version has a different ARN than the function.
fn near_miss_hint(policy: &LivePolicy, role: &LiveRole, function: &FunctionArn) -> String {
    let document = &policy.policy.document;
    let qualified_in_policy = document.to_json().contains(&format!("{function}:"));
    if function.qualifier().is_some()
        && role.decision_by(document, &function.unqualified()) == Decision::Allowed
    {
        " (it allows the unqualified function, which is another ARN)".to_owned()
    } else if function.qualifier().is_none() && qualified_in_policy {
        " (it allows an alias or version of it, which is another ARN)".to_owned()
    } else {
        match grants(document).as_slice() {
            [] => String::new(),
            grants => format!(" (it allows {})", short(grants)),
        }
    }
}

/// What takes away the permissions that the policy grants.
fn denials(role: &LiveRole, facts: &Facts, function: &FunctionFacts) -> Vec<Claim> {
    let name = name_of(&function.arn);
    let evaluation = may_invoke(role, &function.arn, own(function), facts.now);
    let question = ask(
        Topic::Denials,
        format!("no Deny keeps the role from the {name}"),
        format!("a Deny keeps the role from the {name}"),
        format!("whether a Deny keeps the role from the {name} is undecided"),
    )
    .about(&function.arn);
    let decision = evaluation.decision;
    let mut statements = evaluation.statements.iter();
    let may_deny =
        statements.find(|one| one.effect == Effect::Deny && one.outcome == StatementOutcome::Undecided);
    let mut claims = vec![if evaluation.decision == Decision::ExplicitDeny {
        let finding = Finding {
            cause: Cause::Denied,
            what: format!("A Deny keeps the role from the {name}: {}", evaluation.reason),
            consequence: NOT_INVOKED.to_owned(),
            remedy: without_deny(role, facts, function, &evaluation),
            harm: Harm { keeps_genesys_out: true, ..Harm::default() },
        };
        question.fails(evaluation.reason, finding, &[])
    } else if let Some(StatementTrace { document, number, reason, .. }) = may_deny {
        question
            .not_provable(
                format!("statement {number} of {document} denies it if {reason}"),
                "it depends on what only AWS knows at the time of the call: `check --invoke` shows it",
            )
            .depending_on_caller(!may_invoke_later(role, &function.arn, own(function)))
    } else {
        let seen = match &function.policy {
            Ok(_) => "none is in the documents that were read".to_owned(),
            Err(why) => format!("none in the role's policies; the function's own policy is unknown: {why}"),
        };
        question.holds(seen)
    }];
    if let Some(boundary) = &role.boundary {
        let question = ask(
            Topic::Denials,
            format!("the permissions boundary allows the {name}"),
            format!("the permissions boundary does not allow the {name}"),
            format!("whether the permissions boundary allows the {name} is undecided"),
        )
        .about(&function.arn);
        claims.push(match role.decision_by(boundary, &function.arn) {
            Decision::Allowed | Decision::ExplicitDeny => question.holds("an Allow of it matches"),
            Decision::Undecided => {
                question.not_provable("it has a condition", "only AWS knows what it depends on")
            }
            Decision::ImplicitDeny => {
                // A function's own policy can admit the session itself, which no boundary limits.
                let is_admitted = decision == Decision::Allowed;
                let finding = Finding {
                    cause: Cause::Denied,
                    what: format!("The permissions boundary{} does not allow the {name}", of(role)),
                    consequence: match is_admitted {
                        true => "only the function's own policy lets the role invoke it".to_owned(),
                        false => NOT_INVOKED.to_owned(),
                    },
                    remedy:
                        "ask whoever set the boundary to allow lambda:InvokeFunction on this function in it"
                            .to_owned(),
                    harm: Harm { keeps_genesys_out: !is_admitted, ..Harm::default() },
                };
                question.fails("no Allow of it matches", finding, &[])
            }
        });
    }
    claims
}

/// ` (arn:aws:iam::111122223333:policy/limits)`, if it is known.
fn of(role: &LiveRole) -> String {
    role.role.permissions_boundary.as_ref().map(|arn| format!(" ({arn})")).unwrap_or_default()
}

/// The spec's own way to take away what it does not make.
fn or_by_spec(facts: &Facts) -> &'static str {
    match (facts.basis, facts.desired.extra_permissions) {
        (Basis::Spec, ExtraPermissions::Report) => {
            "; or set `extra_permissions = \"remove\"` for the role and run `apply`"
        }
        _ => "",
    }
}

/// A Deny is rarely there by mistake.
const ASK_FIRST: &str = "ask whoever set this Deny; if they agree";

/// How to remove the decisive Deny, which someone may have set on purpose.
fn without_deny(role: &LiveRole, facts: &Facts, function: &FunctionFacts, evaluation: &Evaluation) -> String {
    let Some(denying) = evaluation.statements.iter().find(|one| one.outcome == StatementOutcome::Denies)
    else {
        return "remove the Deny, or have its owner remove it; then run `check` again".to_owned();
    };
    let only_denies = |document: &Document| {
        document.statements.as_slice().iter().all(|statement| statement.effect == Effect::Deny)
    };
    let (name, number) = (shell_word(&role.role.name), denying.number);
    if denying.document == OWN_POLICY {
        return format!("{ASK_FIRST}, {}", removal(&function.arn, denying.sid.as_deref()));
    }
    for (policy, document) in &role.inline {
        if denying.document == inline_name(policy) && only_denies(document) {
            return format!(
                "{ASK_FIRST}, run `aws iam delete-role-policy --role-name {name} --policy-name {}`{}",
                shell_word(policy),
                or_by_spec(facts)
            );
        }
    }
    for (arn, policy) in &role.attached {
        if denying.document != attached_name(&policy.name) {
            continue;
        }
        if *arn == facts.desired.policy.arn {
            return facts.by_apply("it makes the policy what the spec says");
        }
        if only_denies(&policy.document) {
            return format!(
                "{ASK_FIRST}, run `aws iam detach-role-policy --role-name {name} --policy-arn {arn}`{}",
                or_by_spec(facts)
            );
        }
    }
    format!(
        "{ASK_FIRST}, take statement {number} out of {}, or have its owner do it; then run `check` again",
        denying.document
    )
}

/// The decisive decision.
fn may(role: &LiveRole, facts: &Facts, function: &FunctionFacts) -> Claim {
    let name = name_of(&function.arn);
    let question = ask(
        Topic::Invocation,
        format!("the role may invoke {name}"),
        format!("the role may not invoke {name}"),
        format!("whether the role may invoke {name} is undecided"),
    )
    .about(&function.arn);
    let evaluation = may_invoke(role, &function.arn, own(function), facts.now);
    match evaluation.decision {
        Decision::Allowed => question.holds(evaluation.reason),
        // What depends only on time is the same for every call.
        Decision::Undecided => question
            .not_provable(
                evaluation.reason,
                "it depends on what only AWS knows at the time of the call: `check --invoke` shows it",
            )
            .depending_on_caller(!may_invoke_later(role, &function.arn, own(function))),
        Decision::ExplicitDeny | Decision::ImplicitDeny => {
            let finding = Finding {
                cause: Cause::PolicyDoesNotCover,
                what: format!("No policy of the role allows the {name}: {}", evaluation.reason),
                consequence: NOT_INVOKED.to_owned(),
                remedy: facts.by_apply("it makes the policy what the spec says"),
                harm: Harm { keeps_genesys_out: true, ..Harm::default() },
            };
            question.fails(evaluation.reason, finding, Cause::OF_PERMISSIONS)
        }
    }
}

/// AWS's own opinion next to ours: only of the role's policies, never of trust. Not a proof: real calls outrank it, and
/// an organization policy may depend on things the simulator does not know.
fn second_opinion(role: &LiveRole, facts: &Facts, function: &FunctionFacts) -> Option<Claim> {
    let Simulated { allowed, decision, denied_by_organization, missing_keys, matched } =
        facts.simulated.as_ref()?.get(&function.arn)?;
    let ours = may_invoke(role, &function.arn, None, facts.now).decision;
    let name = name_of(&function.arn);
    // AWS itself says so: without a real call that succeeds, it is not known whether the invocation is allowed.
    let is_guarded = *denied_by_organization && ours == Decision::Allowed && !allowed;
    let question = ask(
        if is_guarded { Topic::Invocation } else { Topic::Simulator },
        format!("AWS's policy simulator agrees about {name}"),
        String::new(),
        match ours {
            _ if is_guarded => {
                format!("AWS's policy simulator says that the organization's SCPs refuse {name}")
            }
            Decision::Undecided => format!("only AWS's policy simulator decides about {name}"),
            _ => format!("AWS's policy simulator does not agree about {name}"),
        },
    )
    .about(&function.arn);
    let mut seen = format!("it says {decision}");
    if !matched.is_empty() {
        let names: Vec<String> = matched.iter().map(|name| format!("`{}`", one_line(name))).collect();
        seen.push_str(&format!(", by {}", names.join(" and ")));
    }
    if *denied_by_organization {
        seen.push_str(", by the organization's policies (SCPs)");
    }
    if !missing_keys.is_empty() {
        seen.push_str(&format!(
            ", without values for {}",
            missing_keys.iter().cloned().collect::<Vec<_>>().join(", ")
        ));
    }
    Some(match (ours, allowed) {
        (Decision::Undecided, _) => question.not_provable(seen, "this tool cannot decide it by itself"),
        (Decision::Allowed, true) | (Decision::ExplicitDeny | Decision::ImplicitDeny, false) => {
            question.holds(seen)
        }
        _ if is_guarded => question.not_provable(
            seen,
            "an SCP may deny it, or only seems to because the simulator does not know the whole request: ask who \
             administers the organization; a real call shows it",
        ),
        (Decision::Allowed, false) => question.not_provable(
            seen,
            "something that this tool does not see may deny it; a real call (`--probe-profile`, `--invoke`) shows it",
        ),
        (_, true) => question.not_provable(seen, "this tool sees a denial that the simulator does not: please report it"),
    })
}

/// What the role may do beyond the spec: through the spec's policy, and through each other one.
fn nothing_else(role: &LiveRole, facts: &Facts) -> Vec<Claim> {
    let compared = "what each attached and inline policy allows was compared with what is wanted";
    let extras = extra_grants(role, &facts.desired);
    let (own, foreign): (Vec<&Extra>, Vec<&Extra>) =
        extras.iter().partition(|extra| extra.acceptable.is_none());
    let own_name = &facts.desired.policy.name;
    let question = ask(
        Topic::NothingElse,
        format!("the policy `{own_name}` grants nothing else"),
        format!("the policy `{own_name}` grants more"),
        "",
    );
    let mut claims = vec![match own.first() {
        None => question.holds(compared),
        Some(extra) => {
            // What the policy allows instead of the function is already reported.
            let finding = more(extra, "", facts.by_apply("it makes the policy what the spec says"));
            question.fails(extra.grants.join("; "), finding, &[Cause::PolicyDoesNotCover])
        }
    }];
    if foreign.is_empty() {
        let question = ask(
            Topic::NothingElse,
            "no other policy grants the role anything",
            "other policies grant the role more",
            "",
        );
        claims.push(question.holds(compared));
    }
    claims.extend(foreign.into_iter().filter_map(|extra| by_foreign(extra, facts)));
    claims
}

fn by_foreign(extra: &Extra, facts: &Facts) -> Option<Claim> {
    let Extra { policy, acceptable, grants, effective, limits: _ } = extra;
    let (acceptable, accepts) = (acceptable.as_ref()?, &facts.desired.accepts);
    let question = ask(
        Topic::NothingElse,
        format!("{policy} grants the role nothing more"),
        format!("{policy} grants the role more"),
        "",
    );
    let seen = grants.join("; ");
    let name = shell_word(&facts.desired.role.name);
    let is_named = |thing: &&AcceptedThing| {
        matches!(thing, AcceptedThing::InlinePolicy(_)) || thing.value().starts_with("arn:")
    };
    let named = acceptable.things.iter().find(is_named);
    let denies = named.is_some_and(|thing| has_deny(thing, facts));
    let away = match named {
        // What it denies may be what keeps somebody out.
        Some(_) if denies => format!("take what it allows out of {policy}, whose Deny stays"),
        Some(AcceptedThing::InlinePolicy(policy)) => format!(
            "run `aws iam delete-role-policy --role-name {name} --policy-name {}`",
            shell_word(policy)
        ),
        Some(AcceptedThing::Policy(arn)) => {
            format!("run `aws iam detach-role-policy --role-name {name} --policy-arn {}`", shell_word(arn))
        }
        _ => "detach it".to_owned(),
    };
    // What is too much may be all by which it works.
    let away = match is_needed(acceptable, facts) {
        true => format!(
            "{}; only then {away}",
            facts.by_apply("it makes the role's own policy, without which this one is needed")
        ),
        false => away,
    };
    let (changed, remedy) = match acceptable.consent(accepts) {
        Consent::Given(accept) => {
            let acceptance = Acceptance {
                what: policy.clone(),
                reason: accept.reason.clone(),
                lets_in: Vec::new(),
                adds_permissions: !effective.is_empty(),
            };
            return Some(question.accepted(seen, acceptance));
        }
        Consent::Outdated(accept) => (
            ", not as the spec accepts it",
            format!("{away}, or correct the `digest` in line {} of the spec", accept.line),
        ),
        Consent::None if facts.desired.extra_permissions == ExtraPermissions::Remove => (
            "",
            format!(
                "{}{}",
                facts.by_apply("it takes off the role what the spec does not name"),
                if denies { ", and its Deny, too" } else { "" }
            ),
        ),
        Consent::None => (
            "",
            format!(
                "{away}; or set `extra_permissions = \"remove\"` for the role and run `apply`{}; or accept it in the spec: `plan` prints the lines",
                if denies { ", which takes its Deny away, too" } else { "" }
            ),
        ),
    };
    let remedy = if facts.basis == Basis::Spec { remedy } else { format!("if it is not wanted, {away}") };
    let claim = question.fails(seen, more(extra, changed, remedy), &[]);
    Some(claim.with_accept(facts.how_to_accept(acceptable)))
}

/// Whether the role may invoke one of its functions only by this policy.
fn is_needed(acceptable: &Acceptable, facts: &Facts) -> bool {
    let Some(role) = &facts.live.role else { return false };
    let mut without = role.clone();
    without.inline.retain(|name, _| !acceptable.things.contains(&AcceptedThing::InlinePolicy(name.clone())));
    without.attached.retain(|arn, _| !acceptable.things.contains(&AcceptedThing::Policy(arn.to_string())));
    loses_a_function(role, &without, facts)
}

/// Whether a policy of the role also denies something.
fn has_deny(thing: &AcceptedThing, facts: &Facts) -> bool {
    let Some(role) = &facts.live.role else { return false };
    let document = match thing {
        AcceptedThing::InlinePolicy(policy) => role.inline.get(policy),
        AcceptedThing::Policy(arn) => {
            let attached = role.attached.iter().find(|(own, _)| own.to_string() == *arn);
            attached.map(|(_, policy)| &policy.document)
        }
        _ => None,
    };
    document
        .is_some_and(|document| document.statements.as_slice().iter().any(|one| one.effect == Effect::Deny))
}

fn more(extra: &Extra, changed: &str, remedy: String) -> Finding {
    let Extra { policy, acceptable: _, grants, effective, limits } = extra;
    let limits = limits.unwrap_or("what limits it");
    let (what, consequence) = if effective.is_empty() {
        (
            format!(
                "{}{changed} allows more than the spec: {} (kept from the role by {limits})",
                sentence_case(policy),
                short(grants)
            ),
            format!("without {limits} it would be possible"),
        )
    } else {
        let what = format!("The role has extra permissions by {policy}{changed}: {}", short(effective));
        let can = "whoever assumes the role can do that too".to_owned();
        match effective == grants {
            true => (what, can),
            false => (what, format!("{can}; without {limits}, also {}", short(grants))),
        }
    };
    Finding {
        cause: Cause::ExtraPermissions,
        what,
        consequence,
        remedy,
        harm: Harm { adds: effective.clone(), ..Harm::default() },
    }
}

/// The first few; the claim has all of them.
fn short(grants: &[String]) -> String {
    const FEW: usize = 3;
    let shown = grants.iter().take(FEW).cloned().collect::<Vec<_>>().join("; ");
    match grants.len().saturating_sub(FEW) {
        0 => shown,
        n => format!("{shown}; and {n} more"),
    }
}
