//! Who someone is to a role's owner: Genesys Cloud, own account, unknown, or everyone.

use crate::arn::{AccountId, Arn};
use crate::policy::access::principal_in_words;
use crate::spec::{genesys_account_name, genesys_customer_account};

/// Kinds of parties that may gain, least remarkable first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    Genesys,
    /// Someone in the spec's account.
    OwnAccount,
    /// Someone known who may be someone else's, or who gains more than the spec says.
    Doubtful,
    Unknown,
    Everybody,
}

impl Party {
    /// Stable, for machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::Genesys => "genesys",
            Self::OwnAccount => "own_account",
            Self::Doubtful | Self::Unknown => "unknown",
            Self::Everybody => "everybody",
        }
    }

    /// Whether it must stop a reviewer.
    pub fn is_stranger(self) -> bool {
        matches!(self, Self::Unknown | Self::Everybody)
    }

    /// Whether `--refuse-wider=strangers` lets it pass.
    pub fn is_known(self) -> bool {
        matches!(self, Self::Genesys | Self::OwnAccount)
    }
}

/// A party that gains.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gain {
    pub party: Party,
    /// `AWS account 691338073777`
    pub who: String,
}

/// Someone from outside the account who has access, and keeps it only because the spec says so, or no longer has the role.
/// Nothing shows that it was so before: the pull request may be the first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeptStranger {
    /// `AWS account 999988887777 may assume the role`
    pub what: String,
    /// What names just this: `ACCOUNT/ROLE@…`, with the digest of what is accepted or of the trust policy, or an account.
    pub key: String,
}

pub(super) fn party(subject: Option<&str>, own: &AccountId) -> Party {
    gain(subject, own).party
}

/// `AWS arn:…`, `*`; `None`: unknown. A spec's `account_reason` makes no account Genesys's.
pub(super) fn gain(subject: Option<&str>, own: &AccountId) -> Gain {
    let Some(subject) = subject else {
        return Gain { party: Party::Unknown, who: "someone who cannot be named".to_owned() };
    };
    let (kind, value) = subject.split_once(' ').unwrap_or(("AWS", subject));
    let who = principal_in_words(kind, value, genesys_account_name);
    if value == "*" {
        return Gain { party: Party::Everybody, who };
    }
    let arn: Option<Arn> = value.parse().ok();
    let account = arn.as_ref().map_or(value, |arn| arn.account.as_str());
    let partition = arn.as_ref().map_or("aws", |arn| arn.partition.as_str());
    let party = match kind {
        "AWS" if genesys_customer_account(account, partition).is_some() => Party::Genesys,
        "AWS" if account == own.as_str() => Party::OwnAccount,
        _ => Party::Unknown,
    };
    Gain { party, who }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_gains_is_told_by_kind() {
        let own = "111122223333".parse().unwrap();
        for (subject, party) in [
            ("AWS 765628985471", Party::Genesys),
            ("AWS arn:aws:iam::765628985471:root", Party::Genesys),
            ("AWS arn:aws-us-gov:iam::765628985471:root", Party::Unknown),
            ("AWS arn:aws:iam::490606849374:root", Party::Unknown),
            ("AWS arn:aws:iam::123456789012:root", Party::Unknown),
            ("AWS arn:aws:iam::111122223333:role/ci", Party::OwnAccount),
            ("AWS arn:aws:iam::691338073777:root", Party::Unknown),
            ("Service lambda.amazonaws.com", Party::Unknown),
            ("Federated arn:aws:iam::111122223333:saml-provider/x", Party::Unknown),
            ("AWS *", Party::Everybody),
            ("*", Party::Everybody),
        ] {
            assert_eq!(super::party(Some(subject), &own), party, "{subject}");
        }
        assert_eq!(gain(None, &own).party, Party::Unknown);
    }
}
