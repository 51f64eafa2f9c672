//! `--report`: the report as a file too, in a format of its own.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum as _};

use super::options::ReportFormat;
use crate::explain::{Explain, Status};
use crate::render::output::Output;

#[derive(Debug, Clone, Default, Args)]
pub struct Reports {
    /// Also write the report to this file, in this format, as in json=report.json (repeatable)
    #[arg(long = "report", value_name = "FORMAT=FILE")]
    pub reports: Vec<ReportFile>,
}

#[derive(Debug, Clone)]
pub struct ReportFile {
    format: ReportFormat,
    path: PathBuf,
}

impl FromStr for ReportFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let formats: Vec<String> = ReportFormat::value_variants()
            .iter()
            .filter_map(|format| Some(format.to_possible_value()?.get_name().to_owned()))
            .collect();
        let fault = || format!("it is FORMAT=FILE, where FORMAT is one of {}", formats.join(", "));
        let (format, path) = text.split_once('=').ok_or_else(fault)?;
        let format = ReportFormat::from_str(format, false).map_err(|_| fault())?;
        if path.is_empty() {
            return Err(fault());
        }
        Ok(Self { format, path: path.into() })
    }
}

impl Reports {
    pub(super) fn has(&self, format: ReportFormat) -> bool {
        self.reports.iter().any(|report| report.format == format)
    }

    /// # Errors
    ///
    /// When a file cannot be written.
    pub fn write(
        &self,
        output: &Output,
        mut page: impl FnMut(ReportFormat) -> String,
    ) -> Result<(), ReportsError> {
        for ReportFile { format, path } in &self.reports {
            let text = page(*format);
            // A page is masked already, text by text.
            let text = if *format == ReportFormat::Html { text } else { output.plain(&text) };
            fs::write(path, text).map_err(|source| ReportsError { path: path.clone(), source })?;
        }
        Ok(())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("cannot write the report `{path}`", path = .path.display())]
pub struct ReportsError {
    path: PathBuf,
    source: io::Error,
}

impl Explain for ReportsError {
    fn help(&self) -> Option<String> {
        Some("give `--report` a file in a folder that exists and can be written to".to_owned())
    }

    fn status(&self) -> Status {
        Status::Error
    }
}
