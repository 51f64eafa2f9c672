//! Claims about what happened: who got a session of the role, as AWS recorded it. Only what was seen proves something:
//! AWS does not log refused calls of other accounts in the role's account, so absence proves nothing.

mod seen;
#[cfg(test)]
mod tests;
mod times;
mod users;

use jiff::Timestamp;

use super::claim::{Claim, Question};
use super::facts::Facts;
use super::level::Level;
use super::questions::to_see_it;
use super::topic::Topic;
use super::uses::Recorded;
use crate::model::LastUse;
use crate::text::one_line;
use seen::SeenUses;
use times::{HOUR, ago, minute, seconds};
pub use users::PROBE_SESSION;
pub(crate) use users::accepted_principals;

/// After this, service last accessed usually shows a call.
const LAST_ACCESSED_DELAY: i64 = 4 * HOUR;

pub(crate) fn observed(facts: &Facts) -> Vec<Claim> {
    let (Some(recorded), Some(role)) = (&facts.recorded, &facts.live.role) else { return Vec::new() };
    let Recorded { is_asked, history, lambda, analyzer: _ } = recorded;
    let seen = SeenUses::new(history, facts);
    // A new role was seen nowhere: worth a line for anyone who asks for it.
    let if_asked = |claim: Claim, is_read: bool| (*is_asked || claim.is_good() || !is_read).then_some(claim);
    let mut claims: Vec<Claim> = if_asked(seen.genesys_cloud(), seen.was_read()).into_iter().collect();
    if seen.was_read() {
        claims.extend(seen.strangers());
    }
    claims.extend(if_asked(last_used(role.record.last_used.as_ref(), history.now), true));
    claims.extend(if_asked(reached(lambda, &seen), lambda.is_ok()));
    claims
}

/// `Genesys Cloud last assumed this role 2 hours ago, with the right external ID; …`
pub(crate) fn observation(facts: &Facts) -> Option<String> {
    let (Some(recorded), Some(_)) = (&facts.recorded, &facts.live.role) else { return None };
    let seen = SeenUses::new(&recorded.history, facts);
    let is_news = !seen.genesys.is_empty()
        || !seen.former.is_empty()
        || !seen.strangers.is_empty()
        || seen.own_probes > 0
        || seen.history.unreadable > 0;
    (seen.was_read() && (recorded.is_asked || is_news)).then(|| seen.sentence())
}

/// What the observations say about a 403, for anyone who has one.
pub(crate) fn split(facts: &Facts) -> Option<&'static str> {
    let (Some(recorded), Some(_)) = (&facts.recorded, &facts.live.role) else { return None };
    let seen = SeenUses::new(&recorded.history, facts);
    let Ok(reached) = &recorded.lambda else { return None };
    split_by(&seen, reached.as_ref())
}

fn split_by(seen: &SeenUses<'_>, reached: Option<&LastUse>) -> Option<&'static str> {
    // What Genesys Cloud did before the trust policy was written says nothing about today, and events arrive late.
    let is_unclear = seen.valid_use().is_none() && !(seen.genesys.is_empty() && seen.former.is_empty());
    if !seen.was_read() || is_unclear || seen.facts.tests.iter().any(|test| test.success) {
        return None;
    }
    let now = seen.history.now;
    match (seen.valid_use(), reached) {
        (Some(_), Some(_)) => Some(
            "Genesys Cloud gets its session and Lambda is reached: trust policy, external ID and RCPs let it in; \
             if an invocation fails, it is by the permission to invoke, an SCP or the function",
        ),
        (Some(used), None) if seconds(used.at, now) > LAST_ACCESSED_DELAY => Some(
            "Genesys Cloud gets its session, and Lambda is not reached with it: the data action names another function or \
             region, or nothing was invoked",
        ),
        (Some(_), None) => None,
        (None, _) => Some(
            "no session of Genesys Cloud is recorded: where a data action was tried more than 90 minutes ago, it was refused \
             at sts:AssumeRole (AWS does not log that here), or the integration's credential holds another role's ARN",
        ),
    }
}

fn last_used(last: Option<&LastUse>, now: Timestamp) -> Claim {
    let question = Question::new(
        Level::Observed,
        Topic::LastUsed,
        "the role is in use",
        String::new(),
        "the role was not used in the 400 days that IAM remembers",
    );
    match last {
        Some(LastUse { at, region }) => question
            .holds(format!(
                "last {} ({}) in {}, by IAM's record",
                ago(*at, now),
                minute(*at),
                one_line(region)
            ))
            .with_note("whoever used it; a probe of this tool that invokes counts, too"),
        None => question.not_provable(
            "IAM's record of the role's last use is empty",
            "expected of a role that is new; IAM shows a use within hours",
        ),
    }
}

fn reached(lambda: &Result<Option<LastUse>, String>, seen: &SeenUses<'_>) -> Claim {
    let now = seen.history.now;
    let question = Question::new(
        Level::Observed,
        Topic::Reached,
        "sessions of the role have reached Lambda",
        String::new(),
        match lambda {
            Ok(_) => "sessions of the role were not seen to reach Lambda",
            Err(_) => "whether sessions of the role have reached Lambda is not known",
        },
    );
    match lambda {
        Ok(Some(LastUse { at, region })) => {
            let place = if region.is_empty() { String::new() } else { format!(" in {}", one_line(region)) };
            let note = split_by(seen, Some(&LastUse { at: *at, region: region.clone() })).unwrap_or_default();
            question
                .holds(format!(
                    "last {} ({}){place}; attempts count, allowed or not",
                    ago(*at, now),
                    minute(*at)
                ))
                .with_note(note)
        }
        Ok(None) => question.not_provable(
            "IAM's record of services accessed has no call to Lambda",
            split_by(seen, None).unwrap_or("a call shows within four hours, as a rule: look again then"),
        ),
        Err(why) => question.not_provable(
            why.clone(),
            to_see_it(
                why,
                "`iam:GenerateServiceLastAccessedDetails` and `iam:GetServiceLastAccessedDetails`",
            ),
        ),
    }
}
