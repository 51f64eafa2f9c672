//! Documents to lint, the docs page, and checks that the lints agree with the evaluator.

use std::fmt::Write;

use proptest::prelude::*;
use proptest::sample::select;

use super::{
    Expected, LINTS, LintHit, LintSeverity, NamedAccount, lint_function, lint_permissions, lint_trust,
};
use crate::policy::{Context, Decision, Document, Policies, Principal, Request, SESSION_ACTIONS, evaluate};

pub(super) const TRUST: &str = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::765628985471:root"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"x1"}}}"#;
pub(super) const INVOKES: &str = r#"{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:us-east-1:111122223333:function:f"}"#;
const KNOWN: [NamedAccount<'_>; 1] =
    [NamedAccount { partition: "aws", id: "765628985471", name: "Genesys Cloud" }];

fn names(hits: Vec<LintHit>) -> Vec<&'static str> {
    hits.into_iter().map(|hit| hit.lint.name).collect()
}

fn text(statement: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#)
}

/// Findings for a trust policy with this statement, if the spec trusts Genesys Cloud.
pub(super) fn trust(statement: &str) -> Vec<&'static str> {
    trust_of(&text(statement))
}

pub(super) fn trust_of(document: &str) -> Vec<&'static str> {
    let trusted = "765628985471".parse().unwrap();
    let expected = Expected { trusted: Some(&trusted), known_accounts: &KNOWN, ..Expected::default() };
    names(lint_trust(&Document::parse(document).unwrap(), &expected))
}

/// Findings without a spec, if these accounts are the user's own.
pub(super) fn unbound(statement: &str, own: &[&str]) -> Vec<&'static str> {
    let own: Vec<_> = own.iter().map(|account| account.parse().unwrap()).collect();
    let expected = Expected { known_accounts: &KNOWN, own_accounts: &own, ..Expected::default() };
    names(lint_trust(&Document::parse(&text(statement)).unwrap(), &expected))
}

/// Findings for a function's own policy with this statement, if these accounts are the user's own.
pub(super) fn function(statement: &str, own: &[&str]) -> Vec<&'static str> {
    let own: Vec<_> = own.iter().map(|account| account.parse().unwrap()).collect();
    let expected = Expected { own_accounts: &own, ..Expected::default() };
    names(lint_function(&Document::parse(&text(statement)).unwrap(), &expected))
}

pub(super) fn permissions(statement: &str) -> Vec<&'static str> {
    permissions_of(&text(statement))
}

pub(super) fn permissions_of(document: &str) -> Vec<&'static str> {
    let functions = ["arn:aws:lambda:us-east-1:111122223333:function:f".parse().unwrap()];
    let expected = Expected { functions: &functions, ..Expected::default() };
    names(lint_permissions(&Document::parse(document).unwrap(), &expected))
}

#[test]
fn the_tools_own_documents_have_no_findings() {
    assert_eq!(trust(TRUST), Vec::<&str>::new());
    assert_eq!(unbound(TRUST, &[]), Vec::<&str>::new());
    assert_eq!(permissions(INVOKES), Vec::<&str>::new());
}

#[test]
fn names_are_unique_and_no_earlier_name_is_used_again() {
    let mut names: Vec<&str> =
        LINTS.iter().flat_map(|lint| lint.aliases.iter().chain([&lint.name])).copied().collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

/// `UPDATE_DOCS=1` writes the page.
#[test]
fn the_page_of_lints_is_written_from_them() {
    let mut page = "# Lints\n\nMistakes in policy documents, most of which IAM accepts. `genesys-iam policy lint` finds them in documents of any \
                    origin; a\nfinding of severity *error* makes it exit with 4. `check` lints the live documents. No lint contradicts \
                    `policy evaluate`: what a\n`Deny` or a condition rules out is not reported.\n"
        .to_owned();
    for lint in LINTS {
        let severity = if lint.severity == LintSeverity::Error { "Error" } else { "Warning" };
        let _ = write!(page, "\n## `{}`\n\n{severity}. {}\n\n{}\n", lint.name, lint.consequence, lint.remedy);
        for alias in lint.aliases {
            let _ = write!(page, "\nFormerly `{alias}`.\n");
        }
    }
    page.push_str("\nCondition keys ignore case in IAM, so `sts:ExternalID` is not a misspelling; `sts:ExternalIds` is.\n");
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/lints.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), page, "write docs/lints.md with UPDATE_DOCS=1");
}

const GENESYS: &str = "arn:aws:iam::765628985471:root";
const STRANGER: &str = "arn:aws:iam::222233334444:root";
const OTHER: &str = "arn:aws:iam::444455556666:root";

/// Whether a trust policy leaves it possible for anyone to assume the role.
fn admits(document: &Document, who: &str, id: Option<&str>) -> bool {
    admits_by("sts:AssumeRole", document, who, id)
}

fn admits_by(action: &str, document: &Document, who: &str, id: Option<&str>) -> bool {
    let context = match id {
        Some(id) => Context::partial().with("sts:ExternalId", &[id]),
        None => Context::partial().without("sts:ExternalId"),
    };
    let account = who.split(':').nth(4).unwrap();
    // Genesys Cloud comes with a session; anyone else may bring an access key, which says nothing of MFA.
    let mfa: &[Option<&str>] =
        if who == GENESYS { &[Some("false")] } else { &[Some("false"), Some("true"), None] };
    mfa.iter().any(|mfa| {
        let context = context.clone();
        let context = match mfa {
            Some(mfa) => context.with("aws:MultiFactorAuthPresent", &[mfa]),
            None => context.without("aws:MultiFactorAuthPresent"),
        };
        let request = Request {
            principal: Principal::Aws(who.to_owned()),
            action: action.to_owned(),
            resource: "arn:aws:iam::111122223333:role/r".to_owned(),
            context: context
                .with("aws:PrincipalAccount", &[account])
                .with("aws:PrincipalIsAWSService", &["false"])
                .without("aws:MultiFactorAuthAge"),
        };
        let policies = Policies { resource: Some(("it".to_owned(), document)), ..Policies::default() };
        matches!(evaluate(&policies, &request).decision, Decision::Allowed | Decision::Undecided)
    })
}

fn may(document: &Document, action: &str, resource: &str) -> bool {
    let request = Request {
        principal: Principal::Aws("arn:aws:sts::111122223333:assumed-role/r/s".to_owned()),
        action: action.to_owned(),
        resource: resource.to_owned(),
        context: Context::partial().with("aws:ResourceAccount", &["111122223333"]),
    };
    let policies = Policies { identity: vec![("it".to_owned(), document)], ..Policies::default() };
    matches!(evaluate(&policies, &request).decision, Decision::Allowed | Decision::Undecided)
}

fn some(texts: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    select(texts)
}

fn condition() -> impl Strategy<Value = String> {
    let operator = some(&[
        "StringEquals",
        "StringLike",
        "StringNotEquals",
        "StringEqualsIfExists",
        "StringEqualsIgnoreCase",
        "ForAnyValue:StringEquals",
        "ForAllValues:StringEquals",
        "Null",
        "Bool",
        "StringEqual",
    ]);
    let key = some(&[
        "sts:ExternalId",
        "STS:externalid",
        "aws:PrincipalAccount",
        "aws:SourceIp",
        "aws:MultiFactorAuthPresent",
    ]);
    let value = some(&[
        "\"x1\"",
        "[\"x1\",\"x2\"]",
        "\"x*\"",
        "\"*\"",
        "\"\"",
        "[]",
        "\"true\"",
        "\"false\"",
        "\"${sts:ExternalId}\"",
        "\"765628985471\"",
        "\"${aws:PrincipalTag/x}\"",
    ]);
    prop::collection::btree_map(operator, (key, value), 0..3).prop_map(|operators| {
        let operators: Vec<String> = operators
            .into_iter()
            .map(|(operator, (key, value))| format!(r#""{operator}":{{"{key}":{value}}}"#))
            .collect();
        format!("{{{}}}", operators.join(","))
    })
}

fn trust_statement() -> impl Strategy<Value = String> {
    let principal = some(&[
        "\"Principal\":\"*\"",
        "\"Principal\":{\"AWS\":\"*\"}",
        "\"Principal\":{\"AWS\":\"arn:aws:iam::765628985471:root\"}",
        "\"Principal\":{\"AWS\":[\"765628985471\",\"444455556666\"]}",
        "\"Principal\":{\"AWS\":\"444455556666\"}",
        "\"Principal\":{\"AWS\":\"arn:aws:iam::*:root\"}",
        "\"NotPrincipal\":{\"AWS\":\"444455556666\"}",
        "\"Principal\":{\"AWS\":[]}",
    ]);
    let action = some(&[
        "\"Action\":\"sts:AssumeRole\"",
        "\"Action\":\"sts:*\"",
        "\"Action\":\"sts:AssumeRoleWithWebIdentity\"",
        "\"NotAction\":\"sts:TagSession\"",
        "\"Action\":\"*\"",
    ]);
    (some(&["Allow", "Allow", "Deny"]), principal, action, condition()).prop_map(
        |(effect, principal, action, condition)| {
            format!(r#"{{"Effect":"{effect}",{principal},{action},"Condition":{condition}}}"#)
        },
    )
}

fn permission_statement() -> impl Strategy<Value = String> {
    let action = some(&[
        "\"Action\":\"lambda:InvokeFunction\"",
        "\"Action\":\"lambda:Invoke*\"",
        "\"Action\":\"lambda:*\"",
        "\"Action\":\"*\"",
        "\"Action\":\"lambda:InvokeFunctionUrl\"",
        "\"Action\":\"lambda:InvokeAsync\"",
        "\"Action\":[\"s3:GetObject\",\"lambda:InvokeFunction\"]",
        "\"NotAction\":\"lambda:InvokeFunction\"",
        "\"NotAction\":\"iam:*\"",
        "\"Action\":[]",
        "\"Action\":\"InvokeFunction\"",
    ]);
    let resource = some(&[
        "\"Resource\":\"*\"",
        "\"Resource\":\"arn:aws:lambda:us-east-1:111122223333:function:f\"",
        "\"Resource\":\"arn:aws:lambda:us-east-1:111122223333:function:f*\"",
        "\"Resource\":\"arn:aws:lambda:us-east-1:111122223333:function:${aws:username}\"",
        "\"NotResource\":\"arn:aws:lambda:us-east-1:111122223333:function:f\"",
        "\"Resource\":\"f\"",
    ]);
    (some(&["Allow", "Allow", "Deny"]), action, resource)
        .prop_map(|(effect, action, resource)| format!(r#"{{"Effect":"{effect}",{action},{resource}}}"#))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_trust_policy_has_findings_just_where_the_evaluator_lets_others_in(
        statements in prop::collection::vec(trust_statement(), 1..4),
    ) {
        let document = Document::parse(&text(&statements.join(","))).unwrap();
        let expected = Expected { known_accounts: &KNOWN, ..Expected::default() };
        let hits = lint_trust(&document, &expected);
        let ids = [None, Some("x1"), Some("x2"), Some("xx"), Some("true"), Some("false"), Some("x"), Some("765628985471"), Some("444455556666"), Some("222233334444"), Some("other"), Some("TRUE"), Some("FALSE"), Some("X1"), Some("X2")];
        let somehow = |who: &str| ids.iter().any(|id| SESSION_ACTIONS.iter().any(|action| admits_by(action, &document, who, *id)));
        let errors: Vec<&str> = hits.iter().filter(|hit| hit.lint.severity == LintSeverity::Error).map(|hit| hit.lint.name).collect();
        let is_open = somehow(STRANGER) || SESSION_ACTIONS.iter().any(|action| admits_by(action, &document, GENESYS, None)) || admits(&document, GENESYS, Some("other"));
        prop_assert!(!is_open || !errors.is_empty(), "open without a finding: {}", document.to_json());
        let by_anyone = |id: Option<&str>| [GENESYS, STRANGER, OTHER].iter().any(|who| admits(&document, who, id));
        for hit in &hits {
            let holds = match hit.lint.name {
                "trust-open-to-everyone" => somehow(STRANGER),
                "trust-other-account" | "unknown-genesys-account" => somehow(OTHER),
                "trust-without-external-id" | "external-id-if-exists" => by_anyone(None),
                "external-id-any" | "external-id-wildcard" => ids.iter().any(|id| id.is_some() && by_anyone(*id)),
                _ => true,
            };
            prop_assert!(holds, "{}: {}: {}", hit.lint.name, hit.message, document.to_json());
        }
    }

    #[test]
    fn permissions_have_findings_just_where_the_evaluator_allows_more(
        statements in prop::collection::vec(permission_statement(), 1..4),
    ) {
        let document = Document::parse(&text(&statements.join(","))).unwrap();
        let hits = lint_permissions(&document, &Expected::default());
        let names: Vec<&str> = hits.iter().map(|hit| hit.lint.name).collect();
        let function = |name: &str| format!("arn:aws:lambda:us-east-1:111122223333:function:{name}");
        let resources = [function("f"), function("fx"), function("x"), "arn:aws:s3:::bucket/x".to_owned()];
        let any = |action: &str| resources.iter().any(|resource| may(&document, action, resource));
        let more = ["lambda:UpdateFunctionCode", "lambda:InvokeX", "s3:GetObject", "iam:CreateUser", "x:x"];
        let is_broad = more.iter().any(|action| any(action));
        let refused = names.contains(&"refused-by-iam");
        prop_assert!(!is_broad || refused || names.contains(&"actions-too-broad"), "{}", document.to_json());
        let invokes = |name: &str| {
            ["lambda:InvokeFunction", "lambda:InvokeFunctionUrl", "lambda:InvokeAsync"].iter().any(|action| may(&document, action, &function(name)))
        };
        let is_wild = invokes("x") || invokes("fx");
        prop_assert!(!is_wild || refused || names.contains(&"wildcard-resource"), "{}", document.to_json());
        for name in names {
            let holds = match name {
                "actions-too-broad" => is_broad || any("lambda:InvokeFunctionUrl") || any("lambda:InvokeAsync"),
                "wildcard-resource" => is_wild,
                "invoke-function-url" => any("lambda:InvokeFunctionUrl"),
                "invoke-async" => any("lambda:InvokeAsync"),
                _ => true,
            };
            prop_assert!(holds, "{name}: {}", document.to_json());
        }
    }
}
