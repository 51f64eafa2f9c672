//! Claims about what happened: who got a session of the role, as AWS recorded it. Only what was seen proves something:
//! AWS does not log refused calls of other accounts in the role's account, so absence proves nothing.

use std::borrow::Cow;

use jiff::Timestamp;

use super::cause::Cause;
use super::claim::{Claim, Finding, Harm, Question};
use super::facts::{Basis, Facts};
use super::former::was_demanded;
use super::level::Level;
use super::questions::{genesys, may_assume, to_see_it};
use super::topic::Topic;
use super::trusted::trust;
use super::uses::{EventHistory, PresentedId, Recorded, RegionReading, RoleUse, SessionUser};
use crate::arn::Arn;
use crate::model::{LastUse, LiveRole};
use crate::plan::trust_parties;
use crate::policy::{Decision, Principal};
use crate::text::{one_line, sentence_case};

/// The session name of this tool's own probes, which identifies them in CloudTrail.
pub const PROBE_SESSION: &str = "genesys-iam-check";

/// What uses by Genesys Cloud's account under another external ID are called.
const OTHER_CUSTOMER: &str = "another customer of Genesys Cloud";

/// The external ID of such a use.
const FORMER_ID: &str = "the external ID that the trust policy demanded until it was corrected";

/// Seconds. Times closer than that have no order.
const CLOCKS: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
/// The longest period over which uses are counted.
const WEEK: i64 = 7 * DAY;
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
             what still fails is the permission to invoke, an SCP or the function",
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

/// What kind of use of the role it was.
enum UseKind {
    Genesys,
    /// Genesys Cloud's account, on behalf of another organization.
    OtherCustomer,
    Verifier,
    /// Genesys Cloud's account, with the ID that the trust policy required until it was corrected.
    Former,
    /// The spec accepts this principal, with a reason.
    Accepted,
    /// This tool's own probe.
    Probe,
    Stranger,
}

/// The event history, grouped by who it was.
struct SeenUses<'a> {
    facts: &'a Facts,
    history: &'a EventHistory,
    genesys: Vec<&'a RoleUse>,
    /// Newest first.
    former: Vec<&'a RoleUse>,
    probes: usize,
    /// Of the probes, only those by the account's own identities: anyone can choose the name.
    own_probes: usize,
    verifier: usize,
    accepted: usize,
    /// By display name, with their uses; newest first.
    strangers: Vec<(String, Vec<&'a RoleUse>)>,
}

impl<'a> SeenUses<'a> {
    fn new(history: &'a EventHistory, facts: &'a Facts) -> Self {
        let mut seen = Self {
            facts,
            history,
            genesys: Vec::new(),
            former: Vec::new(),
            probes: 0,
            own_probes: 0,
            verifier: 0,
            accepted: 0,
            strangers: Vec::new(),
        };
        for used in &history.uses {
            let who = match seen.kind(used) {
                UseKind::Genesys => {
                    seen.genesys.push(used);
                    continue;
                }
                UseKind::Former => {
                    seen.former.push(used);
                    continue;
                }
                UseKind::Probe => {
                    seen.probes += 1;
                    let own = facts.desired.role.arn.account.as_str();
                    let is_own = matches!(&used.by, SessionUser::Account(account) if account.as_str() == own)
                        || matches!(&used.by, SessionUser::Identity { account, .. } if account.as_str() == own);
                    seen.own_probes += usize::from(is_own && !seen.is_verifier(&used.by));
                    continue;
                }
                UseKind::Verifier => {
                    seen.verifier += 1;
                    continue;
                }
                UseKind::Accepted => {
                    seen.accepted += 1;
                    continue;
                }
                UseKind::OtherCustomer => OTHER_CUSTOMER.to_owned(),
                UseKind::Stranger => in_words(&used.by, &facts.desired.role.arn.account),
            };
            match seen.strangers.iter_mut().find(|(known, _)| *known == who) {
                Some((_, uses)) => uses.push(used),
                None => seen.strangers.push((who, vec![used])),
            }
        }
        seen
    }

    fn kind(&self, used: &RoleUse) -> UseKind {
        let desired = &self.facts.desired;
        let own = desired.role.arn.account.as_str();
        // Not the spec's account if that is not Genesys's.
        let of_genesys = genesys(desired).account;
        let account = match &used.by {
            SessionUser::Account(account) | SessionUser::Identity { account, .. } => account.as_str(),
            SessionUser::Service(_) if is_accepted(&used.by, self.facts) => return UseKind::Accepted,
            SessionUser::Service(_) | SessionUser::Other(_) => return UseKind::Stranger,
        };
        let is_genesys = of_genesys == account;
        let verifier = desired.verifier.as_ref();
        // Anyone can choose a name: it excuses nobody from elsewhere.
        let is_ours = account == own || is_genesys || verifier.is_some_and(|arn| arn.account == account);
        if is_ours && used.session.as_deref() == Some(PROBE_SESSION) {
            return UseKind::Probe;
        }
        if is_genesys {
            let is_right =
                used.external_id.as_ref().is_some_and(|id| id.expose() == desired.external_id.expose());
            return match is_right {
                true => UseKind::Genesys,
                false if was_demanded(used, self.history, self.facts) => UseKind::Former,
                false => UseKind::OtherCustomer,
            };
        }
        match &used.by {
            by if self.is_verifier(by) => UseKind::Verifier,
            by if is_accepted(by, self.facts) => UseKind::Accepted,
            _ => UseKind::Stranger,
        }
    }

    fn is_verifier(&self, by: &SessionUser) -> bool {
        match (&self.facts.desired.verifier, by) {
            (Some(verifier), SessionUser::Account(account)) => verifier.account == account.as_str(),
            (Some(verifier), SessionUser::Identity { arn, .. }) => is_of(arn, verifier),
            _ => false,
        }
    }

    /// Whether any region's events are known.
    fn was_read(&self) -> bool {
        self.history.regions.iter().any(|(_, reading)| !matches!(reading, RegionReading::NotRead(_)))
    }

    /// The last known time that Genesys Cloud got in by the trust policy as it is now.
    fn valid_use(&self) -> Option<&'a RoleUse> {
        let changed = self.changed();
        self.genesys.first().copied().filter(|used| changed.is_none_or(|changed| used.at > changed))
    }

    /// When the trust policy was last written, if known: no earlier than the role's creation.
    fn changed(&self) -> Option<Timestamp> {
        let created = self.facts.live.role.as_ref().and_then(|role| role.record.created);
        let written = self.history.written.iter().map(|written| written.at).max();
        written.max(created)
    }

    /// Events have whole seconds, and the two services have their own clocks.
    fn is_clearly_before(&self, used: &RoleUse) -> bool {
        self.changed().is_some_and(|changed| seconds(used.at, changed) >= CLOCKS)
    }

    fn genesys_cloud(&self) -> Claim {
        let question = Question::new(
            Level::Observed,
            Topic::Used,
            "Genesys Cloud has assumed the role",
            String::new(),
            match (self.was_read(), self.genesys.first()) {
                (false, _) => "whether Genesys Cloud has assumed the role is not known",
                (true, Some(_)) => "whether Genesys Cloud can still assume the role was not seen",
                (true, None) => "Genesys Cloud was not seen to assume the role",
            },
        );
        let HistoryShown { looked_at, .. } = self.shown();
        match (self.valid_use(), self.genesys.first()) {
            _ if !self.was_read() => {
                let help = to_see_it(&looked_at, "`cloudtrail:LookupEvents`");
                question.not_provable(looked_at, help)
            }
            (Some(used), _) => question.holds(format!(
                "{}, with the right external ID{}; {}",
                self.when(used),
                from(used),
                self.how_often(&self.genesys)
            )),
            (None, Some(used)) => {
                let order = match self.is_clearly_before(used) {
                    true => "after that",
                    false => "at about that time",
                };
                question.not_provable(
                    format!("the last time was {}", self.when(used)),
                    format!(
                        "the trust policy was written {order}, {}: let Genesys Cloud invoke the function, and look again in \
                         90 minutes",
                        self.at(self.changed().unwrap_or(used.at))
                    ),
                )
            }
            (None, None) if !self.former.is_empty() => {
                let used = self.former[0];
                question.not_provable(
                    format!("the last time was {}, with {FORMER_ID}", self.when(used)),
                    "let Genesys Cloud invoke the function, and look again in 90 minutes",
                )
            }
            (None, None) => question.not_provable(
                format!("no event in {looked_at}"),
                "nothing follows from it: AWS logs no refusal here, and an event comes up to 90 minutes late",
            ),
        }
    }

    fn strangers(&self) -> Vec<Claim> {
        let HistoryShown { looked_at, is_whole } = self.shown();
        let question = |who: &str| {
            Question::new(
                Level::Observed,
                Topic::Strangers,
                "nobody else was seen to assume the role",
                format!("{who} has assumed the role"),
                "whether nobody else has assumed the role is not known",
            )
        };
        if !self.strangers.is_empty() {
            return self
                .strangers
                .iter()
                .map(|(who, uses)| {
                    let seen = self.uses_in_words(uses);
                    question(who).fails(seen, self.stranger(who, uses), &[])
                })
                .collect();
        }
        let mut seen = looked_at;
        if self.probes > 0 {
            let name = PROBE_SESSION;
            seen = format!("{seen}; {} of this tool's own probes (session {name}) aside", self.probes);
        }
        if self.verifier > 0 {
            seen = format!("{seen}; the verifier did {}", times(self.verifier, ""));
        }
        if self.accepted > 0 {
            seen = format!("{seen}; those whom the spec accepts did {}", times(self.accepted, ""));
        }
        if self.history.unreadable > 0 {
            let help = "look at them in CloudTrail's event history: this tool did not understand them";
            let unreadable = self.history.unreadable;
            return vec![
                question("").not_provable(format!("{unreadable} events about the role; {seen}"), help),
            ];
        }
        let note = if is_whole { "" } else { "said of what was looked at, and of nothing else" };
        let claim = question("").holds(seen).with_note(note);
        vec![match self.former_in_words() {
            Some(notice) => claim.with_notice(notice),
            None => claim,
        }]
    }

    /// What only the reader can judge: whether the earlier organization was theirs.
    fn former_in_words(&self) -> Option<String> {
        let used = self.former.first()?;
        let count = times(self.former.len(), ", last");
        Some(format!(
            "Genesys Cloud assumed the role {count} {}, with {FORMER_ID}: if that was your organization before you corrected it, \
             nothing is wrong, and {} leaves it out",
            ago(used.at, self.history.now),
            self.looking_from(used.at)
        ))
    }

    /// The command that looks at what came later.
    fn looking_from(&self, at: Timestamp) -> String {
        let settled = right_after(at);
        let Facts { invocation, basis, desired, .. } = self.facts;
        match basis {
            Basis::Spec => format!("`{invocation} check --since {settled}`"),
            Basis::Found { .. } => {
                let role = shlex::try_quote(&desired.role.name).unwrap_or(Cow::Borrowed("ROLE"));
                format!("`{invocation} diagnose {role} --since {settled}`")
            }
        }
    }

    fn stranger(&self, who: &str, uses: &[&RoleUse]) -> Finding {
        let role = self.facts.live.role.as_ref();
        // By today's trust policy: those who got in by an earlier one may be shut out by now.
        let is_admitted = |used: &&&RoleUse| {
            let (Some(role), Some(principal)) = (role, principal(&used.by, &self.facts.desired.role.arn))
            else {
                return true;
            };
            let id = used.external_id.as_ref().map(PresentedId::expose);
            let decision = may_assume(role, &principal, id).decision;
            matches!(decision, Decision::Allowed | Decision::Undecided)
                || may_be_named(&used.by, role, self.facts)
        };
        let still = uses.iter().any(|used| is_admitted(&used));
        let consequence = if still {
            "they had the role's permissions, and the trust policy still lets them in"
        } else {
            "they had the role's permissions; today's trust policy shuts them out"
        };
        let first = if still {
            self.facts.by_apply("it restores the trust policy")
        } else {
            let theirs = if who == OTHER_CUSTOMER {
                "if it was your own organization, before the external ID was corrected, nothing is wrong; otherwise "
            } else {
                ""
            };
            format!("{theirs}treat it as an incident and find out how they got in")
        };
        let session = uses.iter().find_map(|used| used.session.as_deref()).unwrap_or("their session");
        let session = one_line(session);
        let newest = uses.first().map_or(self.history.now, |used| used.at);
        Finding {
            cause: Cause::Stranger,
            what: format!("{} has assumed the role: {}", sentence_case(who), self.uses_in_short(uses)),
            consequence: consequence.to_owned(),
            remedy: format!(
                "{first}; see in CloudTrail what session `{session}` did; when it is settled, {}",
                self.looking_from(newest)
            ),
            harm: Harm { lets_in: vec![who.to_owned()], ..Harm::default() },
        }
    }

    /// `once, 24 hours ago (2026-11-25 17:00 UTC) in us-east-1, with the external ID "guessed-id", from 192.0.2.1`
    fn uses_in_words(&self, uses: &[&RoleUse]) -> String {
        let Some(used) = uses.first() else { return String::new() };
        let count = times(uses.len(), ", last");
        format!("{count} {}, {}{}", self.when(used), self.id_in_words(used), from(used))
    }

    fn uses_in_short(&self, uses: &[&RoleUse]) -> String {
        let Some(used) = uses.first() else { return String::new() };
        let count = times(uses.len(), ", last");
        format!("{count} {}, {}", ago(used.at, self.history.now), self.id_in_words(used))
    }

    fn id_in_words(&self, used: &RoleUse) -> String {
        match &used.external_id {
            None => "without an external ID".to_owned(),
            Some(id) if id.expose() == self.facts.desired.external_id.expose() => {
                "with the spec's external ID".to_owned()
            }
            // Both are organization IDs: what is masked is not shown for others either.
            Some(_) if self.facts.desired.external_id.is_masked() => "with another external ID".to_owned(),
            Some(id) => format!("with the external ID \"{}\"", one_line(id.expose())),
        }
    }

    fn others(&self) -> Vec<&str> {
        self.strangers.iter().map(|(who, _)| who.as_str()).collect()
    }

    fn sentence(&self) -> String {
        let HistoryShown { looked_at, .. } = self.shown();
        let genesys = match (self.valid_use(), self.genesys.first()) {
            (Some(used), _) => format!(
                "Genesys Cloud last assumed this role {}, with the right external ID; {}",
                ago(used.at, self.history.now),
                self.how_often(&self.genesys)
            ),
            (None, Some(used)) => {
                let before = match self.is_clearly_before(used) {
                    true => ", before its trust policy was last written",
                    false => ", about when its trust policy was last written",
                };
                format!("Genesys Cloud last assumed this role {}{before}", ago(used.at, self.history.now))
            }
            (None, None) if self.strangers.iter().any(|(who, _)| who == OTHER_CUSTOMER) => {
                let only = if self.strangers.len() == 1 { "; only another organization has" } else { "" };
                let others: Vec<&str> =
                    self.others().into_iter().filter(|who| *who != OTHER_CUSTOMER).collect();
                let seen = match others.as_slice() {
                    [] => String::new(),
                    others => format!("; another organization has, and {}", others.join(" and ")),
                };
                return format!(
                    "For your organization Genesys Cloud was not seen to assume the role{only}{seen} ({looked_at})."
                );
            }
            (None, None) => match self.former.first() {
                Some(used) => format!(
                    "Genesys Cloud last assumed this role {}, with {FORMER_ID}",
                    ago(used.at, self.history.now)
                ),
                None => "Genesys Cloud was not seen to assume this role, which proves nothing".to_owned(),
            },
        };
        let too = if self.genesys.is_empty() { "" } else { ", too" };
        let others = self.others();
        let others = match others.as_slice() {
            [] if self.history.unreadable > 0 => {
                format!("{} events could not be understood", self.history.unreadable)
            }
            [] => "no other account was seen".to_owned(),
            [one] => format!("{one} was seen{too}"),
            others => format!("{} were seen{too}", others.join(" and ")),
        };
        let own = match self.own_probes {
            0 => String::new(),
            count => format!(
                "; your own account assumed it {} as {PROBE_SESSION}, as this program's probes do",
                times(count, "")
            ),
        };
        format!("{genesys}; {others}{own} ({looked_at}).")
    }

    fn how_often(&self, uses: &[&RoleUse]) -> String {
        let HistoryReach { days, is_whole } = self.reach();
        let days = days.clamp(1, WEEK / DAY);
        let recent = uses.iter().filter(|used| seconds(used.at, self.history.now) <= days * DAY).count();
        let least = if is_whole { "" } else { "at least " };
        let day = if days == 1 { "the last day".to_owned() } else { format!("{days} days") };
        format!("{least}{} in {day}", times(recent, ""))
    }

    /// How far back everything that was read goes.
    fn reach(&self) -> HistoryReach {
        let days = |from: Timestamp| seconds(from, self.history.now).div_euclid(DAY);
        let mut reach = HistoryReach { days: days(self.history.since), is_whole: true };
        for (_, reading) in &self.history.regions {
            if let RegionReading::Until { oldest, .. } = reading {
                reach.is_whole &= seconds(*oldest, self.history.now) >= WEEK.min(reach.days * DAY);
            }
        }
        reach
    }

    /// `us-east-1, eu-central-1; 90 days`
    fn shown(&self) -> HistoryShown {
        let period = period(seconds(self.history.since, self.history.now));
        let mut whole = Vec::new();
        let mut rest = Vec::new();
        for (region, reading) in &self.history.regions {
            match reading {
                RegionReading::Whole => whole.push(region.as_str()),
                RegionReading::Until { oldest, events, stopped_by } => {
                    let why = stopped_by.as_deref().map(|why| format!(", then {}", one_line(why)));
                    rest.push(format!(
                        "the newest {events} events of {region}, back to {}{}",
                        minute(*oldest),
                        why.unwrap_or_default()
                    ));
                }
                RegionReading::NotRead(why) => rest.push(format!("not {region}: {}", one_line(why))),
            }
        }
        let is_whole = rest.is_empty();
        let mut parts = Vec::new();
        if !whole.is_empty() {
            parts.push(format!("{}; {period}", whole.join(", ")));
        }
        // The same refusal in every region counts once.
        let reasons: Vec<&String> = self
            .history
            .regions
            .iter()
            .filter_map(|(_, reading)| match reading {
                RegionReading::NotRead(why) => Some(why),
                _ => None,
            })
            .collect();
        match reasons.as_slice() {
            [first, others @ ..] if whole.is_empty() && reasons.len() == self.history.regions.len() => {
                let more = if others.iter().any(|why| why != first) { ", and others" } else { "" };
                parts.push(format!("CloudTrail's event history was not read: {}{more}", one_line(first)));
            }
            _ => parts.extend(rest),
        }
        HistoryShown { looked_at: parts.join("; "), is_whole }
    }

    /// `2 hours ago (2026-11-26 15:02 UTC) in us-east-1`
    fn when(&self, used: &RoleUse) -> String {
        format!("{} in {}", self.at(used.at), one_line(&used.region))
    }

    fn at(&self, at: Timestamp) -> String {
        format!("{} ({})", ago(at, self.history.now), minute(at))
    }
}

struct HistoryShown {
    looked_at: String,
    is_whole: bool,
}

struct HistoryReach {
    days: i64,
    is_whole: bool,
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

fn in_words(by: &SessionUser, own: &str) -> String {
    match by {
        SessionUser::Account(account) => format!("AWS account {account}"),
        SessionUser::Identity { account, arn } if account.as_str() == own => {
            format!("{} of your own account", one_line(arn))
        }
        SessionUser::Identity { account, .. } => format!("AWS account {account}"),
        SessionUser::Service(name) => format!("the AWS service {}", one_line(name)),
        SessionUser::Other(what) => one_line(what).into_owned(),
    }
}

/// Whether today's trust policy names someone of another account, whose ARN CloudTrail does not show.
fn may_be_named(by: &SessionUser, role: &LiveRole, facts: &Facts) -> bool {
    let SessionUser::Account(account) = by else { return false };
    trust(role, &facts.desired).others.iter().any(|other| match &other.principal {
        Some(Principal::Aws(text)) => {
            text == account.as_str() || text.parse::<Arn>().is_ok_and(|arn| arn.account == account.as_str())
        }
        Some(Principal::Service(_) | Principal::Federated(_)) => false,
        // Everybody, or unknown.
        Some(Principal::Anonymous) | None => true,
    })
}

/// Whether the spec accepts them in the current trust policy.
fn is_accepted(by: &SessionUser, facts: &Facts) -> bool {
    let mut accepted = accepted_principals(facts);
    match by {
        SessionUser::Account(account) => {
            accepted.any(|text| text.parse::<Arn>().is_ok_and(|arn| arn.account == account.as_str()))
        }
        SessionUser::Identity { account, arn } => accepted.any(|text| {
            text.parse::<Arn>().is_ok_and(|known| {
                is_of(arn, &known) || known.resource == "root" && known.account == account.as_str()
            })
        }),
        SessionUser::Service(name) => accepted.any(|text| text == *name),
        SessionUser::Other(_) => false,
    }
}

/// Who is named by the trust policy and accepted by the spec.
pub(crate) fn accepted_principals(facts: &Facts) -> impl Iterator<Item = String> {
    let desired = &facts.desired;
    let parties = facts.live.role.iter().flat_map(|role| trust_parties(role, desired)).flatten();
    parties
        .filter(|party| party.consent(&desired.accepts).is_given())
        .flat_map(|party| party.things)
        .map(|thing| thing.value().to_owned())
}

/// How the trust policy is asked about them.
fn principal(by: &SessionUser, role: &Arn) -> Option<Principal> {
    match by {
        SessionUser::Account(account) => {
            Some(Principal::Aws(Arn::account_root(&role.partition, account).to_string()))
        }
        SessionUser::Identity { arn, .. } => Some(Principal::Aws(arn.clone())),
        SessionUser::Service(name) => Some(Principal::Service(name.clone())),
        SessionUser::Other(_) => None,
    }
}

/// Whether an ARN, or the session it denotes, belongs to an identity.
fn is_of(arn: &str, identity: &Arn) -> bool {
    if arn == identity.to_string() {
        return true;
    }
    let Ok(session) = arn.parse::<Arn>() else { return false };
    let role = session.resource.strip_prefix("assumed-role/").and_then(|rest| rest.split('/').next());
    session.account == identity.account
        && identity.resource.starts_with("role/")
        && role.is_some_and(|role| role == identity.name())
}

fn from(used: &RoleUse) -> String {
    let source =
        used.source.as_ref().map(|source| format!(", from {}", one_line(source))).unwrap_or_default();
    let session =
        used.session.as_ref().map(|name| format!(", session {}", one_line(name))).unwrap_or_default();
    format!("{source}{session}")
}

fn times(count: usize, after: &str) -> String {
    match count {
        0 => "not once".to_owned(),
        1 if after.is_empty() => "once".to_owned(),
        1 => "once,".to_owned(),
        2 if after.is_empty() => "twice".to_owned(),
        _ => format!("{count} times{after}"),
    }
}

fn seconds(from: Timestamp, to: Timestamp) -> i64 {
    to.as_second().saturating_sub(from.as_second())
}

/// `2 hours ago`
fn ago(at: Timestamp, now: Timestamp) -> String {
    match seconds(at, now) {
        ..60 => "just now".to_owned(),
        passed => format!("{} ago", period(passed)),
    }
}

/// `90 days`
fn period(seconds: i64) -> String {
    let (count, unit) = match seconds {
        ..HOUR => (seconds / 60, "minute"),
        HOUR..172_800 => (seconds / HOUR, "hour"),
        _ => (seconds / DAY, "day"),
    };
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

/// `2026-11-26 15:02 UTC`
fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// The first second that has none of it.
fn right_after(at: Timestamp) -> String {
    let next = Timestamp::from_second(at.as_second().saturating_add(1)).unwrap_or(at);
    next.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::check::tests::{RIGHT, facts};
    use crate::check::{Outcome, RoleReport, Sign, WrittenTrust, judge};
    use crate::plan::testing::converged;
    use crate::spec::{AcceptSpec, AccountTrust};

    const NOW: Timestamp = Timestamp::constant(1_790_000_000, 0);

    fn before(seconds: i64) -> Timestamp {
        Timestamp::from_second(NOW.as_second() - seconds).unwrap()
    }

    fn used(minutes: i64, account: &str, id: Option<&str>) -> RoleUse {
        RoleUse {
            id: format!("{minutes} {account}"),
            at: before(60 * minutes),
            region: "us-east-1".to_owned(),
            by: SessionUser::Account(account.parse().unwrap()),
            external_id: id.map(|id| PresentedId::new(id.to_owned())),
            session: Some("s".to_owned()),
            source: Some("192.0.2.1".to_owned()),
        }
    }

    fn history(uses: Vec<RoleUse>) -> EventHistory {
        EventHistory {
            now: NOW,
            since: before(90 * DAY),
            regions: vec![
                ("us-east-1".to_owned(), RegionReading::Whole),
                ("eu-central-1".to_owned(), RegionReading::Whole),
            ],
            uses,
            written: Vec::new(),
            unreadable: 0,
        }
    }

    /// The trust policy that required this ID, written so many seconds ago; `None`: what it said is unknown.
    fn written(ago: i64, id: Option<&str>) -> WrittenTrust {
        let document = id.map(|id| {
            let condition = format!(r#","Condition":{{"StringEquals":{{"sts:ExternalId":"{id}"}}}}"#);
            let condition = if id.is_empty() { String::new() } else { condition };
            crate::plan::testing::document(&format!(
                r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"AWS":"765628985471"}}{condition}}}}}"#
            ))
        });
        WrittenTrust { at: before(ago), document }
    }

    #[test]
    fn a_use_under_the_id_that_was_demanded_until_it_was_corrected_is_a_notice() {
        let uses = || vec![used(60, "765628985471", Some("former"))];
        let of = |written: Vec<WrittenTrust>, uses| report_of(EventHistory { written, ..history(uses) });
        let report = of(vec![written(HOUR / 2, Some(RIGHT)), written(2 * HOUR, Some("former"))], uses());
        assert_eq!(report.diagnosis.findings, []);
        assert_eq!(
            report.claim_notices().collect::<Vec<_>>(),
            [
                "Genesys Cloud assumed the role once, 1 hour ago, with the external ID that the trust policy demanded until it was \
              corrected: if that was your organization before you corrected it, nothing is wrong, and `genesys-iam check --since \
              2026-09-21T13:13:21Z` leaves it out"
            ]
        );
        let observation = report.observation.unwrap();
        assert!(
            observation
                .starts_with("Genesys Cloud last assumed this role 1 hour ago, with the external ID that")
        );
        assert!(observation.contains("; no other account was seen"), "{observation}");
        // Nobody required it: the policy is unknown, was open, required another ID, or came later.
        for written in [
            vec![written(HOUR / 2, Some(RIGHT))],
            vec![written(2 * HOUR, None)],
            vec![written(2 * HOUR, Some(""))],
            vec![written(2 * HOUR, Some("f*"))],
            vec![written(2 * HOUR, Some("former")), written(3 * HOUR / 2, Some("third"))],
            vec![written(HOUR / 2, Some("former"))],
        ] {
            let report = of(written, uses());
            assert!(report.diagnosis.has(Cause::Stranger), "{report:?}");
            assert!(report.diagnosis.findings[0].remedy.starts_with("if it was your own organization"));
        }
        // It does not excuse other accounts.
        let stranger = vec![used(60, "999988887777", Some("former"))];
        assert!(of(vec![written(2 * HOUR, Some("former"))], stranger).diagnosis.has(Cause::Stranger));
    }

    fn report_of(history: EventHistory) -> RoleReport {
        let mut facts = facts(converged());
        facts.recorded = Some(Recorded { is_asked: true, history, lambda: Ok(None), analyzer: Ok(None) });
        judge(&facts)
    }

    fn genesys_uses(count: usize) -> Vec<RoleUse> {
        (1..=count).map(|n| used(120 * n as i64, "765628985471", Some(RIGHT))).collect()
    }

    fn line(report: &RoleReport, topic: Topic) -> &Claim {
        report.claims.iter().find(|claim| claim.topic == topic).unwrap()
    }

    #[test]
    fn genesys_cloud_seen_with_the_right_id_is_the_level_observed() {
        let report = report_of(history(genesys_uses(14)));
        assert_eq!(
            report.observation.as_deref(),
            Some(
                "Genesys Cloud last assumed this role 2 hours ago, with the right external ID; 14 times in 7 days; no other \
                 account was seen (us-east-1, eu-central-1; 90 days)."
            )
        );
        assert_eq!((report.verdict.sign, report.verdict.proof), (Sign::Good, Some(Level::Observed)));
    }

    #[test]
    fn who_was_not_seen_is_not_called_absent() {
        let report = report_of(history(Vec::new()));
        let claim = line(&report, Topic::Used);
        assert!(
            matches!(&claim.outcome, Outcome::NotProvable { help } if help.starts_with("nothing follows")),
            "{claim:?}"
        );
        let sentence = report.observation.unwrap();
        assert!(
            sentence.starts_with("Genesys Cloud was not seen to assume this role, which proves nothing"),
            "{sentence}"
        );
        assert_eq!(report.verdict.proof, Some(Level::Evaluated));
    }

    #[test]
    fn what_was_not_seen_is_a_line_for_those_who_ask() {
        let levels = |is_asked, lambda: Result<Option<LastUse>, String>| {
            let mut facts = facts(converged());
            let history = history(Vec::new());
            facts.recorded = Some(Recorded { is_asked, history, lambda, analyzer: Ok(None) });
            let report = judge(&facts);
            let claims = report.claims.iter().filter(|claim| claim.level == Level::Observed);
            (claims.map(|claim| claim.topic).collect::<Vec<_>>(), report.observation.is_some())
        };
        let all = vec![Topic::Used, Topic::Strangers, Topic::LastUsed, Topic::Reached];
        assert_eq!(levels(true, Ok(None)), (all, true));
        assert_eq!(levels(false, Ok(None)), (vec![Topic::Strangers], false));
        // What may not be read gets a line for everybody.
        assert_eq!(levels(false, Err("no".to_owned())), (vec![Topic::Strangers, Topic::Reached], false));
    }

    #[test]
    fn a_use_before_the_trust_policy_was_written_shows_nothing_of_today() {
        let uses = || vec![used(120, "765628985471", Some(RIGHT))];
        let report = report_of(EventHistory { written: vec![written(HOUR, None)], ..history(uses()) });
        assert!(matches!(line(&report, Topic::Used).outcome, Outcome::NotProvable { .. }));
        assert!(report.observation.unwrap().contains("before its trust policy was last written"));
        let report = report_of(EventHistory { written: vec![written(DAY, None)], ..history(uses()) });
        assert!(line(&report, Topic::Used).is_good());
        // Two minutes make an order, the same second does not.
        let now = || vec![used(0, "765628985471", Some(RIGHT))];
        let report = report_of(EventHistory { written: vec![written(0, None)], ..history(now()) });
        assert!(report.observation.unwrap().contains("about when its trust policy was last written"));
    }

    #[test]
    fn everybody_else_is_a_stranger_by_name() {
        let own = |session: &str, arn: &str| RoleUse {
            by: SessionUser::Identity { account: "111122223333".parse().unwrap(), arn: arn.to_owned() },
            session: Some(session.to_owned()),
            ..used(1, "111122223333", Some(RIGHT))
        };
        let admin = "arn:aws:iam::111122223333:user/admin";
        let probe_from_elsewhere =
            RoleUse { session: Some(PROBE_SESSION.to_owned()), ..used(1, "999988887777", Some(RIGHT)) };
        let service = RoleUse {
            by: SessionUser::Service("ec2.amazonaws.com".to_owned()),
            ..used(1, "999988887777", None)
        };
        for (one, who) in [
            (used(1, "999988887777", Some("x")), "AWS account 999988887777"),
            // A session name excuses nobody.
            (probe_from_elsewhere, "AWS account 999988887777"),
            (used(1, "765628985471", Some("another-organization")), "another customer of Genesys Cloud"),
            (used(1, "765628985471", None), "another customer of Genesys Cloud"),
            (own("s", admin), "arn:aws:iam::111122223333:user/admin of your own account"),
            (service, "the AWS service ec2.amazonaws.com"),
        ] {
            let report = report_of(history(vec![one]));
            let findings = &report.diagnosis.findings;
            assert_eq!(findings.len(), 1, "{who}: {findings:?}");
            assert_eq!((findings[0].cause, &report.verdict.got_in), (Cause::Stranger, &vec![who.to_owned()]));
            assert_eq!(
                report.verdict.others,
                Vec::<String>::new(),
                "the trust policy of today admits nobody else"
            );
            assert_eq!(report.verdict.sign, Sign::Broken);
            let says = match who {
                OTHER_CUSTOMER => "For your organization Genesys Cloud was not seen to assume the role; only another organization has (".to_owned(),
                who => format!("{who} was seen ("),
            };
            let observation = report.observation.unwrap();
            assert!(observation.contains(&says), "{observation}");
            // What was seen an hour ago is left out right after it, and not from tomorrow on.
            assert!(
                findings[0].remedy.ends_with("`genesys-iam check --since 2026-09-21T14:12:21Z`"),
                "{}",
                findings[0].remedy
            );
        }
        let report = report_of(history(vec![own(PROBE_SESSION, admin)]));
        assert_eq!(report.diagnosis.findings, []);
        assert!(line(&report, Topic::Strangers).seen.contains("1 of this tool's own probes"));
    }

    #[test]
    fn whoever_the_trust_policy_names_in_that_account_can_still_get_in() {
        let shut = report_of(history(vec![used(1, "999988887777", Some(RIGHT))]));
        assert!(shut.diagnosis.findings[0].consequence.contains("shuts them out"));
        let mut facts = facts(converged());
        let named = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"sts:AssumeRole",
                "Principal":{{"AWS":"arn:aws:iam::999988887777:role/x"}},"Condition":{{"StringEquals":{{"sts:ExternalId":"{RIGHT}"}}}}}}}}"#
        );
        facts.live.role.as_mut().unwrap().role.assume_role_policy = crate::plan::testing::document(&named);
        let history = history(vec![used(1, "999988887777", Some(RIGHT))]);
        facts.recorded = Some(Recorded { is_asked: true, history, lambda: Ok(None), analyzer: Ok(None) });
        let report = judge(&facts);
        let finding = report.diagnosis.findings.iter().find(|one| one.cause == Cause::Stranger).unwrap();
        assert!(finding.consequence.contains("still lets them in"), "{finding:?}");
    }

    #[test]
    fn a_wrong_account_of_the_spec_is_not_genesys_cloud() {
        let mut facts = facts(converged());
        facts.desired.genesys_account_id = "691338073777".parse().unwrap();
        facts.desired.genesys_account = AccountTrust::Unknown { why: String::new(), help: String::new() };
        let history = history(vec![used(1, "691338073777", Some(RIGHT))]);
        facts.recorded = Some(Recorded { is_asked: true, history, lambda: Ok(None), analyzer: Ok(None) });
        let report = judge(&facts);
        assert_eq!(report.verdict.got_in, ["AWS account 691338073777"]);
        assert!(!line(&report, Topic::Used).is_good());
    }

    #[test]
    fn whom_the_spec_accepts_is_counted_and_is_no_stranger() {
        let mut facts = facts(converged());
        let named = format!(
            r#"{{"Version":"2012-10-17","Statement":[
                {{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"AWS":"765628985471"}},
                  "Condition":{{"StringEquals":{{"sts:ExternalId":"{RIGHT}"}}}}}},
                {{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"AWS":"arn:aws:iam::111122223333:role/ci"}}}}]}}"#
        );
        let role = facts.live.role.as_mut().unwrap();
        role.role.assume_role_policy = crate::plan::testing::document(&named);
        let by = SessionUser::Identity {
            account: "111122223333".parse().unwrap(),
            arn: "arn:aws:iam::111122223333:role/ci".to_owned(),
        };
        let history = history(vec![RoleUse { by, ..used(1, "111122223333", None) }]);
        facts.recorded = Some(Recorded { is_asked: true, history, lambda: Ok(None), analyzer: Ok(None) });
        let is_stranger = |facts: &Facts| judge(facts).diagnosis.has(Cause::Stranger);
        assert!(is_stranger(&facts));
        let party = trust_parties(facts.live.role.as_ref().unwrap(), &facts.desired).remove(0).remove(0);
        facts.desired.accepts.push(AcceptSpec {
            what: party.things[0].clone(),
            digest: Some(party.digest.clone()),
            reason: "CI proves the role".to_owned(),
            span: 0..0,
            line: 1,
        });
        assert!(!is_stranger(&facts));
        assert!(line(&judge(&facts), Topic::Strangers).seen.contains("those whom the spec accepts did once"));
        // An accept for another document does not count.
        facts.desired.accepts[0].digest = Some("sha256:0".to_owned());
        assert!(is_stranger(&facts));
    }

    #[test]
    fn what_was_not_read_or_not_understood_is_said() {
        let mut part = history(genesys_uses(2));
        part.regions[1].1 = RegionReading::NotRead("AccessDenied: no".to_owned());
        let capped = RegionReading::Until { oldest: before(HOUR), events: 500, stopped_by: None };
        part.regions.push(("ap-south-1".to_owned(), capped));
        let report = report_of(part);
        let claim = line(&report, Topic::Strangers);
        assert_eq!(
            claim.seen,
            "us-east-1; 90 days; not eu-central-1: AccessDenied: no; the newest 500 events of ap-south-1, back to \
             2026-09-21 13:13 UTC"
        );
        assert!(report.observation.as_ref().unwrap().contains("at least twice in 7 days"), "{claim:?}");
        let mut none = history(Vec::new());
        none.regions
            .iter_mut()
            .for_each(|(_, reading)| *reading = RegionReading::NotRead("AccessDenied: no".to_owned()));
        let report = report_of(none);
        assert_eq!(report.observation, None);
        assert!(report.claims.iter().all(|claim| claim.topic != Topic::Strangers));
        assert_eq!(
            line(&report, Topic::Used).seen,
            "CloudTrail's event history was not read: AccessDenied: no"
        );
        let unreadable = report_of(EventHistory { unreadable: 2, ..history(genesys_uses(1)) });
        assert!(matches!(line(&unreadable, Topic::Strangers).outcome, Outcome::NotProvable { .. }));
    }

    #[test]
    fn a_403_is_split_by_what_was_seen() {
        let split_of = |uses, lambda| {
            let mut facts = facts(converged());
            facts.recorded = Some(Recorded {
                is_asked: true,
                history: history(uses),
                lambda: Ok(lambda),
                analyzer: Ok(None),
            });
            split(&facts)
        };
        let lambda = || Some(LastUse { at: before(HOUR), region: "us-east-1".to_owned() });
        assert!(split_of(genesys_uses(1), lambda()).unwrap().contains("Lambda is reached"));
        let old = vec![used(600, "765628985471", Some(RIGHT))];
        assert!(split_of(old, None).unwrap().contains("Lambda is not reached"));
        assert_eq!(split_of(genesys_uses(1), None), None, "too early to say");
        assert!(split_of(Vec::new(), None).unwrap().contains("refused at sts:AssumeRole"));
        let mut facts = facts(converged());
        let history = EventHistory { written: vec![written(0, None)], ..history(genesys_uses(1)) };
        facts.recorded = Some(Recorded { is_asked: true, history, lambda: Ok(None), analyzer: Ok(None) });
        assert_eq!(split(&facts), None, "a session was seen, of before");
    }

    #[test]
    fn periods_are_as_people_say_them() {
        for (seconds, words) in
            [(59, "0 minutes"), (60, "1 minute"), (HOUR, "1 hour"), (DAY, "24 hours"), (90 * DAY, "90 days")]
        {
            assert_eq!(period(seconds), words);
        }
        assert_eq!(ago(before(-5), NOW), "just now");
    }

    proptest! {
        #[test]
        fn no_text_of_an_event_breaks_out_of_the_report(
            texts in prop::collection::vec("[\\x00-\\x1f\\x7f-\\x9f\u{202e}\u{2028}a-z`|<>\"]{0,30}", 5),
            kind in 0..4,
        ) {
            let [session, source, region, id, who]: [String; 5] = texts.try_into().unwrap();
            let by = match kind {
                0 => SessionUser::Account("999988887777".parse().unwrap()),
                1 => SessionUser::Identity { account: "111122223333".parse().unwrap(), arn: who },
                2 => SessionUser::Service(who),
                _ => SessionUser::Other(who),
            };
            let external_id = Some(PresentedId::new(id));
            let one = RoleUse { by, region, external_id, session: Some(session), source: Some(source), ..used(1, "999988887777", None) };
            let report = report_of(history(vec![one]));
            let findings = report.diagnosis.findings.iter();
            let texts = findings.flat_map(|one| [one.what.clone(), one.consequence.clone(), one.remedy.clone()]);
            let claims = report.claims.iter().filter(|claim| claim.level == Level::Observed);
            let claims = claims.flat_map(|claim| [claim.sentence.clone(), claim.seen.clone(), claim.note.clone()]);
            for text in texts.chain(claims).chain(report.observation.clone()).chain(report.verdict.got_in.clone()) {
                prop_assert!(!text.chars().any(|c| c.is_control() || matches!(c, '\u{202e}' | '\u{2028}')), "{:?}", text);
            }
        }
    }
}
