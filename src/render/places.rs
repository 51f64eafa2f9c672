//! Where external IDs occur in output: in documents, and in sentences about them.

use std::ops::Range;

use crate::text::one_line;

/// As in a document, in JSON within JSON, in a URL, and in a page.
const QUOTES: [&str; 4] = ["\\\"", "\"", "%22", "&quot;"];
const BLANKS: [&str; 6] = [" ", "\n", "\t", "\\n", "%20", "%0A"];
/// Followed by a value in quotes.
const QUOTED: [&str; 6] =
    ["external id ", "externalid ", "demands ", "accepts ", "comes with ", "the request has "];
/// Followed by a value, with or without quotes.
const PLAIN: [&str; 2] = [", with external id ", "externalid is "];

/// The places where a value starts that `known` has the length of, in order.
pub(super) fn external_ids(text: &str, known: &dyn Fn(&str) -> Option<usize>) -> Vec<Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let mut found = Found { text, known, ranges: Vec::new() };
    for (at, key) in lower.match_indices("externalid") {
        found.condition(at + key.len());
    }
    for (at, hunk) in lower.match_indices("@@\n") {
        found.values(at + hunk.len(), true, &is_secretive);
    }
    for (phrases, is_quoted) in [(&QUOTED[..], true), (&PLAIN[..], false)] {
        for (at, phrase) in phrases.iter().flat_map(|phrase| lower.match_indices(phrase)) {
            found.sentence(at + phrase.len(), is_quoted);
        }
    }
    found.ranges.sort_by_key(|range| (range.start, range.end));
    found.ranges
}

/// Masks lines of a document together: the preceding lines say where a value is.
pub fn masked_lines<'a>(lines: impl Iterator<Item = &'a str>, mask: &dyn Fn(&str) -> String) -> Vec<String> {
    let lines: Vec<_> = lines.map(|line| one_line(line).into_owned()).collect();
    let masked = mask(&lines.join("\n"));
    let together: Vec<String> = masked.split('\n').map(str::to_owned).collect();
    if together.len() == lines.len() { together } else { lines.iter().map(|line| mask(line)).collect() }
}

struct Found<'a> {
    text: &'a str,
    known: &'a dyn Fn(&str) -> Option<usize>,
    ranges: Vec<Range<usize>>,
}

impl Found<'_> {
    /// After `"sts:ExternalId`: a value, or a list of them.
    fn condition(&mut self, at: usize) {
        let Some((_, at)) = strip(self.text, at, &QUOTES) else { return };
        let Some((_, at)) = strip(self.text, skip(self.text, at, &BLANKS), &[":", "%3A", "%3a"]) else {
            return;
        };
        let at = skip(self.text, at, &BLANKS);
        match strip(self.text, at, &["[", "%5B", "%5b"]) {
            Some((_, at)) => self.values(at, true, &|_| true),
            None => self.values(at, false, &|_| true),
        }
    }

    /// Values with their separators, and the signs of a diff.
    fn values(&mut self, mut at: usize, is_list: bool, takes: &dyn Fn(&str) -> bool) {
        loop {
            at = skip(self.text, at, &BLANKS);
            at = skip(self.text, at, &["+ ", "- ", ",", "%2C", "%2c", " ", "\n", "\t", "\\n", "%20", "%0A"]);
            let Some((range, end)) = self.value(at) else { return };
            // A name of something does not belong to the list.
            if self.text[end..].starts_with(':') || self.text[end..].starts_with("%3A") {
                return;
            }
            if takes(&self.text[range.clone()]) {
                self.take(range);
            }
            if !is_list {
                return;
            }
            at = end;
        }
    }

    /// One value, or several with words or commas between them.
    fn sentence(&mut self, mut at: usize, is_quoted: bool) {
        loop {
            let end = match self.value(at) {
                Some((range, end)) if strip(self.text, at, &QUOTES).is_some() => {
                    self.take(range);
                    end
                }
                _ if is_quoted => return,
                _ => {
                    let rest = &self.text[at..];
                    let word = rest.find(|c: char| c.is_whitespace() || c == '"').unwrap_or(rest.len());
                    let bare = rest[..word].trim_end_matches(['.', ',', ';', ':', ')']).len();
                    [word, bare].into_iter().for_each(|length| self.take(at..at + length));
                    at + bare
                }
            };
            let Some((joint, next)) = strip(self.text, end, &[" or ", " and ", ", "]) else { return };
            if joint != " or " && strip(self.text, next, &QUOTES).is_none() {
                return;
            }
            at = next;
        }
    }

    /// The text in quotes, or a number; and where the rest starts.
    fn value(&self, at: usize) -> Option<(Range<usize>, usize)> {
        let Some((quote, from)) = strip(self.text, at, &QUOTES) else {
            let rest = &self.text[at..];
            let length = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            return (length > 0).then_some((at..at + length, at + length));
        };
        let rest = &self.text[from..];
        // A value with quotes of its own ends where the known one does.
        if let Some(length) = (self.known)(rest)
            && rest[length..].starts_with(quote)
        {
            return Some((from..from + length, from + length + quote.len()));
        }
        let is_end = |at: &usize| quote == "%22" || !rest[..*at].ends_with('\\');
        let (length, _) = rest.match_indices(quote).find(|(at, _)| is_end(at))?;
        Some((from..from + length, from + length + quote.len()))
    }

    fn take(&mut self, range: Range<usize>) {
        if (self.known)(&self.text[range.clone()]) == Some(range.len()) {
            self.ranges.push(range);
        }
    }
}

/// Whether a value from a list without a visible name may be an external ID: accounts, principals and actions are not.
fn is_secretive(value: &str) -> bool {
    let is_action = value.split_once(':').is_some_and(|(service, action)| {
        service.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && action.bytes().all(|b| b.is_ascii_alphabetic() || b == b'*')
    });
    !value.starts_with("arn:") && !is_action && !is_account(value)
}

pub(super) fn is_account(value: &str) -> bool {
    value.len() == 12 && value.bytes().all(|b| b.is_ascii_digit())
}

fn strip<'a>(text: &str, at: usize, any: &[&'a str]) -> Option<(&'a str, usize)> {
    let found = any.iter().find(|one| text[at..].starts_with(**one))?;
    Some((found, at + found.len()))
}

fn skip(text: &str, mut at: usize, any: &[&str]) -> usize {
    while let Some((_, after)) = strip(text, at, any) {
        at = after;
    }
    at
}
