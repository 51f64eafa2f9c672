//! Questions at the evaluated level.

use std::borrow::Cow;

use super::super::claim::Question;
use super::super::level::Level;
use super::super::topic::Topic;

pub(super) const NOT_ASSUMED: &str =
    "Genesys Cloud is refused (AccessDenied): the data action fails with 403";
pub(super) const NOT_INVOKED: &str =
    "Genesys Cloud assumes the role and is refused at lambda:InvokeFunction: 403";

pub(super) fn ask(
    topic: Topic,
    holds: impl Into<String>,
    fails: impl Into<String>,
    open: impl Into<String>,
) -> Question {
    Question::new(Level::Evaluated, topic, holds, fails, open)
}

/// Quoted for a shell, whatever it contains.
pub(super) fn shell_word(text: &str) -> String {
    shlex::try_quote(text).map(Cow::into_owned).unwrap_or_default()
}
