//! Genesys Cloud's side: integration, credential, state and data actions.

mod change;
mod cut_off;
mod destroy;
mod diff;
mod doors;
mod half_way;
mod join;
mod model;
mod proven;

pub use change::{ActionOwner, ActionRef, GenesysChange, Handle, NotesState};
pub use cut_off::credentials_to_read;
pub(super) use cut_off::note_cut_off;
pub use doors::may_invoke;
pub use half_way::{HalfWay, half_way};
pub use join::touched_actions;
pub(super) use join::{add, add_destroy};
pub use model::{Connection, GenesysBlocker, GenesysNotice, Holder, Side};
