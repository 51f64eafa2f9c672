//! What documents grant, as comparable sentences: they show the reader of a plan who gains what.

mod diff;
mod effect;
mod extent;
mod grant;
mod limit;
mod model;
mod words;

pub use diff::{AccessDiff, AccessLine, AccessSign, uncovered};
pub use grant::Grant;
pub use limit::Limits;
pub use model::{Access, grants};
pub use words::{AccountName, conditions, principal_in_words};
