//! Condition keys.

/// The key that a trust policy compares with the external ID of an AssumeRole call.
pub const EXTERNAL_ID: &str = "sts:ExternalId";

/// Whether a caller can present it (STS API reference, `AssumeRole`: 2 to 1224 characters of `[\w+=,.@:\/-]`).
pub(super) fn is_presentable_id(id: &str) -> bool {
    (SHORTEST_ID..=LONGEST_ID).contains(&id.len()) && id.chars().all(|c| ID_CHARACTERS.contains(c))
}

pub(super) const SHORTEST_ID: usize = 2;
pub(super) const LONGEST_ID: usize = 1224;
/// The characters of an external ID, plainest first.
pub(super) const ID_CHARACTERS: &str =
    "xabcdefghijklmnopqrstuvwyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.:/+=,@";

/// The global keys, and those of STS and Lambda (AWS, "AWS global condition context keys", "Actions, resources, and
/// condition keys"). The list is complete, so a correct key is never reported as a typo of another.
pub(super) static KEYS: [&str; 64] = [
    EXTERNAL_ID,
    "sts:AWSServiceName",
    "sts:DurationSeconds",
    "sts:RequestContext",
    "sts:RequestContextProviders",
    "sts:RoleSessionName",
    "sts:SourceIdentity",
    "sts:TaskPolicyArn",
    "sts:TransitiveTagKeys",
    "aws:CalledVia",
    "aws:CalledViaFirst",
    "aws:CalledViaLast",
    "aws:ChatbotSourceArn",
    "aws:CurrentTime",
    "aws:Ec2InstanceSourcePrivateIPv4",
    "aws:Ec2InstanceSourceVpc",
    "aws:EpochTime",
    "aws:FederatedProvider",
    "aws:MultiFactorAuthAge",
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalServiceName",
    "aws:PrincipalServiceNamesList",
    "aws:PrincipalType",
    "aws:referer",
    "aws:RequestedRegion",
    "aws:ResourceAccount",
    "aws:ResourceOrgID",
    "aws:ResourceOrgPaths",
    "aws:SecureTransport",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceIdentity",
    "aws:SourceIp",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceVpc",
    "aws:SourceVpcArn",
    "aws:SourceVpce",
    "aws:TagKeys",
    "aws:TokenIssueTime",
    "aws:UserAgent",
    "aws:userid",
    "aws:username",
    "aws:ViaAWSService",
    "aws:VpceAccount",
    "aws:VpceOrgID",
    "aws:VpceOrgPaths",
    "aws:VpcSourceIp",
    "lambda:CodeSigningConfigArn",
    "lambda:EventSourceToken",
    "lambda:FunctionArn",
    "lambda:FunctionUrlAuthType",
    "lambda:InvokedViaFunctionUrl",
    "lambda:Layer",
    "lambda:Principal",
    "lambda:SecurityGroupIds",
    "lambda:SourceFunctionArn",
    "lambda:SubnetIds",
    "lambda:VpcIds",
];
