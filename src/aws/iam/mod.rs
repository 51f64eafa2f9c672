//! IAM: reading role by role or in bulk, writing, and waiting for it to become consistent.

mod account;
mod bulk;
mod foresight;
mod names;
mod obstacle;
mod orphans;
mod owner;
mod read;
mod retry;
mod survey;
mod verify;
mod write;

pub use account::{AccountListing, ListedRole, account_listing};
pub use bulk::Freshness;
pub use foresight::{foresee, role_trust};
pub use obstacle::obstacle;
pub use orphans::{orphan, roles_tagged, roles_trusting};
pub use owner::{role_tags, tags_of_policy};
pub(super) use read::last_use;
pub use read::{live, role};
pub use retry::{Recent, passes_by_itself};
pub use survey::survey;
pub use verify::{is_gone, is_made};
pub use write::write;
