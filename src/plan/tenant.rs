//! Who owns the external ID: all Genesys Cloud customers share its account, and only the external ID tells them apart.
//! Another ID admits another customer.

use super::model::{RolePlan, TenantDoubt, Widening};
use super::party::{Party, party};
use crate::arn::AccountId;
use crate::model::{DesiredRole, OrganizationReading};
use crate::policy::access::Grant;

/// Adds what a plan does for an organization that may not belong to the spec's owner. A new role, or one that admitted
/// no Genesys account, is doubted only if the organization itself says otherwise.
pub(super) fn widen_by_tenant(
    plan: &mut RolePlan,
    desired: &DesiredRole,
    own: &AccountId,
    organization: &OrganizationReading,
) {
    let external_id = desired.external_id.expose();
    let is_genesys = |grant: &Grant| party(grant.subject(), own) == Party::Genesys;
    let access = &plan.access;
    let gains = access.wider_assume().into_iter().any(is_genesys);
    let gains_inside = access.is_wider_inside() && access.after.assume.iter().any(|grant| is_genesys(grant));
    let known = match organization {
        OrganizationReading::Read(organization) => Some(organization.id.as_str()),
        OrganizationReading::NotAsked | OrganizationReading::NotRead(_) => None,
    };
    let admitted = access.before.assume.iter().map(AsRef::as_ref).filter(|grant| grant.admits_somebody());
    let before: Vec<&Grant> = admitted.filter(|grant| is_genesys(grant)).collect();
    let in_account = |grant: &&Grant| grant.account().as_ref() == Some(&desired.genesys_account_id);
    // What cannot be told is not taken for the same customer.
    let is_refused = access.before.refusals.iter().any(|refusal| refusal.may_refuse_id(external_id));
    let admits = |grant: &&Grant| !is_refused && grant.certainly_admits(external_id);
    let doubt = match known {
        Some(id) if id != external_id && (gains || gains_inside) => {
            TenantDoubt::NotTheOrganization { id: id.to_owned() }
        }
        _ if !gains || before.is_empty() => return,
        _ if !before.iter().any(in_account) => TenantDoubt::OtherAccount,
        Some(_) => return,
        None if before.iter().any(|grant| in_account(grant) && admits(grant)) => return,
        None => {
            let mut ids = before.iter().filter_map(|grant| grant.demanded_external_id());
            let former = ids.next().filter(|_| ids.next().is_none());
            TenantDoubt::NotKnown { former }
        }
    };
    plan.widenings.push(Widening::Tenant { external_id: external_id.to_owned(), doubt });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Live, LiveOrganization, LiveState};
    use crate::plan::testing::{converged, desired, document};
    use crate::plan::{Gain, Plan, diff};

    const OURS: &str = "2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90";
    const THEIRS: &str = "3f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90";

    /// The plan for a role whose trust policy has this principal and condition; the spec has [`OURS`].
    fn plan(principal: &str, condition: &str, organization: Option<&str>) -> Plan {
        let mut live = converged();
        live.role.as_mut().unwrap().role.assume_role_policy = document(&format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},
                "Action":"sts:AssumeRole","Condition":{{{condition}}}}}}}"#
        ));
        of(live, organization)
    }

    fn of(live: Live, organization: Option<&str>) -> Plan {
        let wanted = desired("");
        let organization = organization.map_or(OrganizationReading::NotAsked, |id| {
            OrganizationReading::Read(LiveOrganization { id: id.to_owned(), ..LiveOrganization::default() })
        });
        let roles = [(wanted.roles[0].role.name.clone(), live)].into();
        diff(&LiveState { roles, organization, ..LiveState::default() }, &wanted)
    }

    fn demand(id: &str) -> String {
        format!(r#""StringEquals":{{"sts:ExternalId":"{id}"}}"#)
    }

    const GENESYS: &str = "765628985471";

    #[test]
    fn another_external_id_is_a_stranger_s_unless_the_organization_says_that_it_is_its_own() {
        let swapped = plan(GENESYS, &demand(THEIRS), None);
        let who = format!("the Genesys Cloud organization {OURS}, in place of {THEIRS}");
        assert_eq!(swapped.gains(), [Gain { party: Party::Unknown, who }]);
        assert!(swapped.lets_strangers_in());
        assert!(!plan(GENESYS, &demand(THEIRS), Some(OURS)).lets_strangers_in());
        assert!(plan(GENESYS, &demand(THEIRS), Some(THEIRS)).lets_strangers_in());
        // However the former ID is required.
        for condition in [
            r#""StringLike":{"sts:ExternalId":"3f*"}"#,
            r#""StringEqualsIgnoreCase":{"sts:ExternalId":"other"}"#,
            r#""StringEquals":{"sts:ExternalId":["a1","b2"]}"#,
            r#""StringNotEquals":{"sts:ExternalId":"2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90"}"#,
            r#""StringEquals":{"sts:ExternalId":"${aws:PrincipalTag/organization}"}"#,
            r#""StringLike":{"sts:ExternalId":["a1","2f9c${aws:username}"]}"#,
            r#""StringEquals":{"aws:PrincipalTag/organization":"${sts:ExternalId}"}"#,
        ] {
            assert!(plan(GENESYS, condition, None).lets_strangers_in(), "{condition}");
        }
    }

    #[test]
    fn a_repair_for_the_same_organization_lets_no_stranger_in() {
        for (principal, condition) in [
            // The wrong account, the right ID.
            ("691338073777", demand(OURS)),
            ("691338073777", demand(THEIRS)),
            (GENESYS, format!(r#"{},"Bool":{{"aws:SecureTransport":"true"}}"#, demand(OURS))),
            (GENESYS, format!(r#"{},"IpAddress":{{"aws:SourceIp":"192.0.2.0/24"}}"#, demand(OURS))),
            (GENESYS, r#""StringNotEquals":{"sts:ExternalId":"x1"}"#.to_owned()),
        ] {
            for organization in [None, Some(OURS)] {
                assert!(
                    !plan(principal, &condition, organization).lets_strangers_in(),
                    "{principal} {condition}"
                );
            }
        }
        assert!(!of(Live::default(), None).lets_strangers_in());
    }

    #[test]
    fn the_organization_s_own_word_counts_for_a_new_role_too() {
        assert!(!of(Live::default(), Some(OURS)).lets_strangers_in());
        assert!(of(Live::default(), Some(THEIRS)).lets_strangers_in());
    }

    #[test]
    fn another_of_genesys_s_accounts_is_another_platform() {
        assert!(plan("325654371633", &demand(OURS), None).lets_strangers_in());
        assert!(plan("325654371633", &demand(OURS), Some(OURS)).lets_strangers_in());
    }

    #[test]
    fn what_widens_nothing_for_genesys_cloud_is_not_doubted() {
        assert!(!of(converged(), Some(THEIRS)).is_wider());
        let wider = plan(GENESYS, r#""StringLike":{"sts:ExternalId":"*"}"#, None);
        assert!(!wider.is_wider(), "{:?}", wider.roles[0].widenings);
    }

    #[test]
    fn what_a_deny_left_to_another_customer_is_another_customer_s() {
        for (ids, strangers) in [(format!("\"{THEIRS}\""), true), (format!("\"{OURS}\""), false)] {
            let mut live = converged();
            live.role.as_mut().unwrap().role.assume_role_policy = document(&format!(
                r#"{{"Version":"2012-10-17","Statement":[
                    {{"Effect":"Allow","Principal":{{"AWS":"{GENESYS}"}},"Action":"sts:AssumeRole"}},
                    {{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Condition":{{"StringNotEquals":{{"sts:ExternalId":{ids}}}}}}}]}}"#
            ));
            assert_eq!(of(live, None).lets_strangers_in(), strangers, "{ids}");
        }
    }

    #[test]
    fn accounts_are_compared_whole() {
        let role = format!("arn:aws:iam::325654371633:role/x{GENESYS}");
        assert!(plan(&role, &demand(OURS), None).lets_strangers_in());
    }
}
