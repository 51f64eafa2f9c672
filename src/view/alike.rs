//! Roles of a large plan to which the same happens.

use std::collections::BTreeMap;

use super::plan::RolePlanView;

/// A plan with more roles than this shows what is alike once.
pub const FEW_PLANNED: usize = 10;

/// A role, and the names of those whose plans differ from its plan in nothing but the role's name. In the order of the first.
pub struct Alike<'a> {
    pub first: &'a RolePlanView,
    pub others: Vec<&'a str>,
}

/// Groups `roles` if there are many; otherwise each stands for itself.
pub fn alike<'a>(roles: impl IntoIterator<Item = &'a RolePlanView>) -> Vec<Alike<'a>> {
    let roles: Vec<&RolePlanView> = roles.into_iter().collect();
    let is_large = roles.len() > FEW_PLANNED;
    let mut groups: Vec<Alike<'a>> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for role in roles {
        let known = if is_large && !role.is_quiet() { without_name(role) } else { None };
        match known.as_ref().and_then(|plan| places.get(plan)) {
            Some(place) => groups[*place].others.push(&role.role),
            None => {
                places.extend(known.map(|plan| (plan, groups.len())));
                groups.push(Alike { first: role, others: Vec::new() });
            }
        }
    }
    groups
}

/// Everything that the plan says about a role, with a sign that no text has in place of its name. Where two of these are
/// equal, each says the same as the other with the other's name.
fn without_name(role: &RolePlanView) -> Option<String> {
    let all = serde_json::to_string(role).ok()?;
    let name = serde_json::to_string(&role.role).ok()?;
    Some(all.replace(name.trim_matches('"'), "\n"))
}
