//! A function's own policy that only a bucket's name binds to the account.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use super::function_open::functions;
use crate::policy::function_policy::buckets_by_name;
use crate::policy::grammar::Purpose;

pub(super) static LINT: Lint = Lint {
    name: "function-bound-by-bucket-name",
    aliases: &[],
    severity: LintSeverity::Warning,
    consequence: "Once the bucket is deleted, whoever makes a new one of its name may invoke the function.",
    remedy: "Add aws:SourceAccount with your own account.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for (number, statement) in subject.allows(Purpose::Resource) {
        let alone = subject.document.with_denials(statement);
        let functions = functions(subject, statement);
        let Some((function, _)) = functions.first() else { continue };
        for bucket in buckets_by_name(&alone, &function.as_arn().account) {
            hits.add(number, format!("only the name of the bucket `{bucket}` says who may invoke it"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::function;

    #[test]
    fn a_bucket_without_its_account_is_found() {
        for (condition, expected) in [
            (
                r#"{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::my-bucket"}}"#,
                &["function-bound-by-bucket-name"][..],
            ),
            (
                r#"{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::my-bucket"},"StringEquals":{"aws:SourceAccount":"111122223333"}}"#,
                &[],
            ),
            (r#"{"ArnLike":{"aws:SourceArn":"arn:aws:sns:us-east-1:111122223333:t"}}"#, &[]),
        ] {
            let statement = format!(
                r#"{{"Effect":"Allow","Principal":{{"Service":"s3.amazonaws.com"}},"Action":"lambda:InvokeFunction",
                    "Resource":"arn:aws:lambda:us-east-1:111122223333:function:f","Condition":{condition}}}"#
            );
            assert_eq!(function(&statement, &[]), expected, "{condition}");
        }
    }
}
