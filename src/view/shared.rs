//! Merges causes shared by several roles.

use std::collections::BTreeMap;

use super::check::{CauseView, RoleView};

/// Up to this many roles are reported one by one; more, in groups.
pub const FEW_ROLES: usize = 10;

/// A cause and the roles that have it.
#[derive(Debug)]
pub struct SharedCause<'a> {
    pub cause: &'a CauseView,
    pub roles: Vec<&'a str>,
    /// As each role has it.
    members: Vec<&'a CauseView>,
    /// What it says about all of them.
    pub what: String,
    pub consequence: String,
    pub remedy: String,
}

/// The causes of roles, each once, in order; they are the same if only the role's name differs. With many roles, what
/// was seen may differ too.
pub fn shared_causes<'a>(roles: &[&'a RoleView]) -> Vec<SharedCause<'a>> {
    let mut groups: Vec<SharedCause<'a>> = Vec::new();
    let mut known = BTreeMap::new();
    for RoleView { role, diagnosis, .. } in roles {
        for cause in diagnosis {
            let what = (roles.len() <= FEW_ROLES).then(|| anonymous(&cause.what, role));
            let key =
                (cause.cause, anonymous(&cause.consequence, role), anonymous(&cause.remedy, role), what);
            let group = known.get(&key).and_then(|at: &usize| groups.get_mut(*at));
            match group {
                Some(group) if !group.roles.contains(&role.as_str()) => group.join(cause, role),
                // Another account's role of this name.
                Some(group) if group.cause.what == cause.what => group.members.push(cause),
                _ => {
                    known.insert(key, groups.len());
                    groups.push(SharedCause {
                        cause,
                        roles: vec![role],
                        members: vec![cause],
                        what: cause.what.clone(),
                        consequence: cause.consequence.clone(),
                        remedy: cause.remedy.clone(),
                    });
                }
            }
        }
    }
    groups
}

impl<'a> SharedCause<'a> {
    /// Whether exactly this cause of a role is reported here.
    pub fn has(&self, cause: &CauseView) -> bool {
        self.members.iter().any(|member| std::ptr::eq(*member, cause))
    }

    fn join(&mut self, cause: &'a CauseView, role: &'a str) {
        let first = self.roles.first().copied().unwrap_or_default();
        if self.cause.what != cause.what {
            self.what.clone_from(&cause.of_many);
        }
        if self.cause.consequence != cause.consequence {
            self.consequence = anonymous(&self.cause.consequence, first);
        }
        if self.cause.remedy != cause.remedy {
            self.remedy = format!("for each ROLE: {}", anonymous(&self.cause.remedy, first));
        }
        self.roles.push(role);
        self.members.push(cause);
    }
}

fn anonymous(text: &str, role: &str) -> String {
    text.replace(role, "ROLE")
}
