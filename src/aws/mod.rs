//! AWS: SDK configuration, reads, writes, probes. Takes and gives the product's own types.

mod bulk;
pub mod config;
pub mod error;
pub mod functions;
pub mod identity;
pub mod limit;
pub mod log;
mod made;
mod network;
pub mod orphans;
pub mod probes;
pub mod read;
pub mod retry;
pub mod survey;
#[cfg(test)]
mod testing;
pub mod write;

pub use config::{Clients, Transport, connect};
pub use error::{AwsError, AwsErrorKind};
pub use functions::{Function, function, function_policy};
pub use identity::{Caller, caller};
pub use probes::{Assumed, Simulated, assume_role, invoke_dry_run, simulate};
pub use read::live;
pub use retry::{Recent, Waits};
pub use survey::{Reads, survey};
pub use write::execute;
