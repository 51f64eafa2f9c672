//! Genesys Cloud's side, and what the AWS organization forbids.

use super::Session;
use crate::aws;
use crate::check::Unknown;
use crate::genesys::{self, Details, GenesysError, Organization};
use crate::model::{
    DesiredIntegration, DesiredState, GuardsReading, LiveAction, LiveOrganization, LiveState, LookForOrphans,
    OrganizationReading, OwnOrganization,
};
use crate::plan::Plan;
use crate::plan::genesys::{credentials_to_read, touched_actions};
use crate::spec::{OrganizationSpec, Spec};

impl Session {
    /// What the AWS organization forbids, from the spec or from AWS Organizations.
    pub async fn guards(&self) -> GuardsReading {
        let OrganizationSpec { policies, read } = &self.spec.organization;
        match policies {
            Some(policies) => GuardsReading::Known(policies.clone()),
            None if *read => aws::organization_guards(&self.clients, &self.spec.aws.account_id).await,
            None => GuardsReading::NotAsked,
        }
    }

    /// Genesys Cloud's side, if the spec mentions it or may have done so before.
    ///
    /// # Errors
    ///
    /// When Genesys Cloud does not answer what the spec needs.
    pub async fn organization(
        &self,
        desired: &DesiredState,
        orphans: LookForOrphans,
    ) -> Result<OrganizationReading, GenesysError> {
        let wanted: Vec<&DesiredIntegration> =
            desired.roles.iter().filter_map(|role| role.integration.as_ref()).collect();
        let Some(client) = &self.genesys else {
            return Ok(match wanted.as_slice() {
                [] => OrganizationReading::NotAsked,
                _ if let Some(Unknown { why, .. }) = &self.genesys_trouble => {
                    OrganizationReading::NotRead(why.clone())
                }
                _ => {
                    let [id, secret] = self.spec.genesys.client_variables();
                    OrganizationReading::NotRead(format!(
                        "the environment has no credentials of the organization ({id}, {secret})"
                    ))
                }
            });
        };
        if wanted.is_empty() && orphans == LookForOrphans::No {
            return Ok(OrganizationReading::NotAsked);
        }
        match genesys::live(client, &wanted, Details::Wanted).await {
            Ok(organization) => Ok(OrganizationReading::Read(organization)),
            // This only looked for leftovers of an earlier spec.
            Err(_) if wanted.is_empty() => Ok(OrganizationReading::NotAsked),
            Err(error) => Err(error),
        }
    }

    /// Whose credentials for Genesys Cloud these are.
    pub(super) async fn own_organization(
        &self,
        reading: &Result<OrganizationReading, GenesysError>,
    ) -> OwnOrganization {
        let Some(client) = &self.genesys else {
            let Spec { genesys, .. } = &self.spec;
            return OwnOrganization::NoCredentials {
                variables: genesys.client_variables(),
                are_chosen: genesys.credentials.is_some(),
            };
        };
        match reading {
            Ok(OrganizationReading::Read(LiveOrganization { id, name, .. })) => {
                OwnOrganization::Read { id: id.clone(), name: name.clone() }
            }
            Err(error) => OwnOrganization::NotRead(error.brief()),
            Ok(OrganizationReading::NotAsked | OrganizationReading::NotRead(_)) => {
                match client.organization().await {
                    Ok(Organization { id, name }) => OwnOrganization::Read { id, name },
                    Err(error) => OwnOrganization::NotRead(error.brief()),
                }
            }
        }
    }

    /// Looks up which flows use the actions that a plan changes or deletes, and who else uses a role from which it takes something.
    pub async fn read_usage(&self, live: &mut LiveState, plan: &Plan) {
        let credentials = credentials_to_read(plan, live);
        let (Some(client), OrganizationReading::Read(organization)) = (&self.genesys, &mut live.organization)
        else {
            return;
        };
        let touched = touched_actions(plan);
        let actions = organization.integrations.iter().flat_map(|one| &one.actions);
        let actions: Vec<&LiveAction> = actions.filter(|action| touched.contains(&action.id)).collect();
        let (usage, held) = futures_util::join!(client.usage(&actions), client.held(&credentials));
        organization.usage.extend(usage);
        let own = organization.integrations.iter_mut().filter_map(|one| one.credential.as_mut());
        for credential in own {
            if let Some(arn) = held.get(&credential.id) {
                credential.arn = Some(arn.clone());
            }
        }
    }
}
