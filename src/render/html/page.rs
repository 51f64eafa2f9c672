//! The frame of every page: it fetches nothing and runs nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::picture::BADGES;
use super::writer::Html;
use crate::check::Sign;
use crate::view::{PipelineRun, Provenance};

const STYLE: &str = include_str!("page.css");

/// A sign in a circle, embedded in the page.
macro_rules! icon {
    ($color:literal, $sign:literal) => {
        concat!(
            "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20viewBox='-11%20-11%2022%2022'%3E",
            "%3Ccircle%20r='10'%20fill='%23",
            $color,
            "'/%3E%3Cpath%20d='",
            $sign,
            "'%20fill='none'%20stroke='%23fff'%20stroke-width='2.2'/%3E%3C/svg%3E"
        )
    };
}

/// What a page says at first glance; worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tone {
    Broken,
    Open,
    /// Of a plan: there is something to do, and nothing against it.
    Changes,
    Good,
}

impl Tone {
    pub(super) fn of_sign(sign: Sign) -> Self {
        match sign {
            Sign::Broken => Self::Broken,
            Sign::Good => Self::Good,
            Sign::Unknown => Self::Open,
        }
    }

    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Open => "open",
            Self::Broken => "broken",
            Self::Changes => "changes",
        }
    }

    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Open => "?",
            Self::Broken => "✗",
            Self::Changes => "±",
        }
    }

    /// Its sign as a picture, purely visual: words next to it say the same.
    pub(super) fn badge(self) -> &'static str {
        match self {
            Self::Good => {
                r##"<svg viewBox="-11 -11 22 22" aria-hidden="true"><use href="#b-called"/></svg>"##
            }
            Self::Open => {
                r##"<svg viewBox="-11 -11 22 22" aria-hidden="true"><use href="#b-unknown"/></svg>"##
            }
            Self::Broken => {
                r##"<svg viewBox="-11 -11 22 22" aria-hidden="true"><use href="#b-fails"/></svg>"##
            }
            Self::Changes => {
                r##"<svg viewBox="-11 -11 22 22" aria-hidden="true"><use href="#b-changes"/></svg>"##
            }
        }
    }

    /// In the browser tab.
    fn icon(self) -> &'static str {
        match self {
            Self::Good => icon!("17734a", "M-4.5%20.5l3%203%206-7"),
            Self::Open => {
                icon!("835400", "M-3-2.2a3%203%200%201%201%204.6%202.6c-1%20.6-1.6%201.2-1.6%202.2M0%205v.6")
            }
            Self::Broken => icon!("b4231b", "M-3.8-3.8l7.6%207.6M3.8-3.8l-7.6%207.6"),
            Self::Changes => icon!("0a58a8", "M-4.5-2h9M0-6.5v9M-4.5%205.5h9"),
        }
    }
}

/// A whole page around its parts.
pub(super) fn page(
    title: &str,
    tone: Tone,
    mask: &dyn Fn(&str) -> String,
    body: impl FnOnce(&mut Html<'_>),
) -> String {
    let mut html = Html::new(mask);
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'"
    );
    html.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.raw("<meta http-equiv=\"Content-Security-Policy\"").constant("content", &policy).raw(">\n");
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html.raw("<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n");
    html.raw("<meta name=\"generator\" content=\"genesys-iam ").raw(env!("CARGO_PKG_VERSION")).raw("\">\n");
    html.raw("<title>").raw(tone.sign()).raw(" ").text(title).raw("</title>\n");
    html.raw("<link rel=\"icon\" href=\"").raw(tone.icon()).raw("\">\n<style>").raw(STYLE).raw("</style>\n");
    html.raw("</head>\n<body>\n<svg class=\"defs\" aria-hidden=\"true\"><defs>")
        .raw(BADGES)
        .raw("</defs></svg>\n");
    html.raw("<div class=\"page\">\n");
    body(&mut html);
    html.raw("</div>\n</body>\n</html>\n");
    html.finish()
}

/// What a page about the sandbox says first.
pub(super) const SANDBOX: &str = "Sandbox: nothing here is about a real account";

/// The line at the very top.
pub(super) fn top(html: &mut Html<'_>, command: &'static str, badge: Option<&str>) {
    html.raw("<header class=\"top\"><span><b>genesys-iam</b> ").raw(command).raw("</span>");
    if let Some(badge) = badge {
        html.raw("<span class=\"sandbox\">").text(badge).raw("</span>");
    }
    html.raw("</header>\n");
}

/// A fact about the page: its name and value.
pub(super) fn fact(html: &mut Html<'_>, name: &'static str, value: &str) {
    if !value.is_empty() {
        html.raw("<div><dt>").raw(name).raw("</dt><dd>").text(value).raw("</dd></div>\n");
    }
}

/// The page's source and time.
pub(super) fn origin(html: &mut Html<'_>, provenance: &Provenance, time: jiff::Timestamp) {
    let Provenance { file: _, commit, run } = provenance;
    if let Some(commit) = commit {
        let short: String = commit.chars().take(12).collect();
        fact(html, "Commit", &short);
    }
    if let Some(run @ PipelineRun { name, .. }) = run {
        html.raw("<div><dt>Run</dt><dd>");
        match run.link() {
            Some(url) => {
                html.raw("<a rel=\"noreferrer\"").attribute("href", url).raw(">").text(name).raw("</a>");
            }
            None => {
                html.text(name);
            }
        }
        html.raw("</dd></div>\n");
    }
    html.raw("<div><dt>Made</dt><dd><time")
        .constant("datetime", &time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    html.raw(">").text(&time.strftime("%-d %B %Y, %H:%M UTC").to_string()).raw("</time></dd></div>\n");
    html.raw("<div><dt>Version</dt><dd>").raw(env!("CARGO_PKG_VERSION")).raw("</dd></div>\n");
}

pub(super) fn footer(html: &mut Html<'_>) {
    html.raw("<footer>Made by genesys-iam. This page fetches nothing and runs no script.</footer>\n");
}
