//! `lambda:InvokeFunctionUrl`, which no data action needs.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use crate::policy::document::ActionElement;
use crate::policy::grammar::Purpose;

pub(super) static LINT: Lint = Lint {
    name: "invoke-function-url",
    aliases: &[],
    severity: LintSeverity::Warning,
    consequence: "lambda:InvokeFunctionUrl is for function URLs: a data action needs lambda:InvokeFunction.",
    remedy: "Allow lambda:InvokeFunction.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for (number, statement) in subject.allows(Purpose::Identity) {
        let Some(ActionElement::Action(actions)) = &statement.action else { continue };
        for action in
            actions.as_slice().iter().filter(|action| action.eq_ignore_ascii_case("lambda:InvokeFunctionUrl"))
        {
            if subject.probe.may(statement, "lambda:InvokeFunctionUrl") {
                hits.add(number, format!("`{action}`"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{INVOKES, permissions};

    #[test]
    fn it_is_found() {
        let found = permissions(&INVOKES.replace("lambda:InvokeFunction", "lambda:InvokeFunctionUrl"));
        assert_eq!(found, ["function-not-covered", "invoke-function-url"]);
    }
}
