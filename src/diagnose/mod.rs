//! For somebody without a spec: how each cause is fixed by this tool, in the console, and with the AWS CLI, and what the text
//! of an error says. Pure.

mod case;
mod error_text;
mod functions;
mod genesys;
mod model;
mod organization;
mod permissions;
mod remedy;
mod shell;
mod strangers;
mod trust;

pub use case::RoleCase;
pub use error_text::{ErrorReading, Stage, read_error};
pub use model::{FixStep, Means, Remedy, Way};
pub use remedy::{Shell, remedy};
