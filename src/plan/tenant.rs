//! Who owns the external ID: all Genesys Cloud customers share its account, and only the external ID tells them apart.
//! Another ID admits another customer. A spec's word for it is not enough: the organization itself has it, or, for a
//! role that demanded no other, a role that this spec made admits it already.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::model::{Notice, RolePlan, TenantDoubt, Widening};
use super::party::{Party, party};
use crate::arn::AccountId;
use crate::model::{DesiredRole, DesiredState, LiveRole, LiveState, OwnOrganization, is_of};
use crate::policy::access::{Access, Grant};
use crate::spec::genesys_account_name;

/// The Genesys accounts and external IDs that were looked for in the account's roles.
#[derive(Default)]
pub(super) struct Admitted(RefCell<BTreeMap<(AccountId, String), bool>>);

impl Admitted {
    /// Whether a role that this spec made admits Genesys Cloud with just this external ID. One that a spec only names,
    /// and would adopt, vouches for nobody: whoever writes the spec chooses it.
    fn has(&self, live: &LiveState, spec: &str, account: &AccountId, external_id: &str) -> bool {
        let key = (account.clone(), external_id.to_owned());
        *self.0.borrow_mut().entry(key).or_insert_with(|| {
            let roles = live.roles.values().filter_map(|live| live.role.as_ref());
            let mut own = roles.filter(|role| is_of(spec, &role.role.tags));
            !live.is_of_spec_endpoint && own.any(|role| admits(role, account, external_id))
        })
    }
}

fn admits(role: &LiveRole, account: &AccountId, external_id: &str) -> bool {
    let access = Access::of_trust(&role.role.assume_role_policy, &role.role.arn, genesys_account_name);
    let refuses = |id: &str| access.refusals.iter().any(|refusal| refusal.may_refuse_id(id));
    let is_named = |grant: &Grant| grant.names_external_id(external_id) || refuses(OTHER_ID);
    !refuses(external_id)
        && access.assume.iter().any(|grant| {
            grant.account().as_ref() == Some(account)
                && grant.is_of_action("sts:AssumeRole")
                && grant.admits_somebody()
                && grant.certainly_admits(external_id)
                && is_named(grant)
        })
}

/// An external ID that no policy names.
const OTHER_ID: &str = "00000000-0000-4000-8000-000000000000";

/// Adds what a plan does for an organization that may not belong to the spec's owner.
pub(super) fn widen_by_tenant(
    plan: &mut RolePlan,
    desired: &DesiredRole,
    DesiredState { spec, account_id: own, .. }: &DesiredState,
    live: &LiveState,
    admitted: &Admitted,
) {
    let external_id = desired.external_id.expose();
    let account = &desired.genesys_account_id;
    if !plan.gains(own).iter().any(|gain| gain.party == Party::Genesys) {
        let role = live.roles.get(&desired.role.name).and_then(|live| live.role.as_ref());
        if let (OwnOrganization::Read { id, .. }, Some(role)) = (&live.own_organization, role)
            && id != external_id
            && admits(role, account, external_id)
        {
            let (external_id, digest) = (external_id.to_owned(), role.role.assume_role_policy.digest());
            plan.notices.push(Notice::KeepsTenant { external_id, digest });
        }
        return;
    }
    let is_genesys = |grant: &Grant| party(grant.subject(), own) == Party::Genesys;
    let access = &plan.access;
    let before = access.before.assume.iter().map(AsRef::as_ref).filter(|grant| grant.admits_somebody());
    let before: Vec<&Grant> = before.filter(|grant| is_genesys(grant)).collect();
    let in_account = |grant: &&Grant| grant.account().as_ref() == Some(account);
    let gains_entry = access.wider_assume().into_iter().any(is_genesys);
    let doubt = match &live.own_organization {
        OwnOrganization::Read { id, .. } if id != external_id => {
            TenantDoubt::NotTheOrganization { id: id.to_owned() }
        }
        _ if gains_entry && !before.is_empty() && !before.iter().any(in_account) => TenantDoubt::OtherAccount,
        OwnOrganization::Read { .. } => return,
        organization => {
            let organization = organization.clone();
            let mut ids = before.iter().filter_map(|grant| grant.demanded_external_id());
            let former = ids.next().filter(|_| ids.next().is_none());
            // What cannot be told is not taken for the same customer.
            let is_refused = access.before.refusals.iter().any(|refusal| refusal.may_refuse_id(external_id));
            let mut before = before.iter().filter(|grant| in_account(grant)).peekable();
            let is_replaced = before.peek().is_some()
                && (is_refused || !before.any(|grant| grant.certainly_admits(external_id)));
            match is_replaced {
                // Two roles of a spec may serve two organizations: only the organization itself can tell.
                true => TenantDoubt::Replaced { former, organization },
                false if admitted.has(live, spec, account, external_id) => return,
                false => TenantDoubt::NotShown { organization },
            }
        }
    };
    plan.widenings.push(Widening::Tenant { external_id: external_id.to_owned(), doubt });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Live;
    use crate::plan::testing::{converged, desired, document};
    use crate::plan::{Gain, Plan, diff};

    const OURS: &str = "2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90";
    const THEIRS: &str = "3f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90";

    /// A live role with this principal and condition in its trust policy; the spec has [`OURS`].
    fn trusting(principal: &str, condition: &str) -> Live {
        let mut live = converged();
        live.role.as_mut().unwrap().role.assume_role_policy = document(&format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},
                "Action":"sts:AssumeRole","Condition":{{{condition}}}}}}}"#
        ));
        live
    }

    fn plan(principal: &str, condition: &str, organization: Option<&str>) -> Plan {
        of(trusting(principal, condition), organization)
    }

    fn of(live: Live, organization: Option<&str>) -> Plan {
        beside(live, [], organization, false)
    }

    /// The plan beside other roles of the spec.
    fn beside(
        live: Live,
        others: impl IntoIterator<Item = Live>,
        organization: Option<&str>,
        is_of_spec_endpoint: bool,
    ) -> Plan {
        let wanted = desired("");
        let own_organization = organization.map_or(OwnOrganization::NotAsked, |id| OwnOrganization::Read {
            id: id.to_owned(),
            name: "Acme".to_owned(),
        });
        let others = others.into_iter().enumerate().map(|(n, live)| (format!("other-{n}"), live));
        let roles = others.chain([(wanted.roles[0].role.name.clone(), live)]).collect();
        diff(&LiveState { roles, own_organization, is_of_spec_endpoint, ..LiveState::default() }, &wanted)
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
            let gains = plan(GENESYS, condition, None).gains();
            assert!(gains.iter().all(|gain| gain.party == Party::Unknown), "{condition} {gains:?}");
        }
    }

    #[test]
    fn a_spec_s_word_alone_makes_no_external_id_known() {
        for live in [Live::default(), trusting("691338073777", &demand(OURS))] {
            let unread = of(live.clone(), None);
            let [gain] = unread.gains().try_into().unwrap();
            assert_eq!(gain.party, Party::Doubtful);
            assert!(
                gain.who.starts_with(&format!("Genesys Cloud (external ID {OURS}; not shown")),
                "{gain:?}"
            );
            assert!(unread.lets_strangers_in() && unread.is_only_not_shown());
            assert_eq!(unread.organization_not_read(), Some(&OwnOrganization::NotAsked));
            // The organization's own word counts.
            assert!(!of(live.clone(), Some(OURS)).lets_strangers_in());
            assert!(of(live.clone(), Some(THEIRS)).gains().iter().all(|gain| gain.party == Party::Unknown));
            // So does a role that admits it already, but only for Genesys Cloud, with just this ID, and to the role.
            let known = |other: Live| !beside(live.clone(), [other], None, false).lets_strangers_in();
            assert!(known(converged()));
            assert!(known(trusting(GENESYS, &demand(OURS))));
            assert!(known(trusting(
                GENESYS,
                &format!(r#""StringEquals":{{"sts:ExternalId":["x1","{OURS}"]}}"#)
            )));
            for (principal, condition) in [
                (GENESYS, demand(THEIRS)),
                ("691338073777", demand(OURS)),
                ("325654371633", demand(OURS)),
                ("111122223333", demand(OURS)),
                (GENESYS, r#""StringLike":{"sts:ExternalId":"*"}"#.to_owned()),
                (GENESYS, format!(r#""StringEquals":{{"sts:ExternalId":"{OURS}","sts:externalid":"x1"}}"#)),
            ] {
                assert!(!known(trusting(principal, &condition)), "{principal} {condition}");
            }
            // Nor where the spec names who answers for AWS.
            assert!(beside(live.clone(), [converged()], None, true).lets_strangers_in());
        }
    }

    #[test]
    fn a_replaced_id_is_known_to_the_organization_only() {
        let drifted = trusting(GENESYS, &demand(THEIRS));
        assert!(of(drifted.clone(), None).lets_strangers_in());
        assert!(beside(drifted.clone(), [converged()], None, false).lets_strangers_in());
        assert!(!beside(drifted, [converged()], Some(OURS), false).lets_strangers_in());
    }

    #[test]
    fn a_role_that_this_spec_did_not_make_vouches_for_nobody() {
        let made_by = |tags: &[(&str, &str)]| {
            let mut other = converged();
            let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            other.role.as_mut().unwrap().role.tags = tags.collect();
            other
        };
        let own = converged().role.unwrap().role.tags;
        let spec = own.get(crate::spec::SPEC_KEY).unwrap().clone();
        let tool = (crate::spec::MANAGED_BY_KEY, crate::spec::MANAGED_BY_VALUE);
        for (tags, is_known) in [
            (vec![tool, (crate::spec::SPEC_KEY, spec.as_str())], true),
            (vec![], false),
            (vec![tool], false),
            (vec![tool, (crate::spec::SPEC_KEY, "another")], false),
            (vec![(crate::spec::SPEC_KEY, spec.as_str())], false),
        ] {
            let beside = beside(Live::default(), [made_by(&tags)], None, false);
            assert_eq!(!beside.lets_strangers_in(), is_known, "{tags:?}");
        }
        // Nor does the role itself, that is adopted and whose policy then lets it do something.
        let mut adopted = made_by(&[]);
        adopted.policy = None;
        adopted.role.as_mut().unwrap().attached.clear();
        let mut wanted = desired("");
        wanted.roles[0].adopt = true;
        let roles = [(wanted.roles[0].role.name.clone(), adopted)].into();
        let plan = diff(&LiveState { roles, ..LiveState::default() }, &wanted);
        assert!(plan.lets_strangers_in(), "{:?}", plan.gains());
    }

    #[test]
    fn a_repair_for_the_same_organization_lets_no_stranger_in() {
        for (principal, condition, is_shown) in [
            // The wrong account, the right ID.
            ("691338073777", demand(OURS), false),
            ("691338073777", demand(THEIRS), false),
            (GENESYS, format!(r#"{},"Bool":{{"aws:SecureTransport":"true"}}"#, demand(OURS)), true),
            (GENESYS, format!(r#"{},"IpAddress":{{"aws:SourceIp":"192.0.2.0/24"}}"#, demand(OURS)), true),
            // Nobody gains.
            (GENESYS, r#""StringNotEquals":{"sts:ExternalId":"x1"}"#.to_owned(), true),
        ] {
            assert!(!plan(principal, &condition, Some(OURS)).lets_strangers_in(), "{principal} {condition}");
            assert_eq!(
                !plan(principal, &condition, None).lets_strangers_in(),
                is_shown,
                "{principal} {condition}"
            );
        }
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
