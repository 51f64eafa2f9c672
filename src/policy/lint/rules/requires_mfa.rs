//! MFA, which a service's session does not have.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use super::super::probe::principal;
use crate::policy::grammar::Purpose;

pub(super) static LINT: Lint = Lint {
    name: "trust-requires-mfa",
    aliases: &[],
    severity: LintSeverity::Error,
    consequence: "Genesys Cloud is a service, whose session has no MFA: it is refused.",
    remedy: "Remove the condition on aws:MultiFactorAuthPresent; the console adds it with \"Require MFA\".",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for (number, statement) in subject.allows(Purpose::Trust) {
        let mut keys = subject
            .statements()
            .flat_map(|(_, statement)| statement.conditions().iter().map(|(_, key, _)| key));
        let asks = keys.any(|key| key.to_ascii_lowercase().starts_with("aws:multifactorauth"));
        let genesys = statement.principals().filter(|(kind, value)| {
            let is_known = |id: &str| value.contains(id);
            *kind == "AWS"
                && (subject.expected.known_accounts.iter().any(|known| is_known(known.id))
                    || subject.expected.trusted.is_some_and(|trusted| is_known(trusted.as_str())))
        });
        let mut shut_out = genesys.map(|(kind, value)| principal(kind, value)).filter(|who| {
            subject.probe.admits_with_mfa(who, true) && !subject.probe.admits_with_mfa(who, false)
        });
        if asks && shut_out.next().is_some() {
            hits.add(number, "a condition on MFA keeps Genesys Cloud out");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{TRUST, trust};

    #[test]
    fn a_demand_for_mfa_is_found() {
        for mfa in [
            r#""Bool":{"aws:MultiFactorAuthPresent":"true"}"#,
            r#""NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}"#,
        ] {
            let asks = TRUST.replace(r#""Condition":{"#, &format!(r#""Condition":{{{mfa},"#));
            assert_eq!(trust(&asks), ["trust-requires-mfa"], "{mfa}");
            let deny = r#"{"Effect":"Deny","Principal":"*","Action":"sts:*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}"#;
            assert_eq!(trust(&format!("{TRUST},{deny}")), ["trust-requires-mfa"]);
        }
        // Whatever IDs the document tells apart.
        let hidden = r#"{"Effect":"Allow","Principal":{"AWS":"765628985471"},"Action":"sts:AssumeRole","Condition":{"StringLike":{"sts:ExternalId":"a*z"},
            "StringNotLike":{"sts:ExternalId":["a?z","axxz","ax*"]},"Bool":{"aws:MultiFactorAuthPresent":"true"}}}"#;
        assert!(trust(hidden).contains(&"trust-requires-mfa"));
        let no = TRUST
            .replace(r#""Condition":{"#, r#""Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"},"#);
        assert_eq!(trust(&no), Vec::<&str>::new());
    }
}
