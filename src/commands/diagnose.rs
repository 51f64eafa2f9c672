//! `diagnose`: why a data action fails, for users without a spec. Writes nothing except the file of `--out`.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use futures_util::future::join_all;

use super::check::{Proofs, facts_of};
use super::connections::GenesysAccess;
use super::files::write_new;
use super::import::{connect, environment_region};
use super::options::{Global, ReportFormat};
use super::page;
use super::reports::Reports;
use super::session::{self, LookUp, Session};
use super::since::{LookBack, Since};
use super::{CommandError, Status, connections, evidence};
use crate::arn::{AccountId, Arn, FunctionArn, global_region, partition_of_region};
use crate::aws::{self, AccountListing, Clients, ListedRole};
use crate::check::{
    AskedOrganization, Basis, CredentialArn, Facts, GenesysSide, IntegrationFacts, Recorded, Unknown,
};
use crate::diagnose::{ErrorReading, RoleCase, Shell, SpecFile, read_error};
use crate::explain::Explain;
use crate::genesys;
use crate::import::{Known, candidates, looks_like_genesys, trusts_genesys, wanted};
use crate::model::{LiveRole, LookForOrphans, Role, RoleRecord, Tags};
use crate::plan::{Reads, diff};
use crate::policy::document::Effect;
use crate::policy::template::trust_policy;
use crate::policy::{Document, EXTERNAL_ID, wildcard_matches};
use crate::render;
use crate::render::output::Output;
use crate::spec::{DEFAULT_FILE, EmptyEnvironment, LoadOptions, SPEC_KEY, Severity, is_guid, load, parse};
use crate::text::{near_miss, shell_word};
use crate::view::{CandidateView, CandidatesView, DiagnoseView, LooseView};

#[derive(Debug, Args)]
pub struct DiagnoseArgs {
    /// The role, by name or ARN; without it, the only one that looks like Genesys Cloud's, or a list of several
    #[arg(value_name = "ROLE")]
    pub role: Option<String>,
    /// What you see fail: the text of Architect, or of the data action's test; with - from standard input
    #[arg(long, value_name = "TEXT")]
    pub error: Option<String>,
    /// See who used the role since then (2h, 7d, 2026-11-01); 90 days back without it
    #[arg(long, value_name = "TIME", value_parser = Since::parse)]
    pub since: Option<Since>,
    /// How to print it; markdown and json are masked, for a ticket
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
    /// Write the spec of the role as it should be to this file, which must not exist
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// A line more for the role in that file, such as `extra_permissions = "remove"`; repeatable
    #[arg(long, value_name = "LINE", requires = "out")]
    pub with: Vec<String>,
    /// AWS region, if the functions do not name it; it also decides the partition
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// AWS profile
    #[arg(long, value_name = "PROFILE")]
    pub profile: Option<String>,
}

/// The account, and how to reach both services.
pub struct Place {
    pub clients: Clients,
    pub account: AccountId,
    pub genesys: Option<genesys::Client>,
    /// What is wrong with the settings for it.
    pub genesys_trouble: Option<Unknown>,
    pub in_sandbox: bool,
    pub region: String,
    /// How far back to look up who used the role; `None`: as far as known.
    pub since: Option<Since>,
    /// Whether a spec will be written: then the data actions are read in full.
    pub writes_spec: bool,
    /// What to type before a command's name.
    pub invocation: String,
}

impl Place {
    fn partition(&self) -> &'static str {
        partition_of_region(&self.region)
    }
}

/// Roles of specs: there is none.
static NO_SPEC: BTreeSet<String> = BTreeSet::new();

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

/// Finds out everything about one role, given its name or ARN.
///
/// # Errors
///
/// When it is not a role in this account, or IAM does not answer.
pub async fn examine(
    place: Place,
    named: &str,
    error: Option<ErrorReading>,
    output: &Output,
) -> Result<RoleCase, CommandError> {
    let asking = evidence::of_genesys(place.genesys.as_ref(), place.genesys_trouble.as_ref(), &NO_SPEC);
    let genesys = output.waiting("asking Genesys Cloud", asking).await;
    let role = role_arn(&place, named, &genesys)?;
    // An ARN is meant literally, even if no such role exists.
    let is_exact = named.contains(':');
    Box::pin(case(place, role, is_exact, genesys, error, output)).await
}

async fn place(
    global: &Global,
    args: &DiagnoseArgs,
    named: Option<&str>,
    output: &Output,
) -> Result<Place, CommandError> {
    let invocation = session::invocation_without_spec(global);
    if global.sandbox {
        if args.profile.is_some() {
            return Err(DiagnoseError::ProfileInSandbox.into());
        }
        let (clients, genesys, spec) =
            connections::in_sandbox(global, args.region.as_deref(), output).await?;
        let region = args.region.clone().unwrap_or(spec.aws.region);
        let account = spec.aws.account_id;
        return Ok(Place {
            clients,
            account,
            genesys: Some(genesys),
            genesys_trouble: None,
            in_sandbox: true,
            region,
            since: args.since,
            writes_spec: args.out.is_some(),
            invocation,
        });
    }
    let partition = named.and_then(|named| named.parse::<Arn>().ok()).map(|arn| arn.partition);
    let known = args.region.clone().or_else(environment_region);
    let region = match (known, partition) {
        (Some(region), _) => region,
        (None, Some(partition)) => global_region(&partition).to_owned(),
        (None, None) => global_region("aws").to_owned(),
    };
    let (clients, account) = connect(global, &region, args.profile.clone(), output).await?;
    let GenesysAccess { client: genesys, trouble: genesys_trouble } =
        connections::genesys_without_spec(global, args.profile.as_deref(), output).await?;
    Ok(Place {
        clients,
        account,
        genesys,
        genesys_trouble,
        in_sandbox: false,
        region,
        since: args.since,
        writes_spec: args.out.is_some(),
        invocation,
    })
}

/// The intended role. If only a name is given, its path comes from a Genesys Cloud credential.
fn role_arn(place: &Place, named: &str, genesys: &GenesysSide) -> Result<Arn, DiagnoseError> {
    let (arn, name) = match named.parse::<Arn>() {
        Ok(arn) if arn.service == "iam" && arn.resource.starts_with("role/") => {
            let name = arn.name().to_owned();
            (Some(arn), name)
        }
        Ok(arn) if arn.service == "sts" && arn.resource.starts_with("assumed-role/") => {
            let name = arn.resource.split('/').nth(1).unwrap_or_default().to_owned();
            (Some(Arn { service: "iam".to_owned(), resource: format!("role/{name}"), ..arn }), name)
        }
        Ok(arn) => return Err(DiagnoseError::NotARole(arn.to_string())),
        Err(_) => (None, named.rsplit('/').next().unwrap_or(named).to_owned()),
    };
    if let Some(arn) = &arn
        && arn.account != place.account.as_str()
    {
        return Err(DiagnoseError::OtherAccount { role: arn.to_string(), account: place.account.clone() });
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if name.is_empty() || name.len() > 64 || !name.chars().all(is_name) {
        return Err(DiagnoseError::NotARole(named.to_owned()));
    }
    let plain = || Arn::role(place.partition(), &place.account, "/", &name);
    let held = integrations(genesys).iter().find_map(|one| match &one.credential {
        CredentialArn::Shown(text) => {
            text.parse::<Arn>().ok().filter(|arn| arn.name() == name && arn.account == place.account.as_str())
        }
        CredentialArn::Unreadable(_) | CredentialArn::None => None,
    });
    Ok(arn.or(held).unwrap_or_else(plain))
}

fn integrations(genesys: &GenesysSide) -> &[IntegrationFacts] {
    match genesys {
        GenesysSide::Read(genesys) => genesys.integrations.as_deref().unwrap_or_default(),
        GenesysSide::NotAsked | GenesysSide::Rejected(..) | GenesysSide::Unreadable(_) => &[],
    }
}

fn is_held(genesys: &GenesysSide, role: &Arn) -> bool {
    let held = CredentialArn::Shown(role.to_string());
    integrations(genesys).iter().any(|one| one.credential == held)
}

/// The targets of data actions in the integrations that hold the role, or in the only one there is.
fn targets(genesys: &GenesysSide, role: &Arn) -> Vec<FunctionArn> {
    let all = integrations(genesys);
    let holds = CredentialArn::Shown(role.to_string());
    let own: Vec<&IntegrationFacts> = all.iter().filter(|one| one.credential == holds).collect();
    let meant = match (own.as_slice(), all) {
        ([], [one]) => vec![one],
        _ => own,
    };
    meant.iter().flat_map(|one| &one.actions).filter_map(|action| action.target.parse().ok()).collect()
}

/// Derives the desired state from the live state and Genesys Cloud, and has `check` compare them.
async fn case(
    place: Place,
    role: Arn,
    is_exact: bool,
    genesys: GenesysSide,
    error: Option<ErrorReading>,
    output: &Output,
) -> Result<RoleCase, CommandError> {
    let Place {
        clients,
        account,
        genesys: client,
        genesys_trouble: _,
        in_sandbox,
        region,
        since,
        writes_spec,
        invocation,
    } = place;
    let organization = match &client {
        // A spec without it is still valid.
        Some(client) if writes_spec => genesys::live(client, &[], genesys::Details::All).await.ok(),
        Some(_) | None => None,
    };
    let reading = async {
        let live = aws::role(&clients, &role.partition, &account, role.name()).await?;
        let is_gone = live.is_none();
        let live = live.unwrap_or_else(|| absent(role.clone()));
        let targets = targets(&genesys, &live.role.arn);
        let (unattached, instead) = match live.documents().any(is_about_lambda) {
            true => (Vec::new(), Vec::new()),
            // It may have been detached; callers who may not list policies do without.
            false => {
                let listing = aws::account_listing(&clients).await.unwrap_or_default();
                if is_gone && !is_exact && !is_held(&genesys, &role) {
                    let known: Vec<&str> = listing.roles.iter().map(|role| role.arn.name()).collect();
                    if let Some(near) = near_miss(role.name(), &known) {
                        let (role, near) = (Box::new(role.clone()), near.to_owned());
                        return Err(DiagnoseError::Misspelt { role, near }.into());
                    }
                }
                let fits =
                    |one: &&ListedRole| is_gone && trusts_genesys(&one.trust) && invokes(one, &listing);
                let instead = listing.roles.iter().filter(fits).map(|one| one.arn.clone()).collect();
                (listing.policies, instead)
            }
        };
        let missing = missing(&clients, candidates(&live, &unattached, &targets)).await;
        Ok::<_, CommandError>((live, targets, missing, unattached, instead))
    };
    let (live, targets, missing, unattached, instead) = output.waiting("reading the role", reading).await?;
    let organization_id = match &genesys {
        GenesysSide::Read(genesys) => Some(genesys.organization_id.as_str()),
        _ => None,
    };
    let known = Known {
        account: &account,
        region: &region,
        role: &live,
        unattached: &unattached,
        organization_id,
        targets: &targets,
        missing: &missing,
        organization: organization.as_ref(),
    };
    let wanted = wanted(&known).map_err(DiagnoseError::NoSpec)?;
    let session = Session {
        spec: wanted.spec.clone(),
        clients,
        in_sandbox,
        genesys: client,
        genesys_trouble: None,
        reads: Reads::Single,
        file: String::new(),
        invocation,
        known_roles: Arc::default(),
        has_aws_endpoint_of_spec: false,
    };
    let guards = aws::organization_guards(&session.clients, &account).await;
    let facts = Facts { guards, ..Box::pin(gather(&session, &genesys, since, output)).await? };
    let organization = match &genesys {
        GenesysSide::NotAsked => AskedOrganization::No(session.spec.genesys.client_variables()),
        GenesysSide::Rejected(..) | GenesysSide::Unreadable(_) => AskedOrganization::Unknown,
        GenesysSide::Read(genesys) => AskedOrganization::Named(genesys.organization_name.clone()),
    };
    Ok(RoleCase { account, region, in_sandbox, organization, wanted, facts, instead, error })
}

async fn gather(
    session: &Session,
    genesys: &GenesysSide,
    since: Option<Since>,
    output: &Output,
) -> Result<Facts, CommandError> {
    let observed = session.observe(LookForOrphans::No, LookUp::New, output).await?;
    let plan = diff(&observed.live, &observed.desired);
    let look_back = LookBack { since: since.unwrap_or_default(), is_asked: since.is_some() };
    let proofs = Proofs { look_back: Some(look_back), ..Proofs::default() };
    let facts = facts_of(session, &observed, &plan, &proofs, genesys, output).await?;
    let facts = facts.into_iter().next().ok_or(DiagnoseError::NoSpec(String::new()))?;
    let is_organization_asked = matches!(genesys, GenesysSide::Read(_));
    Ok(Facts { basis: Basis::Found { is_organization_asked }, ..facts })
}

/// Represents a missing role as an empty one.
fn absent(arn: Arn) -> LiveRole {
    let name = arn.name().to_owned();
    let path = arn.resource.trim_start_matches("role").trim_end_matches(name.as_str()).to_owned();
    LiveRole {
        role: Role {
            name,
            path,
            arn,
            description: String::new(),
            max_session_duration: 3600,
            assume_role_policy: trust_policy(&[], ""),
            permissions_boundary: None,
            tags: Tags::new(),
        },
        attached: Default::default(),
        inline: Default::default(),
        boundary: None,
        record: RoleRecord::default(),
    }
}

/// The functions that Lambda does not have; one that may not be looked up does not count as missing.
async fn missing(clients: &Clients, functions: BTreeSet<FunctionArn>) -> BTreeSet<FunctionArn> {
    let answers = join_all(functions.iter().map(|function| aws::function(clients, function))).await;
    let gone = functions.iter().zip(answers).filter(|(_, answer)| matches!(answer, Ok(None)));
    gone.map(|(function, _)| function.clone()).collect()
}

/// Whether a document allows anything in Lambda.
fn is_about_lambda(document: &Document) -> bool {
    document.statements.as_slice().iter().filter(|one| one.effect == Effect::Allow).any(|statement| {
        let mut actions = statement.action_values().iter();
        actions.any(|action| wildcard_matches(&action.to_ascii_lowercase(), "lambda:invokefunction"))
    })
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

/// Without a role: lists those that look like Genesys Cloud's.
async fn list(place: &Place, args: &DiagnoseArgs, output: &Output) -> Result<CandidatesView, CommandError> {
    let reads = async {
        futures_util::join!(
            aws::account_listing(&place.clients),
            evidence::of_genesys(place.genesys.as_ref(), place.genesys_trouble.as_ref(), &NO_SPEC)
        )
    };
    let (listing, genesys) = output.waiting("listing the roles", reads).await;
    let listing = listing?;
    let known = integrations(&genesys);
    let holders = |arn: &Arn| -> Vec<String> {
        let held = CredentialArn::Shown(arn.to_string());
        known.iter().filter(|one| one.credential == held).map(|one| one.name.clone()).collect()
    };
    let option = |name: &str, value: Option<&str>| {
        value.map(|value| format!(" --{name} {}", shell_word(value))).unwrap_or_default()
    };
    let options = option("error", args.error.as_deref()) + &option("profile", args.profile.as_deref());
    let candidate = |arn: &Arn, named: &str, why: &str, integrations| CandidateView {
        role: arn.name().to_owned(),
        arn: arn.to_string(),
        why: why.to_owned(),
        integrations,
        next: format!("{} diagnose {}{options}", place.invocation, shell_word(named)),
    };
    let roles = listing.roles.iter().filter_map(|role| {
        let integrations = holders(&role.arn);
        let why = looks(role, &listing, !integrations.is_empty())?;
        Some(candidate(&role.arn, role.arn.name(), why, integrations))
    });
    // A missing role is a cause, and diagnosed as one.
    let gone: BTreeSet<Arn> = known
        .iter()
        .filter_map(|one| match &one.credential {
            CredentialArn::Shown(text) => text.parse::<Arn>().ok(),
            CredentialArn::Unreadable(_) | CredentialArn::None => None,
        })
        .filter(|arn| {
            arn.service == "iam"
                && arn.resource.starts_with("role/")
                && arn.account == place.account.as_str()
                && !listing.roles.iter().any(|role| role.arn == *arn)
        })
        .collect();
    let missing = gone.iter().map(|arn| candidate(arn, &arn.to_string(), GONE, holders(arn)));
    let roles: Vec<CandidateView> = roles.chain(missing).collect();
    let loose = known.iter().filter_map(|one| {
        let why = match &one.credential {
            CredentialArn::Shown(arn)
                if listing.roles.iter().any(|role| role.arn.to_string() == *arn)
                    || gone.iter().any(|known| known.to_string() == *arn) =>
            {
                return None;
            }
            CredentialArn::Shown(arn) => {
                format!("its credential holds {arn}, which is not a role of this account")
            }
            CredentialArn::Unreadable(why) => format!("which role its credential holds is not known: {why}"),
            CredentialArn::None => "it has no credential".to_owned(),
        };
        Some(LooseView { name: one.name.clone(), why })
    });
    let left_out = match &genesys {
        GenesysSide::Read(facts) => facts.integrations.as_ref().err().map(|unknown| unknown.why.clone()),
        GenesysSide::Rejected(_, unknown) | GenesysSide::Unreadable(unknown) => Some(unknown.why.clone()),
        GenesysSide::NotAsked => Some(
            "Genesys Cloud was not asked: set GENESYSCLOUD_OAUTHCLIENT_ID, GENESYSCLOUD_OAUTHCLIENT_SECRET and \
             GENESYSCLOUD_REGION to see its integrations"
                .to_owned(),
        ),
    };
    Ok(CandidatesView::new(&place.account, roles, loose.collect(), left_out))
}

fn print_list(view: &CandidatesView, args: &DiagnoseArgs, output: &Output) -> Result<Status, CommandError> {
    if args.out.is_some() {
        return Err(DiagnoseError::OutNeedsRole.into());
    }
    output.result(&match args.format {
        ReportFormat::Text | ReportFormat::Html => render::diagnose::candidates_text(view),
        ReportFormat::Markdown => render::diagnose::candidates_markdown(view, &output.masker()),
        ReportFormat::Json => format!("{:#}\n", output.masked_json(&render::json::candidates(view))),
    })?;
    // An integration that uses none of the account's roles, or one that does not exist.
    let is_broken = view.roles.iter().any(|role| role.why == GONE);
    Ok(if is_broken { Status::Fault } else { Status::Done })
}

/// Why a role that does not exist is listed.
const GONE: &str = "an integration holds its ARN, and there is no such role";

/// Why a role looks like Genesys Cloud's.
fn looks(role: &ListedRole, listing: &AccountListing, is_held: bool) -> Option<&'static str> {
    let ids = role.trust.statements.as_slice().iter().flat_map(|one| one.conditions().on(EXTERNAL_ID));
    let is_organization = ids.flat_map(|(_, values)| values).any(|value| is_guid(&value.to_string()));
    if trusts_genesys(&role.trust) {
        Some("it trusts an account of Genesys's")
    } else if is_held {
        Some("an integration holds its ARN")
    } else if looks_like_genesys(&role.trust) {
        Some("it trusts anyone, or an account that tutorials call Genesys's")
    } else if is_organization && invokes(role, listing) {
        Some("its external ID looks like an organization's, and it may invoke functions")
    } else {
        None
    }
}

fn invokes(role: &ListedRole, listing: &AccountListing) -> bool {
    let own = listing.policies.iter().filter(|(arn, _)| role.attached.contains(arn)).map(|(_, one)| one);
    // AWS's own policies are known by name.
    role.inline.iter().chain(own).any(is_about_lambda)
        || role.attached.iter().any(|arn| arn.account == "aws" && arn.name().contains("Lambda"))
}

#[derive(Debug, thiserror::Error)]
pub enum DiagnoseError {
    #[error("`--profile` names credentials of AWS, and the sandbox has none")]
    ProfileInSandbox,
    #[error("`{0}` is not the name or the ARN of a role")]
    NotARole(String),
    #[error("`{role}` is in another account than the credentials, which belong to AWS account {account}")]
    OtherAccount { role: String, account: AccountId },
    #[error("AWS account {} has no role `{}`", role.account, role.name())]
    Misspelt { role: Box<Arn>, near: String },
    #[error("`--out` writes the spec of one role, and none is named")]
    OutNeedsRole,
    #[error("`--with {line}` makes no spec: {why}")]
    With { line: String, why: String },
    #[error("no spec can have this role: {0}")]
    NoSpec(String),
    #[error("`--error -` reads the text from standard input, which is a terminal")]
    ErrorFromTerminal,
    #[error("cannot read the text from standard input")]
    Stdin(#[source] io::Error),
}

impl Explain for DiagnoseError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::Misspelt { role, near } => {
                return Some(format!(
                    "did you mean `{near}`? To diagnose that there is no such role, give its ARN: {role}"
                ));
            }
            Self::ProfileInSandbox => "leave out `--profile` or `--sandbox`",
            Self::NotARole(_) => {
                "`genesys-iam diagnose` alone lists the roles that look like Genesys Cloud's"
            }
            Self::OtherAccount { .. } => "choose credentials of that account: `--profile`, or AWS_PROFILE",
            Self::OutNeedsRole => "name the role: `genesys-iam diagnose ROLE --out FILE`",
            Self::With { .. } => {
                "give it a line of the role's table, such as `extra_permissions = \"remove\"`"
            }
            Self::ErrorFromTerminal => "give it a file: `genesys-iam diagnose --error - < FILE`",
            Self::Stdin(_) => "give the text itself: `--error \"TEXT\"`",
            Self::NoSpec(_) => {
                "`--region` must be a region of the role's partition; otherwise please report this"
            }
        };
        Some(help.to_owned())
    }

    fn status(&self) -> Status {
        match self {
            Self::ProfileInSandbox
            | Self::NotARole(_)
            | Self::Misspelt { .. }
            | Self::OutNeedsRole
            | Self::ErrorFromTerminal
            | Self::With { .. } => Status::Usage,
            Self::OtherAccount { .. } => Status::Refused,
            Self::NoSpec(_) | Self::Stdin(_) => Status::Error,
        }
    }
}
