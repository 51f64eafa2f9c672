//! What a document is held against.

use crate::arn::{AccountId, Arn, FunctionArn};

/// What a document is held against. Of a document of any origin nothing need be known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Expected<'a> {
    /// The account that should be trusted.
    pub trusted: Option<&'a AccountId>,
    /// Somebody of the user's own who is trusted too.
    pub verifier: Option<&'a Arn>,
    /// The functions that should be invoked, by exact ARN.
    pub functions: &'a [FunctionArn],
    /// Accounts that may be trusted.
    pub known_accounts: &'a [NamedAccount<'a>],
    /// The user's own accounts, as far as they are known.
    pub own_accounts: &'a [AccountId],
}

/// An account, which belongs to a partition, and what it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamedAccount<'a> {
    pub partition: &'a str,
    pub id: &'a str,
    pub name: &'a str,
}
