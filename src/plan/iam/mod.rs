//! What has to change in IAM.

pub mod change;

pub use change::{Change, TagChange, TagChanges};
