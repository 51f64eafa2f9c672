//! A function that cannot be invoked.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use crate::arn::FunctionArn;
use crate::policy::grammar::Purpose;

pub(super) static LINT: Lint = Lint {
    name: "function-not-covered",
    aliases: &[],
    severity: LintSeverity::Error,
    consequence: "The role cannot invoke the function. A qualified ARN is not covered by the unqualified one, nor the reverse.",
    remedy: "List the very ARN that the data action calls.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    if subject.purpose != Purpose::Identity {
        return;
    }
    for function in subject.expected.functions {
        if subject.probe.may_invoke(function.as_arn()) {
            continue;
        }
        let mut resources =
            subject.allows(Purpose::Identity).flat_map(|(_, statement)| statement.resource_values());
        let kin = resources.find(|value| {
            value.parse::<FunctionArn>().is_ok_and(|arn| arn.name() == function.name() && arn != *function)
        });
        hits.add_whole(match kin {
            Some(kin) => format!("`{function}`: the policy has `{kin}`"),
            None => format!("`{function}`"),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{INVOKES, permissions};

    #[test]
    fn a_function_that_no_statement_covers_is_found() {
        assert_eq!(permissions(&INVOKES.replace("function:f", "function:f:live")), ["function-not-covered"]);
        let deny = r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#;
        assert_eq!(permissions(&format!("{INVOKES},{deny}")), ["function-not-covered"]);
        assert_eq!(permissions(INVOKES), Vec::<&str>::new());
    }
}
