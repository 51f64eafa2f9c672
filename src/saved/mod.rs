//! Plans in a file: bound to the specs and to the live state that they were made from, and without a secret.
//!
//! The file is a witness, not an order: `apply` makes the plans again and carries them out only if specs, live state and
//! plans are what the file says. So an edited file can make nothing happen.

mod differences;
mod error;
mod file;
mod plan;

pub use differences::Misfit;
pub use error::SavedError;
pub use file::{SavedFile, SavedFleet, SavedSpec};
pub use plan::{Options, SavedPlan};
