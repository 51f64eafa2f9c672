//! An element that IAM's grammar does not have.

use super::super::model::{Hits, Lint, LintSeverity, Subject};

pub(super) static LINT: Lint = Lint {
    name: "unknown-element",
    aliases: &[],
    severity: LintSeverity::Error,
    consequence: "IAM's grammar does not have the element: IAM refuses the document.",
    remedy: "Remove it, or correct its name.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for element in subject.document.unknown.keys() {
        hits.add_whole(format!("the element `{element}`"));
    }
    for (number, statement) in subject.statements() {
        for element in statement.unknown.keys() {
            hits.add(number, format!("the element `{element}`"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{TRUST, trust};

    #[test]
    fn an_element_beside_the_grammar_is_found() {
        assert_eq!(trust(&TRUST.replace("\"Effect\"", "\"Efect\":1,\"Effect\"")), ["unknown-element"]);
    }
}
