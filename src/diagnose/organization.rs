//! What an AWS organization forbids.

use super::model::{Means, Remedy, say};
use crate::check::Finding;

/// Whoever administers the organization exempts the role.
pub(super) fn guard(finding: &Finding) -> Remedy {
    Remedy::default().with(Means::Console, vec![say(finding.remedy.clone())])
}
