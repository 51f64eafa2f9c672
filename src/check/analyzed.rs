//! Access Analyzer as an independent judge: does it find the same outsiders as our evaluation of the trust policy?

use super::cause::Cause;
use super::claim::{Claim, Finding, Harm, Question};
use super::facts::Facts;
use super::level::Level;
use super::observed::accepted_principals;
use super::questions::{genesys, to_see_it};
use super::topic::Topic;
use super::trusted::trust;
use super::uses::{AnalyzerFindings, ExternalAccess, PresentedId, Recorded};
use crate::model::LiveRole;
use crate::text::one_line;

pub(crate) fn analyzed(facts: &Facts) -> Option<Claim> {
    let (Some(Recorded { analyzer, .. }), Some(role)) = (&facts.recorded, &facts.live.role) else {
        return None;
    };
    let findings = match analyzer {
        Ok(Some(findings)) => findings,
        Ok(None) => return None,
        Err(why) => {
            let question =
                ask("whether AWS's Access Analyzer agrees about who can assume the role is not known");
            let help = to_see_it(why, "`access-analyzer:ListAnalyzers` and `access-analyzer:ListFindings`");
            return Some(question.not_provable(why.clone(), help));
        }
    };
    Some(compare(findings, role, facts))
}

fn ask(open: &str) -> Question {
    Question::new(
        Level::Observed,
        Topic::Analyzer,
        "AWS's Access Analyzer agrees about who can assume the role",
        "AWS's Access Analyzer finds others who can assume the role, too",
        open,
    )
}

fn compare(analyzer: &AnalyzerFindings, role: &LiveRole, facts: &Facts) -> Claim {
    let AnalyzerFindings { found: findings, unread } = analyzer;
    let desired = &facts.desired;
    let genesys = genesys(desired).account;
    let verifier = desired.verifier.as_ref().map(ToString::to_string);
    let is_genesys = |one: &ExternalAccess| accounts(one).any(|account| account == genesys);
    let is_right = |one: &ExternalAccess| {
        one.external_id.as_ref().is_some_and(|id| id.expose() == desired.external_id.expose())
    };
    let is_verifier =
        |one: &ExternalAccess| one.principal.values().any(|text| Some(text) == verifier.as_ref());
    let accepted: Vec<String> = accepted_principals(facts).collect();
    let is_accepted = |one: &ExternalAccess| {
        accepted.iter().any(|known| {
            let account = known.parse::<crate::arn::Arn>().map(|arn| arn.account).unwrap_or_default();
            one.principal.values().any(|text| text == known || *text == account)
        })
    };
    let others: Vec<String> = findings
        .iter()
        .filter(|one| !(is_verifier(one) || is_accepted(one) || is_genesys(one) && is_right(one)))
        .map(|one| in_words(one, desired.external_id.is_masked()))
        .collect();
    let date = findings.iter().filter_map(|one| one.analyzed).max();
    let date = date.map(|at| format!(", analyzed {}", at.strftime("%Y-%m-%d %H:%M UTC"))).unwrap_or_default();
    let differs = "AWS's Access Analyzer does not agree about who can assume the role";
    if !others.is_empty() {
        let seen = format!("it finds {}{date}", others.join(" and "));
        let found = trust(role, desired);
        let is_known = !found.others.is_empty()
            || found.needs_no_id.any()
            || !found.also_accepts.is_empty()
            || found.unsearched.is_some()
            || !found.names_genesys
            || !found.accepts_id;
        if !is_known {
            let notice = format!(
                "AWS's Access Analyzer finds that {} can assume the role{date}; by the live trust policy nobody else can: its \
                 finding may be older than the policy, by up to half an hour",
                others.join(" and ")
            );
            return ask(differs)
                .not_provable(seen, "compare its finding with the live trust policy, and run `check` again")
                .with_notice(notice);
        }
        let finding = Finding {
            cause: Cause::RoleOpen,
            what: format!("AWS's Access Analyzer finds that {} can assume the role", others.join(" and ")),
            consequence: "they can assume the role and invoke the functions".to_owned(),
            remedy: facts.by_apply("it restores the trust policy"),
            harm: Harm::default(),
        };
        let explained = &[
            Cause::RoleOpen,
            Cause::TrustedAccount,
            Cause::ExternalId,
            Cause::UnknownAccount,
            Cause::TrustPolicy,
        ];
        return ask(differs).fails(seen, finding, explained);
    }
    if let Some(why) = unread {
        return ask("whether AWS's Access Analyzer agrees about who can assume the role is not known")
            .not_provable(
                format!("not all of its findings were read: {why}"),
                to_see_it(why, "`access-analyzer:ListAnalyzers` and `access-analyzer:ListFindings`"),
            );
    }
    if findings.iter().any(|one| is_genesys(one) && is_right(one)) {
        return ask(differs)
            .holds(format!("it finds Genesys Cloud under the right external ID, and nobody else{date}"));
    }
    ask(differs).not_provable(
        "it finds nobody outside the account, not even Genesys Cloud",
        "its finding may be yet to come: it takes up to half an hour after a change",
    )
}

/// Account IDs of the outsiders found.
fn accounts(one: &ExternalAccess) -> impl Iterator<Item = String> {
    one.principal.values().map(|text| match text.parse::<crate::arn::Arn>() {
        Ok(arn) => arn.account,
        Err(_) => text.clone(),
    })
}

fn in_words(one: &ExternalAccess, is_masked: bool) -> String {
    let who: Vec<String> = one
        .principal
        .iter()
        .map(|(kind, text)| match kind.as_str() {
            _ if text == "*" => "anyone".to_owned(),
            "AWS" if text.len() == 12 => format!("AWS account {}", one_line(text)),
            _ => one_line(text).into_owned(),
        })
        .collect();
    let id = match one.external_id.as_ref().map(PresentedId::expose) {
        None => String::new(),
        Some(_) if is_masked => " with an external ID".to_owned(),
        Some(id) => format!(" with the external ID \"{}\"", one_line(id)),
    };
    let archived = if one.is_archived { " (its finding is archived)" } else { "" };
    format!("{}{id}{archived}", who.join(" and "))
}
