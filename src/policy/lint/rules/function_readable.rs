//! A function's own policy that shows someone else its code.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use super::function_open::{functions, is_own};
use crate::policy::function_policy::function_readers;
use crate::policy::grammar::Purpose;

pub(super) static LINT: Lint = Lint {
    name: "function-readable",
    aliases: &[],
    severity: LintSeverity::Warning,
    consequence: "Someone else may see the function's code or environment variables.",
    remedy: "Remove the statement (`aws lambda remove-permission`) unless they are meant to.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for (number, statement) in subject.allows(Purpose::Resource) {
        let alone = subject.document.with_denials(statement);
        for (function, label) in functions(subject, statement) {
            for (who, _) in function_readers(&alone, &function, |_, _| None)
                .into_iter()
                .filter(|(_, principal)| !principal.as_deref().is_some_and(|one| is_own(subject, one)))
            {
                hits.add(number, format!("lets {who} see the code or environment variables of {label}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::function;

    #[test]
    fn whoever_else_may_see_the_code_is_found() {
        for (principal, action, own, expected) in [
            (r#"{"AWS":"222222222222"}"#, "lambda:GetFunction", "111122223333", &["function-readable"][..]),
            (r#"{"AWS":"222222222222"}"#, "lambda:Get*", "111122223333", &["function-readable"]),
            ("\"*\"", "lambda:GetFunctionConfiguration", "111122223333", &["function-readable"]),
            (r#"{"AWS":"222222222222"}"#, "lambda:GetFunction", "222222222222", &[]),
            (r#"{"AWS":"111122223333"}"#, "lambda:GetFunction", "111122223333", &[]),
            (r#"{"AWS":"222222222222"}"#, "lambda:GetPolicy", "111122223333", &[]),
            (r#"{"AWS":"222222222222"}"#, "lambda:*", "111122223333", &["function-open"]),
        ] {
            let statement = format!(
                r#"{{"Effect":"Allow","Principal":{principal},"Action":"{action}","Resource":"arn:aws:lambda:us-east-1:111122223333:function:f"}}"#
            );
            assert_eq!(function(&statement, &[own]), expected, "{statement}");
        }
    }
}
