//! Several specs at once: each with its own account, credentials and organization.

use std::fmt;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::connections::Connections;
use super::names::Names;
use super::options::{Global, Select};
use super::reading::Reading;
use super::session::Session;
use super::specs::{self, SpecSource};
use super::{CommandError, Status};
use crate::explain::Explain;
use crate::policy::wildcard_matches;
use crate::render::output::Output;
use crate::render::style::{BOLD, paint};
use crate::spec::Spec;
use crate::view::FORMAT_VERSION;

/// What became of each spec, in the order of the files.
pub type Outcomes<T> = Vec<(SpecSource, Result<(Session, T), CommandError>)>;

/// Specs by file; one that cannot be read is among them.
pub type Members = Vec<(SpecSource, Result<Session, CommandError>)>;

/// The specs that a command works on.
pub enum Fleet {
    /// Just one file was named: its errors are the command's.
    One(Box<Session>),
    Many(Members),
}

impl Fleet {
    /// Reads the specs, and keeps what is selected of them.
    ///
    /// # Errors
    ///
    /// Those of a spec that is the only one, and when nothing is selected.
    pub async fn open(global: &Global, select: &Select, output: &Output) -> Result<Self, CommandError> {
        let sources = specs::named(global, output)?;
        let is_one = sources.len() == 1;
        let mut members = members(sources, global, select, output).await?;
        match members.pop() {
            Some((_, session)) if is_one => session.map(|session| Self::One(Box::new(session))),
            last => {
                members.extend(last);
                Ok(Self::Many(members))
            }
        }
    }
}

/// The specs that are named, also where it is just one.
///
/// # Errors
///
/// When nothing is selected.
pub(super) async fn open_all(
    global: &Global,
    select: &Select,
    output: &Output,
) -> Result<Members, CommandError> {
    members(specs::named(global, output)?, global, select, output).await
}

async fn members(
    sources: Vec<SpecSource>,
    global: &Global,
    select: &Select,
    output: &Output,
) -> Result<Members, CommandError> {
    let mut connections = Connections::default();
    let loaded: Vec<_> = sources
        .into_iter()
        .map(|source| {
            let spec = super::loading::load(&source, global, output);
            (source, spec)
        })
        .collect();
    let mut names = Names::default();
    for (source, spec) in &loaded {
        spec.iter().try_for_each(|spec| names.add(source, spec))?;
    }
    let mut members = Vec::new();
    for (source, spec) in loaded {
        let session = match spec {
            Ok(spec) => match selected(spec, select) {
                Some(spec) => Session::open(&source, spec, global, &mut connections, output).await,
                None => continue,
            },
            Err(error) => Err(error),
        };
        members.push((source, session));
    }
    if members.is_empty() { Err(NothingSelected.into()) } else { Ok(members) }
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

/// What is shown while they are read.
pub(super) fn reading(members: &Members) -> Reading {
    let sessions = members.iter().filter_map(|(_, session)| session.as_ref().ok());
    Reading::of(sessions.map(|session| (&session.spec, &session.clients)))
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
pub fn heading(source: impl fmt::Display) -> String {
    format!("{}\n", paint(BOLD, &format!("── {source} ──")))
}

/// The one that matters most to whoever acts on it.
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
#[error("nothing is selected: no role of these specs matches `--role` and `--account`")]
pub struct NothingSelected;

impl Explain for NothingSelected {
    fn help(&self) -> Option<String> {
        Some("names are case-sensitive; `*` and `?` are wildcards".to_owned())
    }

    fn status(&self) -> Status {
        Status::Usage
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
