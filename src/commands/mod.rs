//! One file per subcommand, each with its options and errors; glue only.

pub mod apply;
mod apply_fleet;
mod beside;
pub mod carry_out;
pub mod check;
pub mod complete;
pub mod connections;
pub mod destroy;
pub mod diagnose;
mod error;
mod evidence;
mod files;
pub mod fleet;
pub mod fmt;
mod function_policies;
pub mod import;
pub mod init;
pub mod loading;
mod manual;
mod names;
pub mod options;
mod page;
pub mod permissions;
pub mod plan;
pub mod policy;
pub mod prompt;
mod reading;
mod record;
pub mod reference;
mod refusal;
pub mod repeat;
mod report;
mod reports;
pub mod sandbox;
pub mod scenario;
pub mod session;
pub mod shell;
pub mod show;
mod since;
pub mod specs;
pub mod usage;
pub mod validate;

pub use error::CommandError;
pub use report::report;

pub use crate::explain::Status;
