//! Who can become the verifier: whoever can may use the role.

use super::model::{Plan, Widening};
use super::party::{Gain, Party, gain};
use crate::arn::{AccountId, Arn};
use crate::model::{DesiredState, Foresight, VerifierTrust};
use crate::policy::access::{Access, Grant};
use crate::policy::{Context, Decision, Document, Policies, Principal, Request, evaluate};
use crate::spec::genesys_account_name;

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

/// Who outside the account a trust policy admits. Services run in the account, and a provider's conditions say whom it
/// vouches for.
pub fn verifier_strangers(trust: &Document, verifier: &Arn) -> Vec<String> {
    let Ok(own) = &verifier.account.parse::<AccountId>() else { return vec!["anyone".to_owned()] };
    let is_stranger = |grant: &Grant, party: Party| match party {
        Party::OwnAccount => false,
        Party::Everybody => may_be_anyone(trust, own),
        _ => match grant.subject() {
            Some(subject) if subject.starts_with("Service ") => false,
            Some(subject) if subject.starts_with("Federated ") => grant.is_unconditional(),
            _ => true,
        },
    };
    let access = Access::of_trust(trust, verifier, genesys_account_name);
    let mut found: Vec<String> = Vec::new();
    for grant in access.assume.iter().filter(|grant| grant.admits_somebody()) {
        let Gain { party, who } = gain(grant.subject(), own);
        if is_stranger(grant, party) && !found.contains(&who) {
            found.push(who);
        }
    }
    found
}

/// Whether a trust policy that names everyone may admit an account that it does not name.
fn may_be_anyone(trust: &Document, own: &AccountId) -> bool {
    let text = trust.to_json();
    let is_free = |account: &String| !text.contains(account.as_str()) && account != own.as_str();
    let Some(account) = (0..=9u8).map(|digit| digit.to_string().repeat(12)).find(is_free) else {
        return true;
    };
    let principal = Principal::Aws(format!("arn:aws:iam::{account}:root"));
    let context = Context::partial().of_caller(&principal);
    let request =
        Request { principal, action: "sts:AssumeRole".to_owned(), resource: "*".to_owned(), context };
    let policies = Policies { resource: Some(("it".to_owned(), trust)), ..Policies::default() };
    !matches!(evaluate(&policies, &request).decision, Decision::ImplicitDeny | Decision::ExplicitDeny)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(principal: &str, condition: &str) -> Vec<String> {
        let trust = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"{condition}}}}}"#
        );
        let trust = match principal.contains("Federated") {
            true => trust.replace("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"),
            false => trust,
        };
        verifier_strangers(
            &Document::parse(&trust).unwrap(),
            &"arn:aws:iam::111122223333:role/ci".parse().unwrap(),
        )
    }

    #[test]
    fn a_verifier_is_open_to_whom_its_trust_policy_admits_from_elsewhere() {
        assert_eq!(admits(r#"{"AWS":"*"}"#, ""), ["anyone"]);
        assert_eq!(admits(r#"{"AWS":"999988887777"}"#, ""), ["AWS account 999988887777"]);
        let with_id = r#","Condition":{"StringEquals":{"sts:ExternalId":"x"}}"#;
        assert_eq!(admits(r#"{"AWS":"999988887777"}"#, with_id), ["AWS account 999988887777"]);
        let provider =
            r#"{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}"#;
        assert_eq!(admits(provider, "").len(), 1);

        let sub = r#","Condition":{"StringEquals":{"token.actions.githubusercontent.com:sub":"repo:o/r:environment:p"}}"#;
        assert_eq!(admits(provider, sub), [""; 0]);
        assert_eq!(admits(r#"{"AWS":"arn:aws:iam::111122223333:root"}"#, ""), [""; 0]);
        assert_eq!(admits(r#"{"Service":"codebuild.amazonaws.com"}"#, ""), [""; 0]);
        let own = r#","Condition":{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}"#;
        assert_eq!(admits(r#"{"AWS":"*"}"#, own), [""; 0]);
    }
}
