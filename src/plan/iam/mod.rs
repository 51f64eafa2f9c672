//! What must change in IAM.

mod change;
mod closed;
mod destroy;
mod foreseen;
mod guard_notices;
mod guarded;
mod invocable;
mod order;
mod ownership;
mod proof;
mod role;
mod versions;
mod wider;

pub use change::{IamChange, TagChange, TagChanges};
pub(super) use closed::is_closed;
pub use destroy::{destroy_role, left_to_another, prune_role};
pub use foreseen::{block_what_iam_refuses, block_without_room, needs_attachment_quota};
pub(super) use guard_notices::note_guards;
pub use guarded::{GuardExemption, GuardFinding, GuardedCall, GuardedRole, guard_findings};
pub use invocable::is_granted_already;
pub(super) use invocable::{Permissions, functions_changed};
pub use ownership::foreign_owner;
pub use role::diff_role;
pub(super) use wider::widen_by_tags;
