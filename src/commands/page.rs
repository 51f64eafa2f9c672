//! What a page needs to know of its surroundings.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Status;
use super::options::ReportFormat;
use super::reports::Reports;
use crate::explain::Explain;
use crate::render::output::{Output, OutputError};

/// When a report is made; SOURCE_DATE_EPOCH pins it, so that the same report gives the same page.
pub(super) fn time() -> Timestamp {
    let pinned = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.parse().ok());
    pinned.and_then(|seconds| Timestamp::from_second(seconds).ok()).unwrap_or_else(Timestamp::now)
}

/// The day on which what a spec accepts has expired, or not yet.
pub(super) fn today() -> Date {
    time().to_zoned(TimeZone::UTC).date()
}

/// A page is for a file: on a terminal it is thousands of characters that nobody reads.
pub(super) fn refuse_on_a_terminal(format: ReportFormat, output: &Output) -> Result<(), PageError> {
    match format {
        ReportFormat::Html if output.is_on_a_terminal() => Err(PageError::OnATerminal),
        _ => Ok(()),
    }
}

/// Commands that carry out a plan can print a comment but not a page.
pub(super) fn refuse(name: &'static str, format: ReportFormat, reports: &Reports) -> Result<(), PageError> {
    match format {
        ReportFormat::Text | ReportFormat::Json | ReportFormat::Markdown
            if !reports.has(ReportFormat::Html) =>
        {
            Ok(())
        }
        _ => Err(PageError::NoPage(name)),
    }
}

/// Prints a page as it is, anything else as a result.
pub(super) fn print(format: ReportFormat, text: &str, output: &Output) -> Result<(), OutputError> {
    if format == ReportFormat::Html { output.page(text) } else { output.result(text) }
}

#[derive(Debug, thiserror::Error)]
pub(super) enum PageError {
    #[error("`{0}` has no report as a page")]
    NoPage(&'static str),
    #[error("`--format html` prints a page, and standard output is a terminal")]
    OnATerminal,
}

impl Explain for PageError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::NoPage(_) => "`plan --format html` shows what will be done, `check --format html` what is",
            Self::OnATerminal => "redirect it to a file, such as `> report.html`",
        };
        Some(help.to_owned())
    }

    fn status(&self) -> Status {
        Status::Usage
    }
}
