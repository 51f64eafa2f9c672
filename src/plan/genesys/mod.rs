//! Genesys Cloud's side: integration, credential, state and data actions.

mod change;
mod destroy;
mod diff;
mod doors;
mod join;
mod model;

pub use change::{ActionRef, GenesysChange, Handle, NotesState};
pub use join::touched_actions;
pub(super) use join::{add, add_destroy};
pub use model::{Connection, GenesysBlocker, GenesysNotice, Side};
