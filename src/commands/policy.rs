//! `policy`: documents of any origin.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::json;

use clap::{Args, Subcommand};

use super::files::{self, FileError};
use super::options::Global;
use super::report::report_json;
use super::{CommandError, Status};
use crate::arn::{AccountId, FunctionArn};
use crate::explain::Explain;
use crate::plan::Diff;
use crate::policy::document::Statement;
use crate::policy::guardrail::{GuardrailLevel, Guardrails, evaluate_guarded, rcp_fault, scp_fault};
use crate::policy::lint::{Expected, LintSeverity, lint_function, lint_permissions, lint_trust};
use crate::policy::{Context, Decision, Document, ParseError, Policies, Principal, Request, equivalent};
use crate::render;
use crate::render::output::Output;
use crate::spec::customer_accounts;

#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Find mistakes that IAM would accept; exits with 4 if there are errors
    Lint {
        /// What the documents are; without it, one that names principals is a trust policy, or with a function a function's own
        #[arg(long, value_name = "KIND")]
        kind: Option<LintKind>,
        /// An account of your own that may be trusted in addition to Genesys's (repeatable)
        #[arg(long = "account", value_name = "ID")]
        accounts: Vec<AccountId>,
        #[arg(value_name = "FILE.json", required = true)]
        files: Vec<PathBuf>,
    },
    /// Check whether two documents are equivalent; exits with 2 and the difference of their canonical forms if not
    Compare {
        #[arg(value_name = "A.json")]
        a: PathBuf,
        #[arg(value_name = "B.json")]
        b: PathBuf,
    },
    /// Decide whether a request is allowed, and why: exits with 0 if allowed, 4 if denied, 5 if undecided
    Evaluate(EvaluateArgs),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LintKind {
    Trust,
    Permissions,
    /// A function's own policy (`aws lambda get-policy`)
    Function,
}

#[derive(Debug, Args)]
pub struct EvaluateArgs {
    /// The request: principal, action, resource and context (complete: a key that is not there is absent)
    #[arg(long, value_name = "REQUEST.json")]
    pub request: PathBuf,
    /// An identity policy of the principal (repeatable)
    #[arg(long, value_name = "FILE")]
    pub identity: Vec<PathBuf>,
    /// The principal's permissions boundary
    #[arg(long, value_name = "FILE")]
    pub boundary: Option<PathBuf>,
    /// The session policy
    #[arg(long, value_name = "FILE")]
    pub session: Option<PathBuf>,
    /// A role's trust policy, or another policy of the resource; without --identity, what it itself says
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
    /// A service control policy of the caller's account, of a level (root, a unit, account) or, without one, of the same
    #[arg(long, value_name = "[LEVEL=]FILE[,FILE…]")]
    pub scp: Vec<String>,
    /// A resource control policy of the resource's account, of whatever level (repeatable)
    #[arg(long, value_name = "FILE")]
    pub rcp: Vec<PathBuf>,
    /// How to print the decision and the trace
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: EvaluateFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum EvaluateFormat {
    Text,
    Json,
}

pub fn run(global: &Global, command: &PolicyCommand, output: &Output) -> Result<Status, CommandError> {
    match command {
        PolicyCommand::Lint { kind, accounts, files } => lint(*kind, accounts, files, global.json, output),
        PolicyCommand::Compare { a, b } => compare(a, b, global.json, output),
        PolicyCommand::Evaluate(args) => run_evaluate(args, output),
    }
}

fn read(path: &Path) -> Result<String, FileError> {
    let text = files::read(path)?;
    // Editors on Windows begin files like this.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn document(path: &Path) -> Result<Document, CommandError> {
    let bytes = files::read_bytes(path)?;
    Document::from_file(&bytes)
        .map_err(|source| PolicyError::Document { path: path.to_owned(), source }.into())
}

/// Guesses the kind of a document from its contents: a function's own policy names principals and a function, a trust
/// policy principals or a way to assume a role.
fn kind_of(document: &Document) -> LintKind {
    let statements = document.statements.as_slice();
    let is_of_function = |statement: &Statement| {
        statement.principal.is_some()
            && statement.resource_values().iter().any(|value| value.parse::<FunctionArn>().is_ok())
    };
    let is_trust = |statement: &Statement| {
        let assumes = |action: &String| action.to_ascii_lowercase().starts_with("sts:assumerole");
        statement.principal.is_some()
            || statement.resource.is_none() && statement.action_values().iter().any(assumes)
    };
    if statements.iter().any(is_of_function) {
        LintKind::Function
    } else if statements.iter().any(is_trust) {
        LintKind::Trust
    } else {
        LintKind::Permissions
    }
}

fn lint(
    kind: Option<LintKind>,
    accounts: &[AccountId],
    files: &[PathBuf],
    as_json: bool,
    output: &Output,
) -> Result<Status, CommandError> {
    // Every file is read before anything is printed: a fault in the last one must not hide behind findings.
    let documents =
        files.iter().map(|path| Ok((path, document(path)?))).collect::<Result<Vec<_>, CommandError>>()?;
    let known = customer_accounts();
    let expected = Expected { known_accounts: &known, own_accounts: accounts, ..Expected::default() };
    let (mut text, mut json) = (String::new(), Vec::new());
    let mut errors = false;
    for (path, document) in &documents {
        let findings = match kind.unwrap_or_else(|| kind_of(document)) {
            LintKind::Trust => lint_trust(document, &expected),
            LintKind::Permissions => lint_permissions(document, &expected),
            LintKind::Function => lint_function(document, &expected),
        };
        errors |= findings.iter().any(|finding| finding.lint.severity == LintSeverity::Error);
        let name = crate::text::path(path);
        text.push_str(&render::policy::findings(&name, &findings));
        json.push(render::policy::findings_json(&name, &findings));
    }
    let status = if errors { Status::Fault } else { Status::Done };
    if as_json {
        report_json("genesys-iam lint", &json!({ "files": json }), status, output)?;
    } else {
        output.result(&text)?;
    }
    Ok(status)
}

fn compare(a: &Path, b: &Path, as_json: bool, output: &Output) -> Result<Status, CommandError> {
    let document = Diff { before: document(a)?, after: document(b)? };
    let are_equivalent = equivalent(&document.before, &document.after);
    let status = if are_equivalent { Status::Done } else { Status::Changes };
    let difference = (!are_equivalent).then(|| render::policy::difference(&document));
    if as_json {
        let difference = difference.map(|text| anstream::adapter::strip_str(&text).to_string());
        let members = json!({ "equivalent": are_equivalent, "difference": difference });
        report_json("genesys-iam comparison", &members, status, output)?;
    } else {
        output.result(difference.as_deref().unwrap_or("They mean the same.\n"))?;
    }
    Ok(status)
}

/// A request as written in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestFile {
    principal: PrincipalFile,
    action: String,
    resource: String,
    #[serde(default)]
    context: BTreeMap<String, Vec<String>>,
    /// Keys that the request may or may not have.
    #[serde(default)]
    unknown: Vec<String>,
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
        let RequestFile { principal, action, resource, context, unknown } = file;
        let principal = match principal {
            PrincipalFile::Aws(arn) => Principal::Aws(arn),
            PrincipalFile::Service(service) => Principal::Service(service),
            PrincipalFile::Federated(provider) => Principal::Federated(provider),
            PrincipalFile::Anonymous => Principal::Anonymous,
        };
        let context = context.iter().fold(Context::complete(), |context, (key, values)| {
            context.with(key, &values.iter().map(String::as_str).collect::<Vec<_>>())
        });
        let context = unknown.iter().fold(context, |context, key| context.unknown(key)).of_caller(&principal);
        Self { principal, action, resource, context }
    }
}

fn run_evaluate(args: &EvaluateArgs, output: &Output) -> Result<Status, CommandError> {
    let EvaluateArgs { request: path, identity, boundary, session, trust, scp, rcp, format } = args;
    let request: RequestFile = serde_json::from_str(&read(path)?)
        .map_err(|source| PolicyError::Request { path: path.clone(), source })?;
    let mut keys = BTreeSet::new();
    let written = request.context.keys().chain(&request.unknown);
    if let Some(key) = written.clone().find(|key| !keys.insert(key.to_ascii_lowercase())) {
        let source = serde::de::Error::custom(format!("`{key}` is in the context twice: keys ignore case"));
        return Err(PolicyError::Request { path: path.clone(), source }.into());
    }
    let request = Request::from(request);
    let named = |path: &Path| Ok::<_, CommandError>((crate::text::path(path), document(path)?));
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
    let levels = scp_levels(scp)?;
    let rcp = rcp.iter().map(|path| guardrail(path, (RESOURCE, rcp_fault))).collect::<Result<Vec<_>, _>>()?;
    let guardrails = Guardrails {
        scp: levels
            .iter()
            .map(|(name, policies)| GuardrailLevel {
                name: name.clone(),
                policies: policies.iter().map(|named| (borrowed(named), &named.1)).collect(),
            })
            .collect(),
        rcp: rcp.iter().map(|named| (borrowed(named), &named.1)).collect(),
    };
    let evaluation = evaluate_guarded(&policies, &guardrails, &request);
    let status = match evaluation.decision {
        Decision::Allowed => Status::Done,
        Decision::ExplicitDeny | Decision::ImplicitDeny => Status::Fault,
        Decision::Undecided => Status::Undecided,
    };
    match format {
        EvaluateFormat::Text => output.result(&render::policy::text(&evaluation))?,
        EvaluateFormat::Json => {
            report_json("genesys-iam evaluation", &render::policy::json(&evaluation), status, output)?;
        }
    }
    Ok(status)
}

/// An organization's policy, read from a path.
fn guardrail(
    path: &Path,
    (kind, fault): (&'static str, fn(&Document) -> Option<String>),
) -> Result<(String, Document), CommandError> {
    if !path.exists()
        && kind == RESOURCE
        && path.to_string_lossy().split_once('=').is_some_and(|(_, file)| Path::new(file).exists())
    {
        return Err(PolicyError::RcpLevel(path.to_owned()).into());
    }
    let document = document(path)?;
    match fault(&document) {
        Some(why) => Err(PolicyError::Guardrail { path: path.to_owned(), kind, why }.into()),
        None => Ok((crate::text::path(path), document)),
    }
}

/// `a resource control policy`
const RESOURCE: &str = "a resource";

/// A level with its policies, by their paths.
type NamedLevel = (String, Vec<(String, Document)>);

/// `FILE` is of the level `attached`, `LEVEL=FILE,FILE` of another; a level may be given in parts.
fn scp_levels(given: &[String]) -> Result<Vec<NamedLevel>, CommandError> {
    let mut levels: Vec<NamedLevel> = Vec::new();
    for text in given {
        let (name, files) = match text.split_once('=') {
            Some((name, files)) if !Path::new(text).exists() => (name, files.split(',').collect::<Vec<_>>()),
            _ => ("attached", vec![text.as_str()]),
        };
        if name.is_empty() || files.iter().any(|file| file.is_empty()) {
            return Err(PolicyError::Level(text.clone()).into());
        }
        let policies = files
            .into_iter()
            .map(|file| guardrail(Path::new(file), ("a service", scp_fault)))
            .collect::<Result<Vec<_>, _>>()?;
        match levels.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => known.extend(policies),
            None => levels.push((name.to_owned(), policies)),
        }
    }
    Ok(levels)
}

#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    #[error("`{path}` cannot be {kind} control policy: {why}", path = crate::text::path(.path))]
    Guardrail { path: PathBuf, kind: &'static str, why: String },
    #[error("`--scp {0}` is not LEVEL=FILE, with more files after commas")]
    Level(String),
    #[error("`--rcp {path}` names a level, and resource control policies need none", path = crate::text::path(.0))]
    RcpLevel(PathBuf),
    #[error("`{path}` is not a policy document: {source}", path = crate::text::path(.path))]
    Document { path: PathBuf, source: ParseError },
    #[error("`{path}` is not a request: {source}", path = crate::text::path(.path))]
    Request { path: PathBuf, source: serde_json::Error },
}

impl Explain for PolicyError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Document { .. } => Some(
                "a policy document is JSON; the answers of `aws iam get-role`, `get-policy-version`, `get-role-policy` and \
                 `aws lambda get-policy` will do"
                    .to_owned(),
            ),
            Self::Guardrail { .. } => None,
            Self::Level(_) => Some("such as `--scp root=FILE,FILE --scp ou=FILE`, or `--scp FILE`".to_owned()),
            Self::RcpLevel(_) => Some("give the file alone: those of all levels count together".to_owned()),
            Self::Request { .. } => Some(
                "it looks like {\"principal\": {\"AWS\": \"arn:…\"}, \"action\": \"sts:AssumeRole\", \"resource\": \"arn:…\", \
                 \"context\": {\"sts:ExternalId\": [\"…\"]}}"
                    .to_owned(),
            ),
        }
    }

    fn status(&self) -> Status {
        match self {
            Self::Level(_) | Self::RcpLevel(_) => Status::Usage,
            Self::Guardrail { .. } | Self::Document { .. } | Self::Request { .. } => Status::Error,
        }
    }

    fn shows_causes(&self) -> bool {
        false
    }
}
