//! The lints, run on the live trust policy and the live version of the spec's policy.

use super::super::cause::Cause;
use super::super::claim::{Claim, Finding, Harm};
use super::super::facts::Facts;
use super::super::topic::Topic;
use super::question::ask;
use crate::model::LiveRole;
use crate::policy::lint::{Expected, LintHit, LintSeverity, lint_permissions, lint_trust};
use crate::spec::customer_accounts;

pub(crate) fn mistakes(role: &LiveRole, facts: &Facts) -> Vec<Claim> {
    let desired = &facts.desired;
    let known = customer_accounts();
    let expected = Expected {
        trusted: Some(&desired.genesys_account_id),
        verifier: desired.verifier.as_ref(),
        functions: &desired.functions,
        known_accounts: &known,
        own_accounts: &[],
    };
    let trust = lint_trust(&role.role.assume_role_policy, &expected);
    let mut claims = vec![judged("trust policy", &trust, Cause::OF_TRUST, facts)];
    if let Some(policy) = role.attached.get(&desired.policy.arn) {
        let found = lint_permissions(&policy.document, &expected);
        claims.push(judged(
            &format!("policy `{}`", desired.policy.name),
            &found,
            Cause::OF_PERMISSIONS,
            facts,
        ));
    }
    claims
}

/// Errors fail; warnings are only mentioned.
fn judged(document: &str, found: &[LintHit], explained: &'static [Cause], facts: &Facts) -> Claim {
    let words = |hit: &LintHit| format!("{} ({})", hit.lint.name, hit.message);
    let listed: Vec<String> = found.iter().map(words).collect();
    let question = ask(
        Topic::Mistakes,
        format!("the {document} contains no known mistake"),
        format!("the {document} contains a known mistake"),
        String::new(),
    );
    let seen = if listed.is_empty() { "no lint hits".to_owned() } else { listed.join("; ") };
    let Some(error) = found.iter().find(|hit| hit.lint.severity == LintSeverity::Error) else {
        return question.holds(seen).with_note(found.first().map_or("", |hit| hit.lint.remedy));
    };
    let finding = Finding {
        cause: Cause::KnownMistake,
        what: format!("The {document} contains a mistake: {}", words(error)),
        consequence: error.lint.consequence.trim_end_matches('.').to_owned(),
        remedy: facts.by_apply("it restores what is wanted"),
        harm: Harm::default(),
    };
    question.fails(seen, finding, explained)
}
