//! What the trust policy says about everybody: who it names, who gets in, and with which external IDs.

use std::collections::BTreeSet;

use super::questions::{genesys, near_misses};
use crate::arn::Arn;
use crate::model::{DesiredRole, LiveRole};
use crate::policy::access::conditions;
use crate::policy::document::{Effect, OneOrMany, Statement};
use crate::policy::{
    ASSUME_ROLE, AcceptedIds, Decision, Document, EXTERNAL_ID, Everybody, NamedParty, Principal, TrustPolicy,
    is_unique_id, named_parties, wildcard_matches,
};
use crate::spec::genesys_account_name;

/// An external ID that no document names.
const FRESH_ID: &str = "another-organization-of-genesys-cloud";

/// Who something is true of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bearers {
    pub genesys: bool,
    pub verifier: bool,
    pub others: bool,
}

impl Bearers {
    pub(crate) fn any(self) -> bool {
        let Self { genesys, verifier, others } = self;
        genesys || verifier || others
    }
}

/// What the trust policy says, apart from the decision about Genesys Cloud.
#[derive(Debug)]
pub(crate) struct Trust {
    /// Whether an Allow names Genesys Cloud, whatever its conditions.
    pub names_genesys: bool,
    /// Whether the spec's external ID satisfies an Allow, whoever presents it.
    pub accepts_id: bool,
    /// The external IDs required instead.
    pub demands: Vec<String>,
    /// Who may get in besides Genesys Cloud and the verifier.
    pub others: Vec<NamedParty>,
    /// Deleted roles and users: they no longer get in.
    pub stale: Vec<String>,
    /// Trusted principals who may come without the external ID, or with any.
    pub needs_no_id: Bearers,
    /// Whether Genesys Cloud needs none only as one of everyone, under a condition that is not decided.
    pub genesys_only_as_anyone: bool,
    /// Further accepted external IDs or patterns, and from whom.
    pub also_accepts: Vec<(String, Bearers)>,
    /// Why it is unknown whether there are others.
    pub unsearched: Option<String>,
    /// An element that is not in IAM's grammar.
    pub unknown_element: Option<String>,
}

pub(crate) fn trust(role: &LiveRole, desired: &DesiredRole) -> Trust {
    let right = desired.external_id.expose();
    let arn = &role.role.arn;
    let document = &role.role.assume_role_policy;
    let genesys = Principal::Aws(genesys(desired).to_string());
    let verifier = desired.verifier.as_ref().map(|arn| Principal::Aws(arn.to_string()));
    let canonical = document.canonical();
    let allows: Vec<&Statement> =
        canonical.statements.as_slice().iter().filter(|one| one.effect == Effect::Allow).collect();
    let admission = TrustPolicy { role: arn, document };

    let named: Vec<NamedParty> = allows.iter().flat_map(|statement| named(statement, arn)).collect();
    let (stale, named): (Vec<NamedParty>, Vec<NamedParty>) = named
        .into_iter()
        .partition(|other| matches!(&other.principal, Some(Principal::Aws(text)) if is_unique_id(text)));
    let is_us = |who: &Principal| *who == genesys || Some(who) == verifier.as_ref();
    let intruders = |other: &NamedParty| -> Vec<NamedParty> {
        match &other.principal {
            Some(who) if is_us(who) => Vec::new(),
            Some(Principal::Anonymous) => of_everybody(other, &admission, &genesys),
            Some(who) => by_calls(other, &admission.calls(who)),
            // Who it is cannot be determined.
            None => vec![other.clone()],
        }
    };
    let mut others: Vec<NamedParty> = named.iter().flat_map(intruders).collect();
    // Everyone includes Genesys Cloud and the verifier.
    if others.iter().any(|other| other.principal == Some(Principal::Anonymous)) {
        others.retain(|other| other.principal.as_ref().is_none_or(|who| !is_us(who)));
    }
    let mut seen = BTreeSet::new();
    others.retain(|other| seen.insert(other.words.clone()));

    let us = [Some(&genesys), verifier.as_ref()].into_iter().flatten();
    let strangers = others.iter().filter_map(|other| other.principal.as_ref()).filter(|who| !is_us(who));
    let searched: Vec<(Principal, AcceptedIds)> =
        us.chain(strangers).map(|who| (who.clone(), admission.ids_of(who, Some(right)))).collect();
    let bearers = |is: &dyn Fn(&Principal, &AcceptedIds) -> bool| {
        let mut bearers = Bearers { genesys: false, verifier: false, others: false };
        for (who, _) in searched.iter().filter(|(who, ids)| is(who, ids)) {
            if *who == genesys {
                bearers.genesys = true;
            } else if Some(who) == verifier.as_ref() {
                bearers.verifier = true;
            } else {
                bearers.others = true;
            }
        }
        bearers
    };
    let needs_no_id =
        bearers(&|who, ids| may_be(ids.without) || admission.comes(who, ASSUME_ROLE, Some(FRESH_ID)));
    let is_anyone = others.iter().any(|other| other.principal == Some(Principal::Anonymous));
    let genesys_only_as_anyone =
        is_anyone && searched.iter().all(|(who, ids)| *who != genesys || ids.without != Decision::Allowed);
    let listed = listed_ids(canonical.statements.as_slice().iter());
    let mut also_accepts: Vec<(String, Bearers)> = Vec::new();
    for one in searched.iter().flat_map(|(_, ids)| &ids.found) {
        let words = words_of(&one.id, right, desired.external_id.is_masked(), &listed);
        if also_accepts.iter().all(|(known, _)| *known != words) {
            let of = bearers(&|_, ids| {
                let is_one =
                    |found: &str| words_of(found, right, desired.external_id.is_masked(), &listed) == words;
                ids.found.iter().any(|found| is_one(&found.id))
            });
            also_accepts.push((words, of));
        }
    }

    let alone = |statement: &Statement| Document {
        statements: OneOrMany::One(statement.clone()).into(),
        unknown: Default::default(),
        ..canonical.clone()
    };
    let is_named = |statement: &&Statement| {
        let unconditional = alone(&Statement { condition: None, ..(*statement).clone() });
        TrustPolicy { document: &unconditional, ..admission }.comes(&genesys, ASSUME_ROLE, Some(right))
    };
    let names_genesys = allows.iter().any(is_named);
    let meets = |statement: &Statement, id: &str| {
        let document = alone(statement);
        // What is demanded of others says nothing about Genesys Cloud.
        let parties = match names_genesys {
            true => Vec::new(),
            false => named_parties(statement, genesys_account_name),
        };
        parties
            .iter()
            .filter_map(|other| other.principal.as_ref())
            .chain([&genesys])
            .any(|who| TrustPolicy { document: &document, ..admission }.comes(who, ASSUME_ROLE, Some(id)))
    };
    let accepts_id = allows.iter().any(|statement| meets(statement, right));
    let mut demands: Vec<String> = listed_ids(allows.iter().copied())
        .into_iter()
        .filter(|listed| {
            let ids = instances(listed).into_iter().filter(|id| id != right);
            ids.into_iter().any(|id| allows.iter().any(|statement| meets(statement, &id)))
        })
        .collect();
    demands.dedup();
    Trust {
        names_genesys,
        accepts_id,
        demands,
        others,
        stale: stale.into_iter().map(|other| other.words).collect(),
        needs_no_id,
        genesys_only_as_anyone,
        also_accepts,
        unsearched: searched.iter().find_map(|(_, ids)| ids.unsearched.clone()),
        unknown_element: canonical
            .unknown
            .keys()
            .chain(allows.iter().flat_map(|statement| statement.unknown.keys()))
            .next()
            .cloned(),
    }
}

/// Those whom a statement of a role names: everyone only as far as its conditions go, in words.
fn named(statement: &Statement, role: &Arn) -> Vec<NamedParty> {
    let mut named = named_parties(statement, genesys_account_name);
    let is_own_account = |text: &str| {
        text == role.account || *text == format!("arn:{}:iam::{}:root", role.partition, role.account)
    };
    for other in &mut named {
        if matches!(&other.principal, Some(Principal::Aws(text)) if is_own_account(text)) {
            other.words.push_str(" (the role's own)");
        }
    }
    // External IDs are said apart from who it is.
    let mut rest = statement.clone();
    for keys in rest.condition.iter_mut().flat_map(|conditions| conditions.0.values_mut()) {
        keys.retain(|key, _| !key.eq_ignore_ascii_case(EXTERNAL_ID));
    }
    if let Some(all) = &mut rest.condition {
        all.0.retain(|_, keys| !keys.is_empty());
    }
    let conditions = conditions(&rest);
    if let Some(conditions) = conditions.strip_prefix(", if ") {
        for other in named.iter_mut().filter(|other| other.principal == Some(Principal::Anonymous)) {
            other.words = format!("{} for whom {conditions}", other.words);
        }
    }
    named
}

/// Someone who gets a session through these calls; nobody if empty.
fn by_calls(other: &NamedParty, calls: &[&str]) -> Vec<NamedParty> {
    let is_usual = match other.principal {
        Some(Principal::Federated(_)) => true,
        _ => calls.contains(&ASSUME_ROLE),
    };
    match calls {
        [] => Vec::new(),
        _ if is_usual => vec![other.clone()],
        _ => vec![NamedParty { words: format!("{} by {}", other.words, calls.join(", ")), ..other.clone() }],
    }
}

/// Everybody, or which of them get in.
fn of_everybody(everybody: &NamedParty, admission: &TrustPolicy<'_>, genesys: &Principal) -> Vec<NamedParty> {
    let Everybody { calls, named, without_id: _ } = admission.everybody();
    let anyone = by_calls(everybody, &calls);
    if calls.contains(&ASSUME_ROLE) {
        return anyone;
    }
    let of_account = |who: &Principal| {
        let Principal::Aws(text) = who else { return None };
        let words = format!("anyone in AWS account {}", text.parse::<Arn>().ok()?.account);
        Some(NamedParty { words, value: everybody.value.clone(), principal: Some(who.clone()) })
    };
    let others = named.iter().filter(|who| *who != genesys);
    anyone.into_iter().chain(others.filter_map(of_account)).collect()
}

/// Allowed, or not known to be denied.
fn may_be(decision: Decision) -> bool {
    matches!(decision, Decision::Allowed | Decision::Undecided)
}

/// The external IDs and patterns that conditions name.
fn listed_ids<'a>(statements: impl Iterator<Item = &'a Statement>) -> BTreeSet<String> {
    statements
        .flat_map(|statement| statement.conditions().on(EXTERNAL_ID))
        .filter(|(operator, _)| *operator != "Null")
        .flat_map(|(_, values)| values)
        .map(ToString::to_string)
        .collect()
}

/// How to refer to a found ID: as the document does, if it names it or a pattern of it. Never shows anything that
/// reveals a masked ID.
fn words_of(id: &str, right: &str, is_masked: bool, listed: &BTreeSet<String>) -> String {
    let pattern = || listed.iter().find(|one| one.contains(['*', '?']) && wildcard_matches(one, id));
    if listed.contains(id) {
        id.to_owned()
    } else if id.eq_ignore_ascii_case(right) {
        let [_, other_case] = near_misses(right);
        other_case
    } else if let Some(pattern) = pattern() {
        pattern.clone()
    } else if is_masked && id.len() > 4 {
        "another".to_owned()
    } else {
        id.to_owned()
    }
}

/// External IDs that match a pattern: as written, and two with its wildcards filled in.
fn instances(id: &str) -> Vec<String> {
    let mut instances = vec![id.to_owned()];
    if id.contains(['*', '?']) {
        instances.extend(['x', '0'].map(|c| id.replace(['*', '?'], &c.to_string())));
    }
    instances
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{RIGHT, facts};
    use super::super::{Answer, Cause, Probes, Sign, Topic, judge};
    use super::*;
    use crate::plan::testing::{converged, document};
    use crate::policy::access::{Access, AccessDiff, Grant};
    use crate::policy::{Context, Policies, Request, STRANGER, evaluate};

    const OTHER: &str = "999988887777";

    fn report(statements: &str) -> super::super::RoleReport {
        let mut live = converged();
        live.role.as_mut().unwrap().role.assume_role_policy =
            document(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#));
        judge(&facts(live))
    }

    const ALLOW: &str = r#"{"Effect":"Allow","Principal":{"AWS":"765628985471"},"Action":"sts:AssumeRole"}"#;

    fn with(statement: &str, condition: &str) -> String {
        statement.replace(r#""Action""#, &format!(r#""Condition":{condition},"Action""#))
    }

    fn good() -> String {
        with(ALLOW, &format!(r#"{{"StringEquals":{{"sts:ExternalId":"{RIGHT}"}}}}"#))
    }

    #[test]
    fn whoever_gets_in_is_called_what_the_conditions_make_of_them() {
        let root = ALLOW.replace("765628985471", "arn:aws:iam::111122223333:root");
        let anyone = |condition: &str| with(&ALLOW.replace(r#"{"AWS":"765628985471"}"#, "\"*\""), condition);
        for (statement, who) in [
            (root, "AWS account 111122223333 (the role's own)"),
            (
                anyone(r#"{"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}}"#),
                "anyone for whom StringEquals aws:PrincipalOrgID is o-abcdefghij",
            ),
            (
                anyone(r#"{"StringEquals":{"aws:SourceAccount":"999988887777"}}"#),
                "anyone for whom StringEquals aws:SourceAccount is 999988887777",
            ),
            (
                anyone(r#"{"DateGreaterThan":{"aws:CurrentTime":"2130-01-01T00:00:00Z"}}"#),
                "anyone for whom DateGreaterThan aws:CurrentTime is 2130-01-01T00:00:00Z",
            ),
        ] {
            let report = super::tests::report(&format!("{},{statement}", good()));
            assert_eq!(report.verdict.others, [who], "{statement}");
        }
        let other_case =
            with(ALLOW, &format!(r#"{{"StringEqualsIgnoreCase":{{"sts:ExternalId":"{RIGHT}"}}}}"#));
        let report = super::tests::report(&other_case);
        assert_eq!(report.verdict.others, ["whoever brings the external ID in other case"]);
        // Of Genesys Cloud the ID is demanded, whoever else comes without one.
        let report = super::tests::report(&format!("{},{}", good(), ALLOW.replace("765628985471", OTHER)));
        assert_eq!(report.verdict.others, ["AWS account 999988887777"]);
        let demanded = report.claims.iter().find(|claim| claim.topic == Topic::ExternalId).unwrap();
        assert!(demanded.is_good(), "{demanded:?}");
        // Where nothing else is known of it, Genesys Cloud is who gets in.
        let by_organization = with(ALLOW, r#"{"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}}"#);
        let report = super::tests::report(&format!("{},{by_organization}", good()));
        assert_eq!(report.verdict.others, ["any customer of Genesys Cloud"]);
    }

    #[test]
    fn an_id_that_a_denial_spares_is_no_secret() {
        for (spared, who) in [
            (
                r#""StringNotEquals":{"sts:ExternalId":["RIGHT","other-org-12345"]}"#,
                "whoever brings the external ID \"other-org-12345\"",
            ),
            (
                r#""StringNotLike":{"sts:ExternalId":["RIGHT","*-vendor"]}"#,
                "whoever brings an external ID that matches \"*-vendor\"",
            ),
            (
                r#""StringNotEquals":{"sts:ExternalId":["RIGHT","${aws:PrincipalAccount}"]}"#,
                "whoever brings the external ID \"765628985471\"",
            ),
        ] {
            let deny = format!(
                r#"{{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Condition":{{{}}}}}"#,
                spared.replace("RIGHT", RIGHT)
            );
            let report = report(&format!("{ALLOW},{deny}"));
            assert_eq!(report.verdict.others, [who], "{spared}");
            // Another account is not better.
            let stranger = deny.replace("\"*\",\"Action", &format!("{{\"AWS\":\"{OTHER}\"}},\"Action"));
            let of_other = ALLOW.replace("765628985471", OTHER);
            let report = super::tests::report(&format!("{},{of_other},{stranger}", good()));
            assert_eq!(report.verdict.others, ["AWS account 999988887777"], "{spared}");
        }
    }

    #[test]
    fn a_demand_for_genesys_clouds_account_and_one_that_is_over_admit_nobody_else() {
        let anyone = good().replace(r#"{"AWS":"765628985471"}"#, "\"*\"");
        let by_account = anyone
            .replace(r#""StringEquals":{"#, r#""StringEquals":{"aws:PrincipalAccount":"765628985471","#);
        let deny = r#"{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Condition":{"StringNotEquals":{"aws:PrincipalAccount":"765628985471"}}}"#;
        let over = with(ALLOW, r#"{"DateLessThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}}"#);
        for statements in [by_account.clone(), format!("{anyone},{deny}"), format!("{},{over}", good())] {
            let report = report(&statements);
            assert_eq!(report.verdict.sign, Sign::Good, "{statements}: {:#?}", report.verdict);
        }
        let both = by_account.replace("\"765628985471\"", &format!("[\"765628985471\",\"{OTHER}\"]"));
        assert_eq!(report(&both).verdict.others, ["anyone in AWS account 999988887777"]);
    }

    #[test]
    fn refused_calls_do_not_show_that_an_id_nobody_tried_is_refused() {
        // More kinds of IDs than can be tried, all of them denied.
        let patterns: Vec<String> = (10..40).map(|n| format!("*{n}*{n}*{n}*")).collect();
        let like =
            |patterns: &[String]| serde_json::json!({"StringLike": {"sts:ExternalId": patterns}}).to_string();
        let allow = with(ALLOW, &like(&patterns));
        let deny = with(ALLOW, &like(&patterns)).replace("Allow", "Deny");
        let mut live = converged();
        live.role.as_mut().unwrap().role.assume_role_policy =
            document(&format!(r#"{{"Version":"2012-10-17","Statement":[{},{allow},{deny}]}}"#, good()));
        let mut facts = facts(live);
        let refused = || Answer::Denied("not authorized".to_owned());
        facts.probes = Some(Probes {
            caller: "arn:aws:iam::765628985471:user/x".to_owned(),
            prober: "x".to_owned(),
            with_wrong_id: refused(),
            without_id: refused(),
            with_right_id: Answer::Done,
            invocations: facts.desired.functions.iter().map(|f| (f.clone(), Answer::Done)).collect(),
        });
        let report = judge(&facts);
        assert_eq!(report.verdict.sign, Sign::Unknown, "{:#?}", report.verdict);
        assert!(!report.verdict.others_known);
    }

    #[test]
    fn not_principal_with_deny_excepts_no_session_of_the_account_for_certain() {
        let anyone = good().replace(r#"{"AWS":"765628985471"}"#, "\"*\"");
        let deny = r#"{"Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:iam::765628985471:root"},"Action":"sts:AssumeRole"}"#;
        let report = report(&format!("{anyone},{deny}"));
        assert_eq!(report.verdict.genesys_can_invoke, None, "{:#?}", report.verdict);
        assert_ne!(report.verdict.sign, Sign::Good);
    }

    #[test]
    fn an_id_of_another_spelling_is_one_that_is_demanded() {
        for (operator, id) in
            [("StringEqualsIgnoreCase", RIGHT.to_owned()), ("StringLike", format!("{}?", &RIGHT[..35]))]
        {
            let report = report(&with(ALLOW, &format!(r#"{{"{operator}":{{"sts:ExternalId":"{id}"}}}}"#)));
            let what = &report.diagnosis.findings[0].what;
            assert!(what.starts_with("The trust policy also accepts"), "{what}");
        }
    }

    fn some(texts: &[&'static str]) -> impl Strategy<Value = String> + use<> {
        prop::sample::select(texts.to_vec()).prop_map(str::to_owned)
    }

    fn some_statement() -> impl Strategy<Value = String> {
        let principal = some(&[
            "\"Principal\":\"*\"",
            "\"Principal\":{\"AWS\":\"765628985471\"}",
            "\"Principal\":{\"AWS\":\"765628985471\"}",
            "\"Principal\":{\"AWS\":\"999988887777\"}",
            "\"Principal\":{\"AWS\":[\"765628985471\",\"999988887777\"]}",
            "\"NotPrincipal\":{\"AWS\":\"765628985471\"}",
            "\"Principal\":{\"AWS\":\"AROAEXAMPLEEXAMPLE12\"}",
            "\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:role/ci\"}",
            "\"Principal\":{\"Service\":\"lambda.amazonaws.com\"}",
            "\"Principal\":{\"Federated\":\"accounts.google.com\"}",
        ]);
        let action = some(&[
            "\"Action\":\"sts:AssumeRole\"",
            "\"Action\":\"sts:*\"",
            "\"NotAction\":\"sts:TagSession\"",
            "\"Action\":[\"sts:AssumeRoleWithWebIdentity\",\"sts:AssumeRoleWithSAML\"]",
        ]);
        let operator = some(&[
            "StringEquals",
            "StringNotEquals",
            "StringLike",
            "StringNotLike",
            "StringEqualsIgnoreCase",
            "StringEqualsIfExists",
            "StringNotEqualsIfExists",
            "ForAnyValue:StringLike",
            "ForAnyValue:StringNotEquals",
            "ForAllValues:StringNotLike",
        ]);
        let key = some(&[
            "sts:ExternalId",
            "sts:ExternalId",
            "sts:ExternalId",
            "aws:PrincipalAccount",
            "aws:PrincipalArn",
        ]);
        let value = some(&[
            RIGHT,
            RIGHT,
            "other-org",
            "*-vendor",
            "??",
            "a*z",
            "765628985471",
            "9999*",
            "${aws:PrincipalAccount}",
            "${sts:ExternalId}",
            "arn:aws:iam::765628985471:*",
            "arn:aws:iam::999988887777:role/*",
        ]);
        let compare = (operator, key, prop::collection::vec(value, 1..3));
        let condition = prop::collection::vec(compare, 0..3).prop_map(|entries| {
            let mut conditions = serde_json::Map::new();
            for (operator, key, values) in entries {
                conditions.insert(operator, serde_json::json!({ key: values }));
            }
            serde_json::Value::Object(conditions).to_string()
        });
        (some(&["Allow", "Allow", "Deny"]), principal, action, condition).prop_map(
            |(effect, principal, action, condition)| {
                // IAM rejects an Allow with NotPrincipal.
                let effect = if principal.contains("Not") { "Deny".to_owned() } else { effect };
                format!(r#"{{"Effect":"{effect}",{principal},{action},"Condition":{condition}}}"#)
            },
        )
    }

    /// As STS decides: with a fully known caller and context.
    fn gets_in(document: &Document, caller: &str, id: Option<&str>) -> bool {
        let principal = Principal::Aws(caller.to_owned());
        let arn: Arn = caller.parse().unwrap();
        let context = Context::complete().of_caller(&principal).with("aws:SecureTransport", &["true"]);
        let role = format!("arn:aws:iam::{}:role/caller", arn.account);
        let context = context.with("aws:PrincipalArn", &[&role]);
        let context = id.iter().fold(context, |context, id| context.with(EXTERNAL_ID, &[id]));
        let request = Request {
            principal,
            action: ASSUME_ROLE.to_owned(),
            resource: "arn:aws:iam::111122223333:role/GenesysDataActionRole".to_owned(),
            context,
        };
        let policies = Policies { resource: Some(("it".to_owned(), document)), ..Policies::default() };
        evaluate(&policies, &request).decision == Decision::Allowed
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn where_nobody_else_is_said_to_get_in_no_caller_with_any_id_does(
            statements in prop::collection::vec(some_statement(), 1..4), with_good: bool, id in "[a-z0-9-]{2,4}",
        ) {
            let mut statements = statements;
            if with_good {
                statements.push(good());
            }
            let text = statements.join(",");
            let report = report(&text);
            let policy = document(&format!(r#"{{"Version":"2012-10-17","Statement":[{text}]}}"#));
            // STS takes no other characters in an ID: none of them is a wildcard.
            let ids = [
                Some(RIGHT), None, Some("other-org"), Some("-vendor"), Some("evil-vendor"), Some("ab"), Some("az"), Some("abz"),
                Some("765628985471"), Some(OTHER), Some(STRANGER), Some("99990"), Some(id.as_str()),
            ];
            let session = |account: &str| format!("arn:aws:sts::{account}:assumed-role/caller/session");
            let is_silent = report.verdict.others.is_empty() && report.verdict.others_known;
            for id in ids.into_iter().filter(|_| is_silent) {
                for account in [OTHER, STRANGER] {
                    prop_assert!(!gets_in(&policy, &session(account), id), "{account} {id:?}: {text}");
                }
                prop_assert!(id == Some(RIGHT) || !gets_in(&policy, &session("765628985471"), id), "{id:?}: {text}");
            }
            let opens = report.diagnosis.has(Cause::RoleOpen);
            prop_assert!(!opens || !report.verdict.others.is_empty(), "{text}");
        }

        /// Whom a plan says to get in is whom the check says to get in.
        #[test]
        fn a_plan_and_a_check_agree_on_who_gets_in(
            before in prop::collection::vec(some_statement(), 1..5), after in prop::collection::vec(some_statement(), 1..4),
        ) {
            let [before, after] = [before, after].map(|statements| {
                document(&format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(",")))
            });
            let mut live = converged();
            let role = live.role.as_mut().unwrap();
            let facts = facts(converged());
            let access = |document: &Document, role: &LiveRole| Access::of_trust(document, &role.role.arn, genesys_account_name);
            let diff = AccessDiff { before: access(&before, role), after: access(&after, role) };
            for (document, access) in [(&before, &diff.before), (&after, &diff.after)] {
                role.role.assume_role_policy = document.clone();
                let trust = trust(role, &facts.desired);
                let strangers: Vec<&str> = access.assume.iter().filter(|grant| is_of_stranger(grant)).map(|grant| grant.sentence()).collect();
                prop_assert_eq!(strangers.is_empty(), trust.others.is_empty(), "{:?} {:?}: {}", strangers, trust.others, document.to_json());
                let says_no_id = |grant: &Grant| grant.sentence().ends_with(", without an external ID") && is_genesys(grant);
                prop_assert!(trust.needs_no_id.genesys || !access.assume.iter().any(|grant| says_no_id(grant)), "{}", document.to_json());
            }
            for account in [OTHER, STRANGER, "765628985471", "111122223333"] {
                let session = format!("arn:aws:sts::{account}:assumed-role/ci/session");
                for id in [Some(RIGHT), None, Some("other-org"), Some("evil-vendor"), Some("ab"), Some("azz"), Some(account)] {
                    if gets_in(&after, &session, id) && !gets_in(&before, &session, id) {
                        prop_assert!(diff.is_wider(), "{} {:?}: {} -> {}", account, id, before.to_json(), after.to_json());
                    }
                }
            }
            for grant in diff.wider_assume().into_iter().chain(diff.shut_out()) {
                prop_assert!(!grant.sentence().ends_with("in effect nobody"), "{}", grant.sentence());
            }
        }
    }

    fn is_genesys(grant: &Grant) -> bool {
        grant.subject().is_some_and(|subject| subject.contains("765628985471"))
    }

    /// As a reviewer reads the sentence.
    fn is_of_stranger(grant: &Grant) -> bool {
        match grant.sentence().split_once("; in effect ") {
            Some((_, "nobody")) => false,
            Some((_, who)) => who != "at most Genesys Cloud (AWS account 765628985471)",
            None => !is_genesys(grant),
        }
    }
}
