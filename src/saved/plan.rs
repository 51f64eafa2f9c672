//! The plan for one spec, with what it is tied to.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::details::{PlanDetails, PlanOrigin};
use super::error::SavedError;
use crate::model::{DesiredState, LiveState, OrganizationReading};
use crate::plan::{Notice, Plan};
use crate::render::json;
use crate::render::output::Output;
use crate::spec::{ExternalId, is_guid};
use crate::view::{self, PlanView};

/// What a plan was made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    pub adopt: bool,
    pub prune: bool,
    /// Files of earlier versions do not say.
    #[serde(default)]
    pub even_if_used: bool,
    /// Only the spec's roles that match one of these patterns; all if empty.
    pub roles: Vec<String>,
    /// But for those that match one of these. Files of earlier versions do not say.
    #[serde(default)]
    pub except: Vec<String>,
    /// Specs that are kept elsewhere. What they made is not what a plan is bound to.
    #[serde(skip)]
    pub other_specs: Vec<String>,
}

impl Options {
    /// ` --adopt --prune`: what `apply` must be given again.
    pub fn to_repeat(&self) -> String {
        let flags =
            [(self.adopt, " --adopt"), (self.prune, " --prune"), (self.even_if_used, " --even-if-used")];
        flags.into_iter().filter(|(is, _)| *is).map(|(_, flag)| flag).collect()
    }
}

/// A saved plan. Texts are masked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedPlan {
    /// As written by `render::json`.
    pub plan: Value,
    pub options: Options,
    /// Whether the plan is for the sandbox; files of earlier versions do not say.
    #[serde(default)]
    pub in_sandbox: Option<bool>,
    /// The organization's API, if its side is planned too.
    pub genesys_cloud: Option<String>,
    /// SHA-256 of the desired state, unmasked.
    pub spec_digest: String,
    /// SHA-256 of the live state, masked.
    pub live_digest: String,
    /// What the spec wants for each role.
    pub desired: Value,
    /// The live state.
    pub live: Value,
    /// Files of earlier versions have neither.
    #[serde(default)]
    pub made: Option<PlanOrigin>,
    #[serde(default)]
    pub shown: Option<PlanDetails>,
}

/// The plan without what depends on who looks (whether a function exists), and without what other specs left.
fn without_what_others_see(plan: &Plan) -> Plan {
    let mut plan = Plan { strays: Vec::new(), stray_integrations: Vec::new(), ..plan.clone() };
    let is_of_all = |notice: &Notice| !notice.is_of_doubtful_function();
    plan.roles.iter_mut().for_each(|role| role.notices.retain(is_of_all));
    plan
}

impl SavedPlan {
    /// `made` comes from outside: no plan says when it was made.
    ///
    /// # Errors
    ///
    /// [`SavedError::WeakExternalId`] for a masked external ID that could be guessed from a digest.
    pub fn new(
        plan: &Plan,
        desired: &DesiredState,
        live: &LiveState,
        (in_sandbox, genesys_api): (bool, Option<&str>),
        options: Options,
        made: PlanOrigin,
        output: &Output,
    ) -> Result<Self, SavedError> {
        // No digest gives away the 122 random bits of a GUID.
        let weak = |id: &ExternalId| id.is_masked() && !is_guid(id.expose());
        if let Some(role) = desired.roles.iter().find(|role| weak(&role.external_id)) {
            return Err(SavedError::WeakExternalId { role: role.role.name.clone() });
        }
        let wanted = view::desired(desired);
        let is_planned = live.organization != OrganizationReading::NotAsked;
        let live = output.masked_json(&view::live(live));
        let view = PlanView::new(&without_what_others_see(plan));
        Ok(Self {
            plan: output.masked_json(&json::plan(&view)),
            options,
            in_sandbox: Some(in_sandbox),
            genesys_cloud: genesys_api
                .filter(|_| is_planned)
                .and_then(|api| output.masked_json(&api.into()).as_str().map(str::to_owned)),
            spec_digest: digest(&wanted),
            live_digest: digest(&live),
            desired: output.masked_json(&wanted),
            live,
            made: masked(&made, output),
            shown: masked(&PlanDetails::of(&view, &output.masker()), output),
        })
    }

    /// The options to carry the plan out with. Options that take over or remove must be repeated: the file may come
    /// from anywhere.
    ///
    /// # Errors
    ///
    /// [`SavedError::NotRepeated`] and [`SavedError::OtherRoles`] where `given` is not what the plan was made with.
    pub fn options(&self, given: &Options) -> Result<Options, SavedError> {
        let Options { adopt, prune, even_if_used, roles, except, other_specs: _ } = &self.options;
        let flags = [
            (*adopt && !given.adopt, "`--adopt`"),
            (*prune && !given.prune, "`--prune`"),
            (*even_if_used && !given.even_if_used, "`--even-if-used`"),
        ];
        let missing: Vec<&str> = flags.into_iter().filter(|(is, _)| *is).map(|(_, flag)| flag).collect();
        if !missing.is_empty() {
            return Err(SavedError::NotRepeated(missing));
        }
        if !given.roles.is_empty() && given.roles != *roles {
            let all = if roles.is_empty() { vec!["of the whole spec".to_owned()] } else { roles.clone() };
            return Err(SavedError::OtherRoles(all));
        }
        if !given.except.is_empty() && given.except != *except {
            let all = if except.is_empty() { vec!["of the whole spec".to_owned()] } else { except.clone() };
            return Err(SavedError::OtherExcept(all));
        }
        Ok(Options { other_specs: given.other_specs.clone(), ..self.options.clone() })
    }

    /// The plan as it was shown when it was made; `None` if that was not kept.
    pub fn view(&self) -> Option<PlanView> {
        let view = self.shown.clone()?.join(&self.plan)?;
        let PlanOrigin { time: _, from: _, cautions, left_over } = self.made.clone()?;
        let view = cautions.into_iter().fold(view, PlanView::with_caution);
        Some(view.with_left_over(left_over))
    }

    /// Whether there was anything to do.
    pub(super) fn has_changes(&self) -> bool {
        let roles = self.plan["roles"].as_array();
        roles.into_iter().flatten().any(|role| role["changes"] != Value::Array(Vec::new()))
    }

    /// Each change: `CreateRole role X`, and all of it.
    pub(super) fn changes(&self) -> Vec<(String, &Value)> {
        let roles = self.plan["roles"].as_array().into_iter().flatten();
        let changes = roles.flat_map(|role| role["changes"].as_array().into_iter().flatten());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        changes
            .map(|change| (format!("{} {}", text(&change["operation"]), text(&change["subject"])), change))
            .collect()
    }

    /// Whether its live state matches its digest.
    pub(super) fn fits_itself(&self) -> bool {
        digest(&self.live) == self.live_digest
    }
}

/// Each text by itself.
fn masked<T: Serialize + DeserializeOwned>(value: &T, output: &Output) -> Option<T> {
    let value = serde_json::to_value(value).ok()?;
    serde_json::from_value(output.masked_json(&value)).ok()
}

pub(super) fn digest(value: &Value) -> String {
    let digest = Sha256::digest(value.to_string());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
