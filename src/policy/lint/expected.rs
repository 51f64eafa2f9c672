//! What a document is checked against.

use crate::arn::{AccountId, Arn, FunctionArn};

/// What a document is checked against. For a document of unknown origin, nothing need be set.
#[derive(Debug, Clone, Copy, Default)]
pub struct Expected<'a> {
    /// The account that should be trusted.
    pub trusted: Option<&'a AccountId>,
    /// One of the user's own principals that is trusted too.
    pub verifier: Option<&'a Arn>,
    /// The functions that should be invocable, by exact ARN.
    pub functions: &'a [FunctionArn],
    /// Accounts that may be trusted.
    pub known_accounts: &'a [NamedAccount<'a>],
    /// The user's own accounts, where known.
    pub own_accounts: &'a [AccountId],
}

/// An account, with its partition and name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamedAccount<'a> {
    pub partition: &'a str,
    pub id: &'a str,
    pub name: &'a str,
}
