//! `show`: a saved plan as it was made, without credentials or calls.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use serde_json::Value;

use super::fleet;
use super::options::{Global, ReportFormat};
use super::page;
use super::plan::{beyond, texts};
use super::reports::Reports;
use super::{CommandError, Status};
use crate::render;
use crate::render::output::Output;
use crate::saved::{Options, PlanOrigin, SavedError, SavedFile, SavedFleet, SavedPlan};
use crate::spec::DEFAULT_FILE;
use crate::text::shell_word;
use crate::view::{PLANS_FORMAT, PlanView, Provenance, plural};

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The saved plan
    #[arg(value_name = "PLAN.json")]
    pub plan: PathBuf,
    /// How to print the plan
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
    /// Print a line for each role, without its changes
    #[arg(long)]
    pub summary: bool,
    #[command(flatten)]
    pub reports: Reports,
}

pub fn run(global: &Global, args: &ShowArgs, output: &Output) -> Result<Status, CommandError> {
    page::refuse_on_a_terminal(args.format, output)?;
    args.reports.check(global, Some(&args.plan))?;
    let file = SavedFile::read(&args.plan)?;
    let old = || SavedError::Old { path: args.plan.clone() };
    let (shown, in_sandbox) = match &file {
        SavedFile::One(saved) => (vec![shown(None, saved).ok_or_else(old)?], saved.in_sandbox),
        SavedFile::Several(SavedFleet { specs, .. }) => {
            let plans = specs.iter().map(|spec| shown(Some(&spec.file), &spec.saved).ok_or_else(old));
            (plans.collect::<Result<Vec<_>, _>>()?, specs.first().and_then(|spec| spec.saved.in_sandbox))
        }
    };
    let in_sandbox = in_sandbox == Some(true);
    let Some(ShownPlan { made, .. }) = shown.first() else { return Err(old().into()) };
    let options = match &file {
        SavedFile::One(saved) => Some(&saved.options),
        SavedFile::Several(SavedFleet { specs, .. }) => specs.first().map(|spec| &spec.saved.options),
    };
    let flags = options.map(Options::to_repeat).unwrap_or_default();
    let note = note(made, &shown, &args.plan, (in_sandbox, &flags));
    let page = |format| page_of(format, args, &shown, (&note, in_sandbox), output);
    page::print(args.format, &page(args.format), output)?;
    // A page and a comment have it; in JSON there is no place for it.
    if args.format == ReportFormat::Json {
        output.message(&format!("note: {note}\n"));
    }
    args.reports.write(output, page)?;
    Ok(Status::Done)
}

const FEW_FILES: usize = 4;

/// One of the plans in the file.
struct ShownPlan<'a> {
    file: Option<&'a str>,
    view: PlanView,
    json: &'a Value,
    made: &'a PlanOrigin,
}

/// `None`: an earlier version made it, or it does not fit together.
fn shown<'a>(file: Option<&'a str>, saved: &'a SavedPlan) -> Option<ShownPlan<'a>> {
    Some(ShownPlan { file, view: saved.view()?, json: &saved.plan, made: saved.made.as_ref()? })
}

/// When it was made and of which specs, and that it may not be the truth any more.
fn note(
    made: &PlanOrigin,
    shown: &[ShownPlan<'_>],
    path: &Path,
    (in_sandbox, flags): (bool, &str),
) -> String {
    let spec = match shown {
        [one] => one.file.or(made.from.file.as_deref()).map(crate::text::one_line).unwrap_or_default(),
        several => plural(several.len(), "spec").into(),
    };
    let commit = made.from.commit.as_deref().map(|commit| commit.chars().take(12).collect::<String>());
    let commit = commit.map(|commit| format!(" at commit {commit}")).unwrap_or_default();
    let place = if in_sandbox { ", in the sandbox" } else { "" };
    let sandbox = if in_sandbox { "--sandbox " } else { "" };
    // Where the plan was made; a list that nobody types is left to the reader.
    let named: Vec<&str> = shown.iter().filter_map(|one| one.file.or(made.from.file.as_deref())).collect();
    let files: String = match named.as_slice() {
        [DEFAULT_FILE] => String::new(),
        few if few.len() <= FEW_FILES && few.iter().all(|file| file.ends_with(".toml")) => {
            few.iter().map(|file| format!("--file {} ", shell_word(file))).collect()
        }
        many => match folder_of(many) {
            Some(folder) => format!("--file {} ", shell_word(folder)),
            None => String::new(),
        },
    };
    format!(
        "plan of {spec}{commit}, made {}{place}; `genesys-iam {sandbox}{files}apply {}{flags}` compares it with the live state first",
        made.time,
        shell_word(&path.to_string_lossy())
    )
}

/// The folder that all of them are in.
fn folder_of<'a>(files: &[&'a str]) -> Option<&'a str> {
    let folder = |file: &'a str| Some(file.rsplit_once('/')?.0);
    let first = folder(files.first()?)?;
    files.iter().all(|file| folder(file) == Some(first)).then_some(first)
}

fn page_of(
    format: ReportFormat,
    args: &ShowArgs,
    shown: &[ShownPlan<'_>],
    (note, in_sandbox): (&str, bool),
    output: &Output,
) -> String {
    let beyond = beyond(if in_sandbox { "genesys-iam --sandbox check" } else { "genesys-iam check" });
    let from = |made: &PlanOrigin| made.from.clone();
    let made = shown.first().map(|one| one.made);
    let provenance = made.map(from).unwrap_or_default();
    let several = match shown {
        [ShownPlan { file: None, .. }] => None,
        several => Some(several),
    };
    let mask = output.masker();
    match (format, several) {
        (ReportFormat::Json, None) => {
            let mut value = shown.first().map(|one| one.json.clone()).unwrap_or_default();
            value["exit_status"] = (Status::Done as i32).into();
            format!("{:#}\n", output.masked_json(&value))
        }
        (ReportFormat::Json, Some(several)) => {
            let plans = several.iter().map(|one| (one.file.unwrap_or_default(), Ok(one.json.clone())));
            let value = fleet::json(PLANS_FORMAT, "plan", plans.collect(), Status::Done);
            format!("{:#}\n", output.masked_json(&value))
        }
        (ReportFormat::Markdown, _) => {
            let text = match several {
                None => shown
                    .first()
                    .map(|one| render::markdown::plan(&one.view, &beyond, &provenance, &mask))
                    .unwrap_or_default(),
                Some(several) => {
                    let plans: Vec<(String, Result<&PlanView, String>)> = several
                        .iter()
                        .map(|one| (one.file.unwrap_or_default().to_owned(), Ok(&one.view)))
                        .collect();
                    let provenance = Provenance { file: None, ..provenance };
                    render::markdown::plans(&plans, &beyond, &provenance, &mask)
                }
            };
            format!("{}\n\n{text}", render::markdown::note(note, &mask))
        }
        (ReportFormat::Html, _) => {
            let plans: Vec<(Option<&str>, &PlanView)> =
                shown.iter().map(|one| (one.file, &one.view)).collect();
            // Masked times cannot be read, and none is masked.
            let time = made.and_then(|made| made.time.parse().ok()).unwrap_or(Timestamp::UNIX_EPOCH);
            let provenance =
                if several.is_some() { Provenance { file: None, ..provenance } } else { provenance };
            render::html::plans(&plans, &[], in_sandbox, &provenance, time, &mask)
        }
        (ReportFormat::Text, None) => {
            let text = shown.first().map(|one| match args.summary {
                true => render::plan::summary(&one.view),
                false => render::plan::text(&one.view),
            });
            format!("{note}\n\n{}", text.unwrap_or_default())
        }
        (ReportFormat::Text, Some(several)) => {
            let plans: Vec<(String, Result<PlanView, &CommandError>)> = several
                .iter()
                .map(|one| (one.file.unwrap_or_default().to_owned(), Ok(one.view.clone())))
                .collect();
            format!("{note}\n\n{}", texts(&plans, &beyond, args.summary, output))
        }
    }
}
