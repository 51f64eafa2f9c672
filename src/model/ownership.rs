//! The tags that identify the owner of a role or policy.

use super::iam::Tags;
use crate::spec::{MANAGED_BY_KEY, MANAGED_BY_VALUE, SPEC_KEY};

/// Whether a spec made a thing with these tags, whichever.
pub fn is_managed(tags: &Tags) -> bool {
    tags.get(MANAGED_BY_KEY).is_some_and(|live| live == MANAGED_BY_VALUE)
}

/// The spec that made a thing with these tags.
pub fn spec_of(tags: &Tags) -> Option<&str> {
    tags.get(SPEC_KEY).filter(|_| is_managed(tags)).map(String::as_str)
}

/// Whether these tags say that this spec created the tagged object.
pub fn is_of(spec: &str, tags: &Tags) -> bool {
    let has = |key: &str, value: &str| tags.get(key).is_some_and(|live| live == value);
    has(MANAGED_BY_KEY, MANAGED_BY_VALUE) && has(SPEC_KEY, spec)
}
