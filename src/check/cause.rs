//! What can be wrong.

use super::words::words;

words! {
    /// The kind of a fault.
    pub enum Cause {
        /// there is no such role
        RoleMissing = "role-missing",
        /// the account that the spec names is not one of Genesys's customer accounts, and the spec gives no reason for it
        UnknownAccount = "unknown-account",
        /// the trust policy trusts another account in place of Genesys's
        TrustedAccount = "trusted-account",
        /// the trust policy demands another external ID than the spec's
        ExternalId = "external-id",
        /// the trust policy keeps Genesys Cloud out for another reason
        TrustPolicy = "trust-policy",
        /// someone else can assume the role, or the external ID is not demanded
        RoleOpen = "role-open",
        /// someone else has assumed the role, as CloudTrail recorded it
        Stranger = "stranger",
        /// the verifier of the spec cannot assume the role
        Verifier = "verifier",
        /// someone outside the account can become another role that the role trusts (the verifier, or one that the spec accepts)
        InsiderOpen = "insider-open",
        /// the function, alias or version does not exist
        FunctionMissing = "function-missing",
        /// the function is in a state in which Lambda does not run it
        FunctionNotReady = "function-not-ready",
        /// the function's reserved concurrency is 0: every invocation is throttled
        FunctionThrottled = "function-throttled",
        /// the function isolates tenants, and a data action cannot bring a tenant ID
        TenantIsolation = "tenant-isolation",
        /// the function's own policy lets someone else invoke or change it
        FunctionOpen = "function-open",
        /// the policy of the spec does not exist
        PolicyMissing = "policy-missing",
        /// the policy of the spec is not attached to the role
        PolicyNotAttached = "policy-not-attached",
        /// the policy does not allow this very ARN: an alias is another ARN than the function itself
        PolicyDoesNotCover = "policy-does-not-cover",
        /// a boundary, a Deny of another policy, or the function's own policy forbids it
        Denied = "denied",
        /// a policy of the AWS organization (SCP, RCP) forbids it
        OrganizationGuard = "organization-guard",
        /// the role may do something else
        ExtraPermissions = "extra-permissions",
        /// a live document contains a known mistake ([lints](lints.md)) that no other cause explains
        KnownMistake = "known-mistake",
        /// the spec's external ID is not the organization's ID
        Organization = "organization",
        /// Genesys Cloud rejects the OAuth client's ID and secret, or the access token (401)
        GenesysCredentials = "genesys-credentials",
        /// no integration for Lambda data actions, or it is disabled or in error
        Integration = "integration",
        /// the integration's credential holds another role's ARN
        IntegrationCredential = "integration-credential",
        /// a data action points at a function that the role may not invoke
        DataAction = "data-action",
        /// the data action's test failed, and nothing else explains it
        Invocation = "invocation",
        /// a call contradicts what the documents say
        Probe = "probe",
    }
}

impl Cause {
    /// What blocks a caller at `sts:AssumeRole`.
    pub const OF_TRUST: &[Self] = &[
        Self::RoleMissing,
        Self::UnknownAccount,
        Self::TrustedAccount,
        Self::ExternalId,
        Self::TrustPolicy,
        Self::RoleOpen,
        Self::OrganizationGuard,
    ];

    /// What blocks a session at `lambda:InvokeFunction`, or lets it do more.
    pub const OF_PERMISSIONS: &[Self] = &[
        Self::PolicyMissing,
        Self::PolicyNotAttached,
        Self::PolicyDoesNotCover,
        Self::Denied,
        Self::ExtraPermissions,
        Self::OrganizationGuard,
    ];

    /// What explains a failed invocation through Genesys Cloud.
    pub const OF_INVOCATION: &[Self] = &[
        Self::RoleMissing,
        Self::UnknownAccount,
        Self::TrustedAccount,
        Self::ExternalId,
        Self::TrustPolicy,
        Self::FunctionMissing,
        Self::FunctionNotReady,
        Self::FunctionThrottled,
        Self::TenantIsolation,
        Self::PolicyMissing,
        Self::PolicyNotAttached,
        Self::PolicyDoesNotCover,
        Self::Denied,
        Self::OrganizationGuard,
        Self::Organization,
        Self::Integration,
        Self::IntegrationCredential,
        Self::DataAction,
        Self::Probe,
    ];
}
