//! A few of AWS's own managed policies, abridged to what concerns roles and functions.

pub(crate) struct AwsManaged {
    pub path: &'static str,
    pub name: &'static str,
    pub id: &'static str,
    pub version: &'static str,
    pub document: &'static str,
}

const POLICIES: [AwsManaged; 9] = [
    AwsManaged {
        path: "/",
        name: "AdministratorAccess",
        id: "ANPAIWMBCKSKIEE64ZLYK",
        version: "v1",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    },
    AwsManaged {
        path: "/",
        name: "PowerUserAccess",
        id: "ANPAJYRXTHIB4FOVS3ZXS",
        version: "v5",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},{"Effect":"Allow","Action":["account:GetAccountInformation","iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole","iam:ListRoles","organizations:DescribeOrganization"],"Resource":"*"}]}"#,
    },
    AwsManaged {
        path: "/",
        name: "ReadOnlyAccess",
        id: "ANPAILL3HVNFSB6DCOWYQ",
        version: "v150",
        document: r#"{"Version":"2012-10-17","Statement":[{"Sid":"ReadOnlyActions","Effect":"Allow","Action":["iam:Generate*","iam:Get*","iam:List*","iam:Simulate*","lambda:Get*","lambda:List*","sts:GetAccessKeyInfo","sts:GetCallerIdentity","sts:GetSessionToken"],"Resource":"*"}]}"#,
    },
    AwsManaged {
        path: "/",
        name: "SecurityAudit",
        id: "ANPAIX2T3QCXHR2OGGCTO",
        version: "v90",
        document: r#"{"Version":"2012-10-17","Statement":[{"Sid":"BaseSecurityAuditStatement","Effect":"Allow","Action":["iam:GenerateCredentialReport","iam:Get*","iam:List*","iam:SimulateCustomPolicy","iam:SimulatePrincipalPolicy","lambda:GetFunctionConfiguration","lambda:GetPolicy","lambda:List*"],"Resource":"*"}]}"#,
    },
    AwsManaged {
        path: "/",
        name: "IAMFullAccess",
        id: "ANPAI7XKCFMBPM3QQRRVQ",
        version: "v2",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*","organizations:DescribeAccount","organizations:DescribeOrganization"],"Resource":"*"}]}"#,
    },
    AwsManaged {
        path: "/",
        name: "AWSLambda_FullAccess",
        id: "ANPAZKAPJZG4ONCVRAUWH",
        version: "v2",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:GetPolicy","iam:GetPolicyVersion","iam:GetRole","iam:GetRolePolicy","iam:ListAttachedRolePolicies","iam:ListRolePolicies","iam:ListRoles","lambda:*"],"Resource":"*"},{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}}]}"#,
    },
    AwsManaged {
        path: "/",
        name: "AWSLambda_ReadOnlyAccess",
        id: "ANPAZKAPJZG4C2SBSXCTG",
        version: "v2",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:GetPolicy","iam:GetPolicyVersion","iam:GetRole","iam:GetRolePolicy","iam:ListAttachedRolePolicies","iam:ListRolePolicies","iam:ListRoles","lambda:Get*","lambda:List*"],"Resource":"*"}]}"#,
    },
    AwsManaged {
        path: "/service-role/",
        name: "AWSLambdaBasicExecutionRole",
        id: "ANPAJNCQGXC42545SKXIK",
        version: "v1",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}"#,
    },
    AwsManaged {
        path: "/service-role/",
        name: "AWSLambdaRole",
        id: "ANPAJX4DPCRGTC4NFDUXI",
        version: "v1",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["lambda:InvokeFunction"],"Resource":["*"]}]}"#,
    },
];

pub(crate) fn find(partition: &str, arn: &str) -> Option<&'static AwsManaged> {
    all().find(|policy| policy.arn(partition) == arn)
}

pub(crate) fn all() -> impl Iterator<Item = &'static AwsManaged> {
    POLICIES.iter()
}

impl AwsManaged {
    pub(crate) fn arn(&self, partition: &str) -> String {
        format!("arn:{partition}:iam::aws:policy{}{}", self.path, self.name)
    }
}
