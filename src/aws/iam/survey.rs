//! The live state of a whole spec: role by role, or in bulk.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::bulk::{self, Freshness};
use super::orphans::{self, Leftovers};
use super::read;
use crate::aws::client::Clients;
use crate::aws::error::AwsError;
use crate::model::{DesiredState, Live, LiveState, LookForOrphans};
use crate::plan::Reads;

/// Roles read concurrently: each holds memory and up to five connections.
const AT_A_TIME: usize = 64;

/// Reads the roles in the spec, and those removed from it.
///
/// # Errors
/// If IAM does not answer.
pub async fn survey(
    clients: &Clients,
    desired: &DesiredState,
    look: LookForOrphans,
    reads: Reads,
    freshness: Freshness,
) -> Result<LiveState, AwsError> {
    if let Some(pages) = reads.pages(desired.roles.len()) {
        match bulk::read(clients, desired, pages, freshness).await {
            Ok(Some(found)) => {
                let (orphans, of_other_specs) = match look {
                    LookForOrphans::No => Leftovers::default(),
                    _ => orphans::of_tagged(clients, desired, look, found.tagged).await?,
                };
                let (roles, namesakes) = (found.roles, Some(found.namesakes));
                return Ok(LiveState { roles, orphans, of_other_specs, namesakes, ..LiveState::default() });
            }
            Ok(None) => tracing::debug!(
                target: "genesys_iam::aws",
                "the account has more than {pages} pages of roles or policies: reading role by role"
            ),
            // A caller that cannot list the account may still be allowed to read its own roles.
            Err(error) if reads == Reads::Auto && error.is_access_denied() => {
                tracing::debug!(target: "genesys_iam::aws", "{}: reading role by role", error.brief());
            }
            Err(error) => return Err(error),
        }
    }
    let roles = roles(clients, desired);
    let (roles, leftovers) = futures_util::join!(roles, orphans::find(clients, desired, look));
    let (roles, (orphans, of_other_specs)) = (roles?, leftovers?);
    Ok(LiveState { roles, orphans, of_other_specs, ..LiveState::default() })
}

async fn roles(clients: &Clients, desired: &DesiredState) -> Result<BTreeMap<String, Live>, AwsError> {
    let reads = desired.roles.iter().map(|role| async {
        // If AWS throttles, a wasted call costs more than another round trip.
        let live = match clients.throttled_to() {
            None => read::live_at_once(clients, role).await?,
            Some(_) => read::live(clients, role).await?,
        };
        clients.roles_read.fetch_add(1, Ordering::Relaxed);
        Ok::<_, AwsError>((role.role.name.clone(), live))
    });
    stream::iter(reads).buffer_unordered(AT_A_TIME).try_collect().await
}
