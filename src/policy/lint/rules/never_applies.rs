//! A statement that names Genesys Cloud and can never apply to it, beside one that does.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use super::super::probe::is_plain_id;
use super::external_ids::{demanded, unusable};
use super::principals::{is_genesys, names_everyone};
use crate::policy::Principal;
use crate::policy::document::Statement;
use crate::policy::grammar::Purpose;

pub(super) static LINT: Lint = Lint {
    name: "trust-never-applies",
    aliases: &[],
    severity: LintSeverity::Warning,
    consequence: "The statement names Genesys Cloud and never admits it: it does nothing for it.",
    remedy: "Remove the statement, or correct its condition.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    if !is_any_live(subject) {
        return;
    }
    // One for everyone does not name Genesys Cloud.
    let naming = subject.allows(Purpose::Trust).filter(|(_, statement)| !names_everyone(statement));
    for (number, statement) in naming {
        if let Some(why) = dead(subject, statement) {
            hits.add(number, why);
        }
    }
}

/// Whether a statement admits Genesys Cloud, or another finding says why it does not.
pub(super) fn is_any_live(subject: &Subject<'_>) -> bool {
    subject.allows(Purpose::Trust).any(|(_, statement)| {
        let genesys = named(subject, statement);
        unusable(statement).next().is_some()
            || genesys.iter().any(|who| subject.probe.admits_ever(statement, who))
    })
}

/// Why it never admits Genesys Cloud, which it names.
pub(super) fn dead(subject: &Subject<'_>, statement: &Statement) -> Option<String> {
    let genesys = named(subject, statement);
    let is_dead = unusable(statement).next().is_none()
        && !genesys.iter().any(|who| subject.probe.admits_ever(statement, who));
    let id =
        demanded(statement).map(|(_, value)| value).find(|value| is_plain_id(value)).map(ToString::to_string);
    genesys.first().filter(|_| is_dead).map(|who| subject.probe.why_refused(statement, who, id.as_deref()))
}

/// Those of Genesys's identities that it would admit without its conditions.
fn named(subject: &Subject<'_>, statement: &Statement) -> Vec<Principal> {
    let mut genesys = subject.probe.principals(statement);
    genesys.retain(|who| is_genesys(subject, who) && subject.probe.names(statement, who));
    genesys
}
