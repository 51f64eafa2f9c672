//! Users: every account's administrator, and the identities that were added.

use crate::arn::Arn;
use crate::sandbox::aws::call::Call;
use crate::sandbox::aws::query::QueryAnswer;
use crate::sandbox::aws::refusal::Refusal;
use crate::sandbox::state::iam::date;
use crate::sandbox::state::sts::{administrator, administrator_id};

/// Creation time of everyone who existed from the start.
const CREATED: i64 = 1_767_225_600;

/// The named user, or the caller.
pub(crate) fn get(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let caller: Option<Arn> = call.caller.arn.parse().ok();
    let own = caller.filter(|arn| arn.resource.starts_with("user/"));
    let name = match (call.params.get("UserName"), own) {
        (Some(_), _) => call.params.name("UserName", 128)?.to_owned(),
        (None, Some(own)) => own.name().to_owned(),
        (None, None) => {
            return Err(Refusal::validation("Must specify userName when calling with non-User credentials"));
        }
    };
    let account = &call.caller.account;
    let administrator = (administrator(&call.state.partition, account), administrator_id(account));
    let added = call.state.identities.values().map(|identity| (identity.arn.clone(), identity.id.clone()));
    let (arn, id) = added
        .chain([administrator])
        .find(|(arn, _)| {
            arn.account == account.as_str() && arn.resource.starts_with("user/") && arn.name() == name
        })
        .ok_or_else(|| Refusal::no_such_entity(format!("The user with name {name} cannot be found.")))?;
    let path = arn.resource.trim_start_matches("user").trim_end_matches(arn.name()).to_owned();
    Ok(QueryAnswer::of(|xml| {
        xml.element("User", |xml| {
            xml.text("Path", path);
            xml.text("UserName", name);
            xml.text("UserId", id);
            xml.text("Arn", arn);
            xml.text("CreateDate", date(CREATED));
        });
    }))
}
