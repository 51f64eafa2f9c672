//! The live state of a whole spec: role by role, or in bulk.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;

use super::config::Clients;
use super::error::AwsError;
use super::{bulk, orphans, read};
use crate::state::{DesiredState, Live, LiveState, LookForOrphans, Orphans};

/// How the live state is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reads {
    /// Whichever takes fewer calls, as far as that is known beforehand.
    #[default]
    Auto,
    /// Six calls a role, all roles at the same time.
    Single,
    /// As many calls as the account has pages of roles and policies, and one for each 100 roles of the spec.
    Bulk,
}

/// Of one role without anything unusual: GetRole, ListAttachedRolePolicies, ListRolePolicies, GetPolicy, ListPolicyVersions,
/// GetPolicyVersion.
pub const CALLS_PER_ROLE: usize = 6;
/// The listings that bulk reading consists of: roles, roles again for what the first lacks, policies.
pub const LISTINGS: usize = 3;
/// How full pages are, and how long AWS takes for them, is not known: bulk has to be better by far on paper.
const MARGIN: usize = 8;

impl Reads {
    /// How many pages each listing of the account may have, where bulk reading is to be tried.
    pub fn pages(self, roles: usize) -> Option<usize> {
        let single = CALLS_PER_ROLE * roles;
        match self {
            Self::Single => None,
            Self::Bulk => Some(usize::MAX),
            Self::Auto => (single > MARGIN * (LISTINGS + roles.div_ceil(100))).then_some(single / LISTINGS),
        }
    }
}

/// Reads the roles of the spec, and those that were taken out of it.
///
/// # Errors
/// Whatever keeps IAM from answering.
pub async fn survey(
    clients: &Clients,
    desired: &DesiredState,
    look: LookForOrphans,
    reads: Reads,
) -> Result<LiveState, AwsError> {
    if let Some(pages) = reads.pages(desired.roles.len()) {
        match bulk::read(clients, desired, pages).await {
            Ok(Some(found)) => {
                let orphans = match look {
                    LookForOrphans::No => Orphans::default(),
                    _ => orphans::of_names(clients, desired, look, found.tagged).await?,
                };
                return Ok(LiveState { roles: found.roles, orphans });
            }
            Ok(None) => tracing::debug!(
                target: "genesys_iam::aws",
                "the account has more than {pages} pages of roles or policies: reading singly"
            ),
            // Who may not list everything may read what is his.
            Err(error) if reads == Reads::Auto && error.is_access_denied() => {
                tracing::debug!(target: "genesys_iam::aws", "{}: reading singly", error.brief());
            }
            Err(error) => return Err(error),
        }
    }
    let roles = roles(clients, desired);
    let (roles, orphans) = futures_util::join!(roles, orphans::find(clients, desired, look));
    Ok(LiveState { roles: roles?, orphans: orphans? })
}

async fn roles(clients: &Clients, desired: &DesiredState) -> Result<BTreeMap<String, Live>, AwsError> {
    // In a fleet calls in vain would cost more than a round trip.
    let is_few = Reads::Auto.pages(desired.roles.len()).is_none();
    let reads = desired.roles.iter().map(|role| async {
        let live =
            if is_few { read::live_at_once(clients, role).await? } else { read::live(clients, role).await? };
        Ok::<_, AwsError>((role.role.name.clone(), live))
    });
    Ok(try_join_all(reads).await?.into_iter().collect())
}
