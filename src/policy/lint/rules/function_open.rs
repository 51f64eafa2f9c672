//! A function's own policy that lets someone else run or change the function.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use crate::arn::FunctionArn;
use crate::policy::function_policy::function_grants;
use crate::policy::grammar::Purpose;

pub(super) static LINT: Lint = Lint {
    name: "function-open",
    aliases: &[],
    severity: LintSeverity::Error,
    consequence: "Someone else may run or change the function, without the role.",
    remedy: "Remove the statement (`aws lambda remove-permission`), or bind it with aws:SourceArn or aws:SourceAccount.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    let own = |principal: &str| {
        subject.expected.own_accounts.iter().any(|account| principal.contains(&format!("::{account}:")))
    };
    for (number, statement) in subject.allows(Purpose::Resource) {
        let mut functions = statement.resource_values().iter().map(|value| value.parse::<FunctionArn>());
        let Some(Ok(function)) = functions.next() else { continue };
        let alone = subject.document.with_denials(statement);
        for grant in function_grants(&alone, &function, |_, _| None) {
            if grant.principal.as_deref().is_some_and(own) {
                continue;
            }
            let does = match (grant.powers.run, grant.powers.change) {
                (true, true) => "invoke and change",
                (false, true) => "change",
                _ => "invoke",
            };
            hits.add(number, format!("lets {} {does} the function `{}`", grant.who, function.label()));
        }
    }
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
        assert_eq!(function(&allow(r#""*""#, "lambda:GetFunction", ""), &[]), [""; 0]);
    }
}
