//! What is publicly known of Genesys Cloud's side.

/// An AWS account of Genesys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownAccount {
    pub id: &'static str,
    pub name: &'static str,
    /// Whether customers are to trust it.
    pub for_customers: bool,
}

/// The accounts that Genesys's own sources name (help centre, GenesysCloudBlueprints).
pub static KNOWN_GENESYS_ACCOUNTS: [KnownAccount; 3] = [
    KnownAccount { id: "765628985471", name: "Genesys Cloud", for_customers: true },
    KnownAccount { id: "325654371633", name: "Genesys Cloud FedRAMP", for_customers: true },
    KnownAccount { id: "490606849374", name: "a Genesys-internal environment", for_customers: false },
];

/// Stands in tutorials of third parties, but in no source of Genesys's.
pub const TUTORIAL_ACCOUNT: &str = "691338073777";

/// The AWS regions that Genesys Cloud runs in.
pub static GENESYS_REGIONS: [&str; 18] = [
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "ca-central-1",
    "mx-central-1",
    "sa-east-1",
    "eu-west-1",
    "eu-west-2",
    "eu-central-1",
    "eu-central-2",
    "me-central-1",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "eusc-de-east-1",
];
