//! Mistakes that a document may hold although IAM takes it. Each has a name, a consequence and a remedy
//! (`docs/lints.md`).

use super::document::{
    ActionElement, Document, Effect, PrincipalElement, Principals, ResourceElement, Statement,
};
use super::key::{EXTERNAL_ID, KEYS};
use super::operator::{OPERATORS, is_known_operator};
use super::quota;
use crate::arn::{AccountId, Arn, FunctionArn};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
}

/// A kind of mistake.
#[derive(Debug, PartialEq, Eq)]
pub struct Lint {
    pub name: &'static str,
    pub severity: Severity,
    pub consequence: &'static str,
    pub remedy: &'static str,
}

/// One mistake in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub lint: &'static Lint,
    /// Counted from 1; `None` for the document as a whole.
    pub statement: Option<usize>,
    /// What was found.
    pub message: String,
}

/// What a document is held against. Of a document of any origin nothing need be known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Expected<'a> {
    /// The account that is to be trusted.
    pub trusted: Option<&'a AccountId>,
    /// Somebody of the user's own who is trusted too.
    pub verifier: Option<&'a Arn>,
    /// The functions that are to be invoked, by exact ARN.
    pub functions: &'a [FunctionArn],
    /// Accounts that may be trusted, with their names.
    pub known_accounts: &'a [(&'a str, &'a str)],
}

macro_rules! lints {
    ($($id:ident = $name:literal, $severity:ident, $consequence:literal, $remedy:literal;)*) => {
        $(pub(crate) static $id: Lint = Lint {
            name: $name, severity: Severity::$severity, consequence: $consequence, remedy: $remedy,
        };)*
        /// All of them.
        pub static LINTS: &[&Lint] = &[$(&$id),*];
    };
}

lints! {
    OPEN = "trust-open-to-everyone", Error,
        "Whoever learns the role's ARN may try to assume it, from any account.",
        "Name Genesys's account as the principal.";
    OTHER_ACCOUNT = "trust-other-account", Error,
        "Somebody else than Genesys Cloud may assume the role and invoke the functions.",
        "Remove the principal, or give it a role of its own.";
    NO_EXTERNAL_ID = "trust-without-external-id", Error,
        "Any customer of Genesys Cloud could have the role assumed for them (the confused deputy).",
        "Add the condition StringEquals sts:ExternalId with the organization ID.";
    EXTERNAL_ID_WILDCARD = "external-id-wildcard", Error,
        "Other external IDs than yours are let in.",
        "Use StringEquals with the whole organization ID.";
    EXTERNAL_ID_IF_EXISTS = "external-id-if-exists", Error,
        "A caller that presents no external ID is let in.",
        "Use StringEquals without IfExists.";
    EXTERNAL_ID_SEVERAL = "external-id-several", Warning,
        "Several organizations may use the role.",
        "Keep one external ID a role.";
    STALE_PRINCIPAL = "stale-principal", Warning,
        "The principal was deleted: it is let in no more, not even when one of that name is made again.",
        "Remove it, or write the ARN of the new one.";
    UNKNOWN_ACCOUNT = "unknown-genesys-account", Warning,
        "An account that Genesys does not name is trusted: whoever owns it could invoke the functions.",
        "Use 765628985471 (Genesys Cloud) or 325654371633 (Genesys Cloud FedRAMP).";
    MISPRINT = "account-misprint", Error,
        "The account differs from a known one by a digit or two: a stranger is trusted and Genesys Cloud is not.",
        "Correct the account ID.";
    TOO_BROAD = "actions-too-broad", Error,
        "The role may do more than invoke functions.",
        "Allow lambda:InvokeFunction only.";
    FUNCTION_URL = "invoke-function-url", Warning,
        "lambda:InvokeFunctionUrl is for function URLs: a data action needs lambda:InvokeFunction.",
        "Allow lambda:InvokeFunction.";
    WILDCARD_RESOURCE = "wildcard-resource", Error,
        "Functions that nobody named, also future ones, may be invoked.",
        "List the exact ARNs.";
    NOT_COVERED = "function-not-covered", Error,
        "The function cannot be invoked: a qualified ARN is not covered by the unqualified one, nor the reverse.",
        "List the very ARN that the data action calls.";
    FOREIGN_RESOURCE = "foreign-resource", Warning,
        "A function in another account or region than the named ones is granted.",
        "Correct the ARN.";
    MISSPELT_ACTION = "misspelt-action", Error,
        "IAM takes an action that does not exist, and it allows nothing.",
        "Use the action that is meant.";
    UNKNOWN_OPERATOR = "unknown-operator", Error,
        "The condition's operator is not in IAM's reference: IAM refuses the document.",
        "Use the operator that is meant.";
    MISSPELT_KEY = "misspelt-key", Error,
        "No request has such a condition key: the condition never holds, or always.",
        "Use the key that is meant; its case does not matter.";
    UNKNOWN_ELEMENT = "unknown-element", Error,
        "IAM's grammar does not have the element: IAM refuses the document.",
        "Remove it, or correct its name.";
    OVER_QUOTA = "over-quota", Error,
        "IAM refuses the document by its default quota.",
        "Make it shorter, or split it.";
}

const ASSUME: [&str; 7] = [
    "sts:AssumeRole",
    "sts:AssumeRoot",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:TagSession",
    "sts:SetSourceIdentity",
    "sts:SetContext",
];
const INVOKE: [&str; 3] = ["lambda:InvokeFunction", "lambda:InvokeFunctionUrl", "lambda:InvokeAsync"];
struct Findings {
    found: Vec<Finding>,
    statement: Option<usize>,
}

impl Findings {
    fn add(&mut self, lint: &'static Lint, message: impl Into<String>) {
        self.found.push(Finding { lint, statement: self.statement, message: message.into() });
    }
}

/// Mistakes of a trust policy.
pub fn lint_trust(document: &Document, expected: &Expected<'_>) -> Vec<Finding> {
    lint(document, quota::TRUST_POLICY, &ASSUME, |statement, findings| {
        if statement.effect == Effect::Allow {
            who(statement, expected, findings);
            external_id(statement, findings);
        }
    })
}

/// Mistakes of a policy that says what the role may do.
pub fn lint_permissions(document: &Document, expected: &Expected<'_>) -> Vec<Finding> {
    let mut found = lint(document, quota::MANAGED_POLICY, &INVOKE, |statement, findings| {
        if statement.effect == Effect::Allow {
            what(statement, findings);
            on_what(statement, expected, findings);
        }
    });
    for function in expected.functions {
        if let Some(message) = not_covered(document, function) {
            found.push(Finding { lint: &NOT_COVERED, statement: None, message });
        }
    }
    found
}

fn lint(
    document: &Document,
    quota: usize,
    actions: &[&str],
    mut check: impl FnMut(&Statement, &mut Findings),
) -> Vec<Finding> {
    let mut findings = Findings { found: Vec::new(), statement: None };
    for element in document.unknown.keys() {
        findings.add(&UNKNOWN_ELEMENT, format!("the element `{element}`"));
    }
    if document.size() > quota {
        findings.add(&OVER_QUOTA, format!("{} characters, the default quota is {quota}", document.size()));
    }
    for (index, statement) in document.statements.as_slice().iter().enumerate() {
        findings.statement = Some(index + 1);
        for element in statement.unknown.keys() {
            findings.add(&UNKNOWN_ELEMENT, format!("the element `{element}`"));
        }
        spelling(statement, actions, &mut findings);
        check(statement, &mut findings);
    }
    findings.found
}

/// The nearest of the known ones, where the text is none of them but nearly one. Case does not count.
fn near_miss<'k>(text: &str, known: &[&'k str]) -> Option<&'k str> {
    const NEAR: usize = 3;
    let text = text.to_ascii_lowercase();
    let distance = |known: &&'k str| strsim::damerau_levenshtein(&known.to_ascii_lowercase(), &text);
    // The length first: the distance of long texts takes long.
    let nearest = known
        .iter()
        .filter(|known| known.len().abs_diff(text.len()) <= NEAR)
        .map(|known| (distance(known), *known))
        .min_by_key(|(distance, _)| *distance)?;
    (1..=NEAR).contains(&nearest.0).then_some(nearest.1)
}

fn spelling(statement: &Statement, actions: &[&str], findings: &mut Findings) {
    for action in action_values(statement) {
        if !action.contains(['*', '?'])
            && let Some(meant) = near_miss(action, actions)
            && !actions.iter().any(|known| known.eq_ignore_ascii_case(action))
        {
            findings.add(&MISSPELT_ACTION, format!("`{action}`: did you mean `{meant}`?"));
        }
    }
    for (operator, keys) in &statement.conditions().0 {
        if !is_known_operator(operator) {
            let meant = near_miss(operator, &OPERATORS).map(|meant| format!(": did you mean `{meant}`?"));
            findings.add(&UNKNOWN_OPERATOR, format!("`{operator}`{}", meant.unwrap_or_default()));
        }
        for key in keys.keys().filter(|key| !KEYS.iter().any(|known| known.eq_ignore_ascii_case(key))) {
            if let Some(meant) = near_miss(key, &KEYS) {
                findings.add(&MISSPELT_KEY, format!("`{key}`: did you mean `{meant}`?"));
            }
        }
    }
}

fn action_values(statement: &Statement) -> &[String] {
    match &statement.action {
        Some(ActionElement::Action(values) | ActionElement::NotAction(values)) => values.as_slice(),
        None => &[],
    }
}

fn who(statement: &Statement, expected: &Expected<'_>, findings: &mut Findings) {
    let kinds = match &statement.principal {
        Some(PrincipalElement::Principal(Principals::ByKind(kinds))) => kinds,
        Some(PrincipalElement::Principal(Principals::Any)) => {
            return findings.add(&OPEN, "the principal is \"*\"");
        }
        Some(PrincipalElement::NotPrincipal(_)) => {
            return findings.add(&OPEN, "NotPrincipal with Allow lets in everyone else");
        }
        None => return,
    };
    for (kind, values) in kinds {
        for value in values.as_slice() {
            match kind.as_str() {
                "AWS" if value == "*" => findings.add(&OPEN, "the principal is \"*\""),
                "AWS" => aws_principal(value, expected, findings),
                _ => findings.add(&OTHER_ACCOUNT, format!("{kind} `{value}`")),
            }
        }
    }
}

fn aws_principal(value: &str, expected: &Expected<'_>, findings: &mut Findings) {
    let arn = value.parse::<Arn>().ok();
    if arn.is_some() && arn.as_ref() == expected.verifier {
        return;
    }
    // Digits in an account's place, be they twelve or not.
    let digits = arn.as_ref().map_or(value, |arn| arn.account.as_str());
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        if ["AROA", "AIDA"].iter().any(|prefix| value.starts_with(prefix)) {
            findings.add(&STALE_PRINCIPAL, format!("`{value}`"));
        } else {
            findings.add(&OTHER_ACCOUNT, format!("`{value}` is no account, role or user"));
        }
        return;
    }
    let whole = arn.as_ref().is_none_or(|arn| arn.resource == "root");
    match expected.trusted {
        Some(trusted) if trusted.as_str() == digits && whole => {}
        Some(trusted) => findings.add(&OTHER_ACCOUNT, format!("`{value}`, the spec trusts {trusted}")),
        None if digits.parse::<AccountId>().is_err() => {
            findings.add(&OTHER_ACCOUNT, format!("`{value}`: an account ID has 12 digits"));
        }
        None => {}
    }
    if expected.known_accounts.iter().any(|(known, _)| *known == digits) {
        return;
    }
    let near = |known: &&(&str, &str)| {
        known.0.len().abs_diff(digits.len()) <= 2 && strsim::damerau_levenshtein(known.0, digits) <= 2
    };
    match expected.known_accounts.iter().find(near) {
        Some((known, name)) => findings.add(&MISPRINT, format!("{digits}: {name} is {known}")),
        None if expected.known_accounts.is_empty() => {}
        None => findings.add(&UNKNOWN_ACCOUNT, digits),
    }
}

fn external_id(statement: &Statement, findings: &mut Findings) {
    let mut required = false;
    for (operator, values) in statement.conditions().on(EXTERNAL_ID) {
        let several = values.len() > 1;
        match operator.trim_start_matches("ForAnyValue:") {
            name if name.ends_with("IfExists") || name.starts_with("ForAllValues:") => {
                required = true;
                findings.add(&EXTERNAL_ID_IF_EXISTS, format!("{operator} sts:ExternalId"));
            }
            "StringLike" => {
                required = true;
                let wild = values.iter().any(|value| value.to_string().contains(['*', '?']));
                if wild {
                    findings.add(&EXTERNAL_ID_WILDCARD, "StringLike sts:ExternalId has a wildcard");
                }
            }
            "StringEquals" | "StringEqualsIgnoreCase" => required = true,
            _ => {}
        }
        if several {
            findings.add(&EXTERNAL_ID_SEVERAL, format!("{} external IDs", values.len()));
        }
    }
    if !required {
        findings.add(&NO_EXTERNAL_ID, "no condition asks for an external ID");
    }
}

fn what(statement: &Statement, findings: &mut Findings) {
    match &statement.action {
        Some(ActionElement::Action(actions)) => {
            for action in actions.as_slice() {
                if action.eq_ignore_ascii_case("lambda:InvokeFunctionUrl") {
                    findings.add(&FUNCTION_URL, format!("`{action}`"));
                } else if !action.eq_ignore_ascii_case("lambda:InvokeFunction")
                    && near_miss(action, &INVOKE).is_none()
                {
                    findings.add(&TOO_BROAD, format!("`{action}`"));
                }
            }
        }
        Some(ActionElement::NotAction(_)) => findings.add(&TOO_BROAD, "NotAction allows every other action"),
        None => {}
    }
}

fn on_what(statement: &Statement, expected: &Expected<'_>, findings: &mut Findings) {
    // Of a statement about other things its actions are told, not what they are for.
    let invokes =
        |action: &String| super::wildcard_matches(&action.to_ascii_lowercase(), "lambda:invokefunction");
    if let Some(ActionElement::Action(actions)) = &statement.action
        && !actions.as_slice().iter().any(invokes)
    {
        return;
    }
    let values = match &statement.resource {
        Some(ResourceElement::Resource(values)) => values.as_slice(),
        Some(ResourceElement::NotResource(_)) => {
            return findings.add(&WILDCARD_RESOURCE, "NotResource covers everything else");
        }
        None => return,
    };
    for value in values {
        if value.contains(['*', '?']) {
            findings.add(&WILDCARD_RESOURCE, format!("`{value}`"));
            continue;
        }
        let Ok(arn) = value.parse::<Arn>() else { continue };
        let beside = |function: &FunctionArn| {
            let function = function.as_arn();
            (&function.partition, &function.region, &function.account)
                == (&arn.partition, &arn.region, &arn.account)
        };
        if !expected.functions.is_empty() && !expected.functions.iter().any(beside) {
            findings.add(&FOREIGN_RESOURCE, format!("`{value}`"));
        }
    }
}

/// Why no Allow lists the function by its exact ARN or a pattern.
fn not_covered(document: &Document, function: &FunctionArn) -> Option<String> {
    let exact = function.to_string();
    let mut resources =
        document.statements.as_slice().iter().filter(|s| s.effect == Effect::Allow).flat_map(|s| {
            match &s.resource {
                Some(ResourceElement::Resource(values)) => values.as_slice(),
                _ => &[],
            }
        });
    let covers = |value: &&String| super::wildcard_matches(value, &exact);
    if resources.clone().any(|value| covers(&value)) {
        return None;
    }
    let kin =
        resources.find(|value| value.parse::<FunctionArn>().is_ok_and(|arn| arn.name() == function.name()));
    Some(match kin {
        Some(kin) => format!("`{exact}`: the policy has `{kin}`"),
        None => format!("`{exact}`"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [(&str, &str); 1] = [("765628985471", "Genesys Cloud")];
    const TRUST: &str = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::765628985471:root"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"x1"}}}"#;
    const INVOKES: &str = r#"{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:us-east-1:111122223333:function:f"}"#;

    fn names(findings: Vec<Finding>) -> Vec<&'static str> {
        findings.into_iter().map(|finding| finding.lint.name).collect()
    }

    fn document(statement: &str) -> Document {
        Document::parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#)).unwrap()
    }

    fn trust(statement: &str) -> Vec<&'static str> {
        let trusted = "765628985471".parse().unwrap();
        let expected = Expected { trusted: Some(&trusted), known_accounts: &KNOWN, ..Expected::default() };
        names(lint_trust(&document(statement), &expected))
    }

    fn permissions(statement: &str) -> Vec<&'static str> {
        let functions = ["arn:aws:lambda:us-east-1:111122223333:function:f".parse().unwrap()];
        names(lint_permissions(
            &document(statement),
            &Expected { functions: &functions, ..Expected::default() },
        ))
    }

    #[test]
    fn the_tools_own_documents_have_no_findings() {
        assert_eq!(trust(TRUST), Vec::<&str>::new());
        assert_eq!(permissions(INVOKES), Vec::<&str>::new());
    }

    #[test]
    fn every_fault_of_a_trust_policy_has_its_lint_and_a_near_miss_has_none() {
        let root = "\"arn:aws:iam::765628985471:root\"";
        for (from, to, near, lint) in [
            (
                r#"{"AWS":"arn:aws:iam::765628985471:root"}"#,
                "\"*\"",
                r#"{"AWS":"765628985471"}"#,
                "trust-open-to-everyone",
            ),
            (root, "\"AROAEXAMPLEID\"", "[\"765628985471\"]", "stale-principal"),
            ("\"x1\"", "[\"x1\",\"x2\"]", "[\"x1\"]", "external-id-several"),
            (
                "\"StringEquals\"",
                "\"StringEqualsIfExists\"",
                "\"ForAnyValue:StringEquals\"",
                "external-id-if-exists",
            ),
            (
                "\"StringEquals\":{\"sts:ExternalId\":\"x1\"}",
                "\"StringLike\":{\"sts:ExternalId\":\"x*\"}",
                "\"StringLike\":{\"sts:ExternalId\":\"x1\"}",
                "external-id-wildcard",
            ),
            ("sts:ExternalId", "aws:SourceAccount", "STS:externalID", "trust-without-external-id"),
            ("sts:AssumeRole", "sts:AsumeRole", "STS:assumerole", "misspelt-action"),
        ] {
            assert_eq!(trust(&TRUST.replace(from, to)), [lint], "{to}");
            assert_eq!(trust(&TRUST.replace(from, near)), Vec::<&str>::new(), "{near}");
        }
        assert_eq!(
            trust(&TRUST.replace("765628985471", "444455556666")),
            ["trust-other-account", "unknown-genesys-account"]
        );
        assert_eq!(
            trust(&TRUST.replace("765628985471", "765628985472")),
            ["trust-other-account", "account-misprint"]
        );
        // A published sample has eleven digits.
        for eleven in ["arn:aws:iam::76562898547:root", "76562898547"] {
            let misprint = TRUST.replace("arn:aws:iam::765628985471:root", eleven);
            assert_eq!(trust(&misprint), ["trust-other-account", "account-misprint"], "{eleven}");
            assert_eq!(
                names(lint_trust(&document(&misprint), &Expected::default())),
                ["trust-other-account"]
            );
        }
        assert_eq!(
            trust(&TRUST.replace("StringEquals", "StringEqual")),
            ["unknown-operator", "trust-without-external-id"]
        );
        assert_eq!(
            trust(&TRUST.replace("sts:ExternalId", "sts:ExternalIds")),
            ["misspelt-key", "trust-without-external-id"]
        );
        assert_eq!(trust(&TRUST.replace("\"Effect\"", "\"Efect\":1,\"Effect\"")), ["unknown-element"]);
        assert_eq!(trust(&TRUST.replace("x1", &"x".repeat(2000))), ["over-quota"]);
        assert_eq!(trust(&TRUST.replace("x1", &"x".repeat(1800))), Vec::<&str>::new());
    }

    #[test]
    fn a_right_key_or_action_is_not_taken_for_a_misprint_of_another() {
        for key in KEYS.iter().copied().chain(["aws:PrincipalTag/sts:ExternalIdx", "aws:RequestTag/a"]) {
            let condition =
                format!(r#""StringEquals":{{"sts:ExternalId":"x1"}},"StringLike":{{"{key}":"y"}}"#);
            let text = TRUST.replace(r#""StringEquals":{"sts:ExternalId":"x1"}"#, &condition);
            assert!(!trust(&text).contains(&"misspelt-key"), "{key}");
        }
        for action in ASSUME {
            assert!(
                !trust(&TRUST.replace("sts:AssumeRole", action)).contains(&"misspelt-action"),
                "{action}"
            );
        }
    }

    #[test]
    fn every_fault_of_a_policy_has_its_lint_and_a_near_miss_has_none() {
        for (from, to, near, lint) in [
            ("lambda:InvokeFunction", "lambda:*", "LAMBDA:invokefunction", "actions-too-broad"),
            (
                "lambda:InvokeFunction",
                "lambda:InvokeFunctionUrl",
                "lambda:InvokeFunction",
                "invoke-function-url",
            ),
            ("function:f", "function:*", "function:f", "wildcard-resource"),
            ("lambda:InvokeFunction", "lambda:InvokeFunctions", "lambda:InvokeFunction", "misspelt-action"),
        ] {
            assert_eq!(permissions(&INVOKES.replace(from, to)), [lint], "{to}");
            assert_eq!(permissions(&INVOKES.replace(from, near)), Vec::<&str>::new(), "{near}");
        }
        assert_eq!(permissions(&INVOKES.replace("function:f", "function:f:live")), ["function-not-covered"]);
        assert_eq!(
            permissions(&INVOKES.replace("us-east-1", "eu-west-1")),
            ["foreign-resource", "function-not-covered"]
        );
    }

    #[test]
    fn every_lint_is_in_the_docs() {
        let docs = include_str!("../../docs/lints.md");
        for Lint { name, consequence, remedy, .. } in LINTS {
            let section = docs.split("\n## ").find(|section| section.starts_with(&format!("`{name}`")));
            let section = section.unwrap_or_else(|| panic!("docs/lints.md has no `{name}`"));
            let section = section.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(section.contains(consequence) && section.contains(remedy), "docs/lints.md: `{name}`");
        }
    }
}
