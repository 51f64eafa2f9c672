//! A Genesys account in a partition where the ID is not Genesys's.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use super::principals::account_principals;
use crate::policy::grammar::Purpose;

pub(super) static LINT: Lint = Lint {
    name: "trust-other-partition",
    aliases: &[],
    severity: LintSeverity::Error,
    consequence: "The account is Genesys's in another partition only, and no role can be assumed across partitions: Genesys Cloud is refused.",
    remedy: "Use a role in the partition of Genesys's account, or ask Genesys for its account in this one.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for (number, statement) in subject.allows(Purpose::Trust) {
        for found in account_principals(subject, statement) {
            if let Some(known) = found.known(subject).filter(|known| found.is_elsewhere(*known)) {
                hits.add(
                    number,
                    format!("`{}`: {} is in the partition {}", found.value, known.name, known.partition),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{TRUST, trust};

    #[test]
    fn an_account_of_genesys_in_another_partition_is_found() {
        for partition in ["aws-cn", "aws-us-gov", "aws-eusc"] {
            assert_eq!(
                trust(&TRUST.replace("arn:aws:", &format!("arn:{partition}:"))),
                ["trust-other-partition"]
            );
        }
    }
}
