//! Evidence from Genesys Cloud's own configuration: does it point at this role and these functions? Pure.

use super::diagnosis::{Cause, Diagnosis, Finding};
use super::evaluated::{may_invoke, name_of};
use super::facts::{Facts, FunctionState};
use super::{Level, Line, Outcome};
use crate::arn::FunctionArn;
use crate::genesys::{Action, GenesysError, GenesysErrorKind, GenesysFacts, IntegrationFacts, RoleArn};
use crate::policy::Decision;

/// The lines of one role, and what they add to its diagnosis.
pub fn configured(genesys: &GenesysFacts, facts: &Facts, diagnosis: &mut Diagnosis) -> Vec<Line> {
    let mut report = Report { lines: Vec::new(), diagnosis };
    report.organization(genesys, facts);
    let integrations = match &genesys.integrations {
        Ok(integrations) => integrations,
        Err(error) => {
            report.unknown("an integration for Lambda data actions exists", error.brief(), error.help());
            return report.lines;
        }
    };
    let Some(own) = report.integration(integrations, facts) else { return report.lines };
    for integration in &own {
        report.state(integration);
    }
    match &genesys.actions_unknown {
        Some(error) => {
            report.unknown("a data action points at each function", error.brief(), error.help());
        }
        None => report.actions(&own, facts),
    }
    report.lines
}

/// What is said where Genesys Cloud could not be asked at all.
pub fn not_configured(error: &GenesysError, diagnosis: &mut Diagnosis) -> Vec<Line> {
    let mut report = Report { lines: Vec::new(), diagnosis };
    let claim = "Genesys Cloud tells of the organization";
    if let GenesysErrorKind::Credentials { .. } | GenesysErrorKind::Unauthorized { .. } = *error.kind {
        let finding = Finding {
            cause: Cause::GenesysCredentials,
            what: "Genesys Cloud does not take the OAuth client's ID and secret (401)".to_owned(),
            consequence: "nothing is known of its side; the role is not touched by that".to_owned(),
            remedy: error.help(),
        };
        report.fault(claim, error.brief(), finding);
    } else {
        report.unknown(claim, error.brief(), error.help());
    }
    report.lines
}

struct Report<'a> {
    lines: Vec<Line>,
    diagnosis: &'a mut Diagnosis,
}

impl Report<'_> {
    fn line(&mut self, claim: String, outcome: Outcome, seen: String, meaning: String) {
        self.lines.push(Line { level: Level::Configured, claim, outcome, seen, meaning });
    }

    fn pass(&mut self, claim: &str, seen: String) {
        self.line(claim.to_owned(), Outcome::Pass, seen, String::new());
    }

    fn unknown(&mut self, claim: &str, seen: String, meaning: String) {
        self.line(claim.to_owned(), Outcome::NotProvable, seen, meaning);
    }

    fn fault(&mut self, claim: &str, seen: String, finding: Finding) {
        self.line(claim.to_owned(), Outcome::Fail, seen, finding.remedy.clone());
        self.diagnosis.findings.push(finding);
    }

    fn organization(&mut self, genesys: &GenesysFacts, facts: &Facts) {
        let claim = "the external ID is the organization's ID";
        let organization = &genesys.organization;
        let seen = format!("the organization is \"{}\"", organization.name);
        if organization.id == facts.desired.external_id.expose() {
            self.pass(claim, seen);
            self.diagnosis.ruled_out.push("the external ID is the organization's ID".to_owned());
            return;
        }
        // Whether it may be shown depends on the spec's own: both are IDs of organizations.
        let shown = if facts.desired.external_id.is_masked() {
            "another one than the spec's".to_owned()
        } else {
            organization.id.clone()
        };
        let finding = Finding {
            cause: Cause::Organization,
            what: format!(
                "The spec's external ID is not the ID of the organization \"{}\"",
                organization.name
            ),
            consequence: "Genesys Cloud presents its organization's ID and is refused at sts:AssumeRole"
                .to_owned(),
            remedy: "correct `external_id` in the spec, or use the credentials of the right organization"
                .to_owned(),
        };
        self.fault(claim, format!("{seen}, its ID {shown}"), finding);
    }

    /// The integrations that use this role, or may; `None` where there is none.
    fn integration<'i>(
        &mut self,
        integrations: &'i [IntegrationFacts],
        facts: &Facts,
    ) -> Option<Vec<&'i IntegrationFacts>> {
        let role = facts.desired.role.arn.to_string();
        let claim = "an integration uses this role";
        let consequence = "no data action can use the role";
        if integrations.is_empty() {
            let finding = Finding {
                cause: Cause::Integration,
                what: "The organization has no integration of the type \"AWS Lambda Data Actions\""
                    .to_owned(),
                consequence: consequence.to_owned(),
                remedy: format!("add one under Admin > Integrations, with a credential that holds {role}"),
            };
            self.fault(claim, "there is none for Lambda data actions".to_owned(), finding);
            return None;
        }
        let known: Vec<&IntegrationFacts> =
            integrations.iter().filter(|one| one.role == RoleArn::Known(role.clone())).collect();
        if !known.is_empty() {
            let names: Vec<String> =
                known.iter().map(|one| format!("\"{}\"", one.integration.name)).collect();
            self.pass(claim, format!("the credential of {} holds its ARN", names.join(" and ")));
            self.diagnosis.ruled_out.push("an integration's credential holds the role's ARN".to_owned());
            return Some(known);
        }
        let unread: Vec<&IntegrationFacts> =
            integrations.iter().filter(|one| matches!(one.role, RoleArn::Unreadable(_))).collect();
        if let Some(RoleArn::Unreadable(why)) = unread.first().map(|one| &one.role) {
            let meaning = "look it up under Admin > Integrations, or prove it with `--invoke`".to_owned();
            self.unknown(claim, why.clone(), meaning);
            return Some(unread);
        }
        let found: Vec<String> = integrations
            .iter()
            .map(|one| match &one.role {
                RoleArn::Known(arn) => format!("\"{}\" holds {arn}", one.integration.name),
                _ => format!("\"{}\" has no credential", one.integration.name),
            })
            .collect();
        let finding = Finding {
            cause: Cause::IntegrationCredential,
            what: format!("No integration's credential holds the role's ARN: {}", found.join("; ")),
            consequence: "Genesys Cloud assumes another role, or none: the data action fails".to_owned(),
            remedy: format!("write {role} into the credential of the integration"),
        };
        self.fault(claim, found.join("; "), finding);
        // With one alone there is no doubt which is meant.
        (integrations.len() == 1).then(|| integrations.iter().collect())
    }

    fn state(&mut self, facts: &IntegrationFacts) {
        let integration = &facts.integration;
        let name = &integration.name;
        let claim = format!("the integration \"{name}\" is enabled and active");
        let reported = integration.reported_state.as_ref();
        let code = reported.map(|state| state.code.as_str()).unwrap_or_default();
        let detail = reported.and_then(|state| state.detail.as_ref()).map(|detail| detail.message.clone());
        let seen = match detail.filter(|detail| !detail.is_empty()) {
            Some(detail) => format!("{}, {code}: {detail}", integration.intended_state),
            None => format!("{}, {code}", integration.intended_state),
        };
        match (integration.intended_state.as_str(), code) {
            ("ENABLED", "ACTIVE") => self.pass(&claim, seen),
            ("ENABLED", "ACTIVATING" | "") => {
                self.unknown(&claim, seen, "try again in a moment".to_owned());
            }
            (intended, _) => {
                let what = if intended == "ENABLED" {
                    format!("The integration \"{name}\" is not active: {seen}")
                } else {
                    format!("The integration \"{name}\" is not enabled")
                };
                let finding = Finding {
                    cause: Cause::Integration,
                    what,
                    consequence: "its data actions do not run".to_owned(),
                    remedy: "enable it under Admin > Integrations, and see what it reports there".to_owned(),
                };
                self.fault(&claim, seen, finding);
            }
        }
    }

    fn actions(&mut self, own: &[&IntegrationFacts], facts: &Facts) {
        let actions: Vec<&Action> = own.iter().flat_map(|one| &one.actions).collect();
        for function in &facts.functions {
            let arn = function.arn.to_string();
            let claim = format!("a data action points at the {}", name_of(&function.arn));
            let pointing: Vec<&&Action> = actions.iter().filter(|action| action.target() == arn).collect();
            if pointing.is_empty() {
                let meaning =
                    "nothing invokes it through this integration, unless a data action does by a variable"
                        .to_owned();
                self.unknown(&claim, format!("none of {} data actions does", actions.len()), meaning);
                continue;
            }
            let names: Vec<String> = pointing.iter().map(|action| format!("\"{}\"", action.name)).collect();
            let mut meaning = String::new();
            if let FunctionState::Exists { timeout: Some(timeout), .. } = function.state
                && let Some(waits) = pointing.iter().filter_map(|action| action.timeout_seconds()).min()
                && i64::from(timeout) > i64::from(waits)
            {
                meaning =
                    format!("the function may take {timeout} s, and the data action waits {waits} s only");
            }
            self.line(claim, Outcome::Pass, names.join(" and "), meaning);
        }
        let Some(role) = &facts.live.role else { return };
        for action in actions {
            let target = action.target();
            if facts.functions.iter().any(|function| function.arn.to_string() == target) {
                continue;
            }
            let claim = format!("what the data action \"{}\" points at may be invoked", action.name);
            let Ok(arn) = target.parse::<FunctionArn>() else {
                let meaning = "whether the role may invoke it depends on the input".to_owned();
                self.unknown(
                    &claim,
                    format!("it points at `{target}`, which is not a function's ARN"),
                    meaning,
                );
                continue;
            };
            if may_invoke(role, &arn, None).decision == Decision::Allowed {
                self.pass(&claim, format!("{target}, which the spec does not name"));
                continue;
            }
            let same = facts.functions.iter().find(|function| function.arn.is_same_function(&arn));
            let why = match same {
                Some(function) => {
                    format!("; the policy covers the {}, which is another ARN", name_of(&function.arn))
                }
                None => String::new(),
            };
            let finding = Finding {
                cause: Cause::DataAction,
                what: format!(
                    "The data action \"{}\" points at {target}, which the policy does not cover{why}",
                    action.name
                ),
                consequence: "this data action fails with 403 at lambda:InvokeFunction".to_owned(),
                remedy:
                    "let the data action point at a function of the spec, or add this very ARN to `functions`"
                        .to_owned(),
            };
            self.fault(&claim, format!("{target} is not covered by the role's policies{why}"), finding);
        }
    }
}
