//! What is publicly known about Genesys Cloud's side.

use crate::arn::{AccountId, partition_of_region};
use crate::policy::lint::NamedAccount;

/// An AWS account of Genesys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownAccount {
    /// Its partition: roles cannot be assumed across partitions.
    pub partition: &'static str,
    pub id: &'static str,
    pub name: &'static str,
    /// Whether customers should trust it.
    pub for_customers: bool,
}

/// The accounts that Genesys's own sources name (help centre, GenesysCloudBlueprints).
pub static KNOWN_GENESYS_ACCOUNTS: [KnownAccount; 3] = [
    KnownAccount { partition: "aws", id: "765628985471", name: "Genesys Cloud", for_customers: true },
    KnownAccount { partition: "aws", id: "325654371633", name: "Genesys Cloud FedRAMP", for_customers: true },
    KnownAccount {
        partition: "aws",
        id: "490606849374",
        name: "a Genesys-internal environment",
        for_customers: false,
    },
];

/// Whether roles under this path are AWS's own: no one else can create or change them (IAM User Guide, service-linked
/// roles; IAM Identity Center, `AWSReservedSSO`).
pub fn is_path_of_aws(path: &str) -> bool {
    ["/aws-service-role/", "/aws-reserved/"].iter().any(|own| path.starts_with(own))
}

/// The accounts that customers trust.
pub fn customer_accounts() -> Vec<NamedAccount<'static>> {
    let customers = KNOWN_GENESYS_ACCOUNTS.iter().filter(|known| known.for_customers);
    customers.map(|&KnownAccount { partition, id, name, .. }| NamedAccount { partition, id, name }).collect()
}

/// The name of an account that belongs to Genesys.
pub fn genesys_account_name(partition: &str, id: &AccountId) -> Option<&'static str> {
    let known = KNOWN_GENESYS_ACCOUNTS
        .iter()
        .find(|known| known.id == id.as_str() && known.partition == partition)?;
    Some(known.name)
}

/// The Genesys account that customers in a partition may trust, if this is one.
pub fn genesys_customer_account(id: &str, partition: &str) -> Option<&'static KnownAccount> {
    KNOWN_GENESYS_ACCOUNTS
        .iter()
        .find(|known| known.id == id && known.for_customers && known.partition == partition)
}

/// Appears in third-party tutorials but in no Genesys source.
pub const TUTORIAL_ACCOUNT: &str = "691338073777";

/// A region of Genesys Cloud. The API is at `api.`, tokens at `login.` of the domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GenesysRegion {
    /// The name by which Genesys's own tools select it.
    pub aws_region: &'static str,
    pub domain: &'static str,
}

/// Core and satellite regions, FedRAMP (`us-east-2`) and EU sovereign (`eusc-de-east-1`), from Genesys's SDKs and its
/// Terraform provider.
pub static GENESYS_REGIONS: [GenesysRegion; 18] = [
    GenesysRegion { aws_region: "us-east-1", domain: "mypurecloud.com" },
    GenesysRegion { aws_region: "us-east-2", domain: "use2.us-gov-pure.cloud" },
    GenesysRegion { aws_region: "us-west-2", domain: "usw2.pure.cloud" },
    GenesysRegion { aws_region: "ca-central-1", domain: "cac1.pure.cloud" },
    GenesysRegion { aws_region: "mx-central-1", domain: "mxc1.pure.cloud" },
    GenesysRegion { aws_region: "sa-east-1", domain: "sae1.pure.cloud" },
    GenesysRegion { aws_region: "eu-west-1", domain: "mypurecloud.ie" },
    GenesysRegion { aws_region: "eu-west-2", domain: "euw2.pure.cloud" },
    GenesysRegion { aws_region: "eu-central-1", domain: "mypurecloud.de" },
    GenesysRegion { aws_region: "eu-central-2", domain: "euc2.pure.cloud" },
    GenesysRegion { aws_region: "me-central-1", domain: "mec1.pure.cloud" },
    GenesysRegion { aws_region: "ap-south-1", domain: "aps1.pure.cloud" },
    GenesysRegion { aws_region: "ap-southeast-1", domain: "apse1.pure.cloud" },
    GenesysRegion { aws_region: "ap-southeast-2", domain: "mypurecloud.com.au" },
    GenesysRegion { aws_region: "ap-northeast-1", domain: "mypurecloud.jp" },
    GenesysRegion { aws_region: "ap-northeast-2", domain: "apne2.pure.cloud" },
    GenesysRegion { aws_region: "ap-northeast-3", domain: "apne3.pure.cloud" },
    GenesysRegion { aws_region: "eusc-de-east-1", domain: "edee1.eusc-pure.cloud" },
];

/// # Errors
///
/// The available regions, in words.
pub fn genesys_region(name: &str) -> Result<&'static GenesysRegion, String> {
    GENESYS_REGIONS.iter().find(|region| region.aws_region == name).ok_or_else(|| {
        let names: Vec<&str> = GENESYS_REGIONS.iter().map(|region| region.aws_region).collect();
        format!("is not a region of Genesys Cloud; those are {}", names.join(", "))
    })
}

/// A region as Genesys's tools accept it in the environment: by AWS's name, as an API domain, or as a URL.
///
/// # Errors
///
/// As [`genesys_region`].
pub fn region_as_given(text: &str) -> Result<&'static GenesysRegion, String> {
    let text = text.trim().to_ascii_lowercase();
    let host = text.strip_prefix("https://").unwrap_or(&text).trim_end_matches('/');
    let is_host = |domain: &str| {
        host == domain
            || ["api.", "login.", "apps."].iter().any(|prefix| host.strip_prefix(prefix) == Some(domain))
    };
    match GENESYS_REGIONS.iter().find(|region| is_host(region.domain)) {
        Some(region) => Ok(region),
        None if text.contains("://") => Err("is not the address of a region of Genesys Cloud".to_owned()),
        None => genesys_region(host),
    }
}

/// AWS's regions (botocore `endpoints.json`, AWS's list of regions); new ones keep coming.
pub static AWS_REGIONS: [&str; 46] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ca-central-1",
    "ca-west-1",
    "mx-central-1",
    "sa-east-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-south-1",
    "me-central-1",
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "us-gov-east-1",
    "us-gov-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
    "eu-isoe-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
    "eusc-de-east-1",
];

/// Of these, the regions that an account has only if it opted in (AWS Account Management guide).
const OPT_IN_REGIONS: [&str; 17] = [
    "ca-west-1",
    "mx-central-1",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-south-1",
    "me-central-1",
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
];

/// A partition's known regions, and whether every account has each.
pub fn regions_of(partition: &str) -> impl Iterator<Item = (&'static str, bool)> {
    let known = AWS_REGIONS.iter().filter(move |region| partition_of_region(region) == partition);
    known.map(|region| (*region, !OPT_IN_REGIONS.contains(region)))
}
