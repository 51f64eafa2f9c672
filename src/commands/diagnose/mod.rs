//! `diagnose`: why a data action fails, for users without a spec. Writes nothing except the file of `--out`.

mod args;
mod candidates;
mod case;
mod error;
mod folder;
mod out;
mod place;

use std::io::{IsTerminal as _, Read as _};

use super::loading::mask_ids_of_specs;
use super::options::{Global, ReportFormat};
use super::{CommandError, Status};
use crate::arn::Arn;
use crate::aws;
use crate::check::{GenesysSide, Recorded};
use crate::diagnose::{RoleCase, Shell, read_error};
use crate::render;
use crate::render::output::Output;
use crate::view::DiagnoseView;
pub use args::DiagnoseArgs;
use candidates::{list, print_list, to_start_with};
pub use case::examine;
use case::examine_with;
pub use error::DiagnoseError;
use folder::spec_file;
pub use place::Place;
use place::place;

pub async fn run(global: &Global, args: &DiagnoseArgs, output: &Output) -> Result<Status, CommandError> {
    out::check(args)?;
    let mut error = match args.error.as_deref() {
        Some("-") => Some(read_error(&from_stdin()?)),
        text => text.map(read_error),
    };
    // Genesys Cloud's error names the role of its integration.
    let in_error = error.as_ref().and_then(|error| error.role.clone()).filter(|_| args.role.is_none());
    let named = args.role.clone().or_else(|| in_error.as_ref().map(ToString::to_string));
    mask_ids_of_specs(global, output);
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
    let (named, genesys) = match whole.map(|role| role.to_string()).or(named) {
        Some(named) => (named, None),
        None => {
            let (view, genesys) = list(&place, args, output).await?;
            match (&error, to_start_with(&view)) {
                (error, Some(only)) => {
                    let unnamed = if error.is_some() { "the text names no role; " } else { "" };
                    output.note(&format!("note: {unnamed}{}\n", only.reason));
                    (only.arn, Some(genesys))
                }
                (Some(error), None) => {
                    output.note(&format!("note: the error says: {}; it names no role\n", error.sentence()));
                    return print_list(&view, args, output);
                }
                (None, None) => return print_list(&view, args, output),
            }
        }
    };
    let program = place.invocation.to_string();
    let mut place = place;
    let folder = place.declared.take();
    let folder_spec = folder.as_ref();
    let case = match genesys {
        Some(known) => Box::pin(examine_with(place, folder_spec, known, &named, error, output)).await?,
        None => Box::pin(examine(place, folder_spec, &named, error, output)).await?,
    };
    let spec = spec_file(folder.as_ref(), args.out.as_deref(), &case);
    let shell =
        Shell { program: program.clone(), profile: args.profile.clone(), spec, in_sandbox: case.in_sandbox };
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
        out::write(path, &case, args, &program, output)?;
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
    if args.out.is_some() {
        // What was asked for is done: `diagnose … --out FILE && apply` goes on.
        return Ok(Status::Done);
    }
    let is_unexplained = view.error.as_ref().is_some_and(|error| !error.is_explained);
    Ok(match view.causes.as_slice() {
        [] if is_unexplained => Status::Undecided,
        [] => Status::Done,
        _ => Status::Fault,
    })
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
