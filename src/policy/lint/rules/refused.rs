//! What IAM refuses to store.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use crate::policy::grammar::{DocumentRefusal, refusals};

pub(super) static LINT: Lint = Lint {
    name: "refused-by-iam",
    aliases: &[],
    severity: LintSeverity::Error,
    consequence: "IAM refuses the document, so nothing is known of what it would do.",
    remedy: "Correct what is named.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for DocumentRefusal { statement, message } in refusals(subject.document, subject.purpose) {
        match statement {
            Some(number) => hits.add(number, message),
            None => hits.add_whole(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{INVOKES, TRUST, permissions, trust};

    #[test]
    fn what_iam_refuses_is_found() {
        for (from, to) in [
            (r#"{"AWS":"arn:aws:iam::765628985471:root"}"#, r#"{"aws":"*"}"#),
            ("arn:aws:iam::765628985471:root", "arn:aws:iam::*:root"),
            ("arn:aws:iam::765628985471:root", "arn:aws:iam::765628985471:*"),
            (r#""Principal":{"AWS":"arn:aws:iam::765628985471:root"},"#, ""),
            ("\"Action\"", "\"Resource\":\"*\",\"Action\""),
            ("sts:AssumeRole", "*"),
            ("\"x1\"", "[]"),
            ("x1", "\u{201c}x1\u{201d}"),
        ] {
            assert!(trust(&TRUST.replace(from, to)).contains(&"refused-by-iam"), "{to}");
        }
        for (from, to) in [
            ("lambda:InvokeFunction", "InvokeFunction"),
            ("lambda:InvokeFunction", "lambda:InvokeFunction "),
            ("\"lambda:InvokeFunction\"", "[]"),
            ("arn:aws:lambda:us-east-1:111122223333:function:f", "function:f"),
            (r#","Resource":"arn:aws:lambda:us-east-1:111122223333:function:f""#, ""),
            (r#""Action":"lambda:InvokeFunction","#, ""),
            ("\"Action\"", "\"Principal\":\"*\",\"Action\""),
        ] {
            assert!(permissions(&INVOKES.replace(from, to)).contains(&"refused-by-iam"), "{to}");
        }
    }
}
