//! Genesys Cloud's side: integration, credential, state and data actions.

mod change;
mod destroy;
mod diff;
mod join;
mod model;

pub use change::{ActionRef, GenesysChange, Handle, NotesState};
pub use diff::{SpecScope, diff_role};
pub use join::touched_actions;
pub(super) use join::{add, add_destroy};
pub use model::{Connection, GenesysBlocker, GenesysNotice, Side};
