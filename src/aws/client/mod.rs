//! The SDK's clients: connections, credentials, pace, log.

pub(super) mod bound;
mod clients;
mod connect;
mod credentials;
mod identity;
mod limit;
mod log;
mod network;
mod retry_after;

pub use clients::Clients;
pub use connect::{Transport, connect};
pub use identity::{Caller, caller};
pub use limit::OnThrottle;
