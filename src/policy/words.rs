//! Values as shown in reasons.

use std::borrow::Cow;

/// A value as shown in a reason: whole, unless longer than any AWS has.
pub(super) fn shown(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(2048) {
        None => text.into(),
        Some((end, _)) => format!("{}…", &text[..end]).into(),
    }
}

/// The first values, in quotes.
pub(super) fn listed(values: &[String], between: &str) -> String {
    const SHOWN: usize = 8;
    let mut words: Vec<String> =
        values.iter().take(SHOWN).map(|value| format!("\"{}\"", shown(value))).collect();
    if values.len() > SHOWN {
        words.push(format!("{} more", values.len() - SHOWN));
    }
    words.join(between)
}
