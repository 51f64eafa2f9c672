//! Claims about Genesys Cloud's own configuration: does it point at this role and these functions?

use super::cause::Cause;
use super::claim::{Claim, Finding, Harm, Question};
use super::facts::{
    ActionFacts, Basis, ConnectionFacts, CredentialArn, Facts, FunctionSettings, FunctionState, GenesysFacts,
    GenesysSide, IntegrationFacts, RejectedCredentials, Unknown,
};
use super::level::Level;
use super::questions::{
    admits_organization, genesys as genesys_account, genesys_may_assume, may_invoke, name_of,
};
use super::topic::Topic;
use crate::arn::{Arn, FunctionArn};
use crate::model::DesiredRole;
use crate::plan::genesys::GenesysChange;
use crate::policy::{Decision, Principal};
use crate::text::{one_line, plural};

pub(crate) fn configured(facts: &Facts) -> Vec<Claim> {
    match &facts.genesys {
        // The spec says what Genesys Cloud should be like.
        GenesysSide::NotAsked if facts.desired.integration.is_some() => {
            vec![
                api().not_provable(
                    "there are no credentials for it",
                    "give the credentials of its OAuth client",
                ),
            ]
        }
        GenesysSide::NotAsked => Vec::new(),
        GenesysSide::Rejected(rejected, Unknown { why, help }) => {
            let what = match rejected {
                RejectedCredentials::Client => "the OAuth client's ID and secret",
                RejectedCredentials::Token => "the access token",
            };
            let finding = Finding {
                cause: Cause::GenesysCredentials,
                what: format!("Genesys Cloud rejects {what} (401)"),
                consequence: "Genesys Cloud's side cannot be checked; the role itself is unaffected"
                    .to_owned(),
                remedy: help.clone(),
                harm: Harm::default(),
            };
            vec![api().fails(why.clone(), finding, &[])]
        }
        GenesysSide::Unreadable(Unknown { why, help }) => vec![api().not_provable(why.clone(), help.clone())],
        GenesysSide::Read(genesys) => read(genesys, facts),
    }
}

fn ask(
    topic: Topic,
    holds: impl Into<String>,
    fails: impl Into<String>,
    open: impl Into<String>,
) -> Question {
    Question::new(Level::Configured, topic, holds, fails, open)
}

fn api() -> Question {
    ask(
        Topic::Genesys,
        "Genesys Cloud's API can be read",
        "Genesys Cloud's API rejects the credentials",
        "what Genesys Cloud's side looks like is unknown",
    )
}

fn finding(cause: Cause, what: String, consequence: &str, remedy: String) -> Finding {
    let harm = Harm { keeps_genesys_out: true, ..Harm::default() };
    Finding { cause, what, consequence: consequence.to_owned(), remedy, harm }
}

fn read(genesys: &GenesysFacts, facts: &Facts) -> Vec<Claim> {
    let mut claims = vec![organization(genesys, facts)];
    let integrations = match &genesys.integrations {
        Ok(integrations) => integrations,
        Err(Unknown { why, help }) => {
            // Does not say that there is none: that is another topic.
            let question = Question { topic: Topic::Genesys, ..uses_role(facts) };
            claims.push(question.not_provable(why.clone(), help.clone()));
            return claims;
        }
    };
    let (claim, own) = match &facts.desired.integration {
        // Differences from the spec are another claim.
        Some(wanted) => of_spec(integrations, facts, &wanted.name),
        None => {
            let (claim, own) = integration(integrations, facts);
            (Some(claim), own)
        }
    };
    claims.extend(claim);
    // One that the spec wants enabled but is not differs from the spec, which is a separate claim.
    let is_told = |one: &&&IntegrationFacts| {
        let wanted = facts.desired.integration.as_ref();
        wanted.is_some_and(|wanted| wanted.enabled && wanted.name == one.name)
            && one.intended_state != "ENABLED"
    };
    claims.extend(own.iter().filter(|one| !is_told(one)).map(|integration| state(integration, facts)));
    match &genesys.actions_unknown {
        Some(Unknown { why, help }) if !own.is_empty() => {
            let question = ask(
                Topic::DataActions,
                String::new(),
                String::new(),
                "whether a data action points at each function is unknown",
            );
            claims.push(question.not_provable(why.clone(), help.clone()));
        }
        Some(_) => {}
        None if own.is_empty() => {}
        None => claims.extend(actions(&own, facts)),
    }
    claims
}

fn organization(genesys: &GenesysFacts, facts: &Facts) -> Claim {
    let GenesysFacts { organization_id, organization_name: name, .. } = genesys;
    let question = ask(
        Topic::Organization,
        "the external ID is the organization's ID",
        "the external ID is not the organization's ID",
        String::new(),
    );
    let seen = format!("the organization is \"{name}\"");
    if organization_id == facts.desired.external_id.expose() {
        return question.holds(seen);
    }
    // Showing it depends on the spec's own ID: both are organization IDs.
    let shown = if facts.desired.external_id.is_masked() {
        "another one than the spec's".to_owned()
    } else {
        organization_id.clone()
    };
    let ours = facts.desired.external_id.expose();
    let (what, remedy) = if facts.desired.external_id.is_masked() {
        (
            format!("The spec's external ID is not the ID of organization \"{name}\""),
            "correct `external_id` in the spec and run `apply`, or use the credentials of the right organization"
                .to_owned(),
        )
    } else {
        (
            format!(
                "The spec's external ID {ours} is not the ID of organization \"{name}\" ({organization_id})"
            ),
            format!(
                "set `external_id = \"{organization_id}\"` in the spec and run `{} apply`, or use the credentials of \
                 organization {ours}",
                facts.invocation.writer()
            ),
        )
    };
    let remedy = match facts.invocation.is_in_sandbox() {
        // Its organization has the ID that the first spec had.
        true => format!(
            "if this sandbox began with another spec, empty it: run `genesys-iam sandbox reset`; otherwise {remedy}"
        ),
        false => remedy,
    };
    let mut finding = finding(
        Cause::Organization,
        what,
        "Genesys Cloud presents its organization's ID and is refused at sts:AssumeRole",
        remedy,
    );
    // Anyone with the spec's ID gets in if the role admits it.
    if let Some(role) = &facts.live.role {
        let account = Principal::Aws(genesys_account(&facts.desired).to_string());
        let decision = genesys_may_assume(role, &account, Some(ours)).decision;
        if matches!(decision, Decision::Allowed | Decision::Undecided) {
            finding.harm.lets_in.push(facts.bearer_of(ours));
        }
        // The right one may be admitted anyway.
        if admits_organization(role, facts) {
            finding.harm.keeps_genesys_out = false;
            "the role admits the organization's own ID: nothing fails until `apply` makes it as the spec says"
                .clone_into(&mut finding.consequence);
        }
    }
    question.fails(format!("{seen}, its ID {shown}"), finding, &[])
}

fn uses_role(facts: &Facts) -> Question {
    let role = &facts.desired.role.name;
    ask(
        Topic::Credential,
        format!("an integration uses the role `{role}`"),
        format!("no integration uses the role `{role}`"),
        format!("whether an integration uses the role `{role}` is unknown"),
    )
}

/// Integrations that the spec names or that use its role; and whether one does.
fn of_spec<'i>(
    integrations: &'i [IntegrationFacts],
    facts: &Facts,
    name: &str,
) -> (Option<Claim>, Vec<&'i IntegrationFacts>) {
    let holds_role = CredentialArn::Shown(facts.desired.role.arn.to_string());
    let own: Vec<&IntegrationFacts> =
        integrations.iter().filter(|one| one.name == name || one.credential == holds_role).collect();
    let known = own.iter().find(|one| one.credential == holds_role);
    let claim =
        known.map(|one| uses_role(facts).holds(format!("the credential of \"{}\" holds its ARN", one.name)));
    (claim, own)
}

/// Whether an integration that does not use this role may be meant to. An organization has integrations for other roles, in this
/// spec, another or none: without a spec's word, it is meant where its data actions call this role's functions, or its credential
/// misspells the role.
pub(super) fn may_be_meant(one: &IntegrationFacts, facts: &Facts) -> bool {
    if one.is_of_a_known_role {
        return false;
    }
    let (Basis::Spec, CredentialArn::Shown(held)) = (facts.basis, &one.credential) else {
        return facts.basis != Basis::Spec || matches!(one.credential, CredentialArn::Unreadable(_));
    };
    let DesiredRole { role, functions, .. } = &facts.desired;
    // One for another role that invokes the same function is that role's.
    if !one.is_of_an_existing_role && one.calls_any(functions) {
        return true;
    }
    let is_other =
        held.trim().parse::<Arn>().is_ok_and(|arn| arn.service == "iam" && arn.resource.starts_with("role/"));
    let is_this = held.rsplit('/').next().is_some_and(|name| name.trim() == role.name);
    !difference(held, &role.arn.to_string()).is_empty() || (!is_other && is_this)
}

/// The claim, and the integrations that use or may use this role.
fn integration<'i>(
    integrations: &'i [IntegrationFacts],
    facts: &Facts,
) -> (Claim, Vec<&'i IntegrationFacts>) {
    let role = facts.desired.role.arn.to_string();
    let question = uses_role(facts);
    let known: Vec<&IntegrationFacts> =
        integrations.iter().filter(|one| one.credential == CredentialArn::Shown(role.clone())).collect();
    if !known.is_empty() {
        let names: Vec<String> = known.iter().map(|one| format!("\"{}\"", one.name)).collect();
        return (question.holds(format!("the credential of {} holds its ARN", names.join(" and "))), known);
    }
    // One that serves another role as intended says nothing about this role.
    let left: Vec<&IntegrationFacts> = integrations.iter().filter(|one| may_be_meant(one, facts)).collect();
    if left.is_empty() {
        let help = format!(
            "left to you: [role.integration] in the spec makes one, or add one under Admin > Integrations, with a \
             credential that holds {role}"
        );
        let seen = match integrations.len() {
            0 => "the organization has none for Lambda data actions".to_owned(),
            n if integrations.iter().all(|one| one.is_of_a_known_role) => {
                format!("{} of the organization: other roles use what there is", plural(n, "integration"))
            }
            n => format!("{} of the organization: none holds its ARN", plural(n, "integration")),
        };
        let question = ask(Topic::Credential, "", "", "no integration of the organization uses the role");
        return (question.not_provable(seen, help), Vec::new());
    }
    let unread: Vec<&IntegrationFacts> =
        left.iter().copied().filter(|one| matches!(one.credential, CredentialArn::Unreadable(_))).collect();
    if let Some(CredentialArn::Unreadable(why)) = unread.first().map(|one| &one.credential) {
        let help = "look it up under Admin > Integrations, or prove it with `--invoke`";
        return (question.not_provable(why.clone(), help), unread);
    }
    let found: Vec<String> = left
        .iter()
        .map(|one| match &one.credential {
            CredentialArn::Shown(arn) => {
                format!("\"{}\" holds {}{}", one.name, shown(arn), difference(arn, &role))
            }
            CredentialArn::Unreadable(_) | CredentialArn::None => {
                format!("\"{}\" has no credential", one.name)
            }
        })
        .collect();
    let finding = finding(
        Cause::IntegrationCredential,
        format!("No integration's credential holds the role's ARN: {}", found.join("; ")),
        "Genesys Cloud assumes another role, or none: the data action fails",
        format!(
            "add [role.integration] with a `name` of its own to the spec and run `apply`, or write {role} into the credential \
             of one under Admin > Integrations"
        ),
    );
    // With only one, it is clear which is meant.
    let own = if left.len() == 1 { left } else { Vec::new() };
    (question.fails(found.join("; "), finding, &[]), own)
}

/// Makes everything visible: an ARN in a credential may end with a space.
fn shown(arn: &str) -> String {
    let text = one_line(arn);
    if text.trim() == text && !text.is_empty() { text.into_owned() } else { format!("\"{text}\"") }
}

/// How two texts that look alike differ.
fn difference(found: &str, wanted: &str) -> String {
    if found.trim() == wanted {
        return " (with white space around it)".to_owned();
    }
    if found.eq_ignore_ascii_case(wanted) {
        return " (it differs only in case)".to_owned();
    }
    let odd = found.chars().find(|c| !c.is_ascii_graphic());
    let without: String = found.chars().filter(char::is_ascii_graphic).collect();
    match odd {
        Some(c) if without == wanted => format!(" (with the character U+{:04X} in it)", u32::from(c)),
        Some(c) if without.len() + 1 == wanted.len() => {
            format!(" (with the character U+{:04X} in place of another)", u32::from(c))
        }
        _ => String::new(),
    }
}

pub(super) const SWITCH_ON: &str =
    "`intended_state = \"ENABLED\"` in [role.integration] and `apply` switch it on";

fn state(integration: &IntegrationFacts, facts: &Facts) -> Claim {
    let IntegrationFacts { name, intended_state, reported_state: code, detail, .. } = integration;
    let question = ask(
        Topic::Integration,
        format!("the integration \"{name}\" is enabled and active"),
        format!("the integration \"{name}\" is not enabled and active"),
        format!("whether the integration \"{name}\" is active is not known yet"),
    );
    let seen = match detail.as_str() {
        "" => format!("{intended_state}, {code}"),
        detail => format!("{intended_state}, {code}: {detail}"),
    };
    let is_off = facts.desired.integration.as_ref().is_some_and(|wanted| !wanted.enabled);
    if is_off && intended_state == "DISABLED" {
        let off = format!("the integration \"{name}\" is switched off, as the spec says");
        let notice = format!("{off}: its data actions fail until it is on; {SWITCH_ON}");
        let question = ask(Topic::Integration, off.clone(), off.clone(), off);
        return question.not_provable(seen, SWITCH_ON).with_notice(notice).switched_off();
    }
    match (intended_state.as_str(), code.as_str()) {
        ("ENABLED", "ACTIVE") => question.holds(seen),
        ("ENABLED", "ACTIVATING" | "") => question.not_provable(seen, "run `check` again in a moment"),
        (intended, _) => {
            let what = if intended == "ENABLED" {
                format!("The integration \"{name}\" is not active: {seen}")
            } else {
                format!("The integration \"{name}\" is not enabled")
            };
            let finding = finding(
                Cause::Integration,
                what,
                "its data actions do not run",
                "enable it under Admin > Integrations, and see what it reports there".to_owned(),
            );
            question.fails(seen, finding, &[])
        }
    }
}

fn actions(own: &[&IntegrationFacts], facts: &Facts) -> Vec<Claim> {
    let actions: Vec<&ActionFacts> = own.iter().flat_map(|one| &one.actions).collect();
    let variable = actions.iter().any(|action| has_variable(&action.target));
    let mut claims: Vec<Claim> = facts
        .functions
        .iter()
        .map(|function| {
            let (arn, name) = (function.arn.to_string(), name_of(&function.arn));
            let question = ask(
                Topic::DataActions,
                format!("a data action points at the {name}"),
                String::new(),
                match variable {
                    true => format!("whether a flow invokes the {name} is not known"),
                    false => format!("no data action of the integration points at the {name}"),
                },
            )
            .about(&function.arn);
            let pointing: Vec<&&ActionFacts> = actions.iter().filter(|action| action.target == arn).collect();
            if pointing.is_empty() {
                let help = if variable {
                    "a data action with a variable in its URL may: look at what the flow passes to it"
                } else {
                    "nothing is wrong with it: to invoke it from a flow, let a data action point at it"
                };
                let seen = match actions.len() {
                    0 => "the integration has no data action".to_owned(),
                    n => format!("none of the integration's {n} data actions points at it"),
                };
                let claim = question.not_provable(seen, help);
                return match actions.is_empty() || variable {
                    true => claim,
                    false => claim.with_notice(format!("no data action points at the {name}: no flow invokes it")),
                };
            }
            let names: Vec<String> = pointing.iter().map(|action| format!("\"{}\"", action.name)).collect();
            let claim = question.holds(names.join(" and "));
            match (&function.state, pointing.iter().filter_map(|action| action.timeout_seconds).min()) {
                (FunctionState::Exists(FunctionSettings { timeout: Some(timeout), .. }), Some(waits))
                    if i64::from(*timeout) > i64::from(waits) =>
                {
                    claim.with_notice(format!(
                        "the {name} may take {timeout} s, but the data action waits only {waits} s: what takes longer \
                         fails in Genesys Cloud, and runs on in AWS"
                    ))
                }
                _ => claim,
            }
        })
        .collect();
    let is_of_spec = |action: &&&ActionFacts| {
        facts.functions.iter().any(|function| function.arn.to_string() == action.target)
    };
    claims.extend(
        actions
            .iter()
            .filter(|action| !is_of_spec(action) && !is_corrected_by_apply(action, facts))
            .filter_map(|action| other_action(action, &actions, facts)),
    );
    claims
}

/// A data action of the spec that points elsewhere: one mistake, claimed about the spec's own words.
fn is_corrected_by_apply(action: &ActionFacts, facts: &Facts) -> bool {
    let ConnectionFacts::Read { changes, .. } = &facts.connection else { return false };
    changes.iter().any(|change| match change {
        GenesysChange::PatchIntegrationsAction { before, differences, .. } => {
            before.name == action.name
                && differences.iter().any(|diff| diff.before.to_string().contains(&action.target))
        }
        _ => false,
    })
}

/// Wherever the variable appears: Velocity's `${input.x}`, `$input.x`, `$esc.url(…)`.
fn has_variable(target: &str) -> bool {
    target.contains('$') && !target.ends_with(":$LATEST") || target.replace(":$LATEST", "").contains('$')
}

/// A data action of the integration that points at none of the spec's functions.
fn other_action(action: &ActionFacts, all: &[&ActionFacts], facts: &Facts) -> Option<Claim> {
    let role = facts.live.role.as_ref()?;
    let ActionFacts { name, target, .. } = action;
    // Whether it is the only one that could have reached a function of the spec.
    let may_reach =
        |other: &ActionFacts, function: &str| other.target == function || has_variable(&other.target);
    let is_only = |function: &FunctionArn| {
        let function = function.to_string();
        !all.iter().any(|other| may_reach(other, &function))
    };
    let question = ask(
        Topic::DataActions,
        format!("what the data action \"{name}\" points at may be invoked"),
        format!("what the data action \"{name}\" points at may not be invoked"),
        format!("whether what the data action \"{name}\" points at may be invoked is unknown"),
    );
    if has_variable(target) {
        return Some(question.not_provable(
            format!("its URL has a variable in it: `{target}`"),
            "what it points at depends on the input: compare what the flow passes with `functions`",
        ));
    }
    let Ok(arn) = target.parse::<FunctionArn>() else {
        let meant = facts.functions.iter().map(|function| &function.arn);
        let meant = meant.filter(|arn| arn.name() == target || arn.label() == *target);
        let whole = match meant.clone().next() {
            Some(arn) => format!("write the whole ARN, {arn}, as the data action's request URL"),
            None => "write the function's whole ARN as the data action's request URL".to_owned(),
        };
        let meant = meant.into_iter().any(is_only);
        let finding = Finding {
            harm: Harm { keeps_genesys_out: meant, ..Harm::default() },
            ..finding(
                Cause::DataAction,
                format!("The data action \"{name}\" points at `{target}`, which is not a function's ARN"),
                "this data action fails",
                whole,
            )
        };
        return Some(question.fails(format!("it points at `{target}`, which is not an ARN"), finding, &[]));
    };
    match may_invoke(role, &arn, None, facts.now).decision {
        Decision::Allowed => return Some(question.holds(format!("{target}, which the spec does not name"))),
        Decision::Undecided => {
            return Some(question.not_provable(
                format!("{target}; it is undecided whether the role's policies cover it"),
                "only AWS knows what it depends on at the time of the call",
            ));
        }
        Decision::ExplicitDeny | Decision::ImplicitDeny => {}
    }
    let same = facts.functions.iter().find(|function| function.arn.is_same_function(&arn));
    let why = match same {
        Some(function) => format!("; the policy covers the {}, which is another ARN", name_of(&function.arn)),
        None => String::new(),
    };
    // By name if that is unambiguous; a version or an alias is another ARN.
    let near = facts.functions.iter().any(|function| {
        let (one, other) = (function.arn.as_arn(), arn.as_arn());
        (&one.account, function.arn.region()) == (&other.account, arn.region())
    });
    let called = if near && same.is_none() { format!("the {}", name_of(&arn)) } else { target.clone() };
    let finding = Finding {
        harm: Harm {
            // Then no data action invokes any of them.
            keeps_genesys_out: facts.functions.iter().all(|function| is_only(&function.arn)),
            ..Harm::default()
        },
        ..finding(
            Cause::DataAction,
            format!("The data action \"{name}\" points at {called}, which the policy does not cover{why}"),
            "this data action fails with 403 at lambda:InvokeFunction",
            format!(
                "let the data action point at a function of the spec (Admin > Integrations > Actions); or, where this role should \
                 be able to invoke it too, add \"{target}\" to `functions`"
            ),
        )
    };
    Some(question.fails(format!("{target} is not covered by the role's policies{why}"), finding, &[]))
}
