//! The TOML file: its shape, its validation with positions, and a type that is always valid.

mod accept;
mod diagnostic;
mod elsewhere;
mod endpoint;
mod environment;
mod external_id;
mod files;
mod format;
mod integration;
mod known;
mod limits;
mod load;
mod model;
mod organization;
mod parse;
mod reader;
mod variables;

pub use accept::{AcceptSpec, AcceptedThing};
pub use diagnostic::{Diagnostic, Severity};
pub use elsewhere::{Elsewhere, KnownSpecs, Namer, SpecNames, UnreadSpec};
pub use endpoint::{EndpointError, given_endpoint, given_genesys_endpoint, is_of_this_machine};
pub use environment::{EmptyEnvironment, Environment};
pub use external_id::{ExternalId, Origin};
pub use files::{read_bounded, read_spec};
pub use format::{FormatError, format};
pub use integration::{
    ActionContent, DEFAULT_TIMEOUT, DataActionSpec, IntegrationSpec, RAW_REQUEST, RAW_RESULT,
    is_secret_header, is_secret_value, unfit_input,
};
pub use known::{
    AWS_REGIONS, AwsRegion, GENESYS_REGIONS, GenesysRegion, KNOWN_GENESYS_ACCOUNTS, KnownAccount,
    TUTORIAL_ACCOUNT, customer_accounts, genesys_account_name, genesys_customer_account, genesys_region,
    is_path_of_aws, region_as_given, regions_of,
};
pub use limits::{is_guid, is_placeholder};
pub use load::{
    DEFAULT_FILE, LoadError, LoadOptions, Loaded, is_another_toml, load, load_text, refuse_other_kinds,
};
pub use model::{
    AccountTrust, AssumeRole, Aws, Boundary, ExtraPermissions, FunctionRef, GenesysCloud, MANAGED_BY_KEY,
    MANAGED_BY_VALUE, RoleSpec, SPEC_KEY, Spec, default_policy_name,
};
pub use organization::{OrganizationPolicies, OrganizationPolicy, OrganizationSpec, ScpLevel};
pub use parse::{default_spec_name, parse};
