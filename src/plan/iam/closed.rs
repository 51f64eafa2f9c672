//! The inline policy that temporarily denies everything, for when no order of changes is safe without it.

use crate::model::LiveRole;
use crate::policy::template::deny_policy;
use crate::policy::{Document, equivalent};

const CLOSED: &str = "genesys-iam-closed";

/// Whether an inline policy is the one this tool adds, by its name and exact meaning.
pub(in crate::plan) fn is_closed(name: &str, document: &Document) -> bool {
    name.starts_with(CLOSED) && equivalent(document, &deny_policy())
}

/// A name not used by the role's inline policies.
pub(super) fn free_name(role: &LiveRole) -> String {
    let mut name = CLOSED.to_owned();
    let mut number = 1;
    while role.inline.contains_key(&name) {
        number += 1;
        name = format!("{CLOSED}-{number}");
    }
    name
}
