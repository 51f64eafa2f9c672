//! Untrusted text in Markdown: masked first, then escaped, so escapes cannot hide a value from the mask.

use crate::text::one_line as visible;

/// Escapes for each place in a comment.
pub(super) struct Escape<'a> {
    pub(super) mask: &'a dyn Fn(&str) -> String,
}

impl Escape<'_> {
    /// Text that can neither break out of its place nor become active: no mention, link or issue reference. Text
    /// between backticks stays code.
    pub(super) fn text(&self, text: &str) -> String {
        let text = visible(&(self.mask)(text)).into_owned();
        let mut out = String::with_capacity(text.len());
        let mut in_code = false;
        // Several in a row, or one too many, pair differently than they seem to; in code a pipe cannot be escaped.
        let is_odd = text.contains("``") || text.contains('|') || text.matches('`').count() % 2 == 1;
        for (at, c) in text.char_indices() {
            match c {
                '`' if is_odd => out.push_str("&#96;"),
                '`' => {
                    in_code = !in_code;
                    out.push(c);
                }
                '|' => out.push_str("&#124;"),
                c if in_code => out.push(c),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '&' => out.push_str("&amp;"),
                '*' | '_' | '[' | ']' | '\\' | '~' | '$' => {
                    out.push('\\');
                    out.push(c);
                }
                c => push_inert(&mut out, &text, at, c),
            }
        }
        out
    }

    /// Joins several lines into one.
    pub(super) fn one_line(&self, text: &str) -> String {
        self.text(&text.lines().map(str::trim).collect::<Vec<_>>().join("; "))
    }

    /// Nothing is active in code.
    pub(super) fn code(&self, text: &str) -> String {
        let code = visible(&(self.mask)(text)).replace('`', " ");
        // Between backticks a pipe would end a table cell, and empty text would be two backticks.
        if code.contains('|') || code.trim().is_empty() {
            return format!("<code>{}</code>", self.text(&code));
        }
        format!("`{code}`")
    }

    /// In HTML, such as a summary.
    pub(super) fn html(&self, text: &str) -> String {
        let text = visible(&(self.mask)(text)).into_owned();
        let mut out = String::with_capacity(text.len());
        for (at, c) in text.char_indices() {
            match c {
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '&' => out.push_str("&amp;"),
                '|' => out.push_str("&#124;"),
                '`' => {}
                c => push_inert(&mut out, &text, at, c),
            }
        }
        out
    }

    /// Only a fence ends a fenced block.
    pub(super) fn fenced(&self, text: &str) -> String {
        visible(&(self.mask)(text)).replace("``", "` `").replace("``", "` `")
    }

    /// Several lines in a fenced block.
    pub(super) fn fenced_lines(&self, text: &str) -> String {
        text.lines().map(|line| self.fenced(line)).collect::<Vec<_>>().join("\n")
    }

    /// In a picture's label. Numbers and words between `#` and `;` are characters there.
    pub(super) fn label(&self, text: &str) -> String {
        let mut out = String::new();
        for c in visible(&(self.mask)(text)).chars() {
            match c {
                '"' => out.push_str("#quot;"),
                '<' => out.push_str("#lt;"),
                '>' => out.push_str("#gt;"),
                '#' => out.push_str("#35;"),
                // Directives start with two `%`, formulas with `$`.
                '%' => out.push_str("#37;"),
                '&' => out.push_str("#38;"),
                '$' => out.push_str("#36;"),
                '`' => out.push(' '),
                c => out.push(c),
            }
        }
        out
    }
}

/// An invisible empty comment splits what would be a mention, a link or an issue reference.
fn push_inert(out: &mut String, text: &str, at: usize, c: char) {
    const PART: &str = "<!-- -->";
    let before = text.get(..at).unwrap_or_default();
    let ends_with = |word: &str| {
        before.len() >= word.len()
            && before.get(before.len() - word.len()..).is_some_and(|end| end.eq_ignore_ascii_case(word))
    };
    match c {
        '@' | '#' => {
            out.push(c);
            out.push_str(PART);
        }
        // GitLab's references to merge requests and milestones.
        '!' | '%' if text[at + 1..].starts_with(|next: char| next.is_ascii_digit()) => {
            out.push(c);
            out.push_str(PART);
        }
        ':' if text.get(at..).is_some_and(|rest| rest.starts_with("://")) => {
            out.push(':');
            out.push_str(PART);
        }
        '.' if ends_with("www") => {
            out.push_str(PART);
            out.push('.');
        }
        '-' if ends_with("gh") => {
            out.push('-');
            out.push_str(PART);
        }
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Escape<'_> = Escape { mask: &|text| text.to_owned() };

    #[test]
    fn pipes_stay_in_their_cell_and_fences_are_never_ended() {
        assert_eq!(PLAIN.text("`code @team\\|x` out"), "&#96;code @<!-- -->team\\\\&#124;x&#96; out");
        assert_eq!(PLAIN.code("a\\|@b"), "<code>a\\\\&#124;@<!-- -->b</code>");
        assert_eq!(PLAIN.code(""), "<code></code>");
        assert_eq!(PLAIN.fenced("`````"), "` ` ` ` `");
        assert_eq!(PLAIN.label("%%{init}%% &lt; $$"), "#37;#37;{init}#37;#37; #38;lt; #36;#36;");
    }

    #[test]
    fn nothing_comes_alive() {
        assert_eq!(PLAIN.text("@team"), "@<!-- -->team");
        assert_eq!(PLAIN.text("see #1, GH-2"), "see #<!-- -->1, GH-<!-- -->2");
        assert_eq!(
            PLAIN.text("http://evil.example www.evil.example"),
            "http:<!-- -->//evil.example www<!-- -->.evil.example"
        );
        assert_eq!(PLAIN.text("[l](x) <b> **b** ~~s~~"), "\\[l\\](x) &lt;b&gt; \\*\\*b\\*\\* \\~\\~s\\~\\~");
        assert_eq!(PLAIN.text("`code @team x` out"), "`code @team x` out");
        assert_eq!(PLAIN.html("<i>@team `x`"), "&lt;i&gt;@<!-- -->team x");
        assert_eq!(PLAIN.label("a \"b\" #1"), "a #quot;b#quot; #35;1");
        assert_eq!(PLAIN.fenced("a\n```\nb"), "a\\n` ` `\\nb");
    }

    #[test]
    fn a_value_is_masked_before_it_is_escaped() {
        let masks = Escape { mask: &|text| text.replace("s_e@c|r`et", "(masked)") };
        for text in [
            masks.text("id s_e@c|r`et"),
            masks.code("id s_e@c|r`et"),
            masks.html("id s_e@c|r`et"),
            masks.fenced("id s_e@c|r`et"),
            masks.label("id s_e@c|r`et"),
        ] {
            assert!(text.contains("(masked)"), "{text}");
        }
    }
}
