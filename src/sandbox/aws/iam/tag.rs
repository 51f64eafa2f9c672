//! Tags of roles and policies. A role's tag keys ignore case, a policy's do not (IAM User Guide, `id_tags`).

use super::answers::listing;
use super::policy;
use crate::sandbox::aws::call::Call;
use crate::sandbox::aws::query::QueryAnswer;
use crate::sandbox::aws::refusal::Refusal;
use crate::sandbox::aws::validate::same_key;
use crate::sandbox::state::iam::Tag;

const MAX_TAGS: usize = 50;

pub(crate) fn tag_role(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let name = call.params.role_name()?;
    let tags = call.params.required_tags(true)?;
    let role = call.role_mut(name)?;
    add(&mut role.tags, tags, true)
}

pub(crate) fn tag_policy(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let arn = call.params.policy_arn("PolicyArn")?;
    let tags = call.params.required_tags(false)?;
    add(policy::tags_mut(call, arn)?, tags, false)
}

fn add(present: &mut Vec<Tag>, new: Vec<Tag>, ignore_case: bool) -> Result<QueryAnswer, Refusal> {
    let mut tags = present.clone();
    for tag in new {
        match tags.iter_mut().find(|other| same_key(&other.key, &tag.key, ignore_case)) {
            // The new spelling of the key replaces the old one.
            Some(other) => *other = tag,
            None => tags.push(tag),
        }
    }
    if tags.len() > MAX_TAGS {
        return Err(Refusal::limit(format!("Cannot exceed quota for TagsPerResource: {MAX_TAGS}")));
    }
    *present = tags;
    Ok(QueryAnswer::Done)
}

pub(crate) fn untag_role(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let name = call.params.role_name()?;
    let keys = call.params.tag_keys()?;
    let role = call.role_mut(name)?;
    Ok(remove(&mut role.tags, &keys, true))
}

pub(crate) fn untag_policy(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let arn = call.params.policy_arn("PolicyArn")?;
    let keys = call.params.tag_keys()?;
    Ok(remove(policy::tags_mut(call, arn)?, &keys, false))
}

/// Keys that do not exist are no error.
fn remove(present: &mut Vec<Tag>, keys: &[&str], ignore_case: bool) -> QueryAnswer {
    present.retain(|tag| !keys.iter().any(|key| same_key(&tag.key, key, ignore_case)));
    QueryAnswer::Done
}

pub(crate) fn list_role_tags(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let name = call.params.role_name()?;
    let tags = call.role(name)?.tags.clone();
    list(call, tags)
}

pub(crate) fn list_policy_tags(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let arn = call.params.policy_arn("PolicyArn")?;
    let tags = policy::tags_mut(call, arn)?.clone();
    list(call, tags)
}

fn list(call: &Call<'_>, mut tags: Vec<Tag>) -> Result<QueryAnswer, Refusal> {
    tags.sort_by(|a, b| a.key.cmp(&b.key));
    let items = tags.into_iter().map(|tag| (tag.key.clone(), tag));
    Ok(listing("Tags", call.page()?.cut(items), |xml, Tag { key, value }| {
        xml.text("Key", key);
        xml.text("Value", value);
    }))
}
