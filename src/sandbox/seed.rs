//! What a sandbox begins with.

use crate::arn::{AccountId, Arn, FunctionArn};

/// What a sandbox begins with.
#[derive(Debug, Clone)]
pub struct Seed {
    pub account: AccountId,
    pub partition: String,
    pub region: String,
    /// Lambda functions that exist, with the alias or version where the ARN names one.
    pub functions: Vec<FunctionArn>,
    pub genesys: Option<GenesysSeed>,
}

/// The Genesys Cloud organization that a sandbox has.
#[derive(Debug, Clone)]
pub struct GenesysSeed {
    pub organization_id: String,
    /// The AWS account from which it assumes roles.
    pub account: AccountId,
    pub integrations: Vec<IntegrationSeed>,
}

/// An enabled integration for Lambda data actions, with one action for each function.
#[derive(Debug, Clone)]
pub struct IntegrationSeed {
    pub name: String,
    pub role: Arn,
    pub functions: Vec<FunctionArn>,
}
