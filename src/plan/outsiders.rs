//! Whom a role's trust policy admits from outside its account: the evaluator is asked, with every Deny.

use std::collections::BTreeSet;

use super::party::{Party, party};
use crate::arn::{AccountId, Arn};
use crate::policy::document::{Effect, Statement};
use crate::policy::{
    Context, Decision, Document, NamedParty, Policies, Principal, Request, TrustPolicy, evaluate,
    is_unique_id, named_parties,
};
use crate::spec::genesys_account_name;

/// Who belongs inside a role.
#[derive(Debug, Clone, Copy)]
pub(super) enum Insiders<'a> {
    /// The account's own business. Services run in the account, and a provider's conditions say whom it vouches for.
    Own,
    /// Genesys Cloud's accounts, each with an external ID.
    Genesys(&'a BTreeSet<(&'a str, &'a str)>),
}

/// In words, once each. Whoever is not known to be refused is admitted.
pub(super) fn outsiders(document: &Document, role: &Arn, insiders: Insiders<'_>) -> Vec<String> {
    let Ok(own) = role.account.parse::<AccountId>() else { return vec!["anyone".to_owned()] };
    let doorman = Doorman { trust: TrustPolicy { role, document }, own, insiders };
    let canonical = document.canonical();
    let mut found: Vec<String> = Vec::new();
    for statement in canonical.statements.as_slice().iter().filter(|one| one.effect == Effect::Allow) {
        for party in named_parties(statement, genesys_account_name) {
            for who in doorman.admitted(&party, statement) {
                if !found.contains(&who) {
                    found.push(who);
                }
            }
        }
    }
    found
}

struct Doorman<'a> {
    trust: TrustPolicy<'a>,
    own: AccountId,
    insiders: Insiders<'a>,
}

impl Doorman<'_> {
    fn admitted(
        &self,
        NamedParty { words, value: _, principal }: &NamedParty,
        statement: &Statement,
    ) -> Vec<String> {
        let is_admitted = |who: &Principal| !self.trust.calls(who).is_empty();
        match principal {
            // Who it is cannot be determined.
            None => vec![words.clone()],
            Some(Principal::Anonymous) => self.of_everybody(),
            Some(Principal::Aws(text)) if is_unique_id(text) => Vec::new(),
            Some(who @ Principal::Aws(text)) => match party(Some(&format!("AWS {text}")), &self.own) {
                Party::OwnAccount => Vec::new(),
                Party::Genesys => self.of_genesys(who, text, words).into_iter().collect(),
                _ if is_admitted(who) => vec![words.clone()],
                _ => Vec::new(),
            },
            Some(Principal::Service(_)) => Vec::new(),
            Some(who @ Principal::Federated(_)) => {
                let is_ours = matches!(self.insiders, Insiders::Own) && self.vouches_for_some(who, statement);
                if is_ours || !is_admitted(who) { Vec::new() } else { vec![words.clone()] }
            }
        }
    }

    /// Of everyone, those whom the whole document admits.
    fn of_everybody(&self) -> Vec<String> {
        let everybody = self.trust.everybody();
        if !everybody.calls.is_empty() {
            return vec!["anyone".to_owned()];
        }
        let named = everybody.named.iter().filter_map(|who| {
            let Principal::Aws(text) = who else { return None };
            let words = format!("anyone in AWS account {}", text.parse::<Arn>().ok()?.account);
            match party(Some(&format!("AWS {text}")), &self.own) {
                Party::OwnAccount => None,
                Party::Genesys => self.of_genesys(who, text, &words),
                _ => Some(words),
            }
        });
        named.collect()
    }

    /// Who comes through Genesys's account that the role is not for.
    fn of_genesys(&self, who: &Principal, arn: &str, words: &str) -> Option<String> {
        let ids = self.trust.ids_of(who, None);
        let is_without = matches!(ids.without, Decision::Allowed | Decision::Undecided);
        match self.insiders {
            Insiders::Own => (is_without || ids.any()).then(|| words.to_owned()),
            Insiders::Genesys(_) if is_without => Some("any customer of Genesys Cloud".to_owned()),
            Insiders::Genesys(organizations) => {
                let account = arn.parse::<Arn>().map_or(arn.to_owned(), |arn| arn.account);
                let is_other = |id: &str| !organizations.contains(&(account.as_str(), id));
                let others = ids.unsearched.is_some() || ids.found.iter().any(|found| is_other(&found.id));
                others.then(|| "Genesys Cloud with an external ID that is not the spec's".to_owned())
            }
        }
    }

    /// Whether a provider's statement tells some of those whom it vouches for from all.
    fn vouches_for_some(&self, provider: &Principal, statement: &Statement) -> bool {
        let Principal::Federated(name) = provider else { return false };
        if statement.conditions().iter().next().is_none() {
            return false;
        }
        // GitHub vouches for the workflows of everybody.
        let Some(issuer) = SHARED_ISSUERS.iter().find(|issuer| name.ends_with(*issuer)) else { return true };
        let context = Context::partial()
            .with(&format!("{issuer}:sub"), &["repo:someone-elses/repository:ref:refs/heads/main"])
            .with(&format!("{issuer}:aud"), &["sts.amazonaws.com"]);
        let request = Request {
            principal: provider.clone(),
            action: "sts:AssumeRoleWithWebIdentity".to_owned(),
            resource: self.trust.role.to_string(),
            context,
        };
        let trust = Some(("the trust policy".to_owned(), self.trust.document));
        evaluate(&Policies { resource: trust, ..Policies::default() }, &request).decision != Decision::Allowed
    }
}

/// Issuers that serve everyone.
const SHARED_ISSUERS: [&str; 1] = ["token.actions.githubusercontent.com"];

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "arn:aws:iam::111122223333:role/ci";
    const OURS: &str = "2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90";

    fn trust(principal: &str, condition: &str) -> Document {
        let action =
            if principal.contains("Federated") { "sts:AssumeRoleWithWebIdentity" } else { "sts:AssumeRole" };
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{principal},"Action":"{action}"{condition}}}}}"#
        );
        Document::parse(&text).unwrap()
    }

    fn of_own(principal: &str, condition: &str) -> Vec<String> {
        outsiders(&trust(principal, condition), &ROLE.parse().unwrap(), Insiders::Own)
    }

    fn of_genesys(principal: &str, condition: &str) -> Vec<String> {
        let ours = [("765628985471", OURS)].into();
        outsiders(&trust(principal, condition), &ROLE.parse().unwrap(), Insiders::Genesys(&ours))
    }

    #[test]
    fn a_role_of_the_account_is_open_to_whom_its_trust_policy_admits_from_elsewhere() {
        assert_eq!(of_own(r#"{"AWS":"*"}"#, ""), ["anyone"]);
        assert_eq!(of_own(r#"{"AWS":"999988887777"}"#, ""), ["AWS account 999988887777"]);
        let with_id = r#","Condition":{"StringEquals":{"sts:ExternalId":"x1"}}"#;
        assert_eq!(of_own(r#"{"AWS":"999988887777"}"#, with_id), ["AWS account 999988887777"]);
        let of_account =
            |id: &str| format!(r#","Condition":{{"StringEquals":{{"aws:PrincipalAccount":"{id}"}}}}"#);
        assert_eq!(
            of_own(r#"{"AWS":"*"}"#, &of_account("999988887777")),
            ["anyone in AWS account 999988887777"]
        );
        let provider =
            r#"{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}"#;
        let claims = |claims: &str| format!(r#","Condition":{{{claims}}}"#);
        let aud = r#""StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}"#;
        let wide = r#""StringLike":{"token.actions.githubusercontent.com:sub":"repo:*"}"#;
        for condition in [String::new(), claims(aud), claims(wide)] {
            assert_eq!(of_own(provider, &condition).len(), 1, "{condition}");
        }

        let sub = r#""StringEquals":{"token.actions.githubusercontent.com:sub":"repo:o/r:environment:p"}"#;
        assert_eq!(of_own(provider, &claims(sub)), [""; 0]);
        assert_eq!(of_own(r#"{"AWS":"arn:aws:iam::111122223333:root"}"#, ""), [""; 0]);
        assert_eq!(of_own(r#"{"AWS":"AROAEXAMPLEID12345678"}"#, ""), [""; 0]);
        assert_eq!(of_own(r#"{"Service":"codebuild.amazonaws.com"}"#, ""), [""; 0]);
        assert_eq!(of_own(r#"{"AWS":"*"}"#, &of_account("111122223333")), [""; 0]);
    }

    #[test]
    fn a_role_for_genesys_cloud_is_open_to_its_other_customers_too() {
        let id = |operator: &str, id: &str| {
            format!(r#","Condition":{{"{operator}":{{"sts:ExternalId":"{id}"}}}}"#)
        };
        let genesys = r#"{"AWS":"arn:aws:iam::765628985471:root"}"#;
        assert_eq!(of_genesys(genesys, &id("StringEquals", OURS)), [""; 0]);
        assert_eq!(of_genesys(genesys, ""), ["any customer of Genesys Cloud"]);
        let another = ["Genesys Cloud with an external ID that is not the spec's"];
        assert_eq!(of_genesys(genesys, &id("StringEquals", "another-customer")), another);
        assert_eq!(of_genesys(genesys, &id("StringLike", "2f9c1c5e-*")), another);
        // Another platform of Genesys's is another customer.
        assert_eq!(of_genesys(r#"{"AWS":"325654371633"}"#, &id("StringEquals", OURS)), another);
        assert_eq!(
            of_genesys(r#"{"AWS":"999988887777"}"#, &id("StringEquals", OURS)),
            ["AWS account 999988887777"]
        );
        assert_eq!(of_genesys(r#"{"AWS":"*"}"#, &id("StringEquals", OURS)), ["anyone"]);
        assert_eq!(of_genesys(r#"{"AWS":"111122223333"}"#, ""), [""; 0]);
    }
}
