//! AWS: SDK configuration, reads, writes, probes. Takes and returns the product's own types.

mod access_analyzer;
mod client;
mod cloudtrail;
mod error;
mod error_text;
mod iam;
mod lambda;
mod last_accessed;
mod organizations;
mod pages;
mod probes;
#[cfg(test)]
mod testing;

pub use access_analyzer::external_access;
pub use client::{
    Caller, Clients, OnThrottle, Payload, SignedCall, SignedService, Transport, ca_bundle, caller, connect,
    connect_with_mfa, exchanges_token,
};
pub use cloudtrail::{now, role_uses};
pub use error::{AwsError, AwsErrorKind};
pub use iam::{
    AccountListing, Freshness, ListedRole, Recent, account_listing, foresee, is_gone, is_made, live,
    obstacle, orphan, passes_by_itself, role, role_tags, role_trust, roles_tagged, roles_trusting, survey,
    tags_of_policy, write,
};
pub use lambda::{
    Function, function, function_names, function_policy, function_qualifiers, reserved_concurrency,
};
pub use last_accessed::lambda_last_accessed;
pub use organizations::organization_guards;
pub use probes::{Assumed, assume_role, invoke_dry_run, simulate};
