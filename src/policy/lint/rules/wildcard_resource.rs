//! Functions that nobody named.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use super::actions::INVOKE;
use crate::policy::document::{ResourceElement, VERSION_2012};
use crate::policy::grammar::Purpose;

pub(super) static LINT: Lint = Lint {
    name: "wildcard-resource",
    aliases: &[],
    severity: LintSeverity::Error,
    consequence: "Functions not named in the spec, including future ones, may be invoked.",
    remedy: "List the exact ARNs.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for (number, statement) in subject.allows(Purpose::Identity) {
        let may = |resource: &str| {
            INVOKE.iter().any(|action| subject.probe.may_on_unnamed(statement, action, resource))
        };
        match &statement.resource {
            Some(ResourceElement::NotResource(_)) if may("*") => {
                hits.add(number, "NotResource covers everything else")
            }
            Some(ResourceElement::Resource(values)) => {
                for value in values.as_slice() {
                    let is_variable =
                        value.contains("${") && subject.document.effective_version() == VERSION_2012;
                    let is_open = value.contains(['*', '?']) || is_variable;
                    if is_open && may(value) {
                        hits.add(number, format!("`{value}`"));
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{INVOKES, permissions};

    #[test]
    fn wildcards_variables_and_not_resource_are_found() {
        for resource in ["function:*", "function:?", "function:${aws:PrincipalTag/fn}"] {
            let found = permissions(&INVOKES.replace("function:f", resource));
            assert!(found.contains(&"wildcard-resource"), "{resource}: {found:?}");
        }
        let not = INVOKES.replace("\"Resource\"", "\"NotResource\"");
        assert!(permissions(&not).contains(&"wildcard-resource"));
        let url = INVOKES
            .replace("lambda:InvokeFunction", "lambda:InvokeFunctionUrl")
            .replace("function:f", "function:*");
        assert_eq!(permissions(&url), ["function-not-covered", "invoke-function-url", "wildcard-resource"]);
        // A statement about other things is reported as too broad, not for its resources.
        let read = INVOKES
            .replace("lambda:InvokeFunction", "lambda:GetFunction")
            .replace("function:f", "function:*");
        assert!(!permissions(&read).contains(&"wildcard-resource"));
    }
}
