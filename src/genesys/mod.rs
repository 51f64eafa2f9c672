//! Genesys Cloud's Platform API, as far as Lambda data actions need it: the organization, integrations with their
//! credentials, data actions and their test.

mod client;
mod error;
mod facts;
mod http;
mod model;

pub use client::{Client, Configuration, Secret};
pub use error::{GenesysError, GenesysErrorKind};
pub use facts::{GenesysFacts, IntegrationFacts, RoleArn, gather};
pub use http::{Answer, Carrier, CarryError, Https};
pub use model::{Action, Integration, Operation, Organization, TestResult};
