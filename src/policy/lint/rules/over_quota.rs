//! Longer than IAM accepts.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use crate::policy::grammar::Purpose;
use crate::policy::quota;

pub(super) static LINT: Lint = Lint {
    name: "over-quota",
    aliases: &[],
    severity: LintSeverity::Error,
    consequence: "IAM refuses the document by its default quota.",
    remedy: "Make it shorter, or split it.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    let quota = match subject.purpose {
        Purpose::Trust => quota::TRUST_POLICY,
        Purpose::Identity => quota::MANAGED_POLICY,
        // Lambda has its own limit for function policies.
        Purpose::Resource => return,
    };
    let size = subject.document.size();
    if size > quota {
        hits.add_whole(format!("{size} characters, the default quota is {quota}"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{TRUST, trust};

    #[test]
    fn a_document_over_the_quota_is_found() {
        // External IDs have up to 1224 characters.
        let ids = |count: usize| format!("[{}]", vec![format!("\"{}\"", "x".repeat(700)); count].join(","));
        assert!(trust(&TRUST.replace("\"x1\"", &ids(3))).contains(&"over-quota"));
        assert!(!trust(&TRUST.replace("\"x1\"", &ids(2))).contains(&"over-quota"));
    }
}
