//! `--report`: also writes the report to a file, in its own format.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, ValueEnum as _};

use super::options::{Global, ReportFormat};
use super::specs;
use crate::explain::{Explain, Status};
use crate::file_kind::FileKind;
use crate::files::{self, Overwrite};
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

    /// Before anything is read or done: each file must be writable, and not one that the command works on.
    ///
    /// # Errors
    ///
    /// When a file is not.
    pub(super) fn check(&self, global: &Global, plan: Option<&Path>) -> Result<(), ReportsError> {
        if self.reports.is_empty() {
            return Ok(());
        }
        // Faults in the specs are reported when they are read.
        let specs = specs::named(global, &Output::default().quiet(true)).unwrap_or_default();
        for (number, ReportFile { path, .. }) in self.reports.iter().enumerate() {
            let failed = |source| ReportsError::Write { path: path.clone(), source };
            files::check(path, Overwrite::File).map_err(failed)?;
            let of = |what| Err(ReportsError::Taken { path: path.clone(), what });
            if specs.iter().filter_map(specs::SpecSource::path).any(|spec| files::is_same(path, spec)) {
                return of("the spec");
            }
            if plan.is_some_and(|plan| files::is_same(path, plan)) {
                return of("the saved plan");
            }
            if self.reports[..number].iter().any(|other| files::is_same(path, &other.path)) {
                return of("another report");
            }
            // A misplaced report: the path holds another command's spec, plan or state.
            let kind =
                if path.is_file() { fs::read(path).ok().map(|bytes| FileKind::of(&bytes)) } else { None };
            match kind {
                Some(FileKind::Spec) => return of("a spec"),
                Some(FileKind::SavedPlan) => return of("a saved plan"),
                Some(FileKind::SandboxState) => return of("the state of a sandbox"),
                _ => {}
            }
        }
        Ok(())
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
            // A page is already masked, text by text.
            let is_page = *format == ReportFormat::Html;
            let text = if is_page { output.without_secrets(&text) } else { output.plain(&text) };
            files::write(path, text.as_bytes(), Overwrite::File)
                .map_err(|source| ReportsError::Write { path: path.clone(), source })?;
        }
        Ok(())
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ReportsError {
    #[error("cannot write the report `{path}`", path = crate::text::path(.path))]
    Write { path: PathBuf, source: io::Error },
    #[error("the report would overwrite {what}, `{path}`", path = crate::text::path(.path))]
    Taken { path: PathBuf, what: &'static str },
}

impl Explain for ReportsError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::Write { .. } => {
                "give `--report` a file, or the name of a new one, in a folder that exists and can be written to"
            }
            Self::Taken { .. } => "give each `--report` a file of its own",
        };
        Some(help.to_owned())
    }

    fn status(&self) -> Status {
        match self {
            Self::Write { .. } => Status::Error,
            Self::Taken { .. } => Status::Usage,
        }
    }
}
