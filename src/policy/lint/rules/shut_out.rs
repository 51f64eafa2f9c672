//! No statement that names Genesys Cloud can ever apply to it.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use super::never_applies::{dead, is_any_live};
use crate::policy::grammar::Purpose;

pub(super) static LINT: Lint = Lint {
    name: "trust-shuts-genesys-out",
    aliases: &[],
    severity: LintSeverity::Error,
    consequence: "Genesys Cloud is named and never admitted, whatever external ID it brings: the data action fails with 403.",
    remedy: "Remove the condition, or the Deny, that no request of Genesys Cloud can pass.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    if is_any_live(subject) {
        return;
    }
    for (number, statement) in subject.allows(Purpose::Trust) {
        if let Some(why) = dead(subject, statement) {
            hits.add(number, why);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{TRUST, trust, unbound};

    #[test]
    fn a_condition_that_no_request_of_genesys_cloud_meets_is_found_whatever_its_key() {
        let with =
            |condition: &str| TRUST.replace(r#""Condition":{"#, &format!(r#""Condition":{{{condition},"#));
        for condition in [
            r#""Bool":{"aws:SecureTransport":"false"}"#,
            r#""StringLike":{"aws:PrincipalAccount":"444455556666"}"#,
            r#""DateLessThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}"#,
            r#""Null":{"sts:ExternalId":"true"}"#,
        ] {
            let dead = with(condition);
            assert_eq!(trust(&dead), ["trust-shuts-genesys-out"], "{condition}");
            assert_eq!(unbound(&dead, &[]), ["trust-shuts-genesys-out"], "{condition}");
            // Beside one that applies it does nothing.
            assert_eq!(trust(&format!("{TRUST},{dead}")), ["trust-never-applies"], "{condition}");
        }
        let deny = r#"{"Effect":"Deny","Principal":"*","Action":"sts:*"}"#;
        assert_eq!(trust(&format!("{TRUST},{deny}")), ["trust-shuts-genesys-out"]);
        for open in [r#""StringLike":{"aws:SourceVpc":"vpc-1"}"#, r#""Bool":{"aws:SecureTransport":"true"}"#]
        {
            assert_eq!(trust(&with(open)), Vec::<&str>::new(), "{open}");
        }
        // A companion gives no session, and need not.
        let tags = TRUST.replace("sts:AssumeRole", "sts:TagSession");
        assert_eq!(trust(&format!("{TRUST},{tags}")), Vec::<&str>::new());
    }
}
