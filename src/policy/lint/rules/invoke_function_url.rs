//! `lambda:InvokeFunctionUrl`, which no data action needs.

use super::super::model::{Hits, Lint, LintSeverity, Subject};

pub(super) static LINT: Lint = Lint {
    name: "invoke-function-url",
    aliases: &[],
    severity: LintSeverity::Warning,
    consequence: "lambda:InvokeFunctionUrl is for function URLs: a data action needs lambda:InvokeFunction.",
    remedy: "Allow lambda:InvokeFunction.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    subject.add_named_action("lambda:InvokeFunctionUrl", hits);
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
