//! Whether Genesys Cloud, and nobody else, can invoke the functions: evidence ([`Facts`]), claims, causes, verdict,
//! each derived from the previous one.

mod analyzed;
mod cause;
mod claim;
mod configured;
mod connected;
mod diagnosis;
mod evaluated;
mod facts;
mod former;
mod guarded;
mod invoked;
mod judge;
mod level;
mod observed;
mod path;
mod probed;
mod questions;
mod report;
mod returned;
mod revoked;
#[cfg(test)]
mod tests;
mod together;
mod topic;
mod trusted;
mod uses;
mod verdict;
mod words;

pub use cause::Cause;
pub use claim::{Acceptance, Claim, Failure, Finding, Harm, Incident, Outcome, Question};
pub use diagnosis::{Diagnosis, diagnose};
pub(crate) use facts::is_organization;
pub use facts::{
    ActionFacts, ActionTest, Answer, ApplyOutlook, Basis, CodePackage, ConnectionFacts, CredentialArn, Facts,
    FunctionFacts, FunctionSettings, FunctionState, GenesysFacts, GenesysSide, IntegrationFacts, OwnPolicy,
    Probes, QualifiedPolicies, RejectedCredentials, Simulated, StateReason, TestStep, Unknown,
};
pub use guarded::guards;
pub use judge::judge;
pub use level::Level;
pub use observed::PROBE_SESSION;
pub use path::{ActionCall, InvocationPath, member_names};
pub(crate) use probed::POLICY_KINDS;
pub(crate) use questions::{Readiness, extra_grants, readiness};
pub use questions::{loses_a_function, may_assume, may_invoke, near_misses};
pub use report::{AskedOrganization, CheckReport, RoleReport};
pub use returned::Returned;
pub use topic::Topic;
pub use uses::{
    AnalyzerFindings, EventHistory, ExternalAccess, LONGEST_SESSION, PresentedId, Recorded, RegionReading,
    RoleUse, SessionUser, WrittenTrust,
};
pub use verdict::{Sign, Verdict};
