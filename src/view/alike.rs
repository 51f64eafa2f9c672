//! Roles of a large plan to which the same happens.

use std::collections::BTreeMap;

use serde_json::Value;

use super::plan::RolePlanView;
use super::wire::Sides;
use crate::policy::access::AccessSign;

/// A plan with more roles than this shows what is alike once.
pub const FEW_PLANNED: usize = 10;

/// A role, and those to which the same happens: nothing differs but the names of the role and of its functions. In the
/// order of the first.
pub struct Alike<'a> {
    pub first: &'a RolePlanView,
    pub others: Vec<&'a RolePlanView>,
}

impl Alike<'_> {
    /// Whether all of them have the same functions.
    pub fn share_functions(&self) -> bool {
        self.others.iter().all(|other| functions(other) == functions(self.first))
    }
}

/// The names of the functions on a role's way.
pub fn functions(role: &RolePlanView) -> Vec<&str> {
    let stops = role.picture.iter().flat_map(|picture| &picture.functions);
    stops.map(|stop| stop.station.name.as_str()).collect()
}

/// Groups `roles` if there are many; otherwise each stands for itself.
pub fn alike<'a>(roles: impl IntoIterator<Item = &'a RolePlanView>) -> Vec<Alike<'a>> {
    let roles: Vec<&RolePlanView> = roles.into_iter().collect();
    let is_large = roles.len() > FEW_PLANNED;
    let mut groups: Vec<Alike<'a>> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for role in roles {
        let known = if is_large && !role.is_quiet() { without_names(role) } else { None };
        match known.as_ref().and_then(|plan| places.get(plan)) {
            Some(place) => groups[*place].others.push(role),
            None => {
                places.extend(known.map(|plan| (plan, groups.len())));
                groups.push(Alike { first: role, others: Vec::new() });
            }
        }
    }
    groups
}

/// All that a plan changes for a role or says about it, with signs that JSON never has in place of the names. Where two of
/// these are equal, each is the other with the other's names.
fn without_names(role: &RolePlanView) -> Option<String> {
    let mut changing = role.clone();
    let access = &mut changing.access;
    for lines in
        [&mut access.assume, &mut access.permissions, &mut access.restrictions, &mut access.elsewhere]
    {
        lines.retain(|line| line.sign != AccessSign::Kept || line.is_wider);
    }
    for change in &mut changing.changes {
        let (before, after) = what_changes(change.sides.values());
        change.sides = Sides::Read { before, after };
    }
    let escaped = |name: &str| {
        let quoted = serde_json::to_string(name).ok()?;
        Some(quoted.trim_matches('"').to_owned()).filter(|name| !name.is_empty())
    };
    let name = escaped(&role.role)?;
    let mut all = without_word(&serde_json::to_string(&changing).ok()?, &name, "\n");
    for (number, function) in functions(role).into_iter().enumerate() {
        let function = without_word(&escaped(function)?, &name, "\n");
        all = without_word(&all, &function, &format!("\t{number}\t"));
    }
    Some(all)
}

/// Both sides without what the change repeats as it is.
fn what_changes((mut before, mut after): (Value, Value)) -> (Value, Value) {
    if let (Some(before), Some(after)) = (before.as_object_mut(), after.as_object_mut()) {
        let is_same = |(key, value): &(&String, &Value)| after.get(*key) == Some(value);
        let same: Vec<String> = before.iter().filter(is_same).map(|(key, _)| key.clone()).collect();
        for key in same {
            before.remove(&key);
            after.remove(&key);
        }
    }
    (before, after)
}

/// Puts a sign in the place of a name, where it is not a part of a longer one or of an ID.
fn without_word(text: &str, word: &str, sign: &str) -> String {
    let is_inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (at, _) in text.match_indices(word) {
        let end = at + word.len();
        if is_inside(text[..at].chars().next_back()) || is_inside(text[end..].chars().next()) {
            continue;
        }
        out.push_str(&text[done..at]);
        out.push_str(sign);
        done = end;
    }
    out.push_str(&text[done..]);
    out
}
