//! Account IDs, partitions and ARNs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A 12-digit AWS account ID.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(String);

/// Why a text is not a valid account ID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountIdError {
    #[error("an AWS account ID has 12 digits, this has {0}")]
    Length(usize),
    #[error("an AWS account ID consists of digits only")]
    NotDigits,
}

impl AccountId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountId {
    type Err = AccountIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(AccountIdError::NotDigits);
        }
        if text.len() != 12 {
            return Err(AccountIdError::Length(text.len()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for AccountId {
    type Error = AccountIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<AccountId> for String {
    fn from(id: AccountId) -> Self {
        id.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A part of AWS with its own accounts and endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partition {
    pub name: &'static str,
    /// Prefix of its region names.
    pub region_prefix: &'static str,
    /// The region of its global services, including IAM.
    pub global_region: &'static str,
}

/// AWS General Reference; botocore `partitions.json`. `aws` comes last: its prefix matches every region.
pub static PARTITIONS: [Partition; 8] = [
    Partition { name: "aws-cn", region_prefix: "cn-", global_region: "cn-north-1" },
    Partition { name: "aws-us-gov", region_prefix: "us-gov-", global_region: "us-gov-west-1" },
    Partition { name: "aws-iso", region_prefix: "us-iso-", global_region: "us-iso-east-1" },
    Partition { name: "aws-iso-b", region_prefix: "us-isob-", global_region: "us-isob-east-1" },
    Partition { name: "aws-iso-e", region_prefix: "eu-isoe-", global_region: "eu-isoe-west-1" },
    Partition { name: "aws-iso-f", region_prefix: "us-isof-", global_region: "us-isof-south-1" },
    Partition { name: "aws-eusc", region_prefix: "eusc-", global_region: "eusc-de-east-1" },
    Partition { name: "aws", region_prefix: "", global_region: "us-east-1" },
];

/// The partition of a region, judging by its name.
pub fn partition_of_region(region: &str) -> &'static str {
    PARTITIONS.iter().find(|known| region.starts_with(known.region_prefix)).map_or("aws", |known| known.name)
}

/// The region where a partition keeps IAM's data.
pub fn global_region(partition: &str) -> &'static str {
    PARTITIONS.iter().find(|known| known.name == partition).map_or("us-east-1", |known| known.global_region)
}

/// `arn:partition:service:region:account:resource`; the parts are kept as written.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Arn {
    pub partition: String,
    pub service: String,
    pub region: String,
    /// An account ID, `aws` (for AWS's own policies) or empty.
    pub account: String,
    /// May contain colons and slashes.
    pub resource: String,
}

/// The text does not have the form `arn:partition:service:region:account:resource`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an ARN has the form arn:partition:service:region:account:resource")]
pub struct ArnError;

impl Arn {
    /// Where something of this kind and name may be: at the path of this one, and at none.
    pub fn namesakes(&self, name: &str) -> Vec<Self> {
        let kind = self.resource.split('/').next().unwrap_or_default();
        let path = self.resource.rsplit_once('/').map_or(kind, |(path, _)| path);
        let mut paths = vec![path, kind];
        paths.dedup();
        let at = |path: &str| Self { resource: format!("{path}/{name}"), ..self.clone() };
        paths.into_iter().map(at).collect()
    }

    /// The ARN of an IAM role; `path` begins and ends with `/`.
    pub fn role(partition: &str, account: &AccountId, path: &str, name: &str) -> Self {
        Self::iam(partition, account, format!("role{path}{name}"))
    }

    /// The ARN of a customer managed policy; `path` begins and ends with `/`.
    pub fn policy(partition: &str, account: &AccountId, path: &str, name: &str) -> Self {
        Self::iam(partition, account, format!("policy{path}{name}"))
    }

    /// `arn:…:iam::ACCOUNT:root`: every identity of the account that the account itself permits.
    pub fn account_root(partition: &str, account: &AccountId) -> Self {
        Self::iam(partition, account, "root".to_owned())
    }

    fn iam(partition: &str, account: &AccountId, resource: String) -> Self {
        Self {
            partition: partition.to_owned(),
            service: "iam".to_owned(),
            region: String::new(),
            account: account.to_string(),
            resource,
        }
    }

    /// Everything after the last `/` of the resource: the name of a role, user or policy.
    pub fn name(&self) -> &str {
        self.resource.rsplit('/').next().unwrap_or(&self.resource)
    }
}

impl FromStr for Arn {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next().ok_or(ArnError);
        if next()? != "arn" {
            return Err(ArnError);
        }
        let arn = Self {
            partition: next()?.to_owned(),
            service: next()?.to_owned(),
            region: next()?.to_owned(),
            account: next()?.to_owned(),
            resource: next()?.to_owned(),
        };
        if arn.partition.is_empty() || arn.service.is_empty() || arn.resource.is_empty() {
            return Err(ArnError);
        }
        Ok(arn)
    }
}

impl TryFrom<String> for Arn {
    type Error = ArnError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Arn> for String {
    fn from(arn: Arn) -> Self {
        arn.to_string()
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

impl fmt::Debug for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The ARN of a Lambda function, or of one of its versions or aliases; to IAM, each is a different ARN.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FunctionArn {
    arn: Arn,
    name: String,
    qualifier: Option<Qualifier>,
}

/// The part after a function's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Qualifier {
    Latest,
    /// A number; how many digits Lambda allows is not documented.
    Version(String),
    Alias(String),
}

/// The text does not have the form `arn:partition:lambda:region:account:function:name[:qualifier]`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a function's ARN has the form arn:partition:lambda:region:account:function:name[:alias or version]")]
pub struct FunctionArnError;

impl Qualifier {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Latest => "$LATEST",
            Self::Version(text) | Self::Alias(text) => text,
        }
    }
}

impl From<&str> for Qualifier {
    fn from(text: &str) -> Self {
        match text {
            "$LATEST" => Self::Latest,
            _ if text.bytes().all(|b| b.is_ascii_digit()) => Self::Version(text.to_owned()),
            _ => Self::Alias(text.to_owned()),
        }
    }
}

impl fmt::Display for Qualifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FunctionArn {
    pub fn new(
        partition: &str,
        region: &str,
        account: &AccountId,
        name: &str,
        qualifier: Option<&str>,
    ) -> Self {
        let qualifier = qualifier.map(Qualifier::from);
        let arn = Arn {
            partition: partition.to_owned(),
            service: "lambda".to_owned(),
            region: region.to_owned(),
            account: account.to_string(),
            resource: String::new(),
        };
        Self { arn, name: name.to_owned(), qualifier }.with_resource()
    }

    fn with_resource(mut self) -> Self {
        self.arn.resource = match &self.qualifier {
            Some(qualifier) => format!("function:{}:{qualifier}", self.name),
            None => format!("function:{}", self.name),
        };
        self
    }

    pub fn as_arn(&self) -> &Arn {
        &self.arn
    }

    pub fn region(&self) -> &str {
        &self.arn.region
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn qualifier(&self) -> Option<&Qualifier> {
        self.qualifier.as_ref()
    }

    /// The function itself.
    #[must_use]
    pub fn unqualified(&self) -> Self {
        Self { qualifier: None, ..self.clone() }.with_resource()
    }

    #[must_use]
    pub fn with_qualifier(&self, qualifier: &str) -> Self {
        Self { qualifier: Some(Qualifier::from(qualifier)), ..self.clone() }.with_resource()
    }

    /// Whether both belong to one function, even by different aliases or versions.
    pub fn is_same_function(&self, other: &Self) -> bool {
        self.unqualified() == other.unqualified()
    }

    /// `name` or `name:qualifier`
    pub fn label(&self) -> String {
        self.arn.resource.trim_start_matches("function:").to_owned()
    }
}

impl TryFrom<Arn> for FunctionArn {
    type Error = FunctionArnError;

    fn try_from(arn: Arn) -> Result<Self, Self::Error> {
        let mut parts = arn.resource.split(':');
        let (kind, name, qualifier, rest) = (parts.next(), parts.next(), parts.next(), parts.next());
        let is_empty = |part: Option<&str>| part.is_some_and(str::is_empty);
        if arn.service != "lambda"
            || kind != Some("function")
            || rest.is_some()
            || is_empty(name)
            || is_empty(qualifier)
        {
            return Err(FunctionArnError);
        }
        let name = name.ok_or(FunctionArnError)?.to_owned();
        let qualifier = qualifier.map(Qualifier::from);
        Ok(Self { name, qualifier, arn })
    }
}

impl FromStr for FunctionArn {
    type Err = FunctionArnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<Arn>().map_err(|_| FunctionArnError)?.try_into()
    }
}

impl TryFrom<String> for FunctionArn {
    type Error = FunctionArnError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<FunctionArn> for String {
    fn from(arn: FunctionArn) -> Self {
        arn.to_string()
    }
}

impl fmt::Display for FunctionArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.arn.fmt(f)
    }
}

impl fmt::Debug for FunctionArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_printed_as_it_was_read() {
        for text in [
            "arn:aws:iam::111122223333:role/GenesysDataActionRole",
            "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:f:live",
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
        ] {
            assert_eq!(text.parse::<Arn>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_lacks_a_part_is_no_arn() {
        for text in [
            "",
            "arn:aws:iam::111122223333",
            "aws:iam::111122223333:role/x",
            "arn::iam::1:x",
            "arn:aws:iam::1:",
        ] {
            assert_eq!(text.parse::<Arn>(), Err(ArnError), "{text}");
        }
    }

    #[test]
    fn a_functions_arn_says_its_name_and_qualifier() {
        let function = |resource: &str| {
            format!("arn:aws:lambda:us-east-1:111122223333:{resource}").parse::<FunctionArn>()
        };
        let plain = function("function:f").unwrap();
        for (resource, qualifier) in [
            ("function:f:live", Qualifier::Alias("live".to_owned())),
            ("function:f:12", Qualifier::Version("12".to_owned())),
            ("function:f:$LATEST", Qualifier::Latest),
        ] {
            let arn = function(resource).unwrap();
            assert_eq!((arn.name(), arn.qualifier()), ("f", Some(&qualifier)));
            assert_eq!(arn.unqualified(), plain);
            assert_eq!(plain.with_qualifier(qualifier.as_str()), arn);
            assert!(arn.is_same_function(&plain) && arn != plain);
            assert_eq!(format!("function:{}", arn.label()), resource);
        }
        assert!(!plain.is_same_function(&function("function:g").unwrap()));
        for resource in ["layer:f", "function", "function:", "function:f:", "function:f:live:x"] {
            assert_eq!(function(resource), Err(FunctionArnError), "{resource}");
        }
        assert!("arn:aws:s3:::function:f".parse::<FunctionArn>().is_err());
    }

    #[test]
    fn an_account_id_has_twelve_digits() {
        assert!("765628985471".parse::<AccountId>().is_ok());
        assert_eq!("76562898547".parse::<AccountId>(), Err(AccountIdError::Length(11)));
        assert_eq!("7656-2898-5471".parse::<AccountId>(), Err(AccountIdError::NotDigits));
        assert_eq!("７65628985471".parse::<AccountId>(), Err(AccountIdError::NotDigits));
    }

    #[test]
    fn regions_belong_to_their_partitions() {
        for (region, partition) in [
            ("us-east-1", "aws"),
            ("us-gov-west-1", "aws-us-gov"),
            ("cn-north-1", "aws-cn"),
            ("eusc-de-east-1", "aws-eusc"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eu-central-1", "aws"),
        ] {
            assert_eq!(partition_of_region(region), partition);
        }
    }
}
