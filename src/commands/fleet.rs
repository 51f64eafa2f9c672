//! Several specs at once, each with its own account, credentials and organization.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::beside::{self, specs_beside};
use super::connections::Connections;
use super::names::{Names, all_names, names_left_out};
use super::options::{Global, Select};
use super::reading::Reading;
use super::report::report;
use super::session::Session;
use super::specs::{self, SpecSource};
use super::{CommandError, Status};
use crate::arn::AccountId;
use crate::explain::Explain;
use crate::policy::wildcard_matches;
use crate::render::output::Output;
use crate::render::style::{BOLD, WARNING, paint};
use crate::spec::{Elsewhere, KnownSpecs, Spec};
use crate::text::{near_miss, one_line};
use crate::view::{FORMAT_VERSION, few};

/// The outcome for each spec, in the order of the files.
pub type Outcomes<T> = Vec<(SpecSource, Result<(Session, T), CommandError>)>;

/// Specs by file, including those that cannot be read.
pub type Members = Vec<(SpecSource, Result<Session, CommandError>)>;

/// The specs that a command works on.
pub enum Fleet {
    /// Exactly one file was named: its errors end the command.
    One(Box<Session>),
    Many(Members),
}

impl Fleet {
    /// Reads the specs, and keeps what is selected.
    ///
    /// # Errors
    ///
    /// Those of a single spec, and when nothing is selected.
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

/// The named specs, even if there is just one.
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
    let is_fleet = sources.len() > 1 || specs::is_a_folder(global);
    let (mut known, mut unread) = specs_beside(&sources, global);
    let mut connections = Connections::default();
    let mut loaded: Vec<_> = sources
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
    connections.roles =
        Arc::new(loaded.iter().flat_map(|(_, spec)| spec).flat_map(Spec::role_arns).collect());
    for (source, spec) in &loaded {
        match spec {
            Ok(spec) => known.push(all_names(source, spec)),
            Err(error) => unread.push(beside::unread(source, error)),
        }
    }
    let known = Arc::new(KnownSpecs { names: known, unread, is_fleet });
    for (source, spec) in &mut loaded {
        if let Ok(spec) = spec {
            spec.elsewhere = Elsewhere::new(&known, source.display());
        }
    }
    let nothing = NothingSelected::of(loaded.iter().map(|(_, spec)| spec), select);
    let is_of_another =
        |spec: &Spec| !select.accounts.is_empty() && !select.accounts.contains(&spec.aws.account_id);
    let others = loaded.iter().filter(|(_, spec)| spec.as_ref().is_ok_and(is_of_another));
    let others: Vec<String> = others.map(|(source, _)| source.display()).collect();
    if nothing.is_none() && !others.is_empty() {
        output.note(&format!(
            "{} left out by `--account`: {}\n",
            paint(WARNING, "note:"),
            one_line(&few(&others))
        ));
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
    match nothing {
        Some(nothing) => Err(nothing.into()),
        None => Ok(members),
    }
}

/// The selected part of a spec; `None` if nothing in it is selected.
pub(super) fn selected(mut spec: Spec, select: &Select) -> Option<Spec> {
    let accounts = &select.accounts;
    if !accounts.is_empty() && !accounts.contains(&spec.aws.account_id) {
        return None;
    }
    select_roles(&mut spec, select);
    (!spec.roles.is_empty()).then_some(spec)
}

/// Keeps the selected roles.
pub fn select_roles(spec: &mut Spec, select: &Select) {
    let (kept, left_out): (Vec<_>, Vec<_>) = spec.roles.drain(..).partition(|role| select.has(&role.name));
    spec.roles = kept;
    spec.excluded.extend(left_out);
    spec.is_part |= !select.roles.is_empty();
    if !spec.excluded.is_empty() {
        spec.elsewhere.leave_out(names_left_out(spec));
    }
}

/// Works on all of them at the same time; if one fails, the others go on.
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

/// Progress to show while they are read.
pub(super) fn reading(members: &Members) -> Reading {
    let sessions = members.iter().filter_map(|(_, session)| session.as_ref().ok());
    Reading::of(sessions.map(|session| (&session.spec, &session.clients)))
}

/// Several reports as one value: the finished ones, and why the others are missing.
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

/// Works on one after the other; if one of several fails, that is reported and the others go on.
pub(super) fn one_by_one(
    sources: &[SpecSource],
    output: &Output,
    mut one: impl FnMut(&SpecSource) -> Result<Status, CommandError>,
) -> Result<Status, CommandError> {
    if let [source] = sources {
        return one(source);
    }
    let statuses = sources.iter().map(|source| {
        one(source).unwrap_or_else(|error| {
            report(&error, output);
            error.status()
        })
    });
    Ok(worst(statuses))
}

/// The heading of one spec in a report of several.
pub fn heading(source: impl fmt::Display) -> String {
    format!("{}\n", paint(BOLD, &format!("── {source} ──")))
}

/// The most important status for the user to act on.
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

/// A selection that matches nothing: a name in none of the specs is a typo, whatever the other names select.
#[derive(Debug, thiserror::Error)]
pub enum NothingSelected {
    #[error("there is no role `{pattern}` in {}", specs(*.of))]
    NoRole { pattern: String, known: Vec<String>, of: usize },
    #[error("no spec is of the AWS account {account}")]
    NoAccount { account: AccountId, known: Vec<String> },
    #[error("no role is both of `--role` and of `--account`")]
    NotBoth,
    #[error("no role is left: `--except` leaves out every role that the other options select")]
    NothingLeft,
}

/// How many names an error lists.
const NAMED: usize = 12;

impl NothingSelected {
    /// `None` if every pattern matches a role, and every account belongs to a spec. A spec that cannot be read may have
    /// what the others do not.
    pub(super) fn of<'a>(
        loaded: impl Iterator<Item = &'a Result<Spec, CommandError>>,
        select: &Select,
    ) -> Option<Self> {
        let Select { roles, except, accounts } = select;
        let specs: Vec<&Spec> = loaded.map(|spec| spec.as_ref().ok()).collect::<Option<_>>()?;
        let known: BTreeSet<&str> =
            specs.iter().flat_map(|spec| &spec.roles).map(|role| role.name.as_str()).collect();
        let owned = |known: BTreeSet<&str>| known.into_iter().map(str::to_owned).collect();
        if let Some(pattern) = roles
            .iter()
            .chain(except)
            .find(|pattern| !known.iter().any(|name| wildcard_matches(pattern, name)))
        {
            return Some(Self::NoRole { pattern: pattern.clone(), known: owned(known), of: specs.len() });
        }
        if let Some(account) =
            accounts.iter().find(|account| !specs.iter().any(|spec| spec.aws.account_id == **account))
        {
            let known = owned(specs.iter().map(|spec| spec.aws.account_id.as_str()).collect());
            return Some(Self::NoAccount { account: account.clone(), known });
        }
        let is_selected = |spec: &&Spec| {
            (accounts.is_empty() || accounts.contains(&spec.aws.account_id))
                && spec.roles.iter().any(|role| select.has(&role.name))
        };
        match specs.iter().any(is_selected) {
            true => None,
            false if except.is_empty() => Some(Self::NotBoth),
            false => Some(Self::NothingLeft),
        }
    }
}

/// The role that a name is nearly the name of.
fn near<'k>(name: &str, known: &'k [String]) -> Option<&'k str> {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let alike = known.iter().find(|known| known.eq_ignore_ascii_case(name)).copied();
    alike.or_else(|| near_miss(name, &known))
}

fn specs(count: usize) -> String {
    if count == 1 { "the spec".to_owned() } else { format!("these {count} specs") }
}

impl Explain for NothingSelected {
    fn help(&self) -> Option<String> {
        let list = |known: &[String]| {
            let named: Vec<String> = known.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
            match known.len().saturating_sub(NAMED) {
                0 => named.join(", "),
                more => format!("{} and {more} more", named.join(", ")),
            }
        };
        Some(match self {
            Self::NoRole { pattern, known, .. } if near(pattern, known).is_some() => {
                format!("did you mean `{}`?", near(pattern, known).unwrap_or_default())
            }
            Self::NoRole { known, .. } if known.len() == 1 => {
                format!("the only role is {}; names are case-sensitive", list(known))
            }
            Self::NoRole { known, .. } => {
                format!("the roles are {}; names are case-sensitive, `*` and `?` are wildcards", list(known))
            }
            Self::NoAccount { known, .. } if known.len() == 1 => {
                format!("the only account is {}", list(known))
            }
            Self::NoAccount { known, .. } => format!("the accounts are {}", list(known)),
            Self::NotBoth => "leave out one of them".to_owned(),
            Self::NothingLeft => "give fewer names to `--except`".to_owned(),
        })
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
