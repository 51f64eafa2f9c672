//! `--out`: the spec of the role as it should be, in a file.

use std::path::Path;

use super::args::DiagnoseArgs;
use super::error::DiagnoseError;
use crate::arn::FunctionArn;
use crate::commands::CommandError;
use crate::commands::files::write_new;
use crate::commands::loading::with_ids_from_variables;
use crate::commands::options::ReportFormat;
use crate::commands::specs::spec_name_for;
use crate::diagnose::RoleCase;
use crate::render::output::Output;
use crate::spec::{DEFAULT_FILE, EmptyEnvironment, SPEC_KEY, Severity, parse};
use crate::text::shell_word;

/// Only a spec: it has the external ID, which a ticket must not have.
pub(super) fn check(args: &DiagnoseArgs) -> Result<(), DiagnoseError> {
    let Some(path) = &args.out else { return Ok(()) };
    match args.format {
        ReportFormat::Text | ReportFormat::Html => {}
        ReportFormat::Markdown | ReportFormat::Json => return Err(DiagnoseError::OutIsNoReport),
    }
    if path.extension().is_none_or(|extension| extension != "toml") {
        return Err(DiagnoseError::OutIsNoSpec(path.clone()));
    }
    if path.symlink_metadata().is_ok() {
        return Err(DiagnoseError::OutExists(path.clone()));
    }
    Ok(())
}

pub(super) fn write(
    path: &Path,
    case: &RoleCase,
    args: &DiagnoseArgs,
    program: &str,
    output: &Output,
) -> Result<(), CommandError> {
    let text = with_functions(&case.wanted.text, &args.functions, case)?;
    let text = with_lines(&text, &args.with)?;
    write_new(path, &with_ids_from_variables(with_name(&text, path, case), output), output)?;
    let file = match path == Path::new(DEFAULT_FILE) {
        true => String::new(),
        false => format!(" --file {}", shell_word(&path.to_string_lossy())),
    };
    let what = match case.wanted.left_out.is_empty() {
        true => "the spec of the role as it should be is",
        false => "a spec of the role, but for what the notes below say, is",
    };
    output.note(&format!(
        "{what} in {}. Look at it, then: {program} apply{file}   (it shows its plan, and asks)\n",
        crate::text::path(path)
    ));
    if let Some(spec) = case.facts.live.role.as_ref().and_then(|role| role.role.tags.get(SPEC_KEY)) {
        output.note(&format!(
            "note: a spec named `{spec}` made this role, as its tag says: if you can find that file, work with it, and delete this one\n"
        ));
    }
    for left_out in &case.wanted.left_out {
        output.note(&format!("note: {left_out}\n"));
    }
    Ok(())
}

/// The spec with its name, without which nothing that it makes can be pruned: the one in the role's tag, if it has one.
fn with_name(text: &str, path: &Path, case: &RoleCase) -> String {
    let role = case.facts.live.role.as_ref();
    let (name, why) = match role.and_then(|role| role.role.tags.get(SPEC_KEY)) {
        Some(name) => (name.clone(), "as the role's tag says; `--prune` removes what else has it"),
        None => (
            spec_name_for(path, &case.facts.desired.role.name),
            "tags what this spec makes: no other spec of the account may have it",
        ),
    };
    let name = serde_json::Value::from(name);
    text.replacen("\n[aws]\n", &format!("\nname = {name}   # {why}\n\n[aws]\n"), 1)
}

/// The spec with extra lines in the role's table.
fn with_lines(text: &str, lines: &[String]) -> Result<String, DiagnoseError> {
    // The last of the role's own keys.
    const LAST: &str = "\nadopt = true\n";
    let mut more = text.to_owned();
    for line in lines {
        more = more.replacen(LAST, &format!("\n{line}{LAST}"), 1);
        is_spec(&more).map_err(|why| DiagnoseError::With { option: format!("--with {line}"), why })?;
    }
    Ok(more)
}

/// The spec with other functions, in the role's list and in its data actions.
fn with_functions(text: &str, changes: &[String], case: &RoleCase) -> Result<String, DiagnoseError> {
    let mut more = text.to_owned();
    for change in changes {
        let wrong = |why: String| DiagnoseError::With { option: format!("--function {change}"), why };
        let (old, new) = change.split_once('=').ok_or_else(|| wrong("it is OLD=NEW".to_owned()))?;
        let is_meant = |arn: &&FunctionArn| old == arn.label() || old == arn.to_string();
        let known = case.facts.desired.functions.iter().find(is_meant).ok_or_else(|| {
            let names: Vec<String> = case.facts.desired.functions.iter().map(FunctionArn::label).collect();
            wrong(format!("the role's functions are {}", names.join(", ")))
        })?;
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let forms = [quoted(&known.label()), quoted(&known.to_string())];
        // A data action may bear the function's name.
        let renamed = |line: &str| {
            let value = line.trim().trim_start_matches("function = ").trim_end_matches(',');
            let is_function = line.trim().ends_with(',') || line.trim().starts_with("function = ");
            match is_function && forms.iter().any(|form| form == value) {
                true => line.replacen(value, &quoted(new), 1),
                false => line.to_owned(),
            }
        };
        more = more.lines().map(|line| renamed(line) + "\n").collect();
        is_spec(&more).map_err(wrong)?;
    }
    Ok(more)
}

fn is_spec(text: &str) -> Result<(), String> {
    let (_, faults) = parse(text, "diagnose", &EmptyEnvironment);
    let fault = faults.into_iter().find(|fault| fault.severity == Severity::Error);
    fault.map_or(Ok(()), |fault| Err(fault.message))
}
