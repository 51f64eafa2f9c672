//! `diagnose`: why a data action fails, for users without a spec. Writes nothing except the file of `--out`.

mod args;
mod candidates;
mod case;
mod error;
mod place;

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Read as _};
use std::path::Path;

use super::files::write_new;
use super::options::{Global, ReportFormat};
use super::page;
use super::reports::Reports;
use super::{CommandError, Status};
use crate::arn::{Arn, FunctionArn};
use crate::aws;
use crate::check::{GenesysSide, Recorded};
use crate::diagnose::{RoleCase, Shell, SpecFile, read_error};
use crate::render;
use crate::render::output::Output;
use crate::spec::{DEFAULT_FILE, EmptyEnvironment, LoadOptions, SPEC_KEY, Severity, load, parse};
use crate::text::shell_word;
use crate::view::DiagnoseView;
pub use args::DiagnoseArgs;
use candidates::{list, print_list};
pub use case::examine;
pub use error::DiagnoseError;
pub use place::Place;
use place::place;

pub async fn run(global: &Global, args: &DiagnoseArgs, output: &Output) -> Result<Status, CommandError> {
    page::refuse("diagnose", args.format, &Reports::default())?;
    let mut error = match args.error.as_deref() {
        Some("-") => Some(read_error(&from_stdin()?)),
        text => text.map(read_error),
    };
    // Genesys Cloud's error names the role of its integration.
    let in_error = error.as_ref().and_then(|error| error.role.clone()).filter(|_| args.role.is_none());
    let named = args.role.clone().or_else(|| in_error.as_ref().map(ToString::to_string));
    let place = place(global, args, named.as_deref(), output).await?;
    let whole = match &in_error {
        Some(role) => whole_name(&place, role).await,
        None => None,
    };
    if let Some(whole) = &whole {
        output.note(&format!(
            "note: the text is cut off: {} is the only role whose name begins like that\n",
            whole.name()
        ));
        error.iter_mut().for_each(|error| error.role = Some(whole.clone()));
    }
    let named = match whole.map(|role| role.to_string()).or(named) {
        Some(named) => named,
        None => {
            let view = list(&place, args, output).await?;
            match (&error, view.roles.as_slice()) {
                (error, [only]) => {
                    let unnamed = if error.is_some() { "the text names no role; " } else { "" };
                    output.note(&format!(
                        "note: {unnamed}{} is the only one that looks like Genesys Cloud's\n",
                        only.role
                    ));
                    only.arn.clone()
                }
                (Some(error), _) => {
                    output.note(&format!("note: the error says: {}; it names no role\n", error.sentence()));
                    return print_list(&view, args, output);
                }
                (None, _) => return print_list(&view, args, output),
            }
        }
    };
    let program = place.invocation.clone();
    let case = Box::pin(examine(place, &named, error, output)).await?;
    let spec = spec_file(global, args.out.as_deref(), &case);
    let shell = Shell { program: program.clone(), profile: args.profile.clone(), spec };
    if args.format != ReportFormat::Text {
        mask(&case, output);
    }
    let role = &case.facts.desired.role.arn;
    if let Some(other) = case.error.as_ref().and_then(|error| error.other_role(role)) {
        output.message(&format!(
            "warning: the text is about another role, {other}: what is found about {} may not explain it\n",
            role.name()
        ));
    }
    if let Some(path) = &args.out {
        write_new(path, &with_lines(&case.wanted.text, &args.with)?, output)?;
        let file = match path == Path::new(DEFAULT_FILE) {
            true => String::new(),
            false => format!(" --file {}", shell_word(&path.to_string_lossy())),
        };
        output.note(&format!(
            "the spec of the role as it should be is in {}. Look at it, then: {program} apply --adopt{file}   (it shows its plan, \
             and asks)\n",
            crate::text::path(path)
        ));
        for left_out in &case.wanted.left_out {
            output.note(&format!("note: {left_out}\n"));
        }
    }
    let view = DiagnoseView::new(&case, &shell, args.format != ReportFormat::Text);
    if args.out.is_some() {
        for (index, cause) in view.causes.iter().enumerate().filter(|(_, cause)| !cause.is_fixed_by_tool()) {
            output.note(&format!(
                "note: this spec does not fix {} ({}): follow the steps that `{}` shows for it\n",
                index + 1,
                cause.cause,
                view.again
            ));
        }
    }
    output.result(&match args.format {
        // Whoever writes the spec has seen the rest.
        ReportFormat::Text | ReportFormat::Html if args.out.is_some() => render::diagnose::headline(&view),
        ReportFormat::Text | ReportFormat::Html => render::diagnose::text(&view),
        ReportFormat::Markdown => render::diagnose::markdown(&view, &output.masker()),
        ReportFormat::Json => format!("{:#}\n", output.masked_json(&render::json::diagnose(&view))),
    })?;
    let is_unexplained = view.error.as_ref().is_some_and(|error| !error.is_explained);
    Ok(match view.causes.as_slice() {
        [] if is_unexplained => Status::Undecided,
        [] => Status::Done,
        _ => Status::Fault,
    })
}

/// The spec in this folder if it has the role as it should be; else a name for a new one.
fn spec_file(global: &Global, out: Option<&Path>, case: &RoleCase) -> SpecFile {
    if let Some(out) = out {
        return SpecFile::New(out.to_string_lossy().into_owned());
    }
    let wanted = &case.facts.desired;
    let (path, options) = match global.files.as_slice() {
        [one] => (one.as_path(), format!(" --file {}", shell_word(&one.to_string_lossy()))),
        _ => (Path::new(DEFAULT_FILE), String::new()),
    };
    let known = load(path, LoadOptions { allowed: &global.allow_env, is_offline: false }).ok();
    let known = known.filter(|known| known.spec.aws.account_id == case.account);
    // What the spec made itself needs no `--adopt`.
    let made_by = case.facts.live.role.as_ref().and_then(|role| role.role.tags.get(SPEC_KEY));
    let is_own = known.as_ref().is_some_and(|known| Some(&known.spec.name) == made_by);
    let adopt = if is_own { "" } else { " --adopt" };
    let options = format!("{adopt}{options}");
    let roles = known.iter().flat_map(|known| &known.spec.roles);
    let own = roles.into_iter().find(|role| role.name == wanted.role.name);
    if let Some(role) = own {
        let name = crate::text::path(path);
        let functions: BTreeSet<&FunctionArn> = role.functions.iter().map(|one| &one.arn).collect();
        let mut lines = Vec::new();
        let mut line = |is_same: bool, key: &str, value: String| {
            if !is_same {
                lines.push(format!("{key} = {value}"));
            }
        };
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let (id, account) = (wanted.external_id.expose(), &wanted.genesys_account_id);
        line(role.external_id.expose() == id, "external_id", quoted(id));
        line(role.genesys_account_id == *account, "account_id", quoted(account.as_str()));
        let list: Vec<String> = wanted.functions.iter().map(|arn| quoted(&arn.to_string())).collect();
        let has_all = wanted.functions.iter().all(|function| functions.contains(function));
        line(has_all, "functions", format!("[{}]", list.join(", ")));
        return match lines.as_slice() {
            [] => SpecFile::Here { name, options },
            _ => SpecFile::Otherwise { name, options, lines },
        };
    }
    let role = &wanted.role.name;
    let names = [DEFAULT_FILE.to_owned(), format!("{role}.toml")].into_iter();
    let mut names = names.chain((2..).map(|number| format!("{role}-{number}.toml")));
    SpecFile::New(names.find(|name| !Path::new(name).exists()).unwrap_or_default())
}

fn from_stdin() -> Result<String, DiagnoseError> {
    if std::io::stdin().is_terminal() {
        return Err(DiagnoseError::ErrorFromTerminal);
    }
    let mut text = Vec::new();
    std::io::stdin().lock().take(MAX_ERROR).read_to_end(&mut text).map_err(DiagnoseError::Stdin)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Longer than any error, far shorter than a log.
const MAX_ERROR: u64 = 1 << 20;

/// The role that a text names only the beginning of. `None`: it exists, or it is not clear which is meant.
async fn whole_name(place: &Place, cut: &Arn) -> Option<Arn> {
    let is_own = cut.service == "iam" && cut.account == place.account.as_str();
    if !is_own || aws::role(&place.clients, &cut.partition, &place.account, cut.name()).await.ok()?.is_some()
    {
        return None;
    }
    let listing = aws::account_listing(&place.clients).await.ok()?;
    let mut fitting =
        listing.roles.into_iter().filter(|role| role.arn.to_string().starts_with(&cut.to_string()));
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Some(only.arn),
        _ => None,
    }
}

/// The spec with extra lines in the role's table.
fn with_lines(text: &str, lines: &[String]) -> Result<String, DiagnoseError> {
    // The last of the role's own keys.
    const LAST: &str = "\nadopt = true\n";
    let mut more = text.to_owned();
    for line in lines {
        more = more.replacen(LAST, &format!("\n{line}{LAST}"), 1);
        let (_, faults) = parse(&more, "diagnose", &EmptyEnvironment);
        if let Some(fault) = faults.into_iter().find(|fault| fault.severity == Severity::Error) {
            return Err(DiagnoseError::With { line: line.clone(), why: fault.message });
        }
    }
    Ok(more)
}

/// Masks the external IDs, because the text gets pasted elsewhere.
fn mask(case: &RoleCase, output: &Output) {
    output.mask(|redactor| {
        redactor.add_found_external_id(case.facts.desired.external_id.expose());
        if let GenesysSide::Read(genesys) = &case.facts.genesys {
            redactor.add_found_external_id(&genesys.organization_id);
        }
        case.facts.live.documents().for_each(|document| redactor.add_live_external_ids(document));
        let recorded = case.facts.recorded.iter();
        recorded.flat_map(Recorded::external_ids).for_each(|id| redactor.add_other_external_id(id.expose()));
    });
}
