//! A Version whose rules treat variables as plain text.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use crate::policy::document::VERSION_2008;
use crate::policy::grammar::Purpose;

pub(super) static LINT: Lint = Lint {
    name: "old-version",
    aliases: &[],
    severity: LintSeverity::Warning,
    consequence: "Policy variables are plain text, and IAM takes no new permissions policy of this version.",
    remedy: "Write \"Version\": \"2012-10-17\".",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    let version = subject.document.version.as_deref();
    if version.is_some_and(|version| version != VERSION_2008) {
        return;
    }
    let matters = subject.purpose != Purpose::Trust || subject.document.to_json().contains("${");
    match version {
        _ if !matters => {}
        Some(version) => hits.add_whole(format!("the Version is {version}")),
        None => hits.add_whole("there is no Version, which means 2008-10-17"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{INVOKES, TRUST, permissions_of, trust_of};

    #[test]
    fn a_permissions_policy_of_2008_is_found_and_a_trust_policy_where_it_has_variables() {
        let old = |statement: &str| format!(r#"{{"Statement":[{statement}]}}"#);
        assert_eq!(permissions_of(&old(INVOKES)), ["old-version"]);
        assert_eq!(trust_of(&old(TRUST)), Vec::<&str>::new());
        assert!(trust_of(&old(&TRUST.replace("x1", "${aws:x}"))).contains(&"old-version"));
    }
}
