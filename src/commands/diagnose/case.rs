//! Everything about one role: what it should be is derived from what it is and from Genesys Cloud, and `check` compares.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::join_all;

use super::candidates::{NO_SPEC, integrations, invokes, is_about_lambda, looks_right};
use super::error::DiagnoseError;
use super::folder::FolderSpec;
use super::place::Place;
use crate::arn::{AccountId, Arn, FunctionArn};
use crate::aws::{self, AccountListing, Clients, ListedRole};
use crate::check::{
    ActionFacts, AskedOrganization, Basis, CredentialArn, Facts, FunctionState, GenesysSide, IntegrationFacts,
};
use crate::commands::check::{Proofs, facts_of};
use crate::commands::session::{LookUp, Session};
use crate::commands::since::{LookBack, Since};
use crate::commands::{CommandError, evidence};
use crate::diagnose::{ErrorReading, RoleCase, Surroundings, refused_by_organization};
use crate::genesys;
use crate::import::{Known, candidates, trusts_genesys, wanted};
use crate::model::{LiveRole, LookForOrphans, Role, RoleRecord, Tags};
use crate::plan::genesys::may_invoke;
use crate::plan::{Reads, diff};
use crate::policy::template::trust_policy;
use crate::render::output::Output;
use crate::text::near_miss;

/// Finds out everything about one role, given its name or ARN.
///
/// # Errors
///
/// When it is not a role in this account, or IAM does not answer.
pub async fn examine(
    place: Place,
    folder: Option<&FolderSpec>,
    named: &str,
    error: Option<ErrorReading>,
    output: &Output,
) -> Result<RoleCase, CommandError> {
    let asking = evidence::of_genesys(place.genesys.as_ref(), place.genesys_trouble.as_ref(), &NO_SPEC);
    let genesys = output.waiting("asking Genesys Cloud", asking).await;
    Box::pin(examine_with(place, folder, genesys, named, error, output)).await
}

/// The same where Genesys Cloud's side has been read.
pub(super) async fn examine_with(
    place: Place,
    folder: Option<&FolderSpec>,
    genesys: GenesysSide,
    named: &str,
    error: Option<ErrorReading>,
    output: &Output,
) -> Result<RoleCase, CommandError> {
    let role = role_arn(&place, folder, named, &genesys)?;
    // An ARN is meant literally, even if no such role exists.
    let is_exact = named.contains(':');
    Box::pin(case(place, folder, role, is_exact, genesys, error, output)).await
}

/// The intended role. If only a name is given, its path comes from a Genesys Cloud credential, or from a spec.
fn role_arn(
    place: &Place,
    folder: Option<&FolderSpec>,
    named: &str,
    genesys: &GenesysSide,
) -> Result<Arn, DiagnoseError> {
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
    let path = folder.and_then(|folder| folder.role(&name)).map_or("/", |role| role.path.as_str());
    let plain = || Arn::role(place.partition(), &place.account, path, &name);
    let held = integrations(genesys).iter().find_map(|one| match &one.credential {
        CredentialArn::Shown(text) => {
            text.parse::<Arn>().ok().filter(|arn| arn.name() == name && arn.account == place.account.as_str())
        }
        CredentialArn::Unreadable(_) | CredentialArn::None => None,
    });
    Ok(arn.or(held).unwrap_or_else(plain))
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
        ([], [one]) if !one.is_of_a_known_role => vec![one],
        _ => own,
    };
    meant.iter().flat_map(|one| &one.actions).filter_map(|action| action.target.parse().ok()).collect()
}

/// Marks the integrations that work through another role: they are not this role's, and never to be taken from the other.
async fn mark_those_of_other_roles(
    clients: &Clients,
    account: &AccountId,
    role: &Arn,
    mut genesys: GenesysSide,
) -> GenesysSide {
    if is_held(&genesys, role) {
        return genesys;
    }
    let GenesysSide::Read(read) = &mut genesys else { return genesys };
    let Ok(integrations) = &mut read.integrations else { return genesys };
    for one in integrations {
        let CredentialArn::Shown(held) = &one.credential else { continue };
        let Ok(held) = held.parse::<Arn>() else { continue };
        if held == *role || held.account != account.as_str() || !held.resource.starts_with("role/") {
            continue;
        }
        let Ok(Some(other)) = aws::role(clients, &held.partition, account, held.name()).await else {
            continue;
        };
        let may_invoke = |action: &ActionFacts| {
            may_invoke(&other.role.arn, other.documents(), other.boundary.as_ref(), &action.target)
        };
        one.is_of_a_known_role = other.role.arn == held
            && trusts_genesys(&other.role.assume_role_policy)
            && (one.actions.is_empty() || one.actions.iter().any(may_invoke));
    }
    genesys
}

/// Derives the desired state from the live state and Genesys Cloud, and has `check` compare them.
async fn case(
    place: Place,
    folder: Option<&FolderSpec>,
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
        is_region_chosen,
        declared: _,
        since,
        writes_spec,
        invocation,
    } = place;
    let organization = match &client {
        // A spec without it is still valid.
        Some(client) if writes_spec => genesys::live(client, &[], genesys::Details::All).await.ok(),
        Some(_) | None => None,
    };
    let declared = folder.and_then(|folder| folder.role(role.name()));
    let genesys = mark_those_of_other_roles(&clients, &account, &role, genesys).await;
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
                if is_gone && !is_exact && declared.is_none() && !is_held(&genesys, &role) {
                    return Err(no_such_role(&clients, role.clone(), &region, &listing, &genesys)
                        .await
                        .into());
                }
                let fits =
                    |one: &&ListedRole| is_gone && trusts_genesys(&one.trust) && invokes(one, &listing);
                let instead = listing.roles.iter().filter(fits).map(|one| one.arn.clone()).collect();
                (listing.policies, instead)
            }
        };
        let missing = missing(&clients, candidates(&live, &unattached, &targets, declared)).await;
        Ok::<_, CommandError>((live, is_gone, targets, missing, unattached, instead))
    };
    let (live, is_missing, targets, missing, unattached, instead) =
        output.waiting("reading the role", reading).await?;
    let region = match folder.filter(|_| declared.is_some()) {
        _ if is_region_chosen => region,
        Some(folder) => folder.region().to_owned(),
        None => only_region(&candidates(&live, &unattached, &targets, declared)).unwrap_or(region),
    };
    let organization_id = match &genesys {
        GenesysSide::Read(genesys) => Some(genesys.organization_id.as_str()),
        _ => None,
    };
    // An integration that uses another role, which is there, is not taken from it.
    let others: Vec<&str> = integrations(&genesys)
        .iter()
        .filter(|one| {
            one.is_of_a_known_role
                || instead.iter().any(|other| one.credential == CredentialArn::Shown(other.to_string()))
        })
        .map(|one| one.name.as_str())
        .collect();
    let organization = organization.map(|mut organization| {
        organization.integrations.retain(|one| !others.contains(&one.name.as_str()));
        organization
    });
    let known = Known {
        account: &account,
        region: &region,
        role: &live,
        is_missing,
        unattached: &unattached,
        organization_id,
        targets: &targets,
        declared,
        missing: &missing,
        organization: organization.as_ref(),
    };
    let mut wanted = wanted(&known).map_err(DiagnoseError::NoSpec)?;
    wanted.left_out.extend(
        others.iter().map(|name| format!("the integration \"{name}\" uses another role, and stays as it is")),
    );
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
    let functions = other_functions(&session.clients, &facts).await;
    let around = Surroundings { functions, refused: refused_by_organization(&facts) };
    Ok(RoleCase { account, region, in_sandbox, organization, wanted, facts, instead, around, error })
}

/// Why a name that neither IAM nor an integration nor a spec knows is not diagnosed as a missing role: it may be
/// something else's, and the fix would be a role that nobody needs.
async fn no_such_role(
    clients: &Clients,
    role: Arn,
    region: &str,
    listing: &AccountListing,
    genesys: &GenesysSide,
) -> DiagnoseError {
    let names: Vec<&str> = listing.roles.iter().map(|role| role.arn.name()).collect();
    let name = role.name();
    let known = integrations(genesys);
    let actions = || known.iter().flat_map(|one| &one.actions);
    let is_target = |action: &ActionFacts| {
        action.target.parse::<FunctionArn>().is_ok_and(|arn| arn.name() == name || arn.label() == name)
    };
    let function = format!("arn:{}:lambda:{region}:{}:function:{name}", role.partition, role.account);
    let what = if let Some(near) = near_miss(name, &names) {
        let meant = vec![near.to_owned()];
        return DiagnoseError::NoSuchRole { role: Box::new(role), what: None, meant };
    } else if actions().any(is_target) {
        Some("a function")
    } else if actions().any(|action| action.name == name) {
        Some("a data action")
    } else if known.iter().any(|one| one.name == name) {
        Some("an integration")
    } else if listing.policies.iter().any(|(arn, _)| arn.name() == name) {
        Some("a policy")
    } else if let Ok(function) = function.parse::<FunctionArn>()
        && matches!(aws::function(clients, &function).await, Ok(Some(_)))
    {
        Some("a function")
    } else {
        None
    };
    let held = |one: &ListedRole| is_held(genesys, &one.arn);
    let right = listing.roles.iter().filter(|one| looks_right(one, listing, held(one)));
    let meant = right.map(|one| one.arn.name().to_owned()).collect();
    DiagnoseError::NoSuchRole { role: Box::new(role), what, meant }
}

/// The region of all functions, if it is one.
fn only_region(functions: &BTreeSet<FunctionArn>) -> Option<String> {
    let regions: BTreeSet<&str> = functions.iter().map(FunctionArn::region).collect();
    match regions.into_iter().collect::<Vec<_>>().as_slice() {
        [one] => Some((*one).to_owned()),
        _ => None,
    }
}

/// Where a function is missing: what else its region has. What may not be listed is not known.
async fn other_functions(clients: &Clients, facts: &Facts) -> BTreeMap<String, Vec<String>> {
    let missing = facts.functions.iter().filter(|one| one.state == FunctionState::Missing);
    let regions: BTreeSet<&str> = missing.map(|one| one.arn.region()).collect();
    let names = regions.iter().map(|region| aws::function_names(clients, region));
    let known = regions.iter().zip(join_all(names).await);
    known.filter_map(|(region, names)| Some(((*region).to_owned(), names.ok()?))).collect()
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
