//! `[genesys]`, also within a role.

use super::external_id::ExternalIdUse;
use super::parser::{Parser, Target};
use crate::arn::AccountId;
use crate::policy::lint;
use crate::spec::external_id::ExternalId;
use crate::spec::known::{
    KNOWN_GENESYS_ACCOUNTS, KnownAccount, TUTORIAL_ACCOUNT, genesys_customer_account, genesys_region,
};
use crate::spec::limits;
use crate::spec::model::{AccountTrust, GenesysCloud};
use crate::spec::reader::{Spanned, Table};

/// `[genesys]`, and what a role overrides.
#[derive(Default, Clone)]
pub(super) struct Genesys {
    pub(super) cloud: GenesysCloud,
    pub(super) account: Option<(AccountId, AccountTrust)>,
    pub(super) external_id: Option<ExternalId>,
    /// Whether a fault in it has been reported, so that it is not reported as missing too.
    pub(super) account_given: bool,
    pub(super) external_id_given: bool,
}

impl Parser<'_> {
    pub(super) fn genesys(&mut self, mut table: Table<'_>, target: Option<&Target>) -> Genesys {
        let region = self.text(&mut table, "region", |text| genesys_region(text).map(drop));
        let endpoint_url = self.endpoint(&mut table, "--genesys-endpoint-url");
        let credentials = self.text(&mut table, "credentials", limits::credentials_suffix);
        let cloud = GenesysCloud {
            region: region.map(|region| region.value),
            endpoint_url,
            credentials: credentials.map(|suffix| suffix.value),
        };
        Genesys { cloud, ..self.trust(table, target) }
    }

    /// Whom roles trust: the only part that a role's own table may have.
    pub(super) fn trust(&mut self, mut table: Table<'_>, target: Option<&Target>) -> Genesys {
        let account = table.string("account_id", self.diagnostics);
        let account = self.account_id(account, "account_id");
        let reason_key = table.value("account_reason").map(toml::Spanned::span);
        let reason = self.text(&mut table, "account_reason", limits::reason);
        let external_id = self.external_id(&mut table, ExternalIdUse::Organization);
        let mut given = |key| table.value(key).is_some();
        let (account_given, external_id_given) = (given("account_id"), given("external_id"));
        if let Some(span) = reason_key.filter(|_| !account_given) {
            let message = "`account_reason` confirms an `account_id` in the same table, which has none";
            self.diagnostics.error(
                span,
                message,
                "confirms nothing",
                "put it into the table that has `account_id`",
            );
        }
        let misspelt = table.deny_unknown_keys(self.diagnostics);
        let account = account.and_then(|account| {
            let trust = self.account_trust(&account, reason.map(|reason| reason.value), target)?;
            Some((account.value, trust))
        });
        Genesys {
            cloud: GenesysCloud::default(),
            account,
            external_id,
            account_given: account_given || misspelt.contains("account_id"),
            external_id_given: external_id_given || misspelt.contains("external_id"),
        }
    }

    /// Whether an account belongs to Genesys; `None` if nobody there could assume the role.
    fn account_trust(
        &mut self,
        account: &Spanned<AccountId>,
        reason: Option<String>,
        target: Option<&Target>,
    ) -> Option<AccountTrust> {
        let Spanned { value, span } = account;
        if target.is_some_and(|target| target.account_id == *value) {
            self.diagnostics.error(
                span.clone(),
                "the trusted account is the spec's own: Genesys Cloud could not assume the role",
                "same as `[aws] account_id`",
                "write \"765628985471\" (Genesys Cloud, all core and satellite regions)",
            );
            return None;
        }
        let partition = target.map_or("aws", |target| target.partition);
        if genesys_customer_account(value.as_str(), partition).is_some() {
            return Some(AccountTrust::Known);
        }
        let known = KNOWN_GENESYS_ACCOUNTS.iter().find(|known| known.id == value.as_str());
        let of_partition = names(partition);
        if let (Some(known), Some(target)) = (known.filter(|known| known.partition != partition), target) {
            self.diagnostics.error(
                span.clone(),
                format!(
                    "{value} ({}) is an account of partition `{}`: it cannot assume a role in `{partition}`, the \
                     partition of `{}`",
                    known.name, known.partition, target.region
                ),
                "in another partition",
                of_partition,
            );
            return None;
        }
        if let Some(reason) = reason {
            return Some(AccountTrust::Confirmed { reason });
        }
        let near = |known: &&KnownAccount| {
            known.for_customers
                && known.partition == partition
                && strsim::damerau_levenshtein(known.id, value.as_str()) <= 2
        };
        let near = KNOWN_GENESYS_ACCOUNTS.iter().find(near);
        let owner = "whoever owns it could invoke your functions";
        let why = match (known, near) {
            (Some(_), _) => format!("{value} is a Genesys-internal account, not one for customers"),
            (None, Some(near)) => format!("{value} looks like a typo of {} ({})", near.id, near.name),
            (None, None) if value.as_str() == TUTORIAL_ACCOUNT => {
                format!("{value} appears in third-party tutorials but in no source of Genesys's: {owner}")
            }
            (None, None) => format!("Genesys does not list {value} among its accounts: {owner}"),
        };
        let help = format!(
            "{of_partition}; if you know that this one is right, add `account_reason = \"…\"` below it"
        );
        let lint = if near.is_some() { &lint::ACCOUNT_TYPO } else { &lint::UNKNOWN_ACCOUNT };
        let label = "not known to be Genesys's: blocks apply";
        self.diagnostics.blocks(lint, span.clone(), why.as_str(), label, help.as_str());
        Some(AccountTrust::Unknown { why, help })
    }
}

/// What to write: the accounts that customers in a partition may trust.
fn names(partition: &str) -> String {
    let names: Vec<String> = KNOWN_GENESYS_ACCOUNTS
        .iter()
        .filter(|known| known.for_customers && known.partition == partition)
        .map(|known| format!("{} ({})", known.id, known.name))
        .collect();
    if names.is_empty() {
        format!("ask Genesys for its account in partition `{partition}`, which is not public")
    } else {
        format!("write {}", names.join(" or "))
    }
}
