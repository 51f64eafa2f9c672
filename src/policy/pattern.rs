//! Wildcards and policy variables.

use std::cell::Cell;

use super::evaluate::{Context, ContextValue};

/// Steps of matching that one evaluation may take. IAM's own limits keep real documents far below; what
/// goes over is undecided, so that hostile input costs no more than a moment.
const BUDGET: u64 = 20_000_000;

pub(super) struct Budget(Cell<u64>);

impl Budget {
    pub(super) fn new() -> Self {
        Self(Cell::new(BUDGET))
    }

    fn spend(&self, steps: usize) -> Result<(), Exhausted> {
        let left = self.0.get().checked_sub(steps as u64).ok_or(Exhausted)?;
        self.0.set(left);
        Ok(())
    }
}

/// The document asks for more matching than any that IAM takes.
#[derive(Debug)]
pub(super) struct Exhausted;

impl Exhausted {
    pub(super) const REASON: &str = "its patterns are too costly to match";
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Byte(u8),
    /// `*`
    Star,
    /// `?`
    One,
}

/// Tokens of a pattern without variables.
pub(super) fn tokens(pattern: &str) -> Vec<Token> {
    pattern.bytes().map(wildcard).collect()
}

fn wildcard(byte: u8) -> Token {
    match byte {
        b'*' => Token::Star,
        b'?' => Token::One,
        byte => Token::Byte(byte),
    }
}

/// Whether the pattern matches the whole text. `*` crosses everything, `?` is one character.
pub(super) fn matches(pattern: &[Token], text: &str, budget: &Budget) -> Result<bool, Exhausted> {
    let text = text.as_bytes();
    let (mut p, mut t) = (0, 0);
    // Where to go on after a mismatch: past the last star, one character further in the text.
    let mut retry: Option<(usize, usize)> = None;
    let mut steps = 0_usize;
    loop {
        steps += 1;
        if steps == 4096 {
            budget.spend(steps)?;
            steps = 0;
        }
        let advanced = match pattern.get(p) {
            Some(Token::Star) => {
                p += 1;
                retry = Some((p, t));
                true
            }
            Some(Token::One) if t < text.len() => {
                p += 1;
                t += char_len(text[t]);
                true
            }
            Some(Token::Byte(byte)) if text.get(t) == Some(byte) => {
                p += 1;
                t += 1;
                true
            }
            None if t == text.len() => {
                budget.spend(steps)?;
                return Ok(true);
            }
            _ => false,
        };
        if !advanced {
            match retry {
                Some((after_star, from)) if from < text.len() => {
                    let from = from + char_len(text[from]);
                    retry = Some((after_star, from));
                    (p, t) = (after_star, from);
                }
                _ => {
                    budget.spend(steps)?;
                    return Ok(false);
                }
            }
        }
    }
}

fn char_len(first: u8) -> usize {
    match first {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    }
}

/// How a resource pattern matches. IAM documents that a `*` at the end of a segment expands past colons, and
/// is silent on whether another wildcard does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResourceMatch {
    Yes,
    No,
    /// Only if a wildcard in the middle of a segment crosses a colon.
    OnlyAcrossColon,
}

pub(super) fn matches_resource(
    pattern: &[Token],
    text: &str,
    budget: &Budget,
) -> Result<ResourceMatch, Exhausted> {
    if !matches(pattern, text, budget)? {
        return Ok(ResourceMatch::No);
    }
    let last_of_segment = |at: usize| matches!(pattern.get(at + 1), None | Some(Token::Byte(b':')));
    let confined = |at: usize| match pattern[at] {
        Token::One => true,
        // Of a run of stars the last one counts.
        Token::Star => !last_of_segment(at) && pattern[at + 1] != Token::Star,
        Token::Byte(_) => false,
    };
    if !text.contains(':') || !(0..pattern.len()).any(confined) {
        return Ok(ResourceMatch::Yes);
    }
    // All positions in the pattern at once: backtracking over two kinds of star would be exponential.
    let mut states = vec![false; pattern.len() + 1];
    states[0] = true;
    let close = |states: &mut Vec<bool>| {
        for at in 0..pattern.len() {
            if states[at] && pattern[at] == Token::Star {
                states[at + 1] = true;
            }
        }
    };
    close(&mut states);
    for (start, character) in text.char_indices() {
        budget.spend(pattern.len())?;
        let bytes = &text.as_bytes()[start..start + character.len_utf8()];
        let mut next = vec![false; pattern.len() + 1];
        for at in (0..pattern.len()).filter(|&at| states[at]) {
            match pattern[at] {
                Token::Star if character != ':' || !confined(at) => next[at] = true,
                Token::One if character != ':' => next[at + 1] = true,
                Token::Byte(_) => {
                    let end = at + bytes.len();
                    let literal = pattern.get(at..end).is_some_and(|tokens| {
                        tokens.iter().zip(bytes).all(|(token, &byte)| *token == Token::Byte(byte))
                    });
                    if literal {
                        next[end] = true;
                    }
                }
                Token::Star | Token::One => {}
            }
        }
        close(&mut next);
        states = next;
    }
    Ok(if states[pattern.len()] { ResourceMatch::Yes } else { ResourceMatch::OnlyAcrossColon })
}

/// What became of a text with policy variables.
#[derive(Debug)]
pub(super) enum Expanded {
    Tokens(Vec<Token>),
    /// The key has no value and the variable no default: IAM takes that for a null, which equals nothing.
    NoValue(String),
    Unknown(String),
}

/// Puts in the values of `${…}`, which are literals, not patterns. Without `context` (before version
/// 2012-10-17) `${` has no meaning; with `wildcards`, `*` and `?` outside variables are patterns.
pub(super) fn expand(text: &str, context: Option<&Context>, wildcards: bool) -> Expanded {
    let mut tokens = Vec::with_capacity(text.len());
    let literal = |tokens: &mut Vec<Token>, text: &str| tokens.extend(text.bytes().map(Token::Byte));
    let plain = |tokens: &mut Vec<Token>, text: &str| {
        tokens.extend(text.bytes().map(|byte| if wildcards { wildcard(byte) } else { Token::Byte(byte) }));
    };
    let Some(context) = context else {
        plain(&mut tokens, text);
        return Expanded::Tokens(tokens);
    };
    let mut rest = text;
    while let Some((before, variable)) = rest.split_once("${") {
        plain(&mut tokens, before);
        let Some((variable, after)) = variable.split_once('}') else {
            return Expanded::Unknown("a policy variable is not closed".to_owned());
        };
        rest = after;
        if matches!(variable, "*" | "?" | "$") {
            literal(&mut tokens, variable);
            continue;
        }
        let (key, default) = match variable.split_once(',') {
            None => (variable.trim(), None),
            Some((key, default)) => {
                let default = default.trim().strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
                let Some(default) = default else {
                    return Expanded::Unknown(format!("the variable ${{{variable}}} is not understood"));
                };
                (key.trim(), Some(default))
            }
        };
        if key.is_empty() || key.contains(['$', '{', '\'']) {
            return Expanded::Unknown(format!("the variable ${{{variable}}} is not understood"));
        }
        match context.get(key) {
            ContextValue::Values(values) if values.len() == 1 => literal(&mut tokens, &values[0]),
            ContextValue::Values(values) if !values.is_empty() => {
                return Expanded::Unknown(format!("the variable ${{{variable}}} has several values"));
            }
            ContextValue::Unknown => return Expanded::Unknown(format!("the value of {key} is not known")),
            ContextValue::Values(_) | ContextValue::Absent => match default {
                // Whether a wildcard in a default is a pattern is not documented.
                Some(default) if wildcards && default.contains(['*', '?']) => {
                    return Expanded::Unknown(format!("the default of ${{{variable}}} has a wildcard"));
                }
                Some(default) => literal(&mut tokens, default),
                None => return Expanded::NoValue(key.to_owned()),
            },
        }
    }
    plain(&mut tokens, rest);
    Expanded::Tokens(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glob(pattern: &str, text: &str) -> bool {
        matches(&tokens(pattern), text, &Budget::new()).unwrap()
    }

    fn resource(pattern: &str, text: &str) -> ResourceMatch {
        matches_resource(&tokens(pattern), text, &Budget::new()).unwrap()
    }

    #[test]
    fn a_star_is_any_text_and_a_question_mark_one_character() {
        for (pattern, text) in [
            ("*", ""),
            ("a*", "a"),
            ("a*c", "abbc"),
            ("*a*b", "xaxab"),
            ("?", "ä"),
            ("*?ä", "öä"),
            ("a**b", "ab"),
            ("", ""),
        ] {
            assert!(glob(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("?", ""), ("a?", "a"), ("a*c", "acb"), ("??", "ä"), ("a", "A"), ("", "a"), ("*a", "b")]
        {
            assert!(!glob(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_costly_pattern_runs_out_of_budget() {
        let pattern = format!("{}b", "*a?a".repeat(10_000));
        let text = "a".repeat(60_000);
        let budget = Budget::new();
        let cost = (0..100).any(|_| matches(&tokens(&pattern), &text, &budget).is_err());
        let quadratic = matches(&tokens(&format!("*{}b", "a".repeat(50_000))), &"a".repeat(100_000), &budget);
        assert!(cost || quadratic.is_err());
    }

    #[test]
    fn a_star_at_the_end_of_a_segment_crosses_colons_and_another_may() {
        use ResourceMatch::{No, OnlyAcrossColon, Yes};
        let function = "arn:aws:lambda:eu-west-1:111122223333:function:orders:live";
        for (pattern, expected) in [
            ("*", Yes),
            ("arn:aws:lambda:*", Yes),
            ("arn:aws:lambda:*:live", Yes),
            ("arn:aws:lambda:eu-*:function:orders:live", Yes),
            ("arn:aws:lambda:eu-west-?:111122223333:function:*", Yes),
            ("arn:aws:lambda:eu-west-1:111122223333:function:ord*rs:live", Yes),
            ("arn:aws:lambda:eu-west-1:111122223333:function:ord*ve", OnlyAcrossColon),
            ("arn:aws:lambda:eu-west-1:111122223333:function:orders?live", OnlyAcrossColon),
            ("arn:aws:lambda:eu-west-1:111122223333:function:orders", No),
        ] {
            assert_eq!(resource(pattern, function), expected, "{pattern}");
        }
    }

    #[test]
    fn variables_are_put_in_as_literals() {
        let context = Context::complete().with("aws:username", &["a*b"]).with("aws:TagKeys", &["a", "b"]);
        let expanded = |text: &str| match expand(text, Some(&context), true) {
            Expanded::Tokens(tokens) => tokens
                .iter()
                .map(|token| match token {
                    Token::Byte(byte) => char::from(*byte).to_string(),
                    Token::Star => "<star>".to_owned(),
                    Token::One => "<one>".to_owned(),
                })
                .collect::<String>(),
            other => format!("{other:?}"),
        };
        assert_eq!(expanded("x/${AWS:UserName}/*"), "x/a*b/<star>");
        assert_eq!(expanded("${*}${?}${$}?"), "*?$<one>");
        assert_eq!(expanded("${aws:PrincipalTag/team, 'all'}"), "all");
        assert_eq!(expanded("${aws:userid}"), "NoValue(\"aws:userid\")");
        assert!(expanded("${aws:userid").starts_with("Unknown"));
        assert!(expanded("${}").starts_with("Unknown"));
        assert!(expanded("${aws:userid, all}").starts_with("Unknown"));
        assert!(expanded("${aws:TagKeys}").starts_with("Unknown"));
        assert!(
            matches!(expand("${aws:username}", None, false), Expanded::Tokens(tokens) if tokens.len() == 15)
        );
    }
}
