//! What has to change, as data: `diff` is pure, and what it finds can be shown, saved or carried out.

pub mod access;
pub mod change;
pub mod destroy;
pub mod diff;
pub mod iam;
mod reading;
#[cfg(test)]
pub mod testing;

pub use access::{Access, AccessDiff, Sign};
pub use change::{Change, ChangeKind, Diff, Service};
pub use destroy::{destroy, destroy_role, prune_role};
pub use diff::{Blocker, Notice, Plan, RolePlan, diff, diff_role};
pub use reading::{CALLS_PER_ROLE, LISTINGS, Reads};
