//! The inline policy that denies everything for a while, where no order of the changes is safe without it.

use crate::model::LiveRole;
use crate::policy::template::deny_policy;
use crate::policy::{Document, equivalent};

const CLOSED: &str = "genesys-iam-closed";

/// Whether an inline policy is the one that this tool puts there: by its name and its exact meaning.
pub(in crate::plan) fn is_closed(name: &str, document: &Document) -> bool {
    name.starts_with(CLOSED) && equivalent(document, &deny_policy())
}

/// A name that no inline policy of the role has.
pub(super) fn free_name(role: &LiveRole) -> String {
    let mut name = CLOSED.to_owned();
    let mut number = 1;
    while role.inline.contains_key(&name) {
        number += 1;
        name = format!("{CLOSED}-{number}");
    }
    name
}
