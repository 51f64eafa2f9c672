//! Diagnosis without a spec: how to fix each cause with this tool, in the console or with the AWS CLI, and what an
//! error's text says. Pure.

mod case;
mod denials;
mod error_text;
mod function_states;
mod functions;
mod genesys;
mod in_turn;
mod model;
mod organization;
mod permissions;
mod remedy;
mod shell;
mod strangers;
mod trust;

pub use case::RoleCase;
pub use denials::perhaps_denied;
pub use error_text::{ErrorReading, Stage, read_error};
pub use model::{DocumentChange, FixStep, Means, Remedy, Way};
pub use organization::refused_by_organization;
pub use remedy::{Shell, SpecFile, SpecTable, Surroundings, remedy};
pub use trust::trust as suspected_trust;
