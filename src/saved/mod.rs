//! Plans in a file: tied to the specs and live state they were made from, and free of secrets.
//!
//! The file is a witness, not an order: `apply` makes the plans again and carries them out only if specs, live state
//! and plans match the file. So an edited file cannot make anything happen.

mod details;
mod differences;
mod error;
mod file;
mod plan;

pub use details::PlanOrigin;
pub use differences::Misfit;
pub use error::SavedError;
pub use file::{SavedFile, SavedFleet, SavedSpec};
pub use plan::{Options, SavedPlan};
