//! Without a role: those that look like Genesys Cloud's.

use std::collections::BTreeSet;

use super::args::DiagnoseArgs;
use super::error::DiagnoseError;
use super::folder::FolderSpec;
use super::place::Place;
use crate::arn::Arn;
use crate::aws::{self, AccountListing, ListedRole};
use crate::check::{CredentialArn, GenesysSide, IntegrationFacts};
use crate::commands::options::ReportFormat;
use crate::commands::{CommandError, Status, evidence};
use crate::import::{looks_like_genesys, trusts_genesys};
use crate::policy::document::Effect;
use crate::policy::{Document, EXTERNAL_ID, wildcard_matches};
use crate::render;
use crate::render::output::Output;
use crate::spec::is_guid;
use crate::text::shell_word;
use crate::view::{CandidateView, CandidatesView, LooseView};

/// Roles of specs: there is none.
pub(super) static NO_SPEC: BTreeSet<String> = BTreeSet::new();

/// Lists those that look like Genesys Cloud's, with its side as it was read for that.
pub(super) async fn list(
    place: &Place,
    args: &DiagnoseArgs,
    output: &Output,
) -> Result<(CandidatesView, GenesysSide), CommandError> {
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
    let declared = place
        .declared
        .iter()
        .flat_map(FolderSpec::roles)
        .map(|role| Arn::role(place.partition(), &place.account, &role.path, &role.name));
    let is_new = |arn: &Arn| !gone.contains(arn) && !listing.roles.iter().any(|role| role.arn == *arn);
    let declared = declared.filter(is_new).map(|arn| candidate(&arn, arn.name(), DECLARED, holders(&arn)));
    // What is certainly wrong comes first.
    let roles: Vec<CandidateView> = missing.chain(declared).chain(roles).collect();
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
    let hint = hint(&roles, &place.invocation.to_string());
    let view = CandidatesView::new(&place.account, roles, loose.collect(), hint, left_out);
    Ok((view, genesys))
}

pub(super) fn print_list(
    view: &CandidatesView,
    args: &DiagnoseArgs,
    output: &Output,
) -> Result<Status, CommandError> {
    if args.out.is_some() {
        return Err(DiagnoseError::OutNeedsRole.into());
    }
    output.result(&match args.format {
        ReportFormat::Text | ReportFormat::Html => render::diagnose::candidates_text(view),
        ReportFormat::Markdown => render::diagnose::candidates_markdown(view, &output.masker()),
        ReportFormat::Json => format!("{:#}\n", output.masked_json(&render::json::candidates(view))),
    })?;
    // An integration that uses none of the account's roles, or one that does not exist.
    let is_broken = view.roles.iter().any(is_missing);
    Ok(if is_broken { Status::Fault } else { Status::Done })
}

/// Why a role that does not exist is listed.
const GONE: &str = "an integration holds its ARN, and there is no such role";

/// Why a role of the spec in this folder that does not exist is listed.
const DECLARED: &str = "the spec in this folder has it, and there is no such role";

fn is_missing(role: &CandidateView) -> bool {
    [GONE, DECLARED].contains(&role.why.as_str())
}

/// The role to diagnose, and why it.
pub(super) struct ToStartWith {
    pub arn: String,
    pub reason: String,
}

/// The only role that looks right; one that an integration misses in its place is a cause of that.
pub(super) fn to_start_with(view: &CandidatesView) -> Option<ToStartWith> {
    let (missing, existing): (Vec<&CandidateView>, Vec<&CandidateView>) =
        view.roles.iter().partition(|role| is_missing(role));
    match (missing.as_slice(), existing.as_slice()) {
        ([only], []) | ([], [only]) => Some(ToStartWith {
            arn: only.arn.clone(),
            reason: match only.why.as_str() {
                GONE => format!("an integration names the role {}, which does not exist", only.role),
                DECLARED => {
                    format!("the spec in this folder has the role {}, which does not exist", only.role)
                }
                _ => format!("{} is the only one that looks like Genesys Cloud's", only.role),
            },
        }),
        (gone, [only]) if only.integrations.is_empty() && gone.iter().all(|role| role.why == GONE) => {
            let names: Vec<&str> = gone.iter().map(|role| role.role.as_str()).collect();
            Some(ToStartWith {
                arn: only.arn.clone(),
                reason: format!(
                    "{} is the only role that looks like Genesys Cloud's; an integration names {}, which does not exist",
                    only.role,
                    names.join(" and ")
                ),
            })
        }
        _ => None,
    }
}

/// What to do about a list.
fn hint(roles: &[CandidateView], invocation: &str) -> Option<String> {
    let Some(missing) = roles.iter().find(|role| is_missing(role)) else {
        return roles.is_empty().then(|| {
            format!("to diagnose a role by its name: `{invocation} diagnose ROLE`; to make one: `{invocation} init`")
        });
    };
    let what = match missing.integrations.as_slice() {
        [] => format!("there is no role {}, which the spec in this folder has", missing.role),
        names => format!(
            "the integration \"{}\" uses the role {}, which does not exist",
            names.join("\" and \""),
            missing.role
        ),
    };
    Some(format!("probably the cause: {what}. Start with that one: {}", missing.next))
}

pub(super) fn looks_right(role: &ListedRole, listing: &AccountListing, is_held: bool) -> bool {
    looks(role, listing, is_held).is_some()
}

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

pub(super) fn invokes(role: &ListedRole, listing: &AccountListing) -> bool {
    let own = listing.policies.iter().filter(|(arn, _)| role.attached.contains(arn)).map(|(_, one)| one);
    // AWS's own policies are known by name.
    role.inline.iter().chain(own).any(is_about_lambda)
        || role.attached.iter().any(|arn| arn.account == "aws" && arn.name().contains("Lambda"))
}

/// Whether a document allows anything in Lambda.
pub(super) fn is_about_lambda(document: &Document) -> bool {
    document.statements.as_slice().iter().filter(|one| one.effect == Effect::Allow).any(|statement| {
        let mut actions = statement.action_values().iter();
        actions.any(|action| wildcard_matches(&action.to_ascii_lowercase(), "lambda:invokefunction"))
    })
}

pub(super) fn integrations(genesys: &GenesysSide) -> &[IntegrationFacts] {
    match genesys {
        GenesysSide::Read(genesys) => genesys.integrations.as_deref().unwrap_or_default(),
        GenesysSide::NotAsked | GenesysSide::Rejected(..) | GenesysSide::Unreadable(_) => &[],
    }
}
