//! One request, as seen by the actions of AWS's services.

use jiff::Timestamp;

use super::auth::AuthenticatedCaller;
use super::query::Params;
use super::refusal::Refusal;
use super::validate::ListingPage;
use crate::arn::Arn;
use crate::policy::Context;
use crate::sandbox::state::State;
use crate::sandbox::state::iam::{LastUsed, StoredRole, Tag};

/// Defaults for requests.
#[derive(Debug, Clone)]
pub(crate) struct Defaults {
    pub region: String,
    /// Maximum items per page of a listing.
    pub page_limit: usize,
}

/// One request, as seen by the actions.
pub(crate) struct Call<'a> {
    pub state: &'a mut State,
    pub params: &'a Params,
    pub caller: &'a AuthenticatedCaller,
    pub now: Timestamp,
    pub page_limit: usize,
    pub region: &'a str,
    pub user_agent: &'a str,
    /// Whether CloudTrail shows it.
    pub is_logged: bool,
    pub context: Context,
}

impl Call<'_> {
    /// The condition keys set on every request.
    pub(crate) fn context(&self) -> Context {
        self.context.clone()
    }

    /// The role in the caller's account.
    pub(crate) fn role(&self, name: &str) -> Result<&StoredRole, Refusal> {
        self.state.role(&self.caller.account, name).ok_or_else(|| no_such_role(name))
    }

    pub(crate) fn role_mut(&mut self, name: &str) -> Result<&mut StoredRole, Refusal> {
        self.state.role_mut(&self.caller.account, name).ok_or_else(|| no_such_role(name))
    }

    /// Records when and where a role was used; its users are its sessions.
    pub(crate) fn note_use(&mut self) {
        if !self.caller.session {
            return;
        }
        let used = LastUsed { date: self.now.as_second(), region: self.region.to_owned() };
        if let Ok(arn) = self.caller.principal_arn.parse::<Arn>()
            && let Some(role) = self.state.role_mut(&self.caller.account, arn.name())
        {
            role.last_used = Some(used);
        }
    }

    pub(crate) fn page(&self) -> Result<ListingPage, Refusal> {
        self.params.page(self.page_limit)
    }
}

fn no_such_role(name: &str) -> Refusal {
    Refusal::no_such_entity(format!("The role with name {name} cannot be found."))
}

pub(crate) fn with_request_tags(mut context: Context, tags: &[Tag]) -> Context {
    let keys: Vec<&str> = tags.iter().map(|tag| tag.key.as_str()).collect();
    for Tag { key, value } in tags {
        context = context.with(&format!("aws:RequestTag/{key}"), &[value]);
    }
    if keys.is_empty() { context } else { context.with("aws:TagKeys", &keys) }
}

pub(crate) fn unknown_action(action: &str, version: &str) -> Refusal {
    Refusal::new(400, "InvalidAction", format!("Could not find operation {action} for version {version}"))
}
