//! Gathers the evidence for `check`: everything about one role from AWS and Genesys Cloud, as plain data.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;

use super::CommandError;
use super::session::{Observed, Session};
use super::since::LookBack;
use crate::arn::{Arn, FunctionArn, global_region, partition_of_region};
use crate::aws::{self, AwsError, Clients};
use crate::check::{
    ActionFacts, ActionTest, Answer, ApplyOutlook, Basis, ConnectionFacts, CredentialArn, Facts,
    FunctionFacts, FunctionState, GenesysFacts, GenesysSide, IntegrationFacts, LONGEST_SESSION,
    PROBE_SESSION, Probes, Recorded, RejectedCredentials, Returned, TestStep, Unknown, near_misses,
};
use crate::genesys::{self, Action, GenesysError, GenesysErrorKind, RoleArn, TestResult};
use crate::model::{DesiredRole, OrganizationReading};
use crate::plan::genesys::GenesysBlocker;
use crate::plan::{self, Blocker, Change, Notice, RolePlan, accepted_roles, is_granted_already};
use crate::render::output::Output;
use crate::spec::{region_as_given, regions_of};
use crate::view::{Remark, blocker_remark};

/// Everything about one role except the tests of data actions.
pub(crate) async fn of_role(
    session: &Session,
    observed: &Observed,
    desired: &DesiredRole,
    genesys: &GenesysSide,
    plan: Option<&RolePlan>,
    as_profile: Option<&Clients>,
    look_back: Option<LookBack>,
) -> Result<Facts, CommandError> {
    let live = observed.live.roles.get(&desired.role.name).cloned().unwrap_or_default();
    let simulate = async {
        if live.role.is_none() || desired.functions.is_empty() {
            return None;
        }
        // A second opinion, if there is one and the caller may ask for it.
        aws::simulate(&session.clients, &desired.role.arn, &desired.functions).await.ok()
    };
    let recorded = async {
        let (Some(look_back), Some(_)) = (look_back, &live.role) else { return None };
        let longest = Duration::from_secs(LONGEST_SESSION.unsigned_abs().into());
        Some(Box::pin(recorded(session, &desired.role.arn, look_back, longest)).await)
    };
    // Before the probes, which would show up in it.
    let trusts = async {
        let accepted = live.role.iter().flat_map(|role| accepted_roles(role, desired)).map(|(arn, _)| arn);
        let insiders: BTreeSet<Arn> = desired.verifier.iter().cloned().chain(accepted).collect();
        let read = insiders.iter().map(async |arn| {
            Box::pin(aws::role_trust(&session.clients, arn)).await.map(|trust| (arn.clone(), trust))
        });
        join_all(read).await.into_iter().flatten().collect::<BTreeMap<_, _>>()
    };
    let (functions, whole_functions, qualified_policies, simulated, recorded, trusts) = futures_util::join!(
        session.function_facts(observed, desired),
        session.whole_functions(desired),
        session.qualified_policies(desired),
        simulate,
        recorded,
        trusts
    );
    let probes = match &live.role {
        Some(_) if desired.external_id.is_presentable() => {
            Some(probe(session, observed, desired, as_profile).await?)
        }
        Some(_) | None => None,
    };
    let functions = functions?;
    Ok(Facts {
        apply: plan.map_or(ApplyOutlook::Works, |plan| {
            let is_granted = |function: &FunctionArn| is_granted_already(desired, &live, function);
            apply(plan, &functions, is_granted)
        }),
        functions,
        whole_functions: whole_functions?,
        qualified_policies,
        simulated,
        live,
        desired: desired.clone(),
        genesys: genesys.clone(),
        connection: connection(observed, desired, plan),
        probes,
        tests: Vec::new(),
        basis: Basis::Spec,
        guards: observed.live.guards.clone(),
        invocation: session.invocation.clone(),
        recorded,
        organization_region: organization_region(session),
        trusts,
        now: Some(aws::now()),
    })
}

/// AWS's records of a role's use, including what could not be read.
async fn recorded(session: &Session, role: &Arn, look_back: LookBack, longest: Duration) -> Recorded {
    let LookBack { since, is_asked } = look_back;
    let Session { clients, .. } = session;
    // A call to a regional STS endpoint is in that region's history, one to the global endpoint in the partition's
    // first region: which one Genesys Cloud calls is not public.
    let mut regions: Vec<String> = Vec::new();
    let global = global_region(&role.partition).to_owned();
    // A stranger chooses the region: every one is asked that each account has.
    let every = regions_of(&role.partition).filter(|region| region.is_everyones);
    let every = every.map(|region| region.name.to_owned());
    let known = organization_region(session).into_iter().chain([clients.region.clone(), global]);
    for region in known.chain(every) {
        if partition_of_region(&region) == role.partition && !regions.contains(&region) {
            regions.push(region);
        }
    }
    let (history, lambda, analyzer) = futures_util::join!(
        aws::role_uses(clients, role, &regions, |now| since.from(now), longest),
        aws::lambda_last_accessed(clients, role),
        aws::external_access(clients, role),
    );
    Recorded {
        is_asked,
        history,
        lambda: lambda.map_err(|error| error.brief()),
        analyzer: analyzer.map_err(|error| error.brief()),
    }
}

/// If the spec's external ID is masked, also masks the IDs that others presented.
pub(crate) fn mask(facts: &[Facts], output: &Output) {
    let masked = facts.iter().filter(|facts| facts.desired.external_id.is_masked());
    let recorded = masked.filter_map(|facts| facts.recorded.as_ref());
    output.mask(|redactor| {
        recorded.flat_map(Recorded::external_ids).for_each(|id| redactor.add_other_external_id(id.expose()));
    });
}

/// The organization's Genesys Cloud region: from its API's name, otherwise from the spec.
fn organization_region(session: &Session) -> Option<String> {
    let of_api = session.genesys.as_ref().and_then(|client| region_as_given(client.api()).ok());
    of_api.map(|region| region.aws_region.to_owned()).or_else(|| session.spec.genesys.region.clone())
}

/// Genesys Cloud's side compared with the spec, according to the role's plan.
fn connection(observed: &Observed, desired: &DesiredRole, plan: Option<&RolePlan>) -> ConnectionFacts {
    if desired.integration.is_none() {
        return ConnectionFacts::NotAsked;
    }
    match &observed.live.organization {
        OrganizationReading::NotAsked => return ConnectionFacts::NotAsked,
        OrganizationReading::NotRead(why) => return ConnectionFacts::NotRead(why.clone()),
        OrganizationReading::Read(_) => {}
    }
    let (mut changes, mut blockers, mut hidden) = (Vec::new(), Vec::new(), Vec::new());
    let mut renamed = Vec::new();
    if let Some(plan) = plan {
        changes.extend(plan.changes.iter().filter_map(|change| match change {
            Change::Genesys(change) => Some(change.clone()),
            Change::Iam(_) => None,
        }));
        blockers.extend(plan.blockers.iter().filter_map(|blocker| match blocker {
            Blocker::Genesys(blocker) => Some(blocker.clone()),
            _ => None,
        }));
        hidden.extend(plan.notices.iter().filter_map(|notice| match notice {
            Notice::Genesys(plan::genesys::GenesysNotice::NotShown { what }) => Some(what.clone()),
            _ => None,
        }));
        renamed.extend(plan.notices.iter().filter_map(|notice| match notice {
            Notice::Genesys(plan::genesys::GenesysNotice::MaybeRenamed { was, name }) => {
                Some((was.clone(), name.clone()))
            }
            _ => None,
        }));
    }
    ConnectionFacts::Read { changes, blockers, hidden, renamed }
}

/// What `apply` would do, according to the role's plan, and the functions it cannot do without.
fn apply(
    plan: &RolePlan,
    functions: &[FunctionFacts],
    is_granted: impl Fn(&FunctionArn) -> bool,
) -> ApplyOutlook {
    let is_adoption = |blocker: &&Blocker| {
        matches!(blocker, Blocker::NotManaged { .. } | Blocker::Genesys(GenesysBlocker::NotManaged { .. }))
    };
    let needs_adopt = plan.blockers.iter().any(|blocker| is_adoption(&blocker));
    let is_missing = |one: &&FunctionFacts| one.state == FunctionState::Missing && !is_granted(&one.arn);
    let missing = functions.iter().find(is_missing).map(|function| {
        let label = function.arn.label();
        (
            format!("Lambda has no function `{label}`"),
            format!("deploy function `{label}`, or correct `functions` in the spec"),
        )
    });
    let blocked = plan.blockers.iter().find(|blocker| !is_adoption(blocker)).map(|blocker| {
        let Remark { what, remedy, .. } = blocker_remark(blocker);
        (what, remedy.unwrap_or_default())
    });
    match missing.or(blocked) {
        Some((why, remedy)) => ApplyOutlook::Blocked { why, remedy, needs_adopt },
        None if needs_adopt => ApplyOutlook::NeedsAdopt,
        None => ApplyOutlook::Works,
    }
}

/// As Genesys Cloud in the sandbox, with the profile if there is one, and otherwise as the caller.
async fn probe(
    session: &Session,
    observed: &Observed,
    desired: &DesiredRole,
    as_profile: Option<&Clients>,
) -> Result<Probes, CommandError> {
    let (clients, caller, prober) = match (session.as_genesys(&desired.genesys_account_id), as_profile) {
        (Some(genesys), _) => {
            let caller = aws::caller(&genesys).await?.arn;
            let name = format!("Genesys Cloud, played by the sandbox ({caller})");
            (genesys, caller, name)
        }
        (None, Some(clients)) => {
            let caller = aws::caller(clients).await?.arn;
            (clients.clone(), caller.clone(), caller)
        }
        (None, None) => {
            let caller = observed.caller.arn.clone();
            (session.clients.clone(), caller.clone(), caller)
        }
    };
    let (role, right) = (&desired.role.arn, desired.external_id.expose());
    let [wrong, _] = near_misses(right);
    let (with_wrong_id, without_id, with_right_id) = futures_util::join!(
        aws::assume_role(&clients, role, Some(&wrong), PROBE_SESSION),
        aws::assume_role(&clients, role, None, PROBE_SESSION),
        aws::assume_role(&clients, role, Some(right), PROBE_SESSION),
    );
    let mut invocations = BTreeMap::new();
    if let Ok(assumed) = &with_right_id {
        let clients: Clients = clients.with_credentials(assumed.credentials.clone());
        for function in &desired.functions {
            invocations.insert(function.clone(), answer(aws::invoke_dry_run(&clients, function).await));
        }
    }
    Ok(Probes {
        caller,
        prober,
        with_wrong_id: answer(with_wrong_id),
        without_id: answer(without_id),
        with_right_id: answer(with_right_id),
        invocations,
    })
}

fn answer<T>(result: Result<T, AwsError>) -> Answer {
    match result {
        Ok(_) => Answer::Done,
        Err(error) if error.is_access_denied() => {
            Answer::Denied(error.message().unwrap_or_default().to_owned())
        }
        Err(error) if error.is_not_found() => Answer::NotFound(error.brief()),
        Err(error) => Answer::Failed(error.brief()),
    }
}

/// Genesys Cloud's side; each role's report uses its own part.
pub(crate) async fn of_genesys(
    client: Option<&genesys::Client>,
    trouble: Option<&Unknown>,
    known_roles: &BTreeSet<String>,
) -> GenesysSide {
    let Some(client) = client else {
        return trouble.cloned().map_or(GenesysSide::NotAsked, GenesysSide::Unreadable);
    };
    match genesys::gather(client).await {
        Ok(read) => GenesysSide::Read(facts(read, known_roles)),
        Err(error) => {
            let unknown = unknown(&error);
            match *error.kind {
                GenesysErrorKind::Credentials { .. } => {
                    GenesysSide::Rejected(RejectedCredentials::Client, unknown)
                }
                GenesysErrorKind::Unauthorized { .. } => {
                    GenesysSide::Rejected(RejectedCredentials::Token, unknown)
                }
                _ => GenesysSide::Unreadable(unknown),
            }
        }
    }
}

/// Looks up the roles that credentials hold and the specs do not have, where a data action calls a function of a role without an
/// integration of its own: nothing else depends on it.
pub(crate) async fn find_held_roles(session: &Session, observed: &Observed, genesys: &mut GenesysSide) {
    let GenesysSide::Read(GenesysFacts { integrations: Ok(integrations), .. }) = genesys else { return };
    let roles: Vec<_> = observed.desired.roles.iter().filter(|role| role.integration.is_none()).collect();
    let account = observed.desired.account_id.as_str();
    let is_worth = |one: &&mut IntegrationFacts| {
        !one.is_of_a_known_role && roles.iter().any(|role| one.calls_any(&role.functions))
    };
    let found = integrations.iter_mut().filter(is_worth).map(|one| async move {
        let CredentialArn::Shown(held) = &one.credential else { return };
        let Ok(held) = held.parse::<Arn>() else { return };
        one.is_of_an_existing_role = match held.account == account && held.service == "iam" {
            true => !matches!(aws::role_tags(&session.clients, held.name()).await, Ok(None)),
            // Nothing shows that another account does not have it.
            false => true,
        };
    });
    join_all(found).await;
}

fn unknown(error: &GenesysError) -> Unknown {
    Unknown { why: error.brief(), help: error.help() }
}

fn facts(read: genesys::OrganizationSurvey, known_roles: &BTreeSet<String>) -> GenesysFacts {
    let genesys::OrganizationSurvey { organization, integrations, actions_unknown } = read;
    let integration = |facts: genesys::IntegrationReading| {
        let genesys::IntegrationReading { integration, role, actions } = facts;
        let reported = integration.reported_state;
        IntegrationFacts {
            name: integration.name,
            intended_state: integration.intended_state,
            reported_state: reported.as_ref().map(|state| state.code.clone()).unwrap_or_default(),
            is_of_a_known_role: matches!(&role, RoleArn::Known(arn) if known_roles.contains(arn)),
            is_of_an_existing_role: false,
            detail: reported.and_then(|state| state.detail).map(|detail| detail.message).unwrap_or_default(),
            credential: match role {
                RoleArn::Known(arn) => CredentialArn::Shown(arn),
                RoleArn::Unreadable(why) => CredentialArn::Unreadable(why),
                RoleArn::None => CredentialArn::None,
            },
            actions: actions.iter().map(action).collect(),
        }
    };
    GenesysFacts {
        organization_id: organization.id,
        organization_name: organization.name,
        integrations: match integrations {
            Ok(integrations) => Ok(integrations.into_iter().map(integration).collect()),
            Err(error) => Err(unknown(&error)),
        },
        actions_unknown: actions_unknown.as_ref().map(unknown),
    }
}

fn action(action: &Action) -> ActionFacts {
    ActionFacts {
        name: action.name.clone(),
        target: action.target().to_owned(),
        timeout_seconds: action.timeout_seconds(),
    }
}

/// The result of a data action's own test.
/// `outputs`: the names that its contract has.
pub(crate) fn of_test(tested: &Action, result: &TestResult, outputs: &[String]) -> ActionTest {
    ActionTest {
        action: action(tested),
        success: result.success,
        steps: result
            .operations
            .iter()
            .map(|operation| TestStep {
                name: operation.name.clone(),
                error: (!operation.success).then(|| message(&operation.error)),
            })
            .collect(),
        returned: result.success.then(|| Returned::of(&result.final_result, outputs)),
        error: message(&result.error),
    }
}

/// Whether a test belongs to a role: the data action points at one of its functions.
pub(crate) fn points_at(desired: &DesiredRole, action: &Action) -> bool {
    desired.functions.iter().any(|arn: &FunctionArn| arn.to_string() == action.target())
}

/// The message of an error, or the raw error.
fn message(error: &Value) -> String {
    match error {
        Value::Object(members) => {
            let text = |key: &str| members.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
            text("message")
                .or(text("userMessage"))
                .or(text("code"))
                .map_or_else(|| error.to_string(), str::to_owned)
        }
        Value::String(text) => text.clone(),
        Value::Null => "no reason given".to_owned(),
        other => other.to_string(),
    }
}
