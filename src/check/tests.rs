//! How the claims, the causes and the verdict relate.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::questions::near_misses;
use super::*;
use crate::arn::{Arn, FunctionArn};
use crate::model::{GuardsReading, Invocation, Live, RoleTrust, resolve};
use crate::plan::testing::{converged, desired, document};
use crate::plan::{Acceptable, foreign_policies, function_parties, trust_parties};
use crate::policy::{Decision, Document};
use crate::spec::{self, AcceptSpec, AcceptedThing, EmptyEnvironment};

pub(super) const RIGHT: &str = "2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90";

pub(super) fn facts(live: Live) -> Facts {
    Facts {
        live,
        desired: desired("").roles.remove(0),
        functions: Vec::new(),
        whole_functions: Vec::new(),
        qualified_policies: Vec::new(),
        simulated: None,
        genesys: GenesysSide::NotAsked,
        connection: ConnectionFacts::NotAsked,
        probes: None,
        tests: Vec::new(),
        apply: ApplyOutlook::Works,
        basis: Basis::Spec,
        guards: GuardsReading::NotAsked,
        invocation: Invocation::default(),
        recorded: None,
        organization_region: None,
        trusts: BTreeMap::new(),
        now: None,
    }
}

fn in_state(state: &str) -> FunctionState {
    FunctionState::Exists(FunctionSettings {
        state: Some(state.to_owned()),
        timeout: Some(3),
        ..FunctionSettings::default()
    })
}

fn with_trust(statements: &[String]) -> Live {
    let mut live = converged();
    live.role.as_mut().unwrap().role.assume_role_policy =
        document(&format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(",")));
    live
}

fn genesys(condition: &str) -> String {
    format!(
        r#"{{"Effect":"Allow","Principal":{{"AWS":"765628985471"}},"Action":"sts:AssumeRole","Condition":{condition}}}"#
    )
}

fn causes(live: &Live) -> Vec<Cause> {
    let report = judge(&facts(live.clone()));
    report.diagnosis.findings.iter().map(|finding| finding.cause).collect()
}

const ANOTHER: &str = "0b1c2d3e-0000-4000-8000-000000000000";

fn in_organization(live: Live, id: &str) -> Facts {
    Facts {
        genesys: GenesysSide::Read(GenesysFacts {
            organization_id: id.to_owned(),
            organization_name: "Example".to_owned(),
            integrations: Ok(Vec::new()),
            actions_unknown: None,
        }),
        ..facts(live)
    }
}

#[test]
fn whoever_has_an_external_id_in_place_of_the_right_one_gets_in() {
    let another = with_trust(&[genesys(&format!(r#"{{"StringEquals":{{"sts:ExternalId":"{ANOTHER}"}}}}"#))]);
    let in_words = vec![format!("the Genesys Cloud organization {ANOTHER}")];
    assert_eq!(judge(&facts(another.clone())).verdict.others, in_words);
    let known = judge(&in_organization(another.clone(), RIGHT));
    assert_eq!(known.verdict.others, in_words);
    assert!(known.diagnosis.findings[0].remedy.ends_with("the spec has your organization's ID"));
    // It is the organization itself.
    let itself = judge(&in_organization(another, ANOTHER));
    assert_eq!(itself.verdict.others, Vec::<String>::new());
}

#[test]
fn where_the_role_admits_the_organization_itself_the_spec_is_what_is_wrong() {
    let itself = with_trust(&[genesys(&format!(r#"{{"StringEquals":{{"sts:ExternalId":"{ANOTHER}"}}}}"#))]);
    let mut facts = in_organization(itself, ANOTHER);
    facts.probes = Some(Probes {
        caller: "arn:aws:iam::765628985471:user/x".to_owned(),
        prober: "x".to_owned(),
        with_wrong_id: Answer::Denied("not authorized".to_owned()),
        without_id: Answer::Denied("not authorized".to_owned()),
        with_right_id: Answer::Denied("not authorized".to_owned()),
        invocations: BTreeMap::new(),
    });
    let report = judge(&facts);
    let causes: Vec<Cause> = report.diagnosis.findings.iter().map(|finding| finding.cause).collect();
    assert_eq!(causes, [Cause::Organization]);
    assert_eq!(report.verdict.genesys_can_invoke, Some(true));
    assert_eq!(report.verdict.others, Vec::<String>::new());
    assert!(report.diagnosis.findings[0].consequence.contains("nothing fails until `apply`"));
}

#[test]
fn whoever_has_the_external_id_of_the_spec_gets_in_where_it_is_not_the_organizations() {
    let report = judge(&in_organization(converged(), ANOTHER));
    assert_eq!(report.verdict.genesys_can_invoke, Some(false));
    assert_eq!(report.verdict.others, [format!("the Genesys Cloud organization {RIGHT}")]);
    for sentence in ["Genesys Cloud can assume the role", "nobody else can assume the role"] {
        assert!(!report.diagnosis.ruled_out.contains(&sentence), "{sentence}");
    }
    let finding = report.diagnosis.findings.iter().find(|one| one.cause == Cause::Organization).unwrap();
    assert!(finding.what.contains(ANOTHER) && finding.remedy.contains(ANOTHER), "{finding:?}");
}

#[test]
fn only_the_right_external_id_may_be_accepted() {
    let right = genesys(&format!(r#"{{"StringEquals":{{"STS:externalid":["{RIGHT}"]}}}}"#));
    assert_eq!(causes(&with_trust(std::slice::from_ref(&right))), []);
    for also in [
        format!(r#"{{"StringEquals":{{"sts:ExternalId":["{RIGHT}","another-customer"]}}}}"#),
        format!(r#"{{"StringLike":{{"sts:ExternalId":"?{}"}}}}"#, &RIGHT[1..]),
        format!(
            r#"{{"StringNotEquals":{{"sts:ExternalId":["{}1","{}",""]}},"Null":{{"sts:ExternalId":"false"}}}}"#,
            &RIGHT[..RIGHT.len() - 1],
            RIGHT.to_uppercase()
        ),
        r#"{"StringEquals":{"sts:ExternalId":"${sts:ExternalId}"}}"#.to_owned(),
        format!(r#"{{"ForAllValues:StringEquals":{{"sts:ExternalId":"{RIGHT}"}}}}"#),
        format!(r#"{{"StringEqualsIgnoreCase":{{"sts:ExternalId":"{RIGHT}"}}}}"#),
    ] {
        assert_eq!(causes(&with_trust(&[genesys(&also)])), [Cause::RoleOpen], "{also}");
    }
    let another = genesys(r#"{"StringEquals":{"sts:ExternalId":"another-customer"}}"#);
    assert_eq!(causes(&with_trust(&[right.clone(), another])), [Cause::RoleOpen]);
    let deny = right.replace("Allow", "Deny").replace(RIGHT, "another-customer");
    assert_eq!(causes(&with_trust(&[right, deny])), []);
}

#[test]
fn whoever_gets_a_session_by_any_call_is_somebody_else() {
    let right = genesys(&format!(r#"{{"StringEquals":{{"sts:ExternalId":"{RIGHT}"}}}}"#));
    for action in [
        "sts:AssumeRoleWithWebIdentity",
        "sts:AssumeRoleWithSAML",
        "sts:AssumeRoot",
        "sts:AssumeRoleWith*",
        "sts:*",
        "*",
    ] {
        for principal in [
            r#""*""#,
            r#"{"AWS":"*"}"#,
            r#"{"AWS":"666666666666"}"#,
            r#"{"AWS":"765628985471"}"#,
            r#"{"Federated":"accounts.google.com"}"#,
            r#"{"Federated":"*"}"#,
            r#"{"Service":"lambda.amazonaws.com"}"#,
        ] {
            let also = format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":"{action}"}}"#);
            let live = with_trust(&[right.clone(), also.clone()]);
            let report = judge(&facts(live.clone()));
            // An AWS identity or service cannot make the calls of a federated one.
            let is_signed = !principal.contains("\"*\"") && !principal.contains("Federated");
            let is_of_federated = !["sts:*", "*"].contains(&action);
            // AssumeRoot gives a session of the account's root user.
            let is_useless = is_signed && is_of_federated || action == "sts:AssumeRoot";
            assert_eq!(report.diagnosis.has(Cause::RoleOpen), !is_useless, "{also}");
            assert_eq!(report.verdict.others.is_empty(), is_useless, "{also}");
            let deny = r#"{"Effect":"Deny","Principal":"*","NotAction":["sts:AssumeRole","sts:TagSession"]}"#
                .to_owned();
            if !principal.contains("Federated") && !action.ends_with(":*") && action != "*" {
                assert!(!causes(&with_trust(&[right.clone(), also, deny])).contains(&Cause::RoleOpen));
            }
        }
    }
    let report = judge(&facts(with_trust(&[
        right,
        r#"{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRoleWithWebIdentity"}"#.to_owned(),
    ])));
    assert_eq!(report.verdict.others, ["anyone by sts:AssumeRoleWithWebIdentity"]);
    assert_eq!(report.verdict.genesys_can_invoke, Some(true));
}

#[test]
fn an_account_that_needs_no_external_id_is_the_cause_and_not_genesys_cloud() {
    let right = genesys(&format!(r#"{{"StringEquals":{{"sts:ExternalId":"{RIGHT}"}}}}"#));
    for condition in ["{}", r#"{"StringEquals":{"sts:ExternalId":"another"}}"#] {
        let other = genesys(condition).replace("765628985471", "666666666666");
        let report = judge(&facts(with_trust(&[right.clone(), other])));
        let whats: Vec<&str> =
            report.diagnosis.findings.iter().map(|finding| finding.what.as_str()).collect();
        assert_eq!(whats, ["The trust policy also admits AWS account 666666666666"], "{condition}");
        assert_eq!(report.verdict.others, ["AWS account 666666666666"]);
    }
    // Both are open: both are reported.
    let open = genesys("{}");
    let report = judge(&facts(with_trust(&[open.clone(), open.replace("765628985471", "666666666666")])));
    assert_eq!(report.verdict.others, ["any customer of Genesys Cloud", "AWS account 666666666666"]);
}

#[test]
fn an_external_id_without_letters_is_no_other_one_in_the_other_case() {
    let mut facts = facts(with_trust(&[genesys(r#"{"StringEquals":{"sts:ExternalId":"4711-0815"}}"#)]));
    let source = include_str!("../../tests/data/aws-only.toml").replace(RIGHT, "4711-0815");
    let spec = spec::parse(&source, "genesys", &EmptyEnvironment).0.unwrap();
    facts.desired = resolve(&spec, &BTreeMap::new()).roles.remove(0);
    let report = judge(&facts);
    assert_eq!(report.diagnosis.findings, [], "{:#?}", report.claims);
    assert!(report.claims.iter().all(|claim| !claim.sentence.contains("other case")));
}

#[test]
fn a_function_is_open_to_whoever_may_run_or_change_it_by_any_action() {
    let report = |statements: &str| {
        let mut facts = facts(converged());
        let arn = facts.desired.functions[0].clone();
        let policy = document(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#));
        let state = FunctionState::Exists(FunctionSettings::default());
        facts.functions =
            vec![FunctionFacts { arn, state, reserved_concurrency: Ok(None), policy: Ok(Some(policy)) }];
        judge(&facts)
    };
    let allow = |principal: &str, action: &str| {
        format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":"{action}","Resource":"*"}}"#)
    };
    for (action, does) in [
        ("lambda:InvokeFunction", "invoke it"),
        ("lambda:InvokeAsync", "invoke it"),
        ("lambda:invokefunctionurl", "invoke it"),
        ("lambda:Invoke*", "invoke it"),
        ("lambda:UpdateFunctionCode", "change it"),
        ("lambda:AddPermission", "change it"),
        ("lambda:Add*", "change it"),
        ("lambda:PutSomethingOfTomorrow", "change it"),
        ("lambda:*", "invoke and change it"),
        ("*", "invoke and change it"),
    ] {
        for (principal, who) in
            [("\"*\"", "anyone"), (r#"{"AWS":"666666666666"}"#, "AWS account 666666666666")]
        {
            let report = report(&allow(principal, action));
            let finding = &report.diagnosis.findings[0];
            assert_eq!(finding.cause, Cause::FunctionOpen, "{action}");
            assert!(finding.what.ends_with(&format!("lets {who} {does}")), "{action}: {}", finding.what);
            assert_eq!(report.verdict.others.len(), 1);
        }
        assert_eq!(report(&allow(r#"{"AWS":"111122223333"}"#, action)).diagnosis.findings, []);
    }
    let url = allow("\"*\"", "lambda:InvokeFunctionUrl")
        .replace("}", r#","Condition":{"StringEquals":{"lambda:FunctionUrlAuthType":"NONE"}}}"#);
    assert!(report(&url).diagnosis.has(Cause::FunctionOpen));
    let reads = allow("\"*\"", "lambda:GetFunctionConfiguration");
    assert_eq!(report(&reads).diagnosis.findings, []);
    // What a Deny takes away is not reported.
    let deny = allow("\"*\"", "lambda:Invoke*").replace("Allow", "Deny");
    let report = report(&format!("{},{deny}", allow("\"*\"", "lambda:*")));
    assert!(report.diagnosis.findings[0].what.ends_with("lets anyone change it"));
}

#[test]
fn what_the_evaluator_denies_is_not_called_open() {
    for closed in [
        format!(r#"{{"ForAnyValue:StringEquals":{{"sts:ExternalId":"{RIGHT}"}}}}"#),
        format!(
            r#"{{"ForAllValues:StringEquals":{{"sts:ExternalId":"{RIGHT}"}},"Null":{{"sts:ExternalId":"false"}}}}"#
        ),
    ] {
        let report = judge(&facts(with_trust(&[genesys(&closed)])));
        assert!(!report.diagnosis.has(Cause::RoleOpen), "{closed}: {:#?}", report.claims);
    }
    // A deleted role is named but admits no one.
    let right = genesys(&format!(r#"{{"StringEquals":{{"sts:ExternalId":"{RIGHT}"}}}}"#));
    let stale = right.replace("765628985471", "AROAEXAMPLEEXAMPLE123");
    assert_eq!(causes(&with_trust(&[right, stale])), []);
}

#[test]
fn a_trust_policy_that_demands_mfa_keeps_genesys_cloud_out() {
    let mfa = |operator: &str| {
        genesys(&format!(
            r#"{{"StringEquals":{{"sts:ExternalId":"{RIGHT}"}},"{operator}":{{"aws:MultiFactorAuthPresent":"true"}}}}"#
        ))
    };
    let report = judge(&facts(with_trust(&[mfa("Bool")])));
    assert_eq!(report.verdict.genesys_can_invoke, Some(false));
    assert_eq!(report.diagnosis.findings.len(), 1);
    assert_eq!(report.diagnosis.findings[0].cause, Cause::TrustPolicy);
    // Whether the session says anything about MFA is not public.
    let report = judge(&facts(with_trust(&[mfa("BoolIfExists")])));
    assert_eq!(report.verdict.genesys_can_invoke, None);
    assert!(!report.diagnosis.has(Cause::TrustPolicy), "what is undecided is not reported as refused");
}

#[test]
fn a_session_without_mfa_has_no_age_of_it() {
    let age = |operator: &str| {
        let role = with_trust(&[genesys(&format!(
            r#"{{"StringEquals":{{"sts:ExternalId":"{RIGHT}"}},"{operator}":{{"aws:MultiFactorAuthAge":"3600"}}}}"#
        ))]);
        judge(&facts(role)).verdict.genesys_can_invoke
    };
    assert_eq!(age("NumericLessThanIfExists"), Some(true));
    assert_eq!(age("NumericLessThan"), Some(false));
}

#[test]
fn a_function_is_called_in_its_own_region() {
    let decided = |region: &str| {
        let mut live = converged();
        let boundary = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{"StringEquals":{{"aws:RequestedRegion":"{region}"}}}}}}]}}"#
        );
        let role = live.role.as_mut().unwrap();
        role.boundary = Some(document(&boundary));
        let function: FunctionArn = desired("").roles.remove(0).functions.remove(0);
        may_invoke(role, &function, None, None).decision
    };
    assert_eq!(decided("us-east-1"), Decision::Allowed);
    assert_eq!(decided("eu-west-1"), Decision::ImplicitDeny);
}

#[test]
fn a_boundary_that_stops_several_functions_is_one_cause() {
    let functions: Vec<FunctionArn> = ["one", "two", "three"]
        .map(|name| format!("arn:aws:lambda:us-east-1:111122223333:function:{name}").parse().unwrap())
        .into();
    let mut facts = facts(converged());
    facts.live.role.as_mut().unwrap().boundary = Some(document(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#,
    ));
    facts.desired.functions.clone_from(&functions);
    // One of them lets everybody in, and the role's session too.
    let open = document(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunction","Resource":"*"}}"#,
    );
    facts.functions = functions
        .iter()
        .map(|arn| FunctionFacts {
            arn: arn.clone(),
            state: in_state("Active"),
            reserved_concurrency: Ok(None),
            policy: Ok((arn.name() == "three").then(|| open.clone())),
        })
        .collect();
    let denied = |facts: &Facts| {
        let findings = judge(facts).diagnosis.findings.into_iter();
        findings.filter(|finding| finding.cause == Cause::Denied).collect::<Vec<_>>()
    };
    let [two, of_itself] = &denied(&facts)[..] else { panic!("{:#?}", denied(&facts)) };
    assert_eq!(two.what, "The permissions boundary does not allow the functions `one` and `two`");
    assert!(two.harm.keeps_genesys_out && two.remedy.contains("on these functions"), "{two:#?}");
    assert_eq!(of_itself.what, "The permissions boundary does not allow the function `three`");
    assert!(!of_itself.harm.keeps_genesys_out, "{of_itself:#?}");
    facts.functions.pop();
    assert_eq!(denied(&facts).len(), 1);
}

/// What one caller may is not what anybody may.
#[test]
fn a_caller_whom_the_trust_policy_names_is_not_everybody() {
    let caller = "arn:aws:iam::111122223333:user/somebody";
    let lets_in = |statement: String| {
        let right = genesys(&format!(r#"{{"StringEquals":{{"sts:ExternalId":"{RIGHT}"}}}}"#));
        let mut facts = facts(with_trust(&[right, statement]));
        facts.probes = Some(Probes {
            caller: caller.to_owned(),
            prober: "x".to_owned(),
            with_wrong_id: Answer::Done,
            without_id: Answer::Done,
            with_right_id: Answer::Done,
            invocations: BTreeMap::new(),
        });
        judge(&facts).verdict.others
    };
    let allow = |who: &str| {
        format!(r#"{{"Effect":"Allow","Principal":{{"AWS":"{who}"}},"Action":"sts:AssumeRole"}}"#)
    };
    assert_eq!(lets_in(allow(caller)), [caller]);
    assert_ne!(lets_in(allow("*")), [caller]);
    // The documents do not explain it: nobody knows who else gets in.
    let right = genesys(&format!(r#"{{"StringEquals":{{"sts:ExternalId":"{RIGHT}"}}}}"#));
    assert!(lets_in(right).contains(&"whoever knows the role's ARN".to_owned()));
}

/// Whether a stranger can become one of those is not known.
#[test]
fn a_role_that_the_role_trusts_is_named_beside_the_verdict() {
    let verifier: Arn = "arn:aws:iam::111122223333:role/ci".parse().unwrap();
    let report = |principal: &str| {
        let mut facts = facts(converged());
        facts.desired.verifier = Some(verifier.clone());
        let trust = RoleTrust::Read(document(&format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"sts:AssumeRole"}}}}"#
        )));
        facts.trusts = [(verifier.clone(), trust)].into();
        judge(&facts)
    };
    let notices = |principal: &str| report(principal).claim_notices().collect::<Vec<_>>().join("\n");
    let chained = notices("arn:aws:iam::111122223333:role/hub");
    assert!(chained.contains("whoever can become `hub` can become the verifier `ci`"), "{chained}");
    // The account itself, and its users, are not roles that others may become.
    assert_eq!(notices("arn:aws:iam::111122223333:root"), "");
    assert_eq!(notices("arn:aws:iam::111122223333:user/admin"), "");
}

/// A stranger who can become the verifier is as good as in: a fault, not a doubt.
#[test]
fn a_stranger_whom_the_verifier_s_own_trust_policy_admits_is_a_fault() {
    let verifier: Arn = "arn:aws:iam::111122223333:role/ci".parse().unwrap();
    let report = |trust: RoleTrust| {
        let mut live = converged();
        let role = live.role.as_mut().unwrap();
        let both = role.role.assume_role_policy.to_json().replace(
            r#""AWS":"arn:aws:iam::765628985471:root""#,
            r#""AWS":["arn:aws:iam::765628985471:root","arn:aws:iam::111122223333:role/ci"]"#,
        );
        role.role.assume_role_policy = document(&both);
        let mut facts = facts(live);
        facts.desired.verifier = Some(verifier.clone());
        facts.trusts = [(verifier.clone(), trust)].into();
        judge(&facts)
    };
    let trusting = |principal: &str| {
        RoleTrust::Read(document(&format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"sts:AssumeRole"}}}}"#
        )))
    };
    let open = report(trusting("arn:aws:iam::999988887777:root"));
    assert_eq!(open.verdict.sign, Sign::Broken);
    assert_eq!(open.verdict.others, ["AWS account 999988887777 (through the verifier `ci`)"]);
    assert!(open.diagnosis.has(Cause::InsiderOpen), "{:#?}", open.diagnosis);
    assert_eq!(report(trusting("*")).verdict.others, ["anyone (through the verifier `ci`)"]);
    assert_eq!(report(RoleTrust::NotRead).verdict.sign, Sign::Unknown);
    let closed = report(trusting("arn:aws:iam::111122223333:root"));
    assert_eq!(closed.verdict.sign, Sign::Good, "{:#?}", closed.verdict);
    let claim =
        closed.claims.iter().find(|claim| claim.sentence.contains("can become the verifier")).unwrap();
    assert!(claim.seen.contains("who can become those inside the account was not read"), "{claim:?}");
}

#[test]
fn another_customer_of_genesys_cloud_is_named_beside_whoever_needs_no_external_id() {
    let another = "11111111-2222-4333-8444-555555555555";
    let both = genesys(&format!(r#"{{"StringEquals":{{"sts:ExternalId":["{RIGHT}","{another}"]}}}}"#));
    let own = r#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::111122223333:root"}}"#;
    let report = judge(&facts(with_trust(&[both, own.to_owned()])));
    let others = report.verdict.others.join("; ");
    assert!(others.contains("111122223333") && others.contains(another), "{others}");
    // What others need is not what is demanded of Genesys Cloud.
    let wrong = genesys(&format!(r#"{{"StringEquals":{{"sts:ExternalId":"{another}"}}}}"#));
    let service =
        r#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"}}"#;
    for beside in [own, service] {
        let report = judge(&facts(with_trust(&[wrong.clone(), beside.to_owned()])));
        assert!(report.diagnosis.has(Cause::ExternalId), "{:#?}", report.diagnosis.findings);
        assert!(report.verdict.others.join("; ").contains(another), "{:?}", report.verdict.others);
        assert!(!report.diagnosis.ruled_out.contains(&Topic::ExternalId.sentence()));
    }
}

/// Neither the claim nor the list of what is in order may say that there is none.
#[test]
fn a_deny_that_may_apply_is_not_called_absent() {
    let mut live = converged();
    let inline = document(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"2030-01-01T00:00:00Z"}}}]}"#,
    );
    live.role.as_mut().unwrap().inline.insert("x".to_owned(), inline);
    let mut facts = facts(live);
    let arn = facts.desired.functions[0].clone();
    let state = FunctionState::Exists(FunctionSettings::default());
    facts.functions = vec![FunctionFacts { arn, state, reserved_concurrency: Ok(None), policy: Ok(None) }];
    let report = judge(&facts);
    let claim = report.claims.iter().find(|claim| claim.topic == Topic::Denials).unwrap();
    assert!(matches!(claim.outcome, Outcome::NotProvable { .. }), "{claim:?}");
    assert!(claim.seen.starts_with("statement 1 of inline policy `x` denies it if "), "{claim:?}");
    assert!(!report.diagnosis.ruled_out.contains(&Topic::Denials.sentence()), "{report:?}");
    // It shuts out older sessions than one that is made now.
    let at = |time: &str| judge(&Facts { now: Some(time.parse().unwrap()), ..facts.clone() });
    let later = at("2030-01-01T00:00:00Z");
    assert!(later.claims.iter().any(|claim| claim.topic == Topic::Denials && claim.is_good()), "{later:?}");
    assert!(at("2029-12-31T23:59:59Z").diagnosis.has(Cause::Denied));
}

#[test]
fn an_element_that_nobody_knows_is_a_fault() {
    let mut live = converged();
    let inline = document(r#"{"Version":"2012-10-17","Statement":[],"statement":[]}"#);
    live.role.as_mut().unwrap().inline.insert("x".to_owned(), inline);
    assert_eq!(causes(&live), [Cause::ExtraPermissions]);
}

/// The report about a role whose function has these settings, in an organization of `eu-central-1`.
fn with_settings(
    settings: FunctionSettings,
    reserved_concurrency: Result<Option<i32>, String>,
) -> RoleReport {
    let mut facts = facts(converged());
    let arn = facts.desired.functions[0].clone();
    let state = FunctionState::Exists(settings);
    facts.functions = vec![FunctionFacts { arn, state, reserved_concurrency, policy: Ok(None) }];
    facts.organization_region = Some("eu-central-1".to_owned());
    judge(&facts)
}

#[test]
fn what_breaks_no_invocation_is_a_notice_and_no_cause() {
    let reason = StateReason { code: Some("ImageDeleted".to_owned()), text: None };
    let settings = FunctionSettings {
        last_update: Some("Failed".to_owned()),
        last_update_reason: reason,
        is_durable: true,
        ..FunctionSettings::default()
    };
    let report = with_settings(settings, Ok(Some(7)));
    assert_eq!(report.verdict.sign, Sign::Good);
    let notices: Vec<&str> = report.claim_notices().collect();
    assert_eq!(notices.len(), 3, "{notices:?}");
    assert!(notices[0].contains("failed (ImageDeleted): invocations run what was there before"));
    assert!(notices[1].contains("is a durable function"), "{notices:?}");
    assert!(notices[2].contains("is in us-east-1, the organization in eu-central-1"), "{notices:?}");
}

#[test]
fn each_thing_by_which_lambda_runs_no_function_is_a_cause_of_its_own() {
    let causes = |settings, reserved| -> Vec<Cause> {
        let report = with_settings(settings, reserved);
        assert_eq!(report.verdict.genesys_can_invoke, Some(false));
        report.diagnosis.findings.iter().map(|finding| finding.cause).collect()
    };
    let isolated = FunctionSettings { isolates_tenants: true, ..FunctionSettings::default() };
    assert_eq!(causes(isolated.clone(), Ok(None)), [Cause::TenantIsolation]);
    assert_eq!(causes(isolated, Ok(Some(0))), [Cause::FunctionThrottled, Cause::TenantIsolation]);
    assert_eq!(causes(FunctionSettings::default(), Ok(Some(0))), [Cause::FunctionThrottled]);
    for state in ["Failed", "Deactivating", "Deactivated", "ActiveNonInvocable", "Deleting", "Tomorrow"] {
        let settings = FunctionSettings { state: Some(state.to_owned()), ..FunctionSettings::default() };
        assert_eq!(causes(settings, Ok(None)), [Cause::FunctionNotReady], "{state}");
    }
    // Without permission to read it, nothing worse is reported.
    let unread = with_settings(FunctionSettings::default(), Err("AccessDenied".to_owned()));
    assert_eq!(unread.verdict.sign, Sign::Good);
    assert!(!unread.diagnosis.ruled_out.contains(&Topic::Invocable.sentence()));
}

#[test]
fn a_call_about_one_function_proves_nothing_about_another() {
    let mut facts = facts(converged());
    let [tested, other] = ["a", "b"].map(|name| -> FunctionArn {
        format!("arn:aws:lambda:us-east-1:111122223333:function:{name}").parse().unwrap()
    });
    facts.desired.functions = vec![tested.clone(), other.clone()];
    facts.functions = [&tested, &other]
        .map(|arn| FunctionFacts {
            arn: arn.clone(),
            state: in_state("Active"),
            reserved_concurrency: Ok(None),
            policy: Ok(None),
        })
        .into();
    let permitted = document(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":["arn:aws:lambda:us-east-1:111122223333:function:a","arn:aws:lambda:us-east-1:111122223333:function:b"]}]}"#,
    );
    let role = facts.live.role.as_mut().unwrap();
    role.attached.values_mut().for_each(|policy| policy.document = permitted.clone());
    facts.live.policy.as_mut().unwrap().policy.document = permitted.clone();
    facts.desired.policy.document = permitted;
    let test = |function: &FunctionArn| ActionTest {
        action: ActionFacts { name: "A".to_owned(), target: function.to_string(), timeout_seconds: None },
        success: true,
        steps: Vec::new(),
        returned: None,
        error: String::new(),
    };
    facts.tests = vec![test(&tested)];
    let RoleReport { verdict: one, diagnosis, .. } = judge(&facts);
    assert_eq!((one.sign, one.proof), (Sign::Good, Some(Level::Evaluated)), "{diagnosis:#?}");
    assert_eq!(one.only_invoked, ["function `a`"]);
    facts.tests.push(test(&other));
    let both = judge(&facts).verdict;
    assert_eq!((both.proof, both.only_invoked), (Some(Level::EndToEnd), Vec::new()));
    // A data action of a function that is not the spec's says nothing about those that are.
    let failing =
        |function: &FunctionArn| ActionTest { success: false, error: "timeout".to_owned(), ..test(function) };
    facts.tests.push(failing(&"arn:aws:lambda:us-east-1:111122223333:function:c".parse().unwrap()));
    let verdict = judge(&facts).verdict;
    assert_eq!((verdict.sign, verdict.genesys_can_invoke), (Sign::Broken, Some(true)));
    facts.tests.push(failing(&other));
    assert_eq!(judge(&facts).verdict.genesys_can_invoke, Some(false));
}

#[test]
fn near_misses_differ_from_the_id() {
    assert_eq!(near_misses("ab0"), ["ab1", "AB0"]);
    assert_eq!(near_misses("1"), ["0", "1"]);
}

#[test]
fn the_role_that_the_spec_wants_is_well() {
    let report = judge(&facts(converged()));
    assert_eq!(report.verdict.sign, Sign::Good, "{:?}", report.verdict);
    assert_eq!(report.verdict.others, Vec::<String>::new());
}

fn finding(cause: Cause) -> Finding {
    Finding {
        cause,
        what: cause.word().to_owned(),
        consequence: "c".to_owned(),
        remedy: "r".to_owned(),
        harm: Harm { keeps_genesys_out: cause == Cause::Denied, lets_in: Vec::new(), ..Harm::default() },
    }
}

/// Any claim with any outcome; its possible explanations are among the lists that the code uses.
fn claim() -> impl Strategy<Value = Claim> {
    let explained = prop::sample::select(vec![
        &[][..],
        Cause::OF_TRUST,
        Cause::OF_PERMISSIONS,
        Cause::OF_INVOCATION,
        &[Cause::RoleOpen][..],
    ]);
    (
        prop::sample::select(Level::ALL),
        prop::sample::select(Topic::ALL),
        prop::sample::select(Cause::ALL),
        explained,
        0..4,
    )
        .prop_map(|(level, topic, cause, explained, outcome)| {
            let question = Question::new(level, topic, "holds", "fails", "open");
            match outcome {
                0 => question.holds("seen"),
                1 => question.fails("seen", finding(cause), explained),
                2 => question.not_provable("seen", "help"),
                _ => question.accepted(
                    "seen",
                    Acceptance {
                        what: "it".to_owned(),
                        reason: "reason".to_owned(),
                        lets_in: Vec::new(),
                        adds_permissions: false,
                    },
                ),
            }
        })
}

proptest! {
    #[test]
    fn causes_come_from_failed_claims_and_ruled_out_is_only_what_holds(claims in prop::collection::vec(claim(), 0..12)) {
        check_report(&RoleReport::new("r".to_owned(), "f".to_owned(), super::path::path(&facts(converged())), None, claims))?;
    }
}

proptest! {
    #[test]
    fn what_genesys_cloud_just_did_it_is_not_said_to_be_unable_to_do(
        claims in prop::collection::vec(claim(), 0..12),
    ) {
        let function: FunctionArn = "arn:aws:lambda:us-east-1:111122223333:function:order-status".parse().unwrap();
        let mut claims: Vec<Claim> =
            claims.into_iter().filter(|claim| !claim.level.is_call() || claim.failure().is_none()).collect();
        let role = |claims: Vec<Claim>| {
            let path = super::path::path(&facts(converged()));
            RoleReport::new("r".to_owned(), "f".to_owned(), path, None, claims)
        };
        let needed = |name: &str| {
            let function = format!("arn:aws:lambda:us-east-1:111122223333:function:{name}").parse().unwrap();
            Question::new(Level::Evaluated, Topic::Functions, "holds", "fails", "open").about(&function)
        };
        claims.push(needed("order-status").holds("seen"));
        claims.push(
            Question::new(Level::EndToEnd, Topic::EndToEnd, "holds", "fails", "open").about(&function).holds("seen"),
        );
        prop_assert_eq!(role(claims.clone()).verdict.genesys_can_invoke, Some(true));
        // Of another function it says nothing.
        claims.push(needed("other").fails("seen", finding(Cause::Denied), &[]));
        prop_assert_eq!(role(claims).verdict.genesys_can_invoke, Some(false));
    }
}

/// What holds for every report, whatever its claims.
fn check_report(report: &RoleReport) -> Result<(), TestCaseError> {
    let RoleReport { claims, diagnosis, verdict, .. } = report;
    let failures: Vec<&Failure> = claims.iter().filter_map(Claim::failure).collect();
    for finding in &diagnosis.findings {
        prop_assert!(
            failures.iter().any(|failure| failure.finding == *finding),
            "a cause without a failed claim"
        );
        prop_assert_eq!(diagnosis.findings.iter().filter(|other| *other == finding).count(), 1);
    }
    for failure in &failures {
        let says = |finding: &Finding| {
            (finding.cause, &finding.what) == (failure.finding.cause, &failure.finding.what)
        };
        let own = diagnosis.findings.iter().any(says);
        prop_assert!(
            own || failure.explained_by.iter().any(|cause| diagnosis.has(*cause)),
            "a failed claim without a cause"
        );
    }
    for topic in Topic::ALL {
        let own: Vec<&Claim> = claims.iter().filter(|claim| claim.topic == *topic).collect();
        if diagnosis.ruled_out.contains(&topic.sentence()) {
            let read: Vec<&&Claim> = own.iter().filter(|claim| claim.level.is_read()).collect();
            prop_assert!(!read.is_empty() && read.iter().all(|claim| claim.outcome == Outcome::Holds));
            prop_assert!(own.iter().all(|claim| claim.failure().is_none()));
        }
    }
    prop_assert_eq!(verdict.sign == Sign::Broken, !failures.is_empty());
    for level in Level::ALL {
        prop_assert!(failures.is_empty() || verdict.proof != Some(*level), "proven with a fault");
    }
    for claim in claims {
        let sentence = match claim.outcome {
            Outcome::Holds => "holds",
            Outcome::Fails(_) | Outcome::Accepted { .. } => "fails",
            Outcome::NotProvable { .. } => "open",
        };
        prop_assert!(
            claim.sentence.contains(sentence) || !claims.iter().any(|claim| claim.sentence == "holds")
        );
    }
    Ok(())
}

/// What Genesys Cloud shows: nothing, nothing to this client, or an organization with or without an integration.
fn genesys_side() -> impl Strategy<Value = GenesysSide> {
    let unknown = || Unknown { why: "no".to_owned(), help: "do it".to_owned() };
    let action = |target: &str| ActionFacts {
        name: "Get order status".to_owned(),
        target: target.to_owned(),
        timeout_seconds: Some(20),
    };
    let integration = |credential: CredentialArn, state: &str, actions: Vec<ActionFacts>| IntegrationFacts {
        name: "Orders".to_owned(),
        intended_state: state.to_owned(),
        reported_state: "ACTIVE".to_owned(),
        detail: String::new(),
        credential,
        is_of_a_known_role: false,
        is_of_an_existing_role: false,
        actions,
    };
    let own = CredentialArn::Shown(desired("").roles[0].role.arn.to_string());
    let integrations = vec![
        Ok(Vec::new()),
        Err(unknown()),
        Ok(vec![integration(own.clone(), "ENABLED", vec![action("order-status")])]),
        Ok(vec![integration(own.clone(), "ENABLED", vec![action("${input.arn}"), action("order-status")])]),
        Ok(vec![integration(own, "DISABLED", Vec::new())]),
        Ok(vec![integration(CredentialArn::None, "ENABLED", Vec::new())]),
        Ok(vec![integration(CredentialArn::Unreadable("no".to_owned()), "ENABLED", Vec::new())]),
    ];
    let read = (prop::sample::select(vec![RIGHT, ANOTHER, "another"]), prop::sample::select(integrations));
    prop_oneof![
        2 => Just(GenesysSide::NotAsked),
        1 => Just(GenesysSide::Rejected(RejectedCredentials::Client, unknown())),
        1 => Just(GenesysSide::Unreadable(unknown())),
        4 => read.prop_map(|(id, integrations)| GenesysSide::Read(GenesysFacts {
            organization_id: id.to_owned(),
            organization_name: "Example".to_owned(),
            integrations,
            actions_unknown: None,
        })),
    ]
}

/// Live states with any combination of faults.
fn broken() -> impl Strategy<Value = Facts> {
    let statement = (0..5_u8, 0..7_u8).prop_map(|(principal, condition)| {
        let principal = [
            r#"{"AWS":"765628985471"}"#,
            r#"{"AWS":"arn:aws:iam::691338073777:root"}"#,
            r#""*""#,
            r#"{"Service":"lambda.amazonaws.com"}"#,
            r#"{"AWS":"arn:aws:iam::111122223333:role/own"}"#,
        ][principal as usize];
        let condition: String = [
            format!(r#"{{"StringEquals":{{"sts:ExternalId":"{RIGHT}"}}}}"#),
            r#"{"StringEquals":{"sts:ExternalId":"another"}}"#.to_owned(),
            r#"{"StringLike":{"sts:ExternalId":"2f9c*"}}"#.to_owned(),
            "{}".to_owned(),
            r#"{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#.to_owned(),
            r#"{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}"#.to_owned(),
            format!(r#"{{"StringEqualsIgnoreCase":{{"sts:ExternalId":"{RIGHT}"}}}}"#),
        ][condition as usize]
            .clone();
        format!(
            r#"{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole","Condition":{condition}}}"#
        )
    });
    let function_state = prop::sample::select(vec![
        in_state("Active"),
        in_state("Failed"),
        in_state("Pending"),
        FunctionState::Exists(FunctionSettings { isolates_tenants: true, ..FunctionSettings::default() }),
        FunctionState::Missing,
        FunctionState::Unknown("AccessDenied".to_owned()),
    ]);
    let reserved =
        prop::sample::select(vec![Ok(None), Ok(Some(0)), Ok(Some(5)), Err("AccessDenied".to_owned())]);
    let function_policy = prop::sample::select(vec![
        Ok(None),
        Err("AccessDenied".to_owned()),
        Ok(Some(r#"{"Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunction","Resource":"*"}"#)),
        Ok(Some(r#"{"Effect":"Deny","Principal":"*","Action":"lambda:*","Resource":"*"}"#)),
        Ok(Some(
            r#"{"Sid":"url","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunctionUrl","Resource":"*"},
               {"Effect":"Allow","Principal":{"AWS":["222222222222","333333333333"]},"Action":"lambda:*","Resource":"*"}"#,
        )),
    ]);
    let own_policy = prop::sample::select(vec![
        None,
        Some(
            r#"{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:us-east-1:111122223333:function:other"}"#,
        ),
        Some(r#"{"Effect":"Allow","Action":"lambda:*","Resource":"*"}"#),
    ]);
    let answer = prop::sample::select(vec![
        Answer::Done,
        Answer::Denied("not authorized".to_owned()),
        Answer::Failed("timeout".to_owned()),
    ]);
    (
        prop::collection::vec(statement, 0..3),
        (function_state, reserved, function_policy, own_policy),
        (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()),
        (answer.clone(), answer.clone(), answer.clone(), answer),
        (any::<bool>(), genesys_side()),
    )
        .prop_map(
            |(
                statements,
                (state, reserved_concurrency, policy, own),
                (role, attached, inline, boundary),
                answers,
                (is_genesys, genesys),
            )| {
                let in_document = |statement: &str| {
                    document(&format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#))
                };
                let mut live = with_trust(&statements);
                let mut facts = facts(Live::default());
                let arn = facts.desired.functions[0].clone();
                if let Some(role) = live.role.as_mut() {
                    if let Some(own) = own {
                        let document = in_document(own);
                        role.attached.values_mut().for_each(|policy| policy.document = document.clone());
                        live.policy.as_mut().unwrap().policy.document = document;
                    }
                    if !attached {
                        role.attached.clear();
                    }
                    if inline {
                        let extra = in_document(r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#);
                        role.inline.insert("more".to_owned(), extra);
                    }
                    role.boundary =
                        boundary.then(|| in_document(r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#));
                }
                if role {
                    let (with_wrong_id, without_id, with_right_id, invoked) = answers;
                    let account = if is_genesys { "765628985471" } else { "111122223333" };
                    facts.probes = Some(Probes {
                        caller: format!("arn:aws:iam::{account}:user/x"),
                        prober: "x".to_owned(),
                        with_wrong_id,
                        without_id,
                        with_right_id,
                        invocations: BTreeMap::from([(arn.clone(), invoked)]),
                    });
                } else {
                    live.role = None;
                }
                facts.live = live;
                facts.genesys = genesys;
                let policy = policy.map(|policy| policy.map(in_document));
                facts.functions = vec![FunctionFacts { arn, state, reserved_concurrency, policy }];
                facts
            },
        )
}

proptest! {
    #[test]
    fn whatever_is_wrong_each_failed_claim_has_a_cause_and_nothing_that_failed_is_ruled_out(facts in broken()) {
        let report = judge(&facts);
        check_report(&report)?;
        for claim in &report.claims {
            prop_assert!(!claim.sentence.is_empty(), "a claim without a sentence: {claim:?}");
        }
        for Finding { what, consequence, remedy, .. } in &report.diagnosis.findings {
            prop_assert!(!what.is_empty() && !consequence.is_empty() && !remedy.is_empty());
        }
        // Anyone who may get in by any claim is in the verdict, except the organization itself under its own ID.
        let open = |claim: &&Claim| claim.topic == Topic::NobodyElse && claim.failure().is_some();
        let is_itself = report.diagnosis.has(Cause::Organization) || facts.organization_id() == Some("another");
        if report.claims.iter().any(|claim| open(&claim)) && !is_itself {
            prop_assert!(!report.verdict.others.is_empty(), "{:#?}", report);
        }
        for who in report.claims.iter().filter(open).filter(|claim| claim.level == Level::Evaluated).flat_map(|claim| {
            claim.failure().map(|failure| failure.finding.harm.lets_in.clone()).unwrap_or_default()
        }) {
            prop_assert!(report.verdict.others.contains(&who), "{who}: {:#?}", report);
        }
        // The verdict says of Genesys Cloud what the claims say.
        if report.verdict.genesys_can_invoke == Some(true) {
            let needed = [Topic::Admission, Topic::Invocation, Topic::Functions];
            let is_itself = report.diagnosis.has(Cause::Organization);
            prop_assert!(report.claims.iter().all(|claim| !needed.contains(&claim.topic) || claim.failure().is_none()
                || !claim.level.is_read() || is_itself), "{:#?}", report);
        }
        // What else the role may do is reported whatever explains it.
        let more = report.claims.iter().filter(|claim| claim.topic == Topic::NothingElse);
        let mut more = more.filter_map(Claim::failure).filter(|failure| !failure.finding.harm.adds.is_empty());
        prop_assert_eq!(!report.verdict.does_more.is_empty(), more.next().is_some());
    }
}

/// Everything about a role that an accept can name.
fn acceptables(facts: &Facts) -> Vec<Acceptable> {
    let mut found = Vec::new();
    if let Some(role) = &facts.live.role {
        found.extend(foreign_policies(role, &facts.desired).map(|(acceptable, _)| acceptable));
        found.extend(trust_parties(role, &facts.desired).into_iter().flatten());
    }
    for function in &facts.functions {
        if let Ok(Some(policy)) = &function.policy {
            found.extend(
                function_parties(&function.arn, policy).into_iter().map(|(acceptable, _)| acceptable),
            );
        }
    }
    found.retain(|acceptable| !acceptable.things.is_empty());
    found
}

proptest! {
    #[test]
    fn an_accept_makes_what_it_is_about_accepted_and_changes_no_other_claim(
        mut facts in broken(), at in any::<prop::sample::Index>(), fits in any::<bool>()
    ) {
        let before = judge(&facts);
        let acceptables = acceptables(&facts);
        prop_assume!(!acceptables.is_empty());
        let acceptable = at.get(&acceptables);
        let digest = if fits { acceptable.digest.clone() } else { format!("sha256:{}", "0".repeat(64)) };
        facts.desired.accepts = vec![AcceptSpec {
            what: acceptable.things[0].clone(),
            digest: Some(digest),
            reason: "known".to_owned(),
            span: 0..0,
            line: 1,
        }];
        let after = judge(&facts);
        check_report(&after)?;
        let is_new = |claim: &&Claim| claim.seen.starts_with("the trust policy names it");
        let kept: Vec<&Claim> = after.claims.iter().filter(|claim| !is_new(claim)).collect();
        prop_assert_eq!(kept.len(), before.claims.len());
        for (before, after) in before.claims.iter().zip(kept) {
            let is_same = std::mem::discriminant(&before.outcome) == std::mem::discriminant(&after.outcome);
            let is_accepted = fits && before.failure().is_some() && !after.acceptances().is_empty();
            let is_about = match facts.desired.accepts[0].what {
                AcceptedThing::Policy(_) | AcceptedThing::InlinePolicy(_) => after.topic == Topic::NothingElse,
                AcceptedThing::FunctionPolicySid(_) => after.topic == Topic::FunctionPolicies,
                AcceptedThing::Principal(_) => after.topic != Topic::NothingElse,
            };
            prop_assert!(is_same || is_accepted && is_about, "{before:#?} became {after:#?}");
        }
        // Those it admits are reported.
        prop_assert_eq!(before.verdict.genesys_can_invoke, after.verdict.genesys_can_invoke);
        // What is accepted no longer explains what a call shows.
        let is_known = |who: &String| before.verdict.others.contains(who) || facts.probes.is_some();
        prop_assert!(after.verdict.others.iter().all(is_known), "{:?}", after.verdict);
        for acceptance in &after.accepted {
            prop_assert_eq!(&acceptance.reason, "known");
            prop_assert!(acceptance.lets_in.iter().all(|who| after.verdict.accepted_others.contains(who)));
        }
    }
}

/// What a claim's lines say, as the spec would have it.
fn pasted(lines: &[String]) -> AcceptSpec {
    let value = |key: &str| -> Option<String> {
        let line = lines.iter().find_map(|line| line.strip_prefix(&format!("{key} = ")))?;
        Some(serde_json::from_str(line).unwrap())
    };
    let what = value("policy")
        .map(AcceptedThing::Policy)
        .or_else(|| value("inline_policy").map(AcceptedThing::InlinePolicy))
        .or_else(|| value("function_policy_sid").map(AcceptedThing::FunctionPolicySid))
        .or_else(|| value("principal").map(AcceptedThing::Principal));
    AcceptSpec {
        what: what.unwrap(),
        digest: value("digest"),
        reason: "known".to_owned(),
        span: 0..0,
        line: 1,
    }
}

/// Pastes what the report prints until it prints nothing more to paste.
fn paste_all(facts: &mut Facts) -> Result<(), TestCaseError> {
    for _ in 0..=acceptables(facts).len() {
        let report = judge(facts);
        let Some(claim) = report.claims.iter().find(|claim| !claim.accept.lines.is_empty()) else {
            return Ok(());
        };
        let new = pasted(&claim.accept.lines);
        prop_assert!(!claim.accept.is_outdated, "nothing changed, and yet: {:#?}", claim);
        let is_same = |known: &AcceptSpec| known.what == new.what && known.digest == new.digest;
        prop_assert!(!facts.desired.accepts.iter().any(is_same), "again: {:#?}", claim);
        facts.desired.accepts.push(new);
    }
    prop_assert!(false, "more to paste than there is: {:#?}", facts.desired.accepts);
    Ok(())
}

proptest! {
    #[test]
    fn what_a_report_prints_to_be_pasted_is_accepted_by_the_next_one(mut facts in broken()) {
        paste_all(&mut facts)?;
    }
}

#[test]
fn a_second_statement_of_an_accepted_principal_asks_for_an_accept_of_its_own() {
    let mut facts = facts(converged());
    let arn = facts.desired.functions[0].clone();
    let statement = |more: &str| {
        format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::999988887777:root"}},"Action":"lambda:InvokeFunction","Resource":"{arn}"{more}}}"#
        )
    };
    let policy =
        |statements: &str| document(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#));
    let state = FunctionState::Exists(FunctionSettings::default());
    let of = |policy: Document| FunctionFacts {
        arn: arn.clone(),
        state: state.clone(),
        reserved_concurrency: Ok(None),
        policy: Ok(Some(policy)),
    };
    let first = statement("");
    facts.functions = vec![of(policy(&first))];
    paste_all(&mut facts).unwrap();
    assert_eq!(facts.desired.accepts.len(), 1);
    let second = statement(r#","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#);
    facts.functions = vec![of(policy(&format!("{first},{second}")))];
    let report = judge(&facts);
    let failed: Vec<&Claim> = report.claims.iter().filter(|claim| claim.failure().is_some()).collect();
    let [claim] = failed.as_slice() else { panic!("{failed:#?}") };
    assert!(!claim.accept.is_outdated && claim.accept.lines[0] == "[[role.accept]]", "{claim:#?}");
    assert!(!claim.failure().unwrap().finding.remedy.contains("correct the `digest`"), "{claim:#?}");
    paste_all(&mut facts).unwrap();
    assert_eq!((facts.desired.accepts.len(), judge(&facts).verdict.sign), (2, Sign::Good));
    // A statement that did change asks for its new digest.
    facts.functions = vec![of(policy(&format!("{first},{}", second.replace("o-1", "o-2"))))];
    let report = judge(&facts);
    let claim = report.claims.iter().find(|claim| claim.failure().is_some()).unwrap();
    assert!(claim.accept.is_outdated, "{claim:#?}");
}

#[test]
fn every_command_of_a_remedy_can_be_typed() {
    let mut facts = facts(converged());
    facts.invocation = Invocation::new(vec!["-C iam".to_owned(), "--sandbox".to_owned()], None, Vec::new());
    let text =
        "run `check` again, `check --invoke X`, `genesys-iam plan`, `genesys-iam --sandbox apply`, `checked`";
    let invocation = &facts.invocation;
    assert_eq!(
        facts.typed(text),
        format!(
            "run `{invocation} check` again, `{invocation} check --invoke X`, `{invocation} plan`, \
             `genesys-iam --sandbox apply`, `checked`"
        )
    );
}

#[test]
fn a_deny_is_named_with_what_it_is_about_and_the_command_that_takes_it_away() {
    let deny = r#"{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole",
        "Condition":{"Null":{"sts:externalid":"false"}}}"#;
    let allow = genesys(&format!(r#"{{"StringEquals":{{"sts:ExternalId":"{RIGHT}"}}}}"#));
    let live = with_trust(&[allow, deny.to_owned()]);
    let report = judge(&facts(live));
    assert_eq!(
        report.diagnosis.findings[0].what,
        "Statement 2 of the trust policy denies Genesys Cloud, if sts:ExternalId is present"
    );

    let mut live = converged();
    let denying =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"lambda:*","Resource":"*"}]}"#;
    live.role.as_mut().unwrap().inline.insert("a deny's".to_owned(), document(denying));
    let mut facts = facts(live);
    facts.functions = vec![FunctionFacts {
        arn: facts.desired.functions[0].clone(),
        state: in_state("Active"),
        reserved_concurrency: Ok(None),
        policy: Ok(None),
    }];
    let finding = &judge(&facts).diagnosis.findings[0];
    assert!(finding.what.ends_with("statement 1 of inline policy `a deny's` denies it"), "{}", finding.what);
    let role = &facts.desired.role.name;
    assert_eq!(
        finding.remedy,
        format!(
            "ask whoever set this Deny; if they agree, run \
             `aws iam delete-role-policy --role-name {role} --policy-name \"a deny's\"`; or set `extra_permissions = \"remove\"` \
             for the role and run `genesys-iam apply`"
        )
    );
}

#[test]
fn the_role_is_not_said_to_do_what_its_boundary_or_a_deny_keeps_it_from() {
    let statement = |json: &str| document(&format!(r#"{{"Version":"2012-10-17","Statement":[{json}]}}"#));
    let wanted = facts(converged()).desired.policy.document;
    let all = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    let but = r#"{"Effect":"Deny","NotAction":"lambda:InvokeFunction","Resource":"*"}"#;
    let s3 =
        statement(r#"{"Effect":"Allow","Action":["lambda:InvokeFunction","s3:GetObject"],"Resource":"*"}"#);
    let report = |inline: &str, boundary: Option<&Document>| {
        let mut live = converged();
        let role = live.role.as_mut().unwrap();
        role.inline.insert("more".to_owned(), statement(inline));
        role.boundary = boundary.cloned();
        judge(&facts(live))
    };
    for (inline, boundary, does_more, what) in [
        (
            all.to_owned(),
            Some(&wanted),
            vec![],
            "Inline policy `more` allows more than the spec: * on * (kept from the role by the permissions boundary)",
        ),
        (
            all.to_owned(),
            Some(&s3),
            vec!["lambda:InvokeFunction on *", "s3:GetObject on *"],
            "The role has extra permissions by inline policy `more`: lambda:InvokeFunction on *; s3:GetObject on *",
        ),
        (
            format!("{all},{but}"),
            None,
            vec!["lambda:InvokeFunction on *"],
            "The role has extra permissions by inline policy `more`: lambda:InvokeFunction on *",
        ),
        (
            format!("{all},{but}"),
            Some(&wanted),
            vec![],
            "Inline policy `more` allows more than the spec: * on * (kept from the role by the permissions boundary and a Deny)",
        ),
        (
            all.to_owned(),
            None,
            vec!["* on *"],
            "The role has extra permissions by inline policy `more`: * on *",
        ),
    ] {
        let report = report(&inline, boundary);
        assert_eq!(report.verdict.does_more, does_more, "{inline}");
        let [finding] = report.diagnosis.findings.as_slice() else { panic!("{:#?}", report.diagnosis) };
        assert_eq!((finding.cause, finding.what.as_str()), (Cause::ExtraPermissions, what));
        assert_eq!(report.verdict.sign, Sign::Broken);
        let is_capped = finding.consequence.contains("without");
        assert_eq!(is_capped, does_more != ["* on *"], "{}", finding.consequence);
    }
}
