//! `lambda:InvokeAsync`, which no data action needs.

use super::super::model::{Hits, Lint, LintSeverity, Subject};

pub(super) static LINT: Lint = Lint {
    name: "invoke-async",
    aliases: &[],
    severity: LintSeverity::Warning,
    consequence: "lambda:InvokeAsync, which is deprecated, invokes functions too: a data action needs lambda:InvokeFunction only.",
    remedy: "Allow lambda:InvokeFunction.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    subject.add_named_action("lambda:InvokeAsync", hits);
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{INVOKES, permissions};

    #[test]
    fn it_is_found() {
        let found = permissions(&INVOKES.replace("lambda:InvokeFunction", "lambda:InvokeAsync"));
        assert_eq!(found, ["function-not-covered", "invoke-async"]);
    }
}
