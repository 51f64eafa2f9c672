//! A function's own policy that lets someone else run or change the function.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use crate::arn::{Arn, FunctionArn};
use crate::policy::document::{ResourceElement, Statement};
use crate::policy::function_policy::function_grants;
use crate::policy::grammar::Purpose;

/// The account of a function whose owner the document does not identify: every account counts as foreign.
const NOBODYS: &str = "000000000000";

pub(super) static LINT: Lint = Lint {
    name: "function-open",
    aliases: &[],
    severity: LintSeverity::Error,
    consequence: "Someone else may run or change the function, without the role.",
    remedy: "Remove the statement (`aws lambda remove-permission`), or bind it with aws:SourceArn or aws:SourceAccount.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for (number, statement) in subject.allows(Purpose::Resource) {
        let alone = subject.document.with_denials(statement);
        for (function, label) in functions(subject, statement) {
            for grant in function_grants(&alone, &function, |_, _| None) {
                if grant.principal.as_deref().is_some_and(|one| is_own(subject, one)) {
                    continue;
                }
                let does = match (grant.powers.run, grant.powers.change) {
                    (true, true) => "invoke and change",
                    (false, true) => "change",
                    _ => "invoke",
                };
                hits.add(number, format!("lets {} {does} {label}", grant.who));
            }
        }
    }
}

/// Whether a principal is of an account that is the user's.
pub(super) fn is_own(subject: &Subject<'_>, principal: &str) -> bool {
    let account = principal.parse::<Arn>().map_or_else(|_| principal.to_owned(), |arn| arn.account);
    subject.expected.own_accounts.iter().any(|own| own.as_str() == account)
}

/// The functions a statement covers, and their names. One represents everything that a pattern matches.
pub(super) fn functions(subject: &Subject<'_>, statement: &Statement) -> Vec<(FunctionArn, String)> {
    let values = statement.resource_values();
    let named = values.iter().filter_map(|value| value.parse::<FunctionArn>().ok());
    let mut functions: Vec<(FunctionArn, String)> = named
        .map(|function| {
            let label = format!("the function `{}`", function.label());
            (function, label)
        })
        .collect();
    let patterns: Vec<String> = values
        .iter()
        .filter(|value| value.parse::<FunctionArn>().is_err())
        .map(|value| format!("`{value}`"))
        .collect();
    let is_but = matches!(statement.resource, Some(ResourceElement::NotResource(_)));
    if is_but || !patterns.is_empty() || values.is_empty() {
        let known = functions.first().map(|(function, _)| function.as_arn().account.clone());
        let account = subject.expected.own_accounts.first().map(ToString::to_string).or(known);
        let account = account.unwrap_or_else(|| NOBODYS.to_owned());
        let arn = format!("arn:aws:lambda:us-east-1:{account}:function:any");
        let label = match patterns.as_slice() {
            [] => "the function".to_owned(),
            _ if is_but => "every function but some".to_owned(),
            patterns => format!("each function that {} matches", patterns.join(" or ")),
        };
        functions.extend(arn.parse().ok().map(|function| (function, label)));
    }
    functions
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::function;

    fn allow(principal: &str, action: &str, condition: &str) -> String {
        format!(
            r#"{{"Effect":"Allow","Principal":{principal},"Action":"{action}","Resource":"arn:aws:lambda:us-east-1:111122223333:function:f"{condition}}}"#
        )
    }

    #[test]
    fn a_pattern_for_the_function_hides_nobody() {
        let other = r#""arn:aws:lambda:us-east-1:111122223333:function:other""#;
        let resources = [
            r#","Resource":"*""#.to_owned(),
            String::new(),
            r#","NotResource":"arn:aws:lambda:us-east-1:111122223333:function:secret""#.to_owned(),
            r#","Resource":"arn:aws:lambda:*:111122223333:function:*""#.to_owned(),
            format!(r#","Resource":["arn:aws:lambda:us-east-1:111122223333:function:f-*",{other}]"#),
            format!(r#","Resource":[{other},"arn:aws:lambda:us-east-1:111122223333:function:f"]"#),
        ];
        for resource in resources {
            for principal in [
                r#""Principal":"*""#,
                r#""Principal":{"AWS":"222222222222"}"#,
                r#""NotPrincipal":{"AWS":"111122223333"}"#,
            ] {
                for action in ["lambda:InvokeFunction", "lambda:*", "lambda:InvokeFunctionUrl"] {
                    let statement =
                        format!(r#"{{"Effect":"Allow",{principal},"Action":"{action}"{resource}}}"#);
                    let found = function(&statement, &["111122223333"]);
                    assert!(found.contains(&"function-open"), "{statement}: {found:?}");
                }
            }
        }
    }

    #[test]
    fn whoever_else_may_run_or_change_the_function_is_found_by_whatever_action() {
        for action in
            ["lambda:InvokeFunction", "lambda:Invoke*", "lambda:*", "lambda:UpdateFunctionCode", "*"]
        {
            for principal in [r#""*""#, r#"{"AWS":"222222222222"}"#, r#"{"Service":"s3.amazonaws.com"}"#] {
                let found = function(&allow(principal, action, ""), &[]);
                assert_eq!(found, ["function-open"], "{principal} {action}");
            }
            assert_eq!(function(&allow(r#"{"AWS":"111122223333"}"#, action, ""), &[]), [""; 0]);
            assert_eq!(function(&allow(r#"{"AWS":"222222222222"}"#, action, ""), &["222222222222"]), [""; 0]);
        }
        let bound = r#","Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}"#;
        let service = r#"{"Service":"s3.amazonaws.com"}"#;
        assert_eq!(function(&allow(service, "lambda:InvokeFunction", bound), &[]), [""; 0]);
        assert_eq!(function(&allow(r#""*""#, "lambda:GetPolicy", ""), &[]), [""; 0]);
    }
}
