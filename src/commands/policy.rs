//! `policy`: documents of any origin.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{CommandError, Status};
use crate::cli::{EvaluateArgs, EvaluateFormat, LintKind, PolicyCommand};
use crate::plan::Diff;
use crate::policy::lint::{Expected, Severity, lint_permissions, lint_trust};
use crate::policy::{Context, Decision, Document, Policies, Principal, Request, equivalent, evaluate};
use crate::render;
use crate::render::output::Output;
use crate::spec::KNOWN_GENESYS_ACCOUNTS;

pub fn run(command: &PolicyCommand, output: &Output) -> Result<Status, CommandError> {
    match command {
        PolicyCommand::Lint { kind, files } => lint(*kind, files, output),
        PolicyCommand::Compare { a, b } => compare(a, b, output),
        PolicyCommand::Evaluate(args) => run_evaluate(args, output),
    }
}

fn read(path: &Path) -> Result<String, CommandError> {
    let text =
        fs::read_to_string(path).map_err(|source| CommandError::Read { path: path.to_owned(), source })?;
    // As editors on Windows begin a file.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn document(path: &Path) -> Result<Document, CommandError> {
    let text = read(path)?;
    Document::parse(&text).map_err(|source| CommandError::Policy { path: path.to_owned(), source })
}

fn lint(kind: Option<LintKind>, files: &[PathBuf], output: &Output) -> Result<Status, CommandError> {
    // Every file is read before anything is printed: a fault in the last one must not hide behind findings.
    let documents =
        files.iter().map(|path| Ok((path, document(path)?))).collect::<Result<Vec<_>, CommandError>>()?;
    let known: Vec<(&str, &str)> = KNOWN_GENESYS_ACCOUNTS
        .iter()
        .filter(|known| known.for_customers)
        .map(|known| (known.id, known.name))
        .collect();
    let expected = Expected { known_accounts: &known, ..Expected::default() };
    let mut text = String::new();
    let mut errors = false;
    for (path, document) in &documents {
        let names_principals = document.statements.as_slice().iter().any(|s| s.principal.is_some());
        let trust = kind.map_or(names_principals, |kind| kind == LintKind::Trust);
        let findings =
            if trust { lint_trust(document, &expected) } else { lint_permissions(document, &expected) };
        errors |= findings.iter().any(|finding| finding.lint.severity == Severity::Error);
        text.push_str(&render::policy::findings(&path.display().to_string(), &findings));
    }
    output.result(&text)?;
    Ok(if errors { Status::Fault } else { Status::Done })
}

fn compare(a: &Path, b: &Path, output: &Output) -> Result<Status, CommandError> {
    let document = Diff { before: document(a)?, after: document(b)? };
    if equivalent(&document.before, &document.after) {
        output.result("They mean the same.\n")?;
        return Ok(Status::Done);
    }
    let difference = render::policy::difference(&document);
    output.result(&difference)?;
    Ok(Status::Changes)
}

/// The request as a file says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestFile {
    principal: PrincipalFile,
    action: String,
    resource: String,
    #[serde(default)]
    context: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
enum PrincipalFile {
    #[serde(rename = "AWS")]
    Aws(String),
    Service(String),
    Federated(String),
    #[serde(rename = "*")]
    Anonymous,
}

impl From<RequestFile> for Request {
    fn from(file: RequestFile) -> Self {
        let RequestFile { principal, action, resource, context } = file;
        let principal = match principal {
            PrincipalFile::Aws(arn) => Principal::Aws(arn),
            PrincipalFile::Service(service) => Principal::Service(service),
            PrincipalFile::Federated(provider) => Principal::Federated(provider),
            PrincipalFile::Anonymous => Principal::Anonymous,
        };
        let context = context.iter().fold(Context::complete(), |context, (key, values)| {
            context.with(key, &values.iter().map(String::as_str).collect::<Vec<_>>())
        });
        Self { principal, action, resource, context }
    }
}

fn run_evaluate(args: &EvaluateArgs, output: &Output) -> Result<Status, CommandError> {
    let EvaluateArgs { request: path, identity, boundary, session, trust, format } = args;
    let request: RequestFile = serde_json::from_str(&read(path)?)
        .map_err(|source| CommandError::Request { path: path.clone(), source })?;
    let mut keys = BTreeSet::new();
    if let Some(key) = request.context.keys().find(|key| !keys.insert(key.to_ascii_lowercase())) {
        let source = serde::de::Error::custom(format!("`{key}` is in the context twice: keys ignore case"));
        return Err(CommandError::Request { path: path.clone(), source });
    }
    let request = Request::from(request);
    let named = |path: &Path| Ok::<_, CommandError>((path.display().to_string(), document(path)?));
    let identity = identity.iter().map(|path| named(path)).collect::<Result<Vec<_>, _>>()?;
    let one = |path: &Option<PathBuf>| path.as_deref().map(named).transpose();
    let (boundary, session, trust) = (one(boundary)?, one(session)?, one(trust)?);
    let borrowed = |named: &'_ (String, Document)| named.0.clone();
    let policies = Policies {
        identity: identity.iter().map(|named| (borrowed(named), &named.1)).collect(),
        boundary: boundary.as_ref().map(|named| (borrowed(named), &named.1)),
        session: session.as_ref().map(|named| (borrowed(named), &named.1)),
        resource: trust.as_ref().map(|named| (borrowed(named), &named.1)),
    };
    let evaluation = evaluate(&policies, &request);
    output.result(&match format {
        EvaluateFormat::Text => render::policy::text(&evaluation),
        EvaluateFormat::Json => render::policy::json(&evaluation),
    })?;
    Ok(match evaluation.decision {
        Decision::Allowed => Status::Done,
        Decision::ExplicitDeny | Decision::ImplicitDeny => Status::Fault,
        Decision::Undecided => Status::Undecided,
    })
}
