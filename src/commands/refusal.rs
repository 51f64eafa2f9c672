//! Why a plan is not carried out: something blocks it, or a guard refuses what it does.

use std::collections::{BTreeMap, BTreeSet};

use super::Status;
use super::options::{Widened, WideningGuard};
use crate::arn::AccountId;
use crate::explain::Explain;
use crate::model::OwnOrganization;
use crate::plan::{KeptStranger, Notice, Plan};
use crate::render::output::Output;
use crate::render::style::{WARNING, paint};
use crate::spec::UnreadSpec;
use crate::text::{one_line, shell_word};
use crate::view::few;

/// # Errors
///
/// See [`refusal`].
pub(super) fn may_be_carried_out(plan: &Plan, guard: &WideningGuard) -> Result<(), PlanError> {
    match refusal(plan, guard) {
        Some(why) => Err(why),
        // The plan said that whoever applies it looks: a function that works may be exchanged for one that does not exist.
        None => match unknown_functions(plan).as_slice() {
            [] => Ok(()),
            functions => Err(PlanError::FunctionsUnknown(functions.to_vec())),
        },
    }
}

/// Warns of each `--allow-accept` that lets nothing pass: the next accept that it fits would pass unseen.
pub(super) fn warn_of_unused<'p>(
    guard: &WideningGuard,
    plans: impl Iterator<Item = &'p Plan>,
    output: &Output,
) {
    if guard.allow_accept.is_empty() {
        return;
    }
    let keys = |plan: &Plan| {
        let kept = plan.kept_strangers().into_iter().chain(plan.left_inside().cloned());
        kept.map(|kept| kept.key).collect::<Vec<_>>()
    };
    let used: BTreeSet<String> = plans.flat_map(keys).collect();
    for unused in guard.allow_accept.iter().filter(|key| !used.contains(*key)) {
        output.message(&format!(
            "{} `--allow-accept {}` lets nothing pass: take it out\n",
            paint(WARNING, "warning:"),
            one_line(&shell_word(unused))
        ));
    }
}

fn unknown_functions(plan: &Plan) -> Vec<String> {
    let notices = plan.roles.iter().flat_map(|role| &role.notices);
    let unknown = notices.filter_map(|notice| match notice {
        Notice::FunctionUnknown { function, .. } => Some(format!("`{}`", function.label())),
        _ => None,
    });
    unknown.collect()
}

/// Why a plan may not be carried out, and which of its roles' changes may.
pub(super) fn refusal(plan: &Plan, guard: &WideningGuard) -> Option<PlanError> {
    let why = why_refused(plan, guard)?;
    let (refused, passing) = apart(plan, guard);
    Some(match refused.is_empty() || passing.is_empty() {
        true => why,
        false => PlanError::InPart { why: Box::new(why), refused, passing, account: None },
    })
}

/// The roles that are refused, and those with changes that are not; none where the roles alone do not decide.
fn apart(plan: &Plan, guard: &WideningGuard) -> (Vec<String>, Vec<String>) {
    let mut alone = Plan {
        roles: Vec::new(),
        orphans: BTreeMap::new(),
        orphans_unknown: None,
        strays: Vec::new(),
        stray_integrations: Vec::new(),
        ..plan.clone()
    };
    if why_refused(&Plan { roles: Vec::new(), ..plan.clone() }, guard).is_some() {
        return (Vec::new(), Vec::new());
    }
    let (mut refused, mut passing) = (Vec::new(), Vec::new());
    for role in &plan.roles {
        alone.roles = vec![role.clone()];
        match why_refused(&alone, guard) {
            // `--except` is for roles of the spec.
            Some(_) if role.is_removal() => return (Vec::new(), Vec::new()),
            Some(_) => refused.push(role.role.clone()),
            None if role.changes.is_empty() => {}
            None => passing.push(role.role.clone()),
        }
    }
    (refused, passing)
}

fn why_refused(plan: &Plan, guard: &WideningGuard) -> Option<PlanError> {
    if plan.is_blocked() {
        return Some(PlanError::Blocked);
    }
    let WideningGuard { refuse_wider, allow_accept } = guard;
    let refused = (*refuse_wider)?;
    if refused == Widened::Any && plan.is_wider() {
        return Some(PlanError::Wider);
    }
    if plan.lets_strangers_in() {
        return Some(match plan.organization_not_read() {
            Some(organization) if plan.is_only_not_shown() => PlanError::NotShown(organization.clone()),
            organization => PlanError::Strangers(organization.cloned()),
        });
    }
    let limits = plan.lost_limits();
    if refused == Widened::Limits && !limits.is_empty() {
        return Some(PlanError::Limits(limits));
    }
    if let Some(why) = &plan.orphans_unknown {
        return Some(PlanError::TakenOutUnknown(why.clone()));
    }
    let mut left: Vec<KeptStranger> = plan.left_inside().cloned().collect();
    left.retain(|left| !allow_accept.contains(&left.key));
    if !left.is_empty() {
        return Some(PlanError::LeftInside(left));
    }
    // Nothing shows that it was accepted before this very pull request.
    let mut kept = plan.kept_strangers();
    kept.retain(|kept| !allow_accept.contains(&kept.key));
    (!kept.is_empty()).then_some(PlanError::Kept(kept))
}

/// Why a plan is not carried out.
#[derive(Debug, thiserror::Error)]
pub(super) enum PlanError {
    #[error("the plan is blocked, nothing was changed")]
    Blocked,
    #[error("the plan widens access, or may, and `--refuse-wider` is given: nothing was changed")]
    Wider,
    #[error("the plan lets somebody unknown in, and `--refuse-wider` is given: nothing was changed")]
    Strangers(Option<OwnOrganization>),
    #[error(
        "nothing shows that the external ID is your organization's, and `--refuse-wider` is given: nothing was changed"
    )]
    NotShown(OwnOrganization),
    #[error("the plan ends limits ({}), and `--refuse-wider=limits` is given: nothing was changed", one_line(&few(.0)))]
    Limits(Vec<String>),
    #[error(
        "the spec keeps someone from outside the account inside ({}), and `--refuse-wider` is given: nothing was changed",
        one_line(&.0.iter().map(|kept| kept.what.as_str()).collect::<Vec<_>>().join("; "))
    )]
    Kept(Vec<KeptStranger>),
    #[error(
        "the plan leaves someone from outside the account inside a role that was taken out of the spec ({}), and `--refuse-wider` is given: nothing was changed",
        one_line(&.0.iter().map(|left| left.what.as_str()).collect::<Vec<_>>().join("; "))
    )]
    LeftInside(Vec<KeptStranger>),
    #[error(
        "whether roles were taken out of the spec, with strangers inside, is not known, and `--refuse-wider` is given: nothing was changed ({0})"
    )]
    TakenOutUnknown(String),
    #[error("whether Lambda has {} is not known: nothing was changed", few(.0))]
    FunctionsUnknown(Vec<String>),
    #[error("{why}")]
    InPart {
        why: Box<PlanError>,
        refused: Vec<String>,
        passing: Vec<String>,
        /// Of several specs, the account: others may have roles of these names.
        account: Option<AccountId>,
    },
    #[error("set `name` in the spec: without it, roles of another file called `{0}` would look like its own")]
    PruneUnnamed(String),
    #[error("`--prune` would delete what other specs name, and {} cannot be read: {}", .0.file, one_line(&.0.why))]
    PruneUnread(UnreadSpec),
}

/// The options with which all of it passes.
fn allow_accept(kept: &[KeptStranger]) -> String {
    let mut keys: Vec<&str> = kept.iter().map(|kept| kept.key.as_str()).collect();
    keys.dedup();
    let options: Vec<String> = keys.iter().map(|key| format!("--allow-accept {}", shell_word(key))).collect();
    options.join(" ")
}

fn how_to_apply_the_rest(account: Option<&AccountId>, refused: &[String], passing: &[String]) -> String {
    let (option, named) =
        if refused.len() <= passing.len() { ("--except", refused) } else { ("--role", passing) };
    let account = account.map(|account| format!("--account {account}"));
    let roles = named.iter().map(|role| format!("{option} {}", shell_word(role)));
    let options: Vec<String> = account.into_iter().chain(roles).collect();
    let passing: Vec<String> = passing.iter().map(|role| format!("`{}`", one_line(role))).collect();
    format!("the changes of {} are not refused: `{}` applies them alone", few(&passing), options.join(" "))
}

/// What makes an external ID known.
fn how_to_show(organization: &OwnOrganization) -> String {
    match organization {
        OwnOrganization::NoCredentials { variables: [id, secret], .. } => format!(
            "give the credentials of the organization with this ID: {id}, {secret} and GENESYSCLOUD_REGION"
        ),
        OwnOrganization::NotRead(_) | OwnOrganization::NotAsked | OwnOrganization::Read { .. } => {
            "fix what kept Genesys Cloud from being read".to_owned()
        }
    }
}

impl PlanError {
    /// The same of one spec among several.
    pub(super) fn of_one(self, plan: &Plan) -> Self {
        match self {
            Self::InPart { why, refused, passing, .. } => {
                Self::InPart { why, refused, passing, account: Some(plan.account_id.clone()) }
            }
            other => other,
        }
    }
}

impl Explain for PlanError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::InPart { why, refused, passing, account } => {
                let help = why.help()?;
                return Some(format!(
                    "{help}; {}",
                    how_to_apply_the_rest(account.as_ref(), refused, passing)
                ));
            }
            Self::FunctionsUnknown(_) => {
                "allow whoever applies lambda:GetFunctionConfiguration on it: `genesys-iam permissions --for apply` of this spec has that; or \
                 wait, if Lambda did not answer"
            }
            Self::Blocked => "each `blocked:` line of the plan says what can be done",
            Self::Strangers(organization) => {
                let review = "the first line and those marked WIDER say who gains what; have someone review it, and apply it once without the guard";
                return Some(match organization {
                    Some(organization) => format!("{review}, and {}", how_to_show(organization)),
                    None => review.to_owned(),
                });
            }
            Self::NotShown(organization) => {
                return Some(format!(
                    "{}; or have someone review the plan, and apply it once without the guard",
                    how_to_show(organization)
                ));
            }
            Self::Limits(_) => {
                "have someone review what the role can do without them, then apply with `--refuse-wider=strangers`"
            }
            Self::Kept(kept) => {
                return Some(format!(
                    "nothing shows that anyone but the author of the spec accepted it: have someone review it, and say so where the guard is: {} (the action's input `allow-accept`)",
                    allow_accept(kept)
                ));
            }
            Self::LeftInside(left) => {
                return Some(format!(
                    "keep the `[[role]]` and its spec, and the plan shuts them out; or plan with `--prune`, which removes a role that was taken out of a spec and that no other file names; or, once reviewed, say so where the guard is: {} (the action's input `allow-accept`)",
                    allow_accept(left)
                ));
            }
            Self::TakenOutUnknown(_) => {
                "allow whoever plans iam:GetAccountAuthorizationDetails, which lists the roles with the spec's tag"
            }
            Self::Wider => {
                "each line marked WIDER says who gains what; have someone review it, then apply without `--refuse-wider`"
            }
            Self::PruneUnread(UnreadSpec { file, .. }) => {
                let file = shell_word(file);
                return Some(format!(
                    "fix it (`genesys-iam validate {file}` shows every fault), move it to another folder if it is not a spec, or leave out \
                     `--prune`"
                ));
            }
            Self::PruneUnnamed(name) => {
                return Some(format!(
                    "if no other spec of the account is called that, write `name = \"{name}\"` at the top of the spec: what it made carries this name already"
                ));
            }
        };
        Some(help.to_owned())
    }

    fn status(&self) -> Status {
        match self {
            Self::InPart { why, .. } => why.status(),
            Self::Blocked
            | Self::FunctionsUnknown(_)
            | Self::Wider
            | Self::Strangers(_)
            | Self::NotShown(_)
            | Self::Limits(_)
            | Self::Kept(_)
            | Self::LeftInside(_)
            | Self::TakenOutUnknown(_)
            | Self::PruneUnnamed(_)
            | Self::PruneUnread(_) => Status::Refused,
        }
    }
}
