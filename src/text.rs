//! Untrusted text: escaped so that it cannot imitate our own output.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

/// One line with every character visible.
pub fn one_line(text: &str) -> Cow<'_, str> {
    escaped(text, |_, c| is_unseen(c))
}

/// A path within a line: its name may contain anything but a slash.
pub fn path(path: &Path) -> String {
    one_line(&path.to_string_lossy()).into_owned()
}

/// Several lines, with tabs and our own colours; every other character is visible.
pub fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |at, c| match c {
        '\n' | '\t' => false,
        '\x1b' => color(&text[at..]).is_none(),
        c => is_unseen(c),
    })
}

/// The same text at the same length, with asterisks replacing user names and passwords in URLs.
pub fn without_passwords(text: &str) -> Cow<'_, str> {
    let mut masked: Vec<Range<usize>> = Vec::new();
    for (at, separator) in text.match_indices("://") {
        let start = at + separator.len();
        let ends = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '`' | '<' | '>');
        let url = &text[start..];
        let url = &url[..url.find(ends).unwrap_or(url.len())];
        let authority = &url[..url.find(['/', '?', '#', '\\']).unwrap_or(url.len())];
        // A password may contain what ends an authority. Then the text after the colon is not a port.
        let after_host = authority
            .strip_prefix('[')
            .and_then(|rest| rest.split_once(']'))
            .map_or(authority, |(_, rest)| rest);
        let has_port =
            after_host.split_once(':').is_none_or(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
        let end = authority.rfind('@').or_else(|| url.rfind('@').filter(|_| !has_port));
        masked.extend(end.map(|end| start..start + end));
    }
    if masked.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for Range { start, end } in masked {
        // One URL may be inside the password of another.
        let start = start.max(from);
        if start < end {
            out.push_str(&text[from..start]);
            out.extend(std::iter::repeat_n('*', end - start));
            from = end;
        }
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

/// A command's word, quoted for a shell.
pub fn shell_word(text: &str) -> String {
    // A newline in a file name would end the line that shows the command.
    if text.chars().any(char::is_control) {
        let escaped = text.chars().map(|c| match c {
            '\'' | '\\' => format!("\\{c}"),
            c if c.is_control() => c.to_string().bytes().map(|byte| format!("\\x{byte:02x}")).collect(),
            c => c.to_string(),
        });
        return format!("$'{}'", escaped.collect::<String>());
    }
    shlex::try_quote(text).map_or_else(|_| text.to_owned(), |quoted| quoted.into_owned())
}

/// The password of a URL, even of a broken one.
pub fn password(url: &str) -> Option<&str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (user_info, _) = rest.rsplit_once('@')?;
    Some(user_info.split_once(':').map_or(user_info, |(_, password)| password))
}

/// Capitalizes the first letter, unless the text begins with a name: names are printed as they are.
pub fn sentence_case(text: &str) -> String {
    let first = text.split([' ', ',', '.', ';', ')']).next().unwrap_or_default();
    let is_word = !first.is_empty() && first.bytes().all(|b| b.is_ascii_lowercase() || b == b'\'');
    if !is_word {
        return text.to_owned();
    }
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Escapes lines that would start a CI command: `::command::` at the beginning, `##[command]` anywhere. Colours are
/// skipped, because they are left out where no terminal reads them.
pub fn inert(text: &str) -> String {
    if !text.contains(':') && !text.contains('#') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut begins_line = true;
    while let Some(c) = rest.chars().next() {
        if let Some(code) = color(rest) {
            out.push_str(code);
            rest = &rest[code.len()..];
            continue;
        }
        let after = &rest[c.len_utf8()..];
        match c {
            ':' if begins_line && next_seen(after).0 == Some(':') => out.push_str("\\u003a"),
            '#' if is_command(after) => {
                // The second `#` is escaped.
                let (_, behind) = next_seen(after);
                out.push('#');
                out.push_str(&after[..after.len() - behind.len() - 1]);
                out.push_str("\\u0023");
                rest = behind;
                begins_line = false;
                continue;
            }
            c => out.push(c),
        }
        begins_line = c == '\n' || begins_line && c.is_whitespace();
        rest = after;
    }
    out
}

/// Whether `#[` or `#vso[` follows.
fn is_command(after: &str) -> bool {
    let mut rest = after;
    let mut seen = std::iter::from_fn(|| {
        let (c, behind) = next_seen(rest);
        rest = behind;
        c
    });
    seen.next() == Some('#')
        && match seen.next() {
            Some('[') => true,
            Some('v') => seen.take(3).eq("so[".chars()),
            _ => false,
        }
}

/// The first character after any colours, and the rest.
fn next_seen(mut text: &str) -> (Option<char>, &str) {
    while let Some(code) = color(text) {
        text = &text[code.len()..];
    }
    let mut chars = text.chars();
    (chars.next(), chars.as_str())
}

/// Escapes as JSON, TOML and Rust do, so that the text stays valid in each.
fn escaped(text: &str, escapes: impl Fn(usize, char) -> bool) -> Cow<'_, str> {
    let mut out = String::new();
    // Unescaped stretches are copied in one piece.
    let mut from = 0;
    for (at, c) in text.char_indices() {
        if escapes(at, c) {
            out.push_str(&text[from..at]);
            out.push_str(&match c {
                '\n' => "\\n".to_owned(),
                '\t' => "\\t".to_owned(),
                c => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
            });
            from = at + c.len_utf8();
        }
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

/// Control, joining, zero-width and private-use characters, direction changes, and lookalikes of a space.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{1680}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}'
            | '\u{2800}' | '\u{3000}' | '\u{3164}' | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..='\u{10ffff}')
}

/// The colour code at the beginning: `ESC [ digits and semicolons m`.
pub fn color(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("\x1b[")?;
    let end = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').strip_prefix('m')?;
    text.get(..text.len() - end.len())
}

/// "1 role", "2 roles".
pub fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// The nearest known word, if the text nearly matches one but none exactly. Ignores case.
pub fn near_miss<'k>(text: &str, known: &[&'k str]) -> Option<&'k str> {
    const NEAR: usize = 3;
    let text = text.to_ascii_lowercase();
    let distance = |known: &&'k str| strsim::damerau_levenshtein(&known.to_ascii_lowercase(), &text);
    // The length first: comparing long texts is slow.
    let nearest = known
        .iter()
        .filter(|known| known.len().abs_diff(text.len()) <= NEAR)
        .map(|known| (distance(known), *known))
        .min_by_key(|(distance, _)| *distance);
    match nearest {
        Some((0, _)) => None,
        Some((distance, nearest)) if distance <= NEAR => Some(nearest),
        // `timeout` for `timeout_seconds`
        _ => {
            let begins = |known: &&&str| {
                let rest = known.to_ascii_lowercase();
                text.len() > NEAR && rest.strip_prefix(&text).is_some_and(|rest| rest.starts_with('_'))
            };
            let mut begun = known.iter().filter(begins);
            begun.next().filter(|_| begun.next().is_none()).copied()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_escaped() {
        assert_eq!(one_line("plain → 日本"), "plain → 日本");
        assert_eq!(
            one_line("a\nb\tc\r\x1b[2K\u{9b}d\u{202e}e\u{feff}"),
            "a\\nb\\tc\\u000d\\u001b[2K\\u009bd\\u202ee\\ufeff"
        );
    }

    #[test]
    fn passwords_of_urls_are_masked_whatever_they_hold() {
        for (text, masked) in [
            ("see http://u:p@h:1/x and", "see http://***@h:1/x and"),
            ("\"https://u:pä@h\"", "\"https://*****@h\""),
            ("https://token@h", "https://*****@h"),
            ("http://u:p@q@h", "http://*****@h"),
            ("http://u:p/q@h:1", "http://*****@h:1"),
            ("http://u:p#1?2@h", "http://*******@h"),
            ("http://h:1/@scope/x", "http://h:1/@scope/x"),
            ("https://h/a@b", "https://h/a@b"),
            ("a@b.c http://h", "a@b.c http://h"),
            ("http://a:b://c:d@e", "http://*********@e"),
        ] {
            assert_eq!(without_passwords(text), masked);
            assert_eq!(without_passwords(text).len(), text.len());
        }
        assert_eq!(password("http://u:p:q@h"), Some("p:q"));
        assert_eq!(password("u:p@:80/\\"), Some("p"));
        assert_eq!(password("http://h:80"), None);
    }

    #[test]
    fn lines_and_colours_of_our_own_stay() {
        let ours = "\x1b[1;31mred\x1b[0m\n\tx";
        assert_eq!(lines(ours), ours);
        assert_eq!(lines("\x1b[2J\x1b]0;t\x07\u{202e}\n"), "\\u001b[2J\\u001b]0;t\\u0007\\u202e\n");
        let value: serde_json::Value = serde_json::from_str(&lines("[\"\u{202e}\"]")).unwrap();
        assert_eq!(value[0], "\u{202e}");
    }

    #[test]
    fn no_line_starts_a_command_of_a_ci() {
        assert_eq!(
            inert("a\n  ::error::x\nb :: c\n##[add-mask]y"),
            "a\n  \\u003a:error::x\nb :: c\n#\\u0023[add-mask]y"
        );
        assert_eq!(inert("{\"a\": \"::x\"}"), "{\"a\": \"::x\"}");
        // Without a terminal, colours are left out and blanks do not count.
        let (red, end) = ("\x1b[31m", "\x1b[0m");
        for command in [
            format!("  {red}::add-mask::e{end}"),
            format!("{red} :{end}:stop-commands::x"),
            format!("a\n{red}{end}\t::error::x"),
            format!("x #{red}#{end}[group]y"),
            format!("##{red}vso[task]y"),
            format!("###{red}[group]y"),
        ] {
            let shown = anstream::adapter::strip_str(&inert(&command)).to_string();
            assert!(!shown.lines().any(|line| line.trim_start().starts_with("::")), "{shown}");
            assert!(!shown.contains("##[") && !shown.contains("##vso["), "{shown}");
        }
    }

    #[test]
    fn whatever_takes_no_room_is_shown() {
        for c in ["\u{ad}", "\u{a0}", "\u{fe0f}", "\u{e0041}", "\u{3164}", "\u{115f}", "\u{34f}", "\u{e000}"]
        {
            assert!(one_line(c).starts_with("\\u"), "{c:?}");
        }
        let value: serde_json::Value = serde_json::from_str(&lines("[\"\u{e0041}\"]")).unwrap();
        assert_eq!(value[0], "\u{e0041}");
    }
}
