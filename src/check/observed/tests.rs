use proptest::prelude::*;

use super::seen::OTHER_CUSTOMER;
use super::times::{DAY, period};
use super::*;
use crate::check::cause::Cause;
use crate::check::tests::{RIGHT, facts};
use crate::check::{
    EventHistory, Outcome, PresentedId, RegionReading, RoleReport, RoleUse, SessionUser, Sign, WrittenTrust,
    judge,
};
use crate::plan::testing::converged;
use crate::plan::trust_parties;
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
        duration: None,
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
        observation.starts_with("Genesys Cloud last assumed this role 1 hour ago, with the external ID that")
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
    // It was let in beside the right one, or in its place: nobody corrected anything.
    let both = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole",
        "Principal":{"AWS":"765628985471"},"Condition":{"StringEquals":{"sts:ExternalId":["RIGHT","former"]}}}}"#;
    let both = crate::plan::testing::document(&both.replace("RIGHT", RIGHT));
    let beside = WrittenTrust { at: before(2 * HOUR), document: Some(both) };
    assert!(of(vec![written(HOUR / 2, Some(RIGHT)), beside], uses()).diagnosis.has(Cause::Stranger));
    let replaced = vec![written(2 * HOUR, Some("former")), written(3 * HOUR, Some(RIGHT))];
    assert!(of(replaced, uses()).diagnosis.has(Cause::Stranger));
    let unknown = vec![written(2 * HOUR, Some("former")), written(3 * HOUR, None)];
    assert!(of(unknown, uses()).diagnosis.has(Cause::Stranger));
    let was_used = [uses(), vec![used(180, "765628985471", Some(RIGHT))]].concat();
    assert!(of(vec![written(2 * HOUR, Some("former"))], was_used).diagnosis.has(Cause::Stranger));
    // It is said whoever else got in.
    let others = [uses(), vec![used(30, "999988887777", Some(RIGHT))]].concat();
    let report = of(vec![written(HOUR / 2, Some(RIGHT)), written(2 * HOUR, Some("former"))], others);
    assert!(report.diagnosis.has(Cause::Stranger));
    assert!(report.claim_notices().any(|notice| notice.contains("demanded until it was corrected")));
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
            "Genesys Cloud last assumed this role 2 hours ago, with the right external ID; 14 times in 90 days; no other \
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
    assert!(report.observation.unwrap().contains("at about the time its trust policy was last written"));
}

#[test]
fn everybody_else_is_a_stranger_by_name() {
    let own = |session: &str, arn: &str| RoleUse {
        by: SessionUser::Identity { account: "111122223333".parse().unwrap(), arn: arn.to_owned() },
        session: Some(session.to_owned()),
        ..used(1, "111122223333", Some(RIGHT))
    };
    let admin = "arn:aws:iam::111122223333:user/admin";
    let as_probe = |used: RoleUse| RoleUse { session: Some(PROBE_SESSION.to_owned()), ..used };
    let service =
        RoleUse { by: SessionUser::Service("ec2.amazonaws.com".to_owned()), ..used(1, "999988887777", None) };
    for (one, who) in [
        (used(1, "999988887777", Some("x")), "AWS account 999988887777"),
        // A session name excuses nobody.
        (as_probe(used(1, "999988887777", Some(RIGHT))), "AWS account 999988887777"),
        (as_probe(used(1, "765628985471", Some("9999-other-customer"))), "another customer of Genesys Cloud"),
        (as_probe(used(1, "765628985471", None)), "another customer of Genesys Cloud"),
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
            findings[0].remedy.ends_with(
                "and not before 2026-09-22 02:12 UTC, `genesys-iam check --since 2026-09-21T14:12:21Z` leaves it out"
            ),
            "{}",
            findings[0].remedy
        );
    }
    for probe in [own(PROBE_SESSION, admin), as_probe(used(1, "765628985471", Some(RIGHT)))] {
        let report = report_of(history(vec![probe]));
        assert_eq!(report.diagnosis.findings, []);
        assert!(line(&report, Topic::Strangers).seen.contains("1 of this tool's own probes"));
    }
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

/// *Revoke active sessions* in IAM's console puts such a policy on the role.
#[test]
fn a_revoked_session_is_not_said_to_be_valid() {
    let report = |condition: &str, action: &str| {
        let deny = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Action":["{action}"],"Resource":["*"],"Condition":{condition}}}]}}"#
        );
        let mut facts = facts(converged());
        let role = facts.live.role.as_mut().unwrap();
        role.inline.insert("AWSRevokeOlderSessions".to_owned(), crate::plan::testing::document(&deny));
        let history = history(vec![used(60, "999988887777", Some(RIGHT))]);
        facts.recorded = Some(Recorded { is_asked: true, history, lambda: Ok(None), analyzer: Ok(None) });
        let finding = judge(&facts).diagnosis.findings.into_iter().find(|one| one.cause == Cause::Stranger);
        finding.map(|finding| format!("{} {}", finding.consequence, finding.remedy)).unwrap()
    };
    let older = |ago: i64| format!(r#"{{"DateLessThan":{{"aws:TokenIssueTime":"{}"}}}}"#, before(ago));
    let revoked = report(&older(HOUR / 2), "*");
    assert!(revoked.contains("; their session is revoked by a policy of the role"), "{revoked}");
    assert!(!revoked.contains("may stay valid") && !revoked.contains("Revoke"), "{revoked}");
    // Not by one about older sessions, about some actions, or with another condition beside it.
    let beside = older(HOUR / 2).replacen('{', r#"{"StringLike":{"aws:userid":"x"},"#, 1);
    for (condition, action) in [(older(2 * HOUR), "*"), (older(HOUR / 2), "lambda:*"), (beside, "*")] {
        let text = report(&condition, action);
        assert!(text.contains("may stay valid until") && !text.contains("is revoked"), "{text}");
    }
}

/// Whoever was let in keeps the session until it ends, whatever the trust policy says since, and `--since` too.
#[test]
fn a_session_that_may_still_be_valid_is_said_and_seen_whatever_was_asked_for() {
    let since = |seconds: i64, uses| report_of(EventHistory { since: before(seconds), ..history(uses) });
    let asking = |duration: Option<i32>, minutes: i64| {
        vec![RoleUse { duration, ..used(minutes, "999988887777", Some(RIGHT)) }]
    };
    let stranger = |minutes: i64| asking(Some(3600), minutes);
    // What the role allows now it need not have allowed then.
    for (duration, minutes, is_valid) in
        [(None, 11 * 60, true), (None, 12 * 60, false), (Some(7200), 119, true), (Some(900), 16, false)]
    {
        let said = since(60, asking(duration, minutes)).diagnosis.has(Cause::Stranger);
        assert_eq!(said, is_valid, "{duration:?} {minutes}");
    }
    let report = since(60, stranger(10));
    let finding = &report.diagnosis.findings[0];
    assert_eq!(finding.cause, Cause::Stranger);
    // An hour, as it asked for, from ten minutes ago.
    let until = times::minute(before(-50 * 60));
    assert!(finding.consequence.contains(&format!("may stay valid until {until}")), "{finding:?}");
    assert!(finding.remedy.contains("Revoke active sessions, or `aws iam put-role-policy"), "{finding:?}");
    // It has ended: what was not asked for is left out, and what was asked for is no longer urgent.
    assert_eq!(since(60, stranger(61)).diagnosis.findings, []);
    let report = since(DAY, stranger(61));
    assert!(report.diagnosis.findings[0].consequence.ends_with("shuts them out"), "{report:?}");
    // Genesys Cloud's own uses are counted as asked.
    let used = since(60, vec![used(10, "765628985471", Some(RIGHT))]);
    assert!(!line(&used, Topic::Used).is_good());
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
    let report = judge(&facts);
    assert!(line(&report, Topic::Strangers).seen.contains("those whom the spec accepts did once"));
    let observation = report.observation.unwrap();
    let nobody_else = "apart from those whom the spec accepts (once), no other account was seen";
    assert!(observation.contains(nobody_else), "{observation}");
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
        "us-east-1; 90 days; the newest 500 events of ap-south-1, back to 2026-09-21 13:13 UTC; not eu-central-1: \
         AccessDenied: no"
    );
    assert!(matches!(claim.outcome, Outcome::NotProvable { .. }), "{claim:?}");
    assert!(report.observation.as_ref().unwrap().contains("at least twice in 90 days"), "{claim:?}");
    let mut none = history(Vec::new());
    none.regions
        .iter_mut()
        .for_each(|(_, reading)| *reading = RegionReading::NotRead("AccessDenied: no".to_owned()));
    let report = report_of(none);
    assert_eq!(report.observation, None);
    assert!(report.claims.iter().all(|claim| claim.topic != Topic::Strangers));
    assert_eq!(line(&report, Topic::Used).seen, "CloudTrail's event history was not read: AccessDenied: no");
    let unreadable = report_of(EventHistory { unreadable: 2, ..history(genesys_uses(1)) });
    assert!(matches!(line(&unreadable, Topic::Strangers).outcome, Outcome::NotProvable { .. }));
}

#[test]
fn a_403_is_split_by_what_was_seen() {
    let split_of = |uses, lambda| {
        let mut facts = facts(converged());
        facts.recorded =
            Some(Recorded { is_asked: true, history: history(uses), lambda: Ok(lambda), analyzer: Ok(None) });
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
