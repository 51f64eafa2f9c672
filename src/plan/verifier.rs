//! Who can become the verifier, or a role that the spec accepts: whoever can may use the role.

use super::accept::accepted_roles;
use super::model::{Notice, Plan, Widening};
use super::outsiders::{Insiders, outsiders};
use crate::arn::Arn;
use crate::model::{DesiredState, Foresight, LiveState, RoleTrust};
use crate::policy::Document;

/// Adds what a plan does for those who can become a verifier, a role of the account.
pub fn widen_by_verifiers(plan: &mut Plan, desired: &DesiredState, foresight: &Foresight) {
    if foresight.trusts.is_empty() {
        return;
    }
    for role in &desired.roles {
        let Some(arn) = &role.verifier else { continue };
        let planned = plan.roles.iter_mut().rfind(|planned| planned.role == role.role.name);
        let Some(planned) = planned.filter(|planned| planned.is_wider()) else { continue };
        let admits = match foresight.trusts.get(arn) {
            Some(RoleTrust::Read(trust)) => match role_strangers(trust, arn) {
                admits if admits.is_empty() => continue,
                admits => admits,
            },
            Some(RoleTrust::NotRead) => Vec::new(),
            None => continue,
        };
        planned.widenings.push(Widening::Verifier { arn: arn.clone(), admits });
    }
}

/// Notes the accepted roles that someone from outside the account can become, or whose trust policy was not read.
pub fn note_open_accepts(plan: &mut Plan, desired: &DesiredState, live: &LiveState, foresight: &Foresight) {
    for role in &desired.roles {
        let Some(own) = live.roles.get(&role.role.name).and_then(|live| live.role.as_ref()) else { continue };
        let open = accepted_roles(own, role).into_iter().filter_map(|(arn, digest)| {
            let admits = match foresight.trusts.get(&arn)? {
                RoleTrust::Read(trust) => {
                    Some(role_strangers(trust, &arn)).filter(|admits| !admits.is_empty())?
                }
                RoleTrust::NotRead => Vec::new(),
            };
            Some(Notice::AcceptedOpen { role: arn, admits, digest })
        });
        let planned = plan.roles.iter_mut().rfind(|planned| planned.role == role.role.name);
        if let Some(planned) = planned {
            planned.notices.extend(open);
        }
    }
}

/// Who outside the account the trust policy of one of its roles admits.
pub fn role_strangers(trust: &Document, role: &Arn) -> Vec<String> {
    outsiders(trust, role, Insiders::Own)
}
