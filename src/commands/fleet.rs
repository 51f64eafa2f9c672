//! Several specs at once: each with its own account, credentials and organization.

use std::path::{Path, PathBuf};

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::files::FileError;
use super::options::{Global, Select};
use super::session::{Connections, Session};
use super::{CommandError, Status};
use crate::explain::Explain;
use crate::policy::wildcard_matches;
use crate::render::json::FORMAT_VERSION;
use crate::render::output::Output;
use crate::render::style::{BOLD, paint};
use crate::spec::Spec;

/// What became of each spec, in the order of the files.
pub type Outcomes<T> = Vec<(PathBuf, Result<(Session, T), CommandError>)>;

/// Specs by file; one that cannot be read is among them.
pub type Members = Vec<(PathBuf, Result<Session, CommandError>)>;

/// The specs that a command works on.
pub enum Fleet {
    /// Just one file was named: its errors are the command's.
    One(Box<Session>),
    Many(Members),
}

/// The files that are named, and those of the folders that are.
///
/// # Errors
///
/// When a folder cannot be read, or has no spec.
pub fn files(global: &Global) -> Result<Vec<PathBuf>, CommandError> {
    let mut files = Vec::new();
    for named in &global.files {
        if !named.is_dir() {
            files.push(named.clone());
            continue;
        }
        let failed = |source| FileError::Read { path: named.clone(), source };
        let mut found = Vec::new();
        for entry in std::fs::read_dir(named).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                found.push(path);
            }
        }
        if found.is_empty() {
            return Err(FleetError::EmptyFolder(named.clone()).into());
        }
        found.sort();
        files.extend(found);
    }
    let mut seen = std::collections::BTreeSet::new();
    files.retain(|file| seen.insert(file.canonicalize().unwrap_or_else(|_| file.clone())));
    Ok(files)
}

/// The file of a command that takes just one.
///
/// # Errors
///
/// [`FleetError::OneSpec`] when several are named.
pub fn one_file(global: &Global, what: &'static str) -> Result<PathBuf, CommandError> {
    let mut files = files(global)?;
    match (files.pop(), files.is_empty()) {
        (Some(file), true) => Ok(file),
        _ => Err(FleetError::OneSpec(what).into()),
    }
}

impl Fleet {
    /// Reads the specs, and keeps what is selected of them.
    ///
    /// # Errors
    ///
    /// Those of a spec that is the only one, and when nothing is selected.
    pub async fn open(global: &Global, select: &Select, output: &Output) -> Result<Self, CommandError> {
        let files = files(global)?;
        let is_one = files.len() == 1;
        let mut connections = Connections::default();
        let mut members = Vec::new();
        for file in files {
            let session = match super::session::load(&file, output) {
                Ok(spec) => match selected(spec, select) {
                    Some(spec) => Session::open(&file, spec, global, &mut connections, output).await,
                    None => continue,
                },
                Err(error) => Err(error),
            };
            members.push((file, session));
        }
        match members.pop() {
            None => Err(FleetError::NothingSelected.into()),
            Some((_, session)) if is_one => session.map(|session| Self::One(Box::new(session))),
            Some(last) => {
                members.push(last);
                Ok(Self::Many(members))
            }
        }
    }
}

/// What is left of a spec; `None` when nothing of it is selected.
fn selected(mut spec: Spec, Select { roles, accounts }: &Select) -> Option<Spec> {
    if !accounts.is_empty() && !accounts.contains(&spec.aws.account_id) {
        return None;
    }
    select_roles(&mut spec, roles);
    (!spec.roles.is_empty()).then_some(spec)
}

/// Keeps the roles whose names fit one of the patterns; all where there is no pattern.
pub fn select_roles(spec: &mut Spec, patterns: &[String]) {
    if !patterns.is_empty() {
        let fits = |name: &str| patterns.iter().any(|pattern| wildcard_matches(pattern, name));
        let (kept, excluded) = spec.roles.drain(..).partition(|role| fits(&role.name));
        (spec.roles, spec.excluded) = (kept, excluded);
    }
}

/// Works on all of them at the same time; one that fails keeps no other from being worked on.
pub async fn for_each_spec<T>(
    members: Members,
    work: impl AsyncFn(&mut Session) -> Result<T, CommandError>,
) -> Outcomes<T> {
    let work = &work;
    join_all(members.into_iter().map(|(file, session)| async move {
        let mut session = match session {
            Ok(session) => session,
            Err(error) => return (file, Err(error)),
        };
        let done = work(&mut session).await;
        (file, done.map(|done| (session, done)))
    }))
    .await
}

/// Several reports as one value: those that were made, and why others were not.
pub fn json(
    format: &str,
    member: &str,
    reports: Vec<(&str, Result<Value, &CommandError>)>,
    status: Status,
) -> Value {
    let specs: Vec<Value> = reports
        .into_iter()
        .map(|(file, made)| match made {
            Ok(value) => json!({ "file": file, member: value }),
            Err(error) => json!({
                "file": file,
                "error": {
                    "message": error.with_causes(),
                    "help": error.help(),
                    "exit_status": error.status() as i32,
                },
            }),
        })
        .collect();
    json!({
        "format": format,
        "format_version": FORMAT_VERSION,
        "tool_version": env!("CARGO_PKG_VERSION"),
        "specs": specs,
        "exit_status": status as i32,
    })
}

/// The heading of one spec in a report of several.
pub fn heading(file: &Path) -> String {
    format!("{}\n", paint(BOLD, &format!("── {} ──", file.display())))
}

/// The one that says most about what is to be done.
pub fn worst(statuses: impl IntoIterator<Item = Status>) -> Status {
    let severity = |status: &Status| match status {
        Status::Done => 0,
        Status::Changes => 1,
        Status::Undecided => 2,
        Status::Fault => 3,
        Status::Refused => 4,
        Status::Error => 5,
        Status::Usage => 6,
        Status::Interrupted => 7,
    };
    statuses.into_iter().max_by_key(severity).unwrap_or(Status::Done)
}

#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    #[error("{0} takes one spec, and several are given")]
    OneSpec(&'static str),
    #[error("`{path}` contains no spec: no file ends in .toml", path = .0.display())]
    EmptyFolder(PathBuf),
    #[error("nothing is selected: no role of these specs fits `--role` and `--account`")]
    NothingSelected,
}

impl Explain for FleetError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::OneSpec(_) => "give one spec at a time",
            Self::EmptyFolder(_) => "name a file, or a folder that contains specs",
            Self::NothingSelected => "names are case-sensitive; `*` and `?` are wildcards",
        };
        Some(help.to_owned())
    }

    fn status(&self) -> Status {
        match self {
            Self::OneSpec(_) | Self::NothingSelected => Status::Usage,
            Self::EmptyFolder(_) => Status::Error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_more_than_a_change_and_an_interruption_most() {
        assert_eq!(worst([Status::Changes, Status::Error, Status::Done]), Status::Error);
        assert_eq!(worst([Status::Fault, Status::Refused]), Status::Refused);
        assert_eq!(worst([Status::Interrupted, Status::Error]), Status::Interrupted);
        assert_eq!(worst([]), Status::Done);
    }
}
