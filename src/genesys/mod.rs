//! Genesys Cloud's Platform API, as needed for Lambda data actions: the organization, integrations with their
//! credentials, data actions and their test.

mod client;
mod configuration;
mod error;
mod live;
mod pace;
mod read;
mod siblings;
mod transport;
mod wire;
mod write;

pub use client::Client;
pub use configuration::{Configuration, Secret};
pub use error::{GenesysError, GenesysErrorKind};
pub use live::{Details, live};
pub use pace::OnPause;
pub use read::{ActionContract, IntegrationReading, OrganizationSurvey, RoleArn, gather};
pub use siblings::Siblings;
pub use transport::{HttpAnswer, HttpTransport, Https, TransportError};
pub use wire::{Action, Integration, Operation, Organization, TestResult};
pub use write::{Waiting, WriteError, Writer};
