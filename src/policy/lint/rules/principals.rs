//! The accounts that a trust policy names, shared by several rules.

use super::super::expected::NamedAccount;
use super::super::model::Subject;
use super::super::probe::principal;
use crate::arn::{AccountId, Arn};
use crate::policy::Principal;
use crate::policy::document::{PrincipalElement, Principals, Statement};
use crate::policy::grammar::Purpose;

/// An entry of a principal element that names an account or an identity in one.
pub(super) struct AccountPrincipal<'a> {
    pub(super) value: &'a str,
    /// Digits where the account goes, twelve or not.
    pub(super) account: String,
    /// Unknown for a bare account ID.
    pub(super) partition: Option<String>,
    /// Whether it names the account rather than one identity of it.
    pub(super) is_whole: bool,
}

impl<'a> AccountPrincipal<'a> {
    pub(super) fn parse(value: &'a str) -> Option<Self> {
        let arn = value.parse::<Arn>().ok();
        let account = arn.as_ref().map_or(value, |arn| arn.account.as_str()).to_owned();
        if account.is_empty() || !account.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let is_whole = arn.as_ref().is_none_or(|arn| arn.resource == "root");
        Some(Self { value, account, partition: arn.map(|arn| arn.partition), is_whole })
    }

    /// The known account of this ID, whatever its partition.
    pub(super) fn known<'k>(&self, subject: &Subject<'k>) -> Option<NamedAccount<'k>> {
        subject.expected.known_accounts.iter().find(|known| known.id == self.account).copied()
    }

    /// A known account that the ID differs from by a digit or two.
    pub(super) fn near<'k>(&self, subject: &Subject<'k>) -> Option<NamedAccount<'k>> {
        let near = |known: &&NamedAccount<'k>| {
            known.id != self.account
                && known.id.len().abs_diff(self.account.len()) <= 2
                && strsim::damerau_levenshtein(known.id, &self.account) <= 2
        };
        subject.expected.known_accounts.iter().find(near).copied()
    }

    pub(super) fn is_elsewhere(&self, known: NamedAccount<'_>) -> bool {
        self.partition.as_ref().is_some_and(|partition| partition != known.partition)
    }

    pub(super) fn is_trusted(&self, subject: &Subject<'_>) -> bool {
        subject.expected.trusted.is_some_and(|trusted| trusted.as_str() == self.account)
    }

    pub(super) fn is_own(&self, subject: &Subject<'_>) -> bool {
        subject.expected.own_accounts.iter().any(|own| own.as_str() == self.account)
    }

    pub(super) fn is_account(&self) -> bool {
        self.account.parse::<AccountId>().is_ok()
    }
}

/// The accounts that a statement names and admits, except `verifier` and `*`.
pub(super) fn account_principals<'a>(
    subject: &Subject<'_>,
    statement: &'a Statement,
) -> Vec<AccountPrincipal<'a>> {
    let expected = subject.expected.verifier.map(ToString::to_string);
    statement
        .principals()
        .filter(|(kind, value)| *kind == "AWS" && Some(*value) != expected.as_deref())
        .filter_map(|(_, value)| AccountPrincipal::parse(value))
        .filter(|found| {
            !found.is_account() || subject.probe.admits_somehow(statement, &principal("AWS", found.value))
        })
        .collect()
}

/// Whether it is for everyone whom its conditions leave.
pub(super) fn names_everyone(statement: &Statement) -> bool {
    match &statement.principal {
        Some(PrincipalElement::Principal(Principals::Any) | PrincipalElement::NotPrincipal(_)) => true,
        Some(PrincipalElement::Principal(Principals::ByKind(_))) => {
            statement.principals().any(|entry| entry == ("AWS", "*"))
        }
        None => false,
    }
}

/// Whether it is Genesys's account, or one of its identities. Where nobody says whose accounts those are, any.
pub(super) fn is_genesys(subject: &Subject<'_>, principal: &Principal) -> bool {
    let Principal::Aws(text) = principal else { return false };
    let Some(found) = AccountPrincipal::parse(text) else { return false };
    let known = subject.expected.known_accounts;
    let is_known = found.known(subject).is_some_and(|known| !found.is_elsewhere(known));
    is_known || found.is_trusted(subject) || (known.is_empty() && subject.expected.trusted.is_none())
}

/// Whether an Allow of the document names a Genesys account.
pub(super) fn names_genesys(subject: &Subject<'_>) -> bool {
    let mut principals = subject.allows(Purpose::Trust).flat_map(|(_, statement)| statement.principals());
    principals.any(|(kind, value)| {
        kind == "AWS"
            && AccountPrincipal::parse(value)
                .is_some_and(|found| found.known(subject).is_some_and(|known| !found.is_elsewhere(known)))
    })
}
