//! What documents grant, as sentences that can be compared: the reader of a plan sees who gains what.

mod diff;
mod extent;
mod grant;
mod model;
mod words;

pub use diff::{AccessDiff, AccessLine, AccessSign, uncovered};
pub use grant::Grant;
pub use model::{Access, grants};
pub use words::{AccountName, conditions, principal_in_words};
