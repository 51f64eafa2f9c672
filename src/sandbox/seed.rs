//! The initial contents of a sandbox.

use crate::arn::{AccountId, Arn, FunctionArn};

/// The initial contents of a sandbox.
#[derive(Debug, Clone)]
pub struct Seed {
    pub account: AccountId,
    pub partition: String,
    pub region: String,
    /// Existing Lambda functions, with the alias or version if the ARN names one.
    pub functions: Vec<FunctionArn>,
    pub genesys: Option<GenesysSeed>,
}

/// A sandbox's Genesys Cloud organization.
#[derive(Debug, Clone)]
pub struct GenesysSeed {
    /// `[genesys] credentials` of its spec: each name has an organization of its own.
    pub credentials: Option<String>,
    pub organization_id: String,
    /// The AWS account from which it assumes roles.
    pub account: AccountId,
    pub integrations: Vec<IntegrationSeed>,
}

/// An enabled integration for Lambda data actions, with one action per function.
#[derive(Debug, Clone)]
pub struct IntegrationSeed {
    pub name: String,
    pub role: Arn,
    pub functions: Vec<FunctionArn>,
}
