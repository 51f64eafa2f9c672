//! Who can become the verifier: whoever can may use the role.

use super::model::{Plan, Widening};
use super::outsiders::{Insiders, outsiders};
use crate::arn::Arn;
use crate::model::{DesiredState, Foresight, VerifierTrust};
use crate::policy::Document;

/// Adds what a plan does for those who can become a verifier, a role of the account.
pub fn widen_by_verifiers(plan: &mut Plan, desired: &DesiredState, foresight: &Foresight) {
    if foresight.verifiers.is_empty() {
        return;
    }
    for role in &desired.roles {
        let Some(arn) = &role.verifier else { continue };
        let planned = plan.roles.iter_mut().rfind(|planned| planned.role == role.role.name);
        let Some(planned) = planned.filter(|planned| planned.is_wider()) else { continue };
        let admits = match foresight.verifiers.get(arn) {
            Some(VerifierTrust::Read(trust)) => match verifier_strangers(trust, arn) {
                admits if admits.is_empty() => continue,
                admits => admits,
            },
            Some(VerifierTrust::NotRead) => Vec::new(),
            None => continue,
        };
        planned.widenings.push(Widening::Verifier { arn: arn.clone(), admits });
    }
}

/// Who outside the account its trust policy admits.
pub fn verifier_strangers(trust: &Document, verifier: &Arn) -> Vec<String> {
    outsiders(trust, verifier, Insiders::Own)
}
