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
pub static AWS_REGIONS: [AwsRegion; 46] = [
    everyones("us-east-1"),
    everyones("us-east-2"),
    everyones("us-west-1"),
    everyones("us-west-2"),
    everyones("ca-central-1"),
    opt_in("ca-west-1"),
    opt_in("mx-central-1"),
    everyones("sa-east-1"),
    everyones("eu-west-1"),
    everyones("eu-west-2"),
    everyones("eu-west-3"),
    everyones("eu-central-1"),
    opt_in("eu-central-2"),
    everyones("eu-north-1"),
    opt_in("eu-south-1"),
    opt_in("eu-south-2"),
    opt_in("il-central-1"),
    opt_in("me-south-1"),
    opt_in("me-central-1"),
    opt_in("af-south-1"),
    opt_in("ap-east-1"),
    opt_in("ap-east-2"),
    everyones("ap-south-1"),
    opt_in("ap-south-2"),
    everyones("ap-southeast-1"),
    everyones("ap-southeast-2"),
    opt_in("ap-southeast-3"),
    opt_in("ap-southeast-4"),
    opt_in("ap-southeast-5"),
    opt_in("ap-southeast-6"),
    opt_in("ap-southeast-7"),
    everyones("ap-northeast-1"),
    everyones("ap-northeast-2"),
    everyones("ap-northeast-3"),
    everyones("us-gov-east-1"),
    everyones("us-gov-west-1"),
    everyones("cn-north-1"),
    everyones("cn-northwest-1"),
    everyones("us-iso-east-1"),
    everyones("us-iso-west-1"),
    everyones("us-isob-east-1"),
    everyones("us-isob-west-1"),
    everyones("eu-isoe-west-1"),
    everyones("us-isof-east-1"),
    everyones("us-isof-south-1"),
    everyones("eusc-de-east-1"),
];

/// A region of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AwsRegion {
    pub name: &'static str,
    /// Whether every account has it, without having opted in (AWS Account Management guide).
    pub is_everyones: bool,
}

const fn everyones(name: &'static str) -> AwsRegion {
    AwsRegion { name, is_everyones: true }
}

const fn opt_in(name: &'static str) -> AwsRegion {
    AwsRegion { name, is_everyones: false }
}

/// A partition's known regions.
pub fn regions_of(partition: &str) -> impl Iterator<Item = &'static AwsRegion> {
    AWS_REGIONS.iter().filter(move |region| partition_of_region(region.name) == partition)
}
