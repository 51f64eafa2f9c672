//! The SDK's clients: connections, credentials, pace, log.

pub(super) mod bound;
mod clients;
mod connect;
mod credentials;
mod identity;
mod limit;
mod log;
mod network;
mod profile;
mod retry_after;
mod signed;

pub use clients::Clients;
pub use connect::{Transport, ca_bundle, connect, connect_with_mfa, exchanges_token};
pub use identity::{Caller, caller};
pub use limit::OnThrottle;
pub use signed::{Payload, SignedCall, SignedService};
