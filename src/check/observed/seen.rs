//! The event history of a role, grouped by who it was, and what each group means.

use std::borrow::Cow;

use jiff::Timestamp;

use super::times::{CLOCKS, ago, minute, period, right_after, seconds, times};
use super::users::{PROBE_SESSION, in_words, is_accepted, is_of, may_be_named, principal};
use crate::check::cause::Cause;
use crate::check::claim::{Claim, Finding, Harm, Incident, Question};
use crate::check::facts::{Basis, Facts};
use crate::check::former::was_demanded;
use crate::check::level::Level;
use crate::check::questions::{genesys, may_assume, name_of, to_see_it};
use crate::check::revoked::is_revoked;
use crate::check::topic::Topic;
use crate::check::uses::{EventHistory, LONGEST_SESSION, PresentedId, RegionReading, RoleUse, SessionUser};
use crate::policy::{Decision, REVOCATION, revocation};
use crate::spec::regions_of;
use crate::text::{one_line, sentence_case};

/// What uses by Genesys Cloud's account under another external ID are called.
pub(super) const OTHER_CUSTOMER: &str = "another customer of Genesys Cloud";

/// The external ID of an earlier use.
const FORMER_ID: &str = "the external ID that the trust policy demanded until it was corrected";

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
    /// This tool's own probe, or that of anyone who may as well have the role: of the own account, or with the right ID.
    Probe,
    Stranger,
}

/// The event history, grouped by who it was.
pub(super) struct SeenUses<'a> {
    pub(super) facts: &'a Facts,
    pub(super) history: &'a EventHistory,
    pub(super) genesys: Vec<&'a RoleUse>,
    /// Newest first.
    pub(super) former: Vec<&'a RoleUse>,
    probes: usize,
    /// Of the probes, only those by the account's own identities: anyone can choose the name.
    pub(super) own_probes: usize,
    verifier: usize,
    accepted: usize,
    /// By display name, with their uses; newest first.
    pub(super) strangers: Vec<(String, Vec<&'a RoleUse>)>,
}

impl<'a> SeenUses<'a> {
    pub(super) fn new(history: &'a EventHistory, facts: &'a Facts) -> Self {
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
            let kind = seen.kind(used);
            // Read for the sessions alone that others may still have.
            let is_others = matches!(kind, UseKind::OtherCustomer | UseKind::Stranger);
            if used.at < history.since && !(is_others && seen.may_be_valid_until(used).is_some()) {
                continue;
            }
            let who = match kind {
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
        // Anyone can choose a name: it excuses nobody from elsewhere, least of all another customer of Genesys Cloud.
        let is_probe = used.session.as_deref() == Some(PROBE_SESSION);
        if of_genesys == account {
            let is_right =
                used.external_id.as_ref().is_some_and(|id| id.expose() == desired.external_id.expose());
            return match is_right {
                true if is_probe => UseKind::Probe,
                true => UseKind::Genesys,
                false if was_demanded(used, self.history, self.facts) => UseKind::Former,
                false => UseKind::OtherCustomer,
            };
        }
        if account == own && is_probe {
            return UseKind::Probe;
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
    pub(super) fn was_read(&self) -> bool {
        self.history.regions.iter().any(|(_, reading)| !matches!(reading, RegionReading::NotRead(_)))
    }

    /// The last known time that Genesys Cloud got in by the trust policy as it is now.
    pub(super) fn valid_use(&self) -> Option<&'a RoleUse> {
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

    pub(super) fn genesys_cloud(&self) -> Claim {
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

    pub(super) fn strangers(&self) -> Vec<Claim> {
        let mut claims = self.of_strangers();
        // Whatever else was seen.
        if let (Some(claim), Some(notice)) = (claims.first_mut(), self.former_in_words()) {
            claim.notices.push(notice);
        }
        claims
    }

    fn of_strangers(&self) -> Vec<Claim> {
        let HistoryShown { looked_at, is_whole, is_read } = self.shown();
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
        // Whoever knows which region is not read comes through that one.
        if !is_read {
            return vec![
                question("").not_provable(seen.clone(), to_see_it(&seen, "`cloudtrail:LookupEvents`")),
            ];
        }
        let left_out = match self.left_out().as_slice() {
            [] => String::new(),
            left_out => format!(
                "not looked at are regions that an account has only if it opted in: {}",
                left_out.join(", ")
            ),
        };
        let note = match (is_whole, left_out.is_empty()) {
            (true, true) => String::new(),
            (false, true) => "said of what was looked at, and of nothing else".to_owned(),
            (_, false) => format!("said of what was looked at, and of nothing else; {left_out}"),
        };
        vec![question("").holds(seen).with_note(note)]
    }

    /// A session outlives the trust policy that allowed it. `None`: it has ended.
    fn may_be_valid_until(&self, used: &RoleUse) -> Option<Timestamp> {
        self.facts.live.role.as_ref()?;
        if self.is_revoked(used) {
            return None;
        }
        // What the role allows may have been more at the time.
        let duration = used.duration.filter(|seconds| (0..LONGEST_SESSION).contains(seconds));
        let until = used.at.as_second().saturating_add(duration.unwrap_or(LONGEST_SESSION).into());
        Timestamp::from_second(until).ok().filter(|until| *until > self.history.now)
    }

    /// By *Revoke active sessions*, or as it does.
    fn is_revoked(&self, used: &RoleUse) -> bool {
        self.facts.live.role.as_ref().is_some_and(|role| is_revoked(role, used.at))
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
        let functions = match self.facts.desired.functions.as_slice() {
            [function] => name_of(function),
            functions => format!("its {} functions", functions.len()),
        };
        let consequence = format!(
            "they had the role's permissions and could invoke {} (CloudTrail has invocations only where data events are logged){}",
            functions,
            match still {
                true => ", and the trust policy still lets them in",
                false => "; today's trust policy shuts them out",
            }
        );
        let valid_until = uses.first().and_then(|used| self.may_be_valid_until(used));
        let consequence = match valid_until {
            Some(until) => {
                let longest = match uses.first().is_some_and(|used| used.duration.is_none()) {
                    true => {
                        " (12 hours, the longest that IAM allows: the event does not say how long they asked for)"
                    }
                    false => "",
                };
                format!(
                    "{consequence}; a session that they have may stay valid until {}{longest}",
                    minute(until)
                )
            }
            None if uses.first().is_some_and(|used| self.is_revoked(used)) => {
                format!("{consequence}; their session is revoked by a policy of the role")
            }
            None => consequence,
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
        let first = match valid_until {
            Some(_) => {
                let role = &self.facts.desired.role.name;
                format!(
                    "{first}; end their sessions (IAM > Roles > {role} > Revoke sessions > Revoke active sessions, or `aws iam \
                     put-role-policy --role-name {role} --policy-name {REVOCATION} --policy-document '{}'`)",
                    revocation(&right_after(self.history.now))
                )
            }
            None => first,
        };
        let recorded = uses.iter().find_map(|used| Some((used.session.as_deref()?, used.region.as_str())));
        let session = one_line(recorded.map_or("their session", |(session, _)| session));
        let newest = uses.first().map_or(self.history.now, |used| used.at);
        // A session that may still be used is not left out.
        let looking_later = match valid_until {
            Some(until) => {
                format!("and not before {}, {} leaves it out", minute(until), self.looking_from(newest))
            }
            None => format!("{} leaves it out", self.looking_from(newest)),
        };
        let incident = uses.first().map(|used| {
            Box::new(Incident {
                region: recorded.map_or(used.region.as_str(), |(_, region)| region).to_owned(),
                session: recorded.map(|(session, _)| session.to_owned()),
                is_still_admitted: still,
                may_be_inside: valid_until.is_some(),
                looking_later: looking_later.clone(),
            })
        });
        Finding {
            cause: Cause::Stranger,
            what: format!("{} has assumed the role: {}", sentence_case(who), self.uses_in_short(uses)),
            consequence,
            remedy: format!(
                "{first}; see in CloudTrail what session `{session}` did; when it is settled, {looking_later}"
            ),
            harm: Harm { lets_in: vec![who.to_owned()], incident, ..Harm::default() },
        }
    }

    /// `once, 24 hours ago (2026-11-25 17:00 UTC) in us-east-1, with the external ID "guessed-id", from 192.0.2.1`
    fn uses_in_words(&self, uses: &[&RoleUse]) -> String {
        let Some(used) = uses.first() else { return String::new() };
        /// More are in CloudTrail.
        const SHOWN: usize = 20;
        let count = times(uses.len(), ", last");
        let last = format!("{count} {}, {}{}", self.when(used), self.id_in_words(used), from(used));
        let earlier = uses.iter().skip(1);
        let before = earlier.clone().take(SHOWN).map(|used| {
            let at = minute(used.at);
            format!("; {at} in {}, {}{}", one_line(&used.region), self.id_in_words(used), from(used))
        });
        let more = match earlier.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!("; and {more} more before that"),
        };
        format!("{last}{}{more}", before.collect::<String>())
    }

    fn uses_in_short(&self, uses: &[&RoleUse]) -> String {
        let Some(used) = uses.first() else { return String::new() };
        let count = times(uses.len(), ", last");
        let first = match uses.last().filter(|_| uses.len() > 1) {
            Some(first) => format!(", first {}", minute(first.at)),
            None => String::new(),
        };
        format!("{count} {}{first}, {}{}", self.at(used.at), self.id_in_words(used), from(used))
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

    pub(super) fn sentence(&self) -> String {
        let HistoryShown { looked_at, is_read, .. } = self.shown();
        let genesys = match (self.valid_use(), self.genesys.first()) {
            (Some(used), _) => format!(
                "Genesys Cloud last assumed this role {}, with the right external ID; {}",
                ago(used.at, self.history.now),
                self.how_often(&self.genesys)
            ),
            (None, Some(used)) => {
                let before = match self.is_clearly_before(used) {
                    true => ", before its trust policy was last written",
                    false => ", at about the time its trust policy was last written",
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
            [] if !is_read => "nobody else is in what could be read".to_owned(),
            [] if self.accepted > 0 || self.verifier > 0 => {
                let known = [(self.accepted, "those whom the spec accepts"), (self.verifier, "the verifier")];
                let known = known.iter().filter(|(count, _)| *count > 0);
                let known: Vec<String> =
                    known.map(|(count, who)| format!("{who} ({})", times(*count, ""))).collect();
                format!("apart from {}, no other account was seen", known.join(" and "))
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

    /// Over the whole time that was looked at, as everything else in the sentence.
    fn how_often(&self, uses: &[&RoleUse]) -> String {
        let has_more = |reading: &RegionReading| matches!(reading, RegionReading::Until { .. });
        let least = match self.history.regions.iter().any(|(_, reading)| has_more(reading)) {
            true => "at least ",
            false => "",
        };
        format!("{least}{} in {}", times(uses.len(), ""), self.period())
    }

    fn period(&self) -> String {
        period(seconds(self.history.since, self.history.now))
    }

    /// The known regions of the partition that were not asked.
    fn left_out(&self) -> Vec<&'static str> {
        let asked = |region: &str| self.history.regions.iter().any(|(known, _)| known == region);
        let regions = regions_of(&self.facts.desired.role.arn.partition).map(|region| region.name);
        regions.filter(|region| !asked(region)).collect()
    }

    /// `us-east-1, eu-central-1; 90 days`
    fn shown(&self) -> HistoryShown {
        let mut whole = Vec::new();
        let mut rest = Vec::new();
        // By reason: a policy refuses many regions at once.
        let mut unread: Vec<(&str, Vec<&str>)> = Vec::new();
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
                RegionReading::NotRead(why) => match unread.iter_mut().find(|(known, _)| known == why) {
                    Some((_, regions)) => regions.push(region),
                    None => unread.push((why, vec![region])),
                },
            }
        }
        let is_read = unread.is_empty();
        rest.extend(
            unread.iter().map(|(why, regions)| format!("not {}: {}", regions.join(", "), one_line(why))),
        );
        let is_whole = rest.is_empty();
        let mut parts = Vec::new();
        if !whole.is_empty() {
            let period = self.period();
            parts.push(match whole.len() {
                1..=FEW_REGIONS => format!("{}; {period}", whole.join(", ")),
                count => format!("{count} regions; {period}"),
            });
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
        HistoryShown { looked_at: parts.join("; "), is_whole, is_read }
    }

    /// `2 hours ago (2026-11-26 15:02 UTC) in us-east-1`
    fn when(&self, used: &RoleUse) -> String {
        format!("{} in {}", self.at(used.at), one_line(&used.region))
    }

    fn at(&self, at: Timestamp) -> String {
        format!("{} ({})", ago(at, self.history.now), minute(at))
    }
}

/// More are counted.
const FEW_REGIONS: usize = 3;

struct HistoryShown {
    looked_at: String,
    is_whole: bool,
    /// Whether every region answered that was asked.
    is_read: bool,
}

fn from(used: &RoleUse) -> String {
    let source =
        used.source.as_ref().map(|source| format!(", from {}", one_line(source))).unwrap_or_default();
    let session =
        used.session.as_ref().map(|name| format!(", session {}", one_line(name))).unwrap_or_default();
    format!("{source}{session}")
}
