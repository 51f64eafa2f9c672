//! Wildcards and policy variables.

use super::document::VERSION_2012;
use super::evaluate::{Context, ContextValue};

/// One piece of a pattern; what a variable expands to is literal, never a wildcard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    Literal(char),
    /// Any run of characters, also none and also colons.
    Star,
    /// One character.
    Question,
}

/// Why a text with variables has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unresolved {
    /// The request has no such key.
    Missing(String),
    /// What the key holds is unknown, or it holds several values.
    Unknown(String),
}

/// `text` as a pattern, without variables.
pub(super) fn wildcards(text: &str) -> Vec<Piece> {
    text.chars().map(wildcard).collect()
}

fn wildcard(c: char) -> Piece {
    match c {
        '*' => Piece::Star,
        '?' => Piece::Question,
        c => Piece::Literal(c),
    }
}

/// `text` as a pattern, with the variables of version 2012-10-17 expanded
/// (IAM User Guide, `reference_policies_variables`).
pub(super) fn expand(text: &str, version: &str, context: &Context) -> Result<Vec<Piece>, Unresolved> {
    if version != VERSION_2012 || !text.contains("${") {
        return Ok(wildcards(text));
    }
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let Some(length) = rest[start..].find('}') else { break };
        pieces.extend(wildcards(&rest[..start]));
        let value = variable(&rest[start + 2..start + length], context)?;
        pieces.extend(value.chars().map(Piece::Literal));
        rest = &rest[start + length + 1..];
    }
    pieces.extend(wildcards(rest));
    Ok(pieces)
}

fn variable(inside: &str, context: &Context) -> Result<String, Unresolved> {
    if matches!(inside, "*" | "?" | "$") {
        return Ok(inside.to_owned());
    }
    let (key, default) = match inside.split_once(',') {
        Some((key, default)) => (key.trim(), Some(default.trim())),
        None => (inside.trim(), None),
    };
    let default = match default {
        None => None,
        Some(quoted) => match quoted.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
            Some(text) => Some(text.to_owned()),
            None => return Err(Unresolved::Unknown(key.to_owned())),
        },
    };
    match context.get(key) {
        ContextValue::Values(values) if values.len() == 1 => Ok(values[0].clone()),
        ContextValue::Values(values) if !values.is_empty() => Err(Unresolved::Unknown(key.to_owned())),
        ContextValue::Unknown => Err(Unresolved::Unknown(key.to_owned())),
        ContextValue::Values(_) | ContextValue::Absent => {
            default.ok_or_else(|| Unresolved::Missing(key.to_owned()))
        }
    }
}

/// The text that a pattern stands for when wildcards are taken literally, as `StringEquals` does.
pub(super) fn literal(pieces: &[Piece]) -> String {
    let char_of = |piece: &Piece| match piece {
        Piece::Literal(c) => *c,
        Piece::Star => '*',
        Piece::Question => '?',
    };
    pieces.iter().map(char_of).collect()
}

/// Whether the whole text matches. Greedy with one point of return: at worst the product of both lengths.
pub(super) fn matches(pieces: &[Piece], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pieces.get(p) {
            Some(Piece::Star) => {
                star = Some((p, t));
                p += 1;
            }
            Some(Piece::Question) => (p, t) = (p + 1, t + 1),
            Some(Piece::Literal(c)) if *c == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, t) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pieces[p..].iter().all(|piece| *piece == Piece::Star)
}

/// Whether a pattern with `*` and `?` matches the whole text, with case.
pub fn wildcard_matches(pattern: &str, text: &str) -> bool {
    matches(&wildcards(pattern), text)
}

/// Whether an ARN matches, each of its six components for itself: here a `*` does not cross a colon, but in the last.
/// `None` when one of them is no ARN.
pub(super) fn arn_matches(pieces: &[Piece], arn: &str) -> Option<bool> {
    let patterns: Vec<&[Piece]> = pieces.splitn(6, |piece| *piece == Piece::Literal(':')).collect();
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    if patterns.len() != 6 || parts.len() != 6 {
        return None;
    }
    Some(patterns.iter().zip(parts).all(|(pattern, part)| matches(pattern, part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glob(pattern: &str, text: &str) -> bool {
        matches(&wildcards(pattern), text)
    }

    #[test]
    fn wildcards_match_as_iam_documents() {
        assert!(glob("*", ""));
        assert!(glob("arn:aws:lambda:*:function:f", "arn:aws:lambda:us-east-1:111122223333:function:f"));
        assert!(glob("a?c*", "abcdef"));
        assert!(!glob("a?c", "ac"));
        assert!(!glob("", "a"));
        assert!(glob("*a*b*c", "xxaxxbxxc"));
        assert!(!glob("*a*b*c", "xxaxxbxx"));
    }

    #[test]
    fn a_hostile_pattern_takes_no_exponential_time() {
        assert!(!glob(&"*a".repeat(200), &"a".repeat(199)));
    }

    #[test]
    fn a_variable_is_literal_and_only_known_to_the_new_version() {
        let context = Context::complete().with("aws:username", &["a*"]);
        let pattern = expand("x/${aws:username}/*", VERSION_2012, &context).unwrap();
        assert!(matches(&pattern, "x/a*/y"));
        assert!(!matches(&pattern, "x/ab/y"));
        let old = expand("${aws:username}", "2008-10-17", &context).unwrap();
        assert!(matches(&old, "${aws:username}"));
    }

    #[test]
    fn a_variable_has_a_default_or_is_missing() {
        let context = Context::complete();
        let text = expand("${aws:PrincipalTag/team, 'x y'}${*}${$}", VERSION_2012, &context).unwrap();
        assert_eq!(literal(&text), "x y*$");
        let missing = expand("${aws:username}", VERSION_2012, &context);
        assert_eq!(missing, Err(Unresolved::Missing("aws:username".to_owned())));
    }

    #[test]
    fn a_star_in_an_arn_stays_within_its_component() {
        let arn = "arn:aws:iam::111122223333:role/a:b";
        assert_eq!(arn_matches(&wildcards("arn:aws:iam::*:role/*"), arn), Some(true));
        assert_eq!(arn_matches(&wildcards("arn:aws:*:role/a:b"), arn), None);
        assert_eq!(arn_matches(&wildcards("*:*:*:*:*:*"), arn), Some(true));
        assert_eq!(arn_matches(&wildcards("*"), arn), None);
    }
}
