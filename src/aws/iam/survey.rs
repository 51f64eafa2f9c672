//! The live state of a whole spec: role by role, or in bulk.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use futures_util::future::try_join_all;

use super::{bulk, orphans, read};
use crate::aws::client::Clients;
use crate::aws::error::AwsError;
use crate::model::{DesiredState, Live, LiveState, LookForOrphans, Orphans};
use crate::plan::Reads;

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
                return Ok(LiveState { roles: found.roles, orphans, ..LiveState::default() });
            }
            Ok(None) => tracing::debug!(
                target: "genesys_iam::aws",
                "the account has more than {pages} pages of roles or policies: reading role by role"
            ),
            // Who may not list everything may read what is his.
            Err(error) if reads == Reads::Auto && error.is_access_denied() => {
                tracing::debug!(target: "genesys_iam::aws", "{}: reading role by role", error.brief());
            }
            Err(error) => return Err(error),
        }
    }
    let roles = roles(clients, desired);
    let (roles, orphans) = futures_util::join!(roles, orphans::find(clients, desired, look));
    Ok(LiveState { roles: roles?, orphans: orphans?, ..LiveState::default() })
}

async fn roles(clients: &Clients, desired: &DesiredState) -> Result<BTreeMap<String, Live>, AwsError> {
    // With many roles, wasted calls cost more than one extra round trip.
    let is_few = Reads::Auto.pages(desired.roles.len()).is_none();
    let reads = desired.roles.iter().map(|role| async {
        let live =
            if is_few { read::live_at_once(clients, role).await? } else { read::live(clients, role).await? };
        clients.roles_read.fetch_add(1, Ordering::Relaxed);
        Ok::<_, AwsError>((role.role.name.clone(), live))
    });
    Ok(try_join_all(reads).await?.into_iter().collect())
}
