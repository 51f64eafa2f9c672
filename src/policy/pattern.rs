//! Wildcards and policy variables.

use super::budget::Budget;
use super::document::VERSION_2012;
use super::request::{Context, ContextValue};

/// One piece of a pattern; a variable expands to literal text, never to a wildcard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    Literal(char),
    /// Any run of characters, including none and including colons.
    Star,
    /// One character.
    Question,
}

/// Why a text with variables has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unresolved {
    /// The budget is used up.
    Exhausted,
    /// The request does not have this key.
    Missing(String),
    /// The key's value is unknown, or it has several values.
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
pub(super) fn expand(
    text: &str,
    version: &str,
    context: &Context,
    budget: &Budget,
) -> Result<Vec<Piece>, Unresolved> {
    if version != VERSION_2012 || !text.contains("${") {
        return Ok(wildcards(text));
    }
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let Some(length) = rest[start..].find('}') else {
            return Err(Unresolved::Unknown(rest[start + 2..].to_owned()));
        };
        pieces.extend(wildcards(&rest[..start]));
        let value = variable(&rest[start + 2..start + length], context)?;
        // Costs more than a comparison: it allocates.
        budget.spend(4 * value.len()).ok_or(Unresolved::Exhausted)?;
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
        // Documented with one space: `${aws:PrincipalTag/team, 'none'}`.
        Some((key, default)) => (key, Some(default.strip_prefix(' ').unwrap_or(default))),
        None => (inside, None),
    };
    // The meaning of blanks around or within a key is not documented.
    if key.is_empty() || key.contains(|c: char| c == '$' || c == '{' || c.is_whitespace()) {
        return Err(Unresolved::Unknown(key.to_owned()));
    }
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
        ContextValue::Unknown | ContextValue::Like(_) => Err(Unresolved::Unknown(key.to_owned())),
        ContextValue::Values(_) | ContextValue::Absent => match default {
            // Whether a wildcard in a default acts as one is not documented.
            Some(default) if default.contains(['*', '?']) => Err(Unresolved::Unknown(key.to_owned())),
            Some(default) => Ok(default),
            None => Err(Unresolved::Missing(key.to_owned())),
        },
    }
}

/// The text that a pattern matches with its wildcards taken literally, as in `StringEquals`.
pub(super) fn literal(pieces: &[Piece]) -> String {
    let char_of = |piece: &Piece| match piece {
        Piece::Literal(c) => *c,
        Piece::Star => '*',
        Piece::Question => '?',
    };
    pieces.iter().map(char_of).collect()
}

/// Whether the whole text matches; `None` once the budget is used up. Greedy with one backtracking point: at worst the
/// product of both lengths.
pub(super) fn matches(pieces: &[Piece], text: &str, budget: &Budget) -> Option<bool> {
    budget.spend(pieces.len())?;
    greedy(pieces, text, budget)
}

fn greedy(pieces: &[Piece], text: &str, budget: &Budget) -> Option<bool> {
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    let mut steps = 0;
    while t < text.len() {
        steps += 1;
        if steps == 4096 {
            budget.spend(steps)?;
            steps = 0;
        }
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
                None => return Some(false),
            },
        }
    }
    budget.spend(steps)?;
    Some(pieces[p..].iter().all(|piece| *piece == Piece::Star))
}

/// The positions reached in a pattern before anything is read.
fn beginning(pieces: &[Piece]) -> Vec<bool> {
    let mut reached = vec![false; pieces.len() + 1];
    reached[0] = true;
    skip_stars(pieces, &mut reached);
    reached
}

/// A star may match nothing.
fn skip_stars(pieces: &[Piece], reached: &mut [bool]) {
    for (at, piece) in pieces.iter().enumerate() {
        if reached[at] && *piece == Piece::Star {
            reached[at + 1] = true;
        }
    }
}

/// How a resource's ARN matches. IAM documents that a `*` at the end of a segment matches past the colon, but not
/// whether other wildcards do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResourceMatch {
    Yes,
    No,
    OnlyByCrossingColon,
}

/// `None` once the budget is used up.
pub(super) fn resource_matches(pieces: &[Piece], resource: &str, budget: &Budget) -> Option<ResourceMatch> {
    if !matches(pieces, resource, budget)? {
        return Some(ResourceMatch::No);
    }
    // A wildcard that must stay within its segment.
    let confined = |at: usize| match pieces[at] {
        Piece::Literal(_) => false,
        Piece::Question => true,
        Piece::Star => !matches!(pieces.get(at + 1), None | Some(Piece::Star | Piece::Literal(':'))),
    };
    if !resource.contains(':') || !(0..pieces.len()).any(confined) {
        return Some(ResourceMatch::Yes);
    }
    // All positions at once: backtracking over two kinds of star would be exponential.
    let mut reached = beginning(pieces);
    for character in resource.chars() {
        budget.spend(pieces.len())?;
        let mut next = vec![false; pieces.len() + 1];
        for at in (0..pieces.len()).filter(|&at| reached[at]) {
            match pieces[at] {
                Piece::Literal(literal) if literal == character => next[at + 1] = true,
                Piece::Question if character != ':' => next[at + 1] = true,
                Piece::Star if character != ':' || !confined(at) => next[at] = true,
                Piece::Literal(_) | Piece::Question | Piece::Star => {}
            }
        }
        skip_stars(pieces, &mut next);
        reached = next;
    }
    Some(if reached[pieces.len()] { ResourceMatch::Yes } else { ResourceMatch::OnlyByCrossingColon })
}

/// Whether a pattern with `*` and `?` matches the whole text, case-sensitively.
pub fn wildcard_matches(pattern: &str, text: &str) -> bool {
    matches(&wildcards(pattern), text, &Budget::new()).unwrap_or(false)
}

/// What a pattern allows at a place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Symbol {
    Literal(char),
    /// Any single character.
    One,
    /// Any run of characters: a star, or a variable's value.
    Run,
}

fn symbols(pattern: &str) -> Vec<Symbol> {
    let mut symbols = Vec::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("${") {
            symbols.push(Symbol::Run);
            rest = rest.find('}').map_or("", |end| &rest[end + 1..]);
            continue;
        }
        symbols.push(match c {
            '*' => Symbol::Run,
            '?' => Symbol::One,
            c => Symbol::Literal(c),
        });
        rest = &rest[c.len_utf8()..];
    }
    symbols
}

/// Whether everything that may match `narrow` definitely matches `wide`. With `confined`, only a star at the end of an
/// ARN segment definitely matches a colon. A pattern with variables never definitely covers anything.
pub(super) fn contains(wide: &str, narrow: &str, confined: bool) -> bool {
    if wide.contains("${") {
        return false;
    }
    let pieces = wildcards(wide);
    let is_confined =
        |at: usize| confined && !matches!(pieces.get(at + 1), None | Some(Piece::Star | Piece::Literal(':')));
    let mut reached = beginning(&pieces);
    let budget = Budget::new();
    for symbol in symbols(narrow) {
        if budget.spend(pieces.len() + 1).is_none() {
            return false;
        }
        let mut next = vec![false; pieces.len() + 1];
        for at in (0..pieces.len()).filter(|&at| reached[at]) {
            match (pieces[at], symbol) {
                (Piece::Literal(wanted), Symbol::Literal(c)) if wanted == c => next[at + 1] = true,
                (Piece::Question, Symbol::Literal(c)) if !confined || c != ':' => next[at + 1] = true,
                (Piece::Question, Symbol::One) if !confined => next[at + 1] = true,
                (Piece::Star, Symbol::Literal(c)) if c != ':' || !is_confined(at) => next[at] = true,
                (Piece::Star, Symbol::One | Symbol::Run) if !is_confined(at) => next[at] = true,
                _ => {}
            }
        }
        skip_stars(&pieces, &mut next);
        reached = next;
    }
    reached[pieces.len()]
}

/// The same for `ArnLike`, component by component.
pub(super) fn arn_contains(wide: &str, narrow: &str) -> bool {
    let [wide, narrow] = [wide, narrow].map(|text| text.splitn(6, ':').collect::<Vec<_>>());
    wide.len() == 6
        && narrow.len() == 6
        && wide.iter().zip(narrow).all(|(wide, narrow)| contains(wide, narrow, false))
}

/// Whether nothing can match both patterns. A variable may be anything. No when that would take too long.
pub(super) fn is_disjoint(a: &str, b: &str) -> bool {
    const MOST: usize = 1_000_000;
    let [a, b] = [a, b].map(symbols);
    if (a.len() + 1) * (b.len() + 1) > MOST {
        let is_plain = |symbol: &&Symbol| matches!(symbol, Symbol::Literal(_));
        return a.iter().take_while(is_plain).zip(b.iter().take_while(is_plain)).any(|(a, b)| a != b);
    }
    // Which places in `b` one text can have reached, for a place in `a`.
    let mut reached = vec![false; b.len() + 1];
    reached[0] = true;
    for at in 0..=a.len() {
        let mut next = vec![false; b.len() + 1];
        for to in 0..=b.len() {
            if !reached[to] {
                continue;
            }
            match (a.get(at), b.get(to)) {
                (Some(Symbol::Run), other) => {
                    next[to] = true;
                    if other.is_some() {
                        reached[to + 1] = true;
                    }
                }
                (other, Some(Symbol::Run)) => {
                    reached[to + 1] = true;
                    if other.is_some() {
                        next[to] = true;
                    }
                }
                (Some(Symbol::Literal(a)), Some(Symbol::Literal(b))) if a != b => {}
                (Some(_), Some(_)) => next[to + 1] = true,
                (None, _) | (_, None) => {}
            }
        }
        if at < a.len() {
            reached = next;
        }
    }
    !reached[b.len()]
}

/// The same for `ArnLike`, component by component.
pub(super) fn arn_is_disjoint(a: &str, b: &str) -> bool {
    let [a, b] = [a, b].map(|text| text.splitn(6, ':').collect::<Vec<_>>());
    a.len() == 6 && b.len() == 6 && a.iter().zip(b).any(|(a, b)| is_disjoint(a, b))
}

/// Whether an ARN matches, each of its six components separately: a `*` does not cross a colon, except in the last.
/// `None` if either is not an ARN, or once the budget is used up.
pub(super) fn arn_matches(pieces: &[Piece], arn: &str, budget: &Budget) -> Option<bool> {
    let patterns: Vec<&[Piece]> = pieces.splitn(6, |piece| *piece == Piece::Literal(':')).collect();
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    if patterns.len() != 6 || parts.len() != 6 {
        return None;
    }
    for (pattern, part) in patterns.iter().zip(parts) {
        if !matches(pattern, part, budget)? {
            return Some(false);
        }
    }
    Some(true)
}

/// Whether a variable before an ARN's last component expands to text with a colon: which component is which is then not
/// documented.
pub(super) fn variable_breaks_arn(text: &str, pieces: &[Piece]) -> bool {
    let mut outside = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        outside.push_str(before);
        outside.push('$');
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    outside.push_str(rest);
    let head_varies = outside.splitn(6, ':').take(5).any(|component| component.contains('$'));
    let colons = pieces.iter().filter(|piece| **piece == Piece::Literal(':')).count();
    head_varies && colons != outside.matches(':').count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn glob(pattern: &str, text: &str) -> bool {
        matches(&wildcards(pattern), text, &Budget::new()).unwrap()
    }

    #[test]
    fn a_star_at_the_end_of_a_segment_crosses_colons_and_of_another_that_is_not_known() {
        use ResourceMatch::{No, OnlyByCrossingColon, Yes};
        let function = "arn:aws:lambda:eu-west-1:111122223333:function:orders:live";
        for (pattern, expected) in [
            ("*", Yes),
            ("arn:aws:lambda:*", Yes),
            ("arn:aws:lambda:*:live", Yes),
            ("arn:aws:lambda:eu-*:function:orders:live", Yes),
            ("arn:aws:lambda:eu-west-?:111122223333:function:*", Yes),
            ("arn:aws:lambda:eu-west-1:111122223333:function:ord*rs:live", Yes),
            ("arn:aws:lambda:eu-west-1:111122223333:function:ord*ve", OnlyByCrossingColon),
            ("arn:aws:lambda:eu-west-1:111122223333:function:orders?live", OnlyByCrossingColon),
            ("arn:aws:lambda:eu-west-1:111122223333:function:orders", No),
        ] {
            let got = resource_matches(&wildcards(pattern), function, &Budget::new());
            assert_eq!(got, Some(expected), "{pattern}");
        }
    }

    #[test]
    fn a_variable_that_is_not_closed_or_has_no_name_is_unknown() {
        let context = Context::complete();
        for text in ["a${aws:username", "${}", "${${aws:username}}"] {
            assert!(
                matches!(expand(text, VERSION_2012, &context, &Budget::new()), Err(Unresolved::Unknown(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn a_variable_repeated_without_end_is_not_put_in_to_the_end() {
        let context = Context::complete().with("long", &[&"a".repeat(100_000)]);
        let expanded = expand(&"${long}".repeat(10_000), VERSION_2012, &context, &Budget::new());
        assert_eq!(expanded, Err(Unresolved::Exhausted));
    }

    #[test]
    fn a_pattern_that_costs_too_much_is_not_matched_to_the_end() {
        let pattern = wildcards(&format!("*{}b", "a".repeat(50_000)));
        assert_eq!(matches(&pattern, &"a".repeat(100_000), &Budget::new()), None);
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
        let pattern = expand("x/${aws:username}/*", VERSION_2012, &context, &Budget::new()).unwrap();
        assert_eq!(matches(&pattern, "x/a*/y", &Budget::new()), Some(true));
        assert_eq!(matches(&pattern, "x/ab/y", &Budget::new()), Some(false));
        let old = expand("${aws:username}", "2008-10-17", &context, &Budget::new()).unwrap();
        assert_eq!(matches(&old, "${aws:username}", &Budget::new()), Some(true));
    }

    #[test]
    fn a_variable_has_a_default_or_is_missing() {
        let context = Context::complete();
        let text = expand("${aws:PrincipalTag/team, 'x y'}${*}${$}", VERSION_2012, &context, &Budget::new())
            .unwrap();
        assert_eq!(literal(&text), "x y*$");
        let missing = expand("${aws:username}", VERSION_2012, &context, &Budget::new());
        assert_eq!(missing, Err(Unresolved::Missing("aws:username".to_owned())));
    }

    #[test]
    fn a_star_in_an_arn_stays_within_its_component() {
        let arn = "arn:aws:iam::111122223333:role/a:b";
        assert_eq!(arn_matches(&wildcards("arn:aws:iam::*:role/*"), arn, &Budget::new()), Some(true));
        assert_eq!(arn_matches(&wildcards("arn:aws:*:role/a:b"), arn, &Budget::new()), None);
        assert_eq!(arn_matches(&wildcards("*:*:*:*:*:*"), arn, &Budget::new()), Some(true));
        assert_eq!(arn_matches(&wildcards("*"), arn, &Budget::new()), None);
    }

    proptest! {
        #[test]
        fn patterns_are_disjoint_where_no_text_matches_both(a in "[ab*?]{0,5}", b in "[ab*?]{0,5}") {
            let mut texts = vec![String::new()];
            let mut all = texts.clone();
            for _ in 0..6 {
                texts = texts.iter().flat_map(|text| ["a", "b"].map(|c| format!("{text}{c}"))).collect();
                all.extend(texts.iter().cloned());
            }
            let both = all.iter().find(|text| wildcard_matches(&a, text) && wildcard_matches(&b, text));
            // Two patterns of five need no longer text.
            prop_assert!(is_disjoint(&a, &b) == both.is_none() || a.len() + b.len() > 6, "{a} {b} {both:?}");
            prop_assert!(!is_disjoint(&a, &b) || both.is_none(), "{a} {b} {both:?}");
        }
    }
}
