//! Anything not written here in full is text, and text is escaped: markup can only be a literal of this program.

use std::fmt::Write;

use crate::text::one_line;

/// HTML being written.
pub(super) struct Html<'m> {
    out: String,
    mask: &'m dyn Fn(&str) -> String,
}

/// Untrusted text, masked and with every character visible; not yet escaped, so it can be measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plain(String);

impl Plain {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'m> Html<'m> {
    pub(super) fn new(mask: &'m dyn Fn(&str) -> String) -> Self {
        Self { out: String::new(), mask }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    /// Markup: accepts only literals.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.out.push_str(markup);
        self
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        let plain = self.plain(text);
        self.plain_text(&plain)
    }

    /// Text whose parts between backticks are code.
    pub(super) fn prose(&mut self, text: &str) -> &mut Self {
        let plain = self.plain(text);
        let parts: Vec<&str> = plain.0.split('`').collect();
        // One too many pairs differently than it seems to.
        if parts.len().is_multiple_of(2) {
            return self.plain_text(&plain);
        }
        // A punctuation mark stays on the line of the name before it.
        let is_kept = |part: &str| part.starts_with([',', ';', '.', ':', ')', '?']);
        let mut kept = 0;
        for (index, part) in parts.iter().enumerate() {
            if index % 2 == 0 {
                self.escape(&part[std::mem::take(&mut kept)..]);
                continue;
            }
            let mark = parts.get(index + 1).filter(|next| is_kept(next)).map(|next| &next[..1]);
            self.out.push_str(if mark.is_some() { "<span class=\"kept\"><code>" } else { "<code>" });
            self.escape(part);
            self.out.push_str("</code>");
            if let Some(mark) = mark {
                self.escape(mark);
                self.out.push_str("</span>");
                kept = 1;
            }
        }
        self
    }

    /// ` name="value"`
    pub(super) fn attribute(&mut self, name: &'static str, value: &str) -> &mut Self {
        let plain = self.plain(value);
        let _ = write!(self.out, " {name}=\"");
        self.escape(&plain.0);
        self.out.push('"');
        self
    }

    /// ` name="12"`
    pub(super) fn number(&mut self, name: &'static str, value: i32) -> &mut Self {
        let _ = write!(self.out, " {name}=\"{value}\"");
        self
    }

    /// ` points="1,2 3,4"`
    pub(super) fn points(&mut self, points: &[(i32, i32)]) -> &mut Self {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
        let _ = write!(self.out, " points=\"{}\"", points.join(" "));
        self
    }

    /// Something written separately, in the same way.
    pub(super) fn append(&mut self, part: Html<'_>) -> &mut Self {
        self.out.push_str(&part.out);
        self
    }

    pub(super) fn mask(&self) -> &'m dyn Fn(&str) -> String {
        self.mask
    }

    /// ` viewBox="0 0 360 720"`
    pub(super) fn view_box(&mut self, width: i32, height: i32) -> &mut Self {
        let _ = write!(self.out, " viewBox=\"0 0 {width} {height}\"");
        self
    }

    /// ` name="value"` with a value of this program: neither masked nor escaped.
    pub(super) fn constant(&mut self, name: &'static str, value: &str) -> &mut Self {
        let _ = write!(self.out, " {name}=\"{value}\"");
        self
    }

    /// Something without foreign names in it, such as an ID within the page.
    pub(super) fn id(&mut self, name: &'static str, prefix: &'static str, number: usize) -> &mut Self {
        let _ = write!(self.out, " {name}=\"{prefix}{number}\"");
        self
    }

    pub(super) fn count(&mut self, number: usize) -> &mut Self {
        let _ = write!(self.out, "{number}");
        self
    }

    /// Masks a text and makes it visible, before it is measured or cut: cut text would slip past the mask.
    pub(super) fn plain(&self, text: &str) -> Plain {
        Plain(one_line(&(self.mask)(text)).into_owned())
    }

    /// A piece of plain text.
    pub(super) fn plain_text(&mut self, text: &Plain) -> &mut Self {
        self.escape(&text.0);
        self
    }

    /// The one place where untrusted text becomes HTML.
    fn escape(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '&' => self.out.push_str("&amp;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                '`' => self.out.push_str("&#96;"),
                c => self.out.push(c),
            }
        }
    }
}

impl Plain {
    /// Lines of at most this many columns, broken at the joints of names; what does not fit ends in an ellipsis.
    pub(super) fn lines(&self, columns: usize, most: usize) -> Vec<Plain> {
        let mut lines: Vec<String> = Vec::new();
        let mut line = String::new();
        for piece in pieces(&self.0) {
            for piece in fitting(piece, columns) {
                if width(&line) + width(piece.trim_end()) > columns && !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                }
                line.push_str(piece);
            }
        }
        lines.push(line);
        let is_cut = lines.len() > most;
        lines.truncate(most);
        if let Some(last) = lines.last_mut().filter(|_| is_cut) {
            while width(last) + 1 > columns {
                last.pop();
            }
            last.push('…');
        }
        lines.into_iter().map(|line| Plain(line.trim().to_owned())).collect()
    }
}

fn width(text: &str) -> usize {
    textwrap::core::display_width(text)
}

/// Words and parts of names: split after a space or a mark, and before a capital.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut before) = (0, ' ');
    for (at, c) in text.char_indices() {
        let is_joint = matches!(before, ' ' | '-' | '_' | '.' | ':' | '/' | '@' | ',') && !matches!(c, ' ')
            || before.is_lowercase() && c.is_uppercase();
        if is_joint && at > start {
            pieces.push(&text[start..at]);
            start = at;
        }
        before = c;
    }
    pieces.push(&text[start..]);
    pieces
}

/// A piece too long for a line, split into several.
fn fitting(piece: &str, columns: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut taken) = (0, 0);
    for (at, c) in piece.char_indices() {
        let room = width(c.encode_utf8(&mut [0; 4]));
        if taken + room > columns && at > start && c != ' ' {
            parts.push(&piece[start..at]);
            (start, taken) = (at, 0);
        }
        taken += room;
    }
    parts.push(&piece[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, columns: usize, most: usize) -> Vec<String> {
        let plain = |text: &str| text.to_owned();
        let html = Html::new(&plain);
        html.plain(text).lines(columns, most).iter().map(|line| line.as_str().to_owned()).collect()
    }

    #[test]
    fn names_are_broken_at_their_joints() {
        assert_eq!(lines("GenesysDataActionRole", 14, 4), ["GenesysData", "ActionRole"]);
        assert_eq!(
            lines("my-genesys-trigger-function:live", 14, 4),
            ["my-genesys-", "trigger-", "function:live"]
        );
        assert_eq!(lines("may assume the role", 11, 4), ["may assume", "the role"]);
        assert_eq!(lines("aaaaaaaaaa", 4, 2), ["aaaa", "aaa…"]);
        assert_eq!(lines("", 4, 2), [""]);
        assert_eq!(lines("日本語です", 4, 4), ["日本", "語で", "す"]);
    }

    #[test]
    fn a_punctuation_mark_stays_with_the_name_before_it() {
        let mask = |text: &str| text.to_owned();
        let mut html = Html::new(&mask);
        html.prose("cannot invoke `a-b`; `c` can, `d`");
        assert_eq!(
            html.finish(),
            "cannot invoke <span class=\"kept\"><code>a-b</code>;</span> <code>c</code> can, <code>d</code>"
        );
    }

    #[test]
    fn text_is_masked_before_it_is_escaped_and_nothing_of_it_is_markup() {
        let mask = |text: &str| text.replace("<s&t>", "(masked)");
        let mut html = Html::new(&mask);
        html.raw("<p").attribute("title", "\"'<s&t>").raw(">").prose("a `<b>` <s&t>\n\u{202e}").raw("</p>");
        assert_eq!(
            html.finish(),
            "<p title=\"&quot;&#39;(masked)\">a <code>&lt;b&gt;</code> (masked)\\n\\u202e</p>"
        );
    }
}
