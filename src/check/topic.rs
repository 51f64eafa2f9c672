//! What claims are about: if all claims about a topic hold, its sentence is ruled out as a cause.

use super::words::words;

words! {
    /// A topic of claims.
    pub enum Topic {
        /// the role exists
        Role = "role",
        /// the account of the spec is Genesys's
        Account = "account",
        /// Genesys Cloud's account is trusted
        Trusted = "trusted",
        /// the trust policy demands the spec's external ID
        ExternalId = "external-id",
        /// Genesys Cloud can assume the role
        Admission = "admission",
        /// nobody else can assume the role
        NobodyElse = "nobody-else",
        /// the verifier can assume the role
        Verifier = "verifier",
        /// each function exists and is Active
        Functions = "functions",
        /// the functions take invocations as a data action makes them
        Invocable = "invocable",
        /// nobody else may invoke the functions by their own policies
        FunctionPolicies = "function-policies",
        /// the policy exists and is attached
        Attached = "attached",
        /// the policy covers each function's exact ARN
        Covered = "covered",
        /// no policy of this account denies the invocation
        Denials = "denials",
        /// the role may invoke each function
        Invocation = "invocation",
        /// no policy of the AWS organization is in the way
        Guards = "organization-guards",
        /// the role may do nothing else
        NothingElse = "nothing-else",
        /// the documents contain no known mistakes
        Mistakes = "mistakes",
        /// AWS's policy simulator agrees
        Simulator = "simulator",
        /// Genesys Cloud was seen to assume the role
        Used = "used",
        /// nobody else was seen to assume the role
        Strangers = "strangers",
        /// the role is in use
        LastUsed = "last-used",
        /// sessions of the role were seen to reach Lambda
        Reached = "reached",
        /// AWS's Access Analyzer agrees about who can assume the role
        Analyzer = "analyzer",
        /// Genesys Cloud's API can be read
        Genesys = "genesys",
        /// the external ID is the organization's ID
        Organization = "organization",
        /// an integration's credential holds the role's ARN
        Credential = "credential",
        /// the integration is enabled and active
        Integration = "integration",
        /// the data actions point at functions that the role may invoke
        DataActions = "data-actions",
        /// Genesys Cloud itself invokes the function
        EndToEnd = "end-to-end",
    }
}
