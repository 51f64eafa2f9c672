//! The sandbox: an embedded stand-in for IAM, STS, Lambda and Genesys Cloud, so the whole product can be tried without
//! AWS.
//!
//! It plugs into the SDK as its HTTP client ([`http_client`]) or is served on loopback ([`serve`]). The product's own
//! evaluator enforces trust and permissions. Signatures are not verified: the access key ID alone identifies the
//! caller, and a 12-digit one is an administrator of that account.

mod aws;
mod embedded;
mod error;
mod gate;
mod genesys;
mod http_client;
mod ids;
mod origin;
mod past;
mod play;
mod scenario;
mod seed;
mod serve;
mod setup;
mod state;
mod state_file;
#[cfg(test)]
mod tests;
mod undo;

pub use self::embedded::{Sandbox, credentials, prober_credentials};
pub use self::error::SandboxError;
pub use self::gate::Rate;
pub use self::genesys::client_id;
pub use self::http_client::{genesys_transport, http_client};
pub use self::scenario::{BUILT_IN, Scenario, ScenarioError};
pub use self::seed::{GenesysSeed, IntegrationSeed, Seed};
pub use self::serve::{ServeOptions, serve};
pub use self::setup::GenesysKind;
pub use self::state::quirks::{ArnShown, GenesysQuirks};
pub use self::undo::is_undone;
