//! Genesys Cloud's side.

use super::model::{FixStep, Means, Remedy, say};
use super::permissions::also;
use super::shell::{Shell, SpecEdit};
use super::trust::by_tool;
use crate::arn::FunctionArn;
use crate::check::{ActionFacts, CredentialArn, Facts, Finding, GenesysSide, IntegrationFacts};

/// The integrations that concern the role: those that hold it, or those named in the finding.
fn meant<'f>(facts: &'f Facts, finding: &Finding) -> Vec<&'f IntegrationFacts> {
    let GenesysSide::Read(genesys) = &facts.genesys else { return Vec::new() };
    let Ok(integrations) = &genesys.integrations else { return Vec::new() };
    integrations.iter().filter(|one| finding.what.contains(&format!("\"{}\"", one.name))).collect()
}

/// Whether the spec written by `--out` includes this integration: it holds the role, or is the only one.
fn is_in_spec(facts: &Facts, one: &IntegrationFacts) -> bool {
    let GenesysSide::Read(genesys) = &facts.genesys else { return false };
    let integrations = genesys.integrations.as_deref().unwrap_or_default();
    let role = CredentialArn::Shown(facts.desired.role.arn.to_string());
    let holders = integrations.iter().filter(|one| one.credential == role).count();
    match holders {
        0 => {
            integrations.len() == 1
                && !one.is_of_a_known_role
                && !matches!(one.credential, CredentialArn::Unreadable(_))
        }
        count => count == 1 && one.credential == role,
    }
}

/// Switched on.
pub(super) fn integration(facts: &Facts, finding: &Finding, shell: &Shell) -> Remedy {
    let found = meant(facts, finding);
    let console = match found.as_slice() {
        [] => vec![say("Genesys Cloud: Admin > Integrations: set the AWS Lambda integration to Active")],
        several => several
            .iter()
            .map(|one| {
                let error = if one.intended_state == "ENABLED" {
                    " (it says there why it is not active)"
                } else {
                    ""
                };
                say(format!("Genesys Cloud: Admin > Integrations > {}: set it to Active{error}", one.name))
            })
            .collect(),
    };
    // One in error is already enabled: no spec can make it active.
    let tool = match found.as_slice() {
        [one] if one.intended_state != "ENABLED" && is_in_spec(facts, one) => {
            let mut tool = by_tool(facts, shell, SpecEdit::Nothing);
            if let Some(edit) = shell.switch_on(&facts.desired.role.name) {
                tool.ways.iter_mut().for_each(|way| way.steps.insert(0, edit.clone()));
            }
            tool
        }
        _ => Remedy::default(),
    };
    tool.with(Means::Console, console)
}

/// Puts the role's ARN into the credential.
pub(super) fn credential(facts: &Facts, finding: &Finding, shell: &Shell) -> Remedy {
    let role = facts.desired.role.arn.to_string();
    let found = meant(facts, finding);
    let holds = |one: &&&IntegrationFacts| one.credential == CredentialArn::Shown(role.clone());
    let wrong: Vec<&&IntegrationFacts> = found.iter().filter(|one| !holds(one)).collect();
    let mut console: Vec<FixStep> = wrong
        .iter()
        .map(|one| {
            say(format!(
                "Genesys Cloud: Admin > Integrations > {} > Configuration > Credentials > Configure: Role ARN",
                one.name
            ))
        })
        .collect();
    if wrong.len() > 1 {
        console.insert(0, say("of these integrations, the one that should use the role:"));
    }
    console.push(FixStep::Paste(role));
    let tool = match wrong.as_slice() {
        [one] if is_in_spec(facts, one) => by_tool(facts, shell, SpecEdit::Nothing),
        _ => Remedy::default(),
    };
    tool.with(Means::Console, console)
}

/// A data action that points elsewhere: either end can change.
pub(super) fn data_action(facts: &Facts, finding: &Finding, shell: &Shell) -> Remedy {
    let GenesysSide::Read(genesys) = &facts.genesys else { return Remedy::default() };
    let integrations = genesys.integrations.as_deref().unwrap_or_default();
    let all = integrations.iter().flat_map(|one| one.actions.iter().map(move |action| (one, action)));
    let is_meant = |action: &ActionFacts| {
        let target = action.target.parse::<FunctionArn>();
        let label = target.map_or_else(|_| action.target.clone(), |arn| format!("`{}`", arn.label()));
        finding.what.contains(&format!("\"{}\"", action.name))
            && (finding.what.contains(&action.target) || finding.what.contains(&label))
    };
    let Some((integration, action)) = all.into_iter().find(|(_, action)| is_meant(action)) else {
        return Remedy::default();
    };
    let functions: Vec<String> = facts.desired.functions.iter().map(ToString::to_string).collect();
    let mut console = vec![say(format!(
        "Genesys Cloud: Admin > Integrations > Actions > {} > Setup > Configuration: Request URL Template, then Save & Publish",
        action.name
    ))];
    console.push(match functions.as_slice() {
        [one] => FixStep::Paste(one.clone()),
        several => say(format!("one of {}", several.join(", "))),
    });
    let target = action.target.parse::<FunctionArn>().ok();
    // The spec that `--out` writes lets it invoke the only function there is.
    let is_own = target.as_ref().is_some_and(|arn| arn.as_arn().account == facts.desired.role.arn.account);
    let is_fixed =
        shell.has_action(&action.name) || is_own && functions.len() == 1 && is_in_spec(facts, integration);
    let tool = match is_fixed {
        true => by_tool(facts, shell, SpecEdit::Nothing),
        false => Remedy::default(),
    };
    // Of its own account's functions, Lambda was asked: one that exists would be among those of the role.
    if let Some(arn) = target.as_ref().filter(|_| is_own && !functions.contains(&action.target)) {
        console.insert(0, say(format!("Lambda in {} has no function `{}`", arn.region(), arn.label())));
    }
    let cli = target.filter(|_| !is_own).and_then(|arn| {
        let command = also(facts, shell, &arn)?;
        Some(vec![
            say(format!("only if {arn} is the right one, and its own policy lets the role invoke it:")),
            command,
        ])
    });
    tool.with(Means::Console, console).with(Means::Cli, cli.unwrap_or_default())
}

/// An OAuth client that is rejected.
pub(super) fn credentials() -> Remedy {
    let steps = vec![
        say("Genesys Cloud: Admin > Integrations > OAuth: a client with the grant type Client Credentials"),
        say(
            "set its ID and secret as GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET, the organization's \
             AWS region as GENESYSCLOUD_REGION, and run this again",
        ),
    ];
    Remedy::default().with(Means::Console, steps)
}
