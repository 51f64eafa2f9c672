//! Desired and live state: plain data.

mod desired;
mod foresight;
mod genesys;
mod guards;
mod iam;
mod invocation;
mod live;
mod own_organization;
mod ownership;
mod resolve;

pub use desired::{DesiredRole, DesiredState};
pub use foresight::{Foresight, Namesakes, RoleTrust, WantedNames};
pub use genesys::{
    ActionState, DesiredAction, DesiredIntegration, FieldDiff, LiveAction, LiveCredential, LiveIntegration,
    LiveOrganization, Marker, MemberDiff, OrganizationReading, Usage, arn_in_name,
};
pub use guards::GuardsReading;
pub use iam::{
    AttachedPolicy, LastUse, Live, LivePolicy, LiveRole, ManagedPolicy, PolicyVersion, Role, RoleRecord, Tags,
};
pub use invocation::{Invocation, RepeatedFlag};
pub use live::{LiveState, LookForOrphans, Orphans};
pub use own_organization::OwnOrganization;
pub use ownership::{is_managed, is_of, spec_of};
pub use resolve::resolve;
