//! `[genesys]`, also that of a role.

use super::parser::{Parser, Target};
use crate::arn::AccountId;
use crate::policy::lint;
use crate::spec::known::{KNOWN_GENESYS_ACCOUNTS, TUTORIAL_ACCOUNT, genesys_region};
use crate::spec::limits;
use crate::spec::model::{ExternalId, GenesysCloud};
use crate::spec::reader::{Spanned, Table};

/// `[genesys]`, and what a role puts in its place.
#[derive(Default, Clone)]
pub(super) struct Genesys {
    pub(super) cloud: GenesysCloud,
    pub(super) account_id: Option<Spanned<AccountId>>,
    pub(super) external_id: Option<ExternalId>,
    /// Whether a fault in it has been reported, so that what is missing is not reported too.
    pub(super) account_given: bool,
    pub(super) external_id_given: bool,
}

impl Parser<'_> {
    pub(super) fn genesys(&mut self, mut table: Table<'_>, target: Option<&Target>) -> Genesys {
        let region = self.text(&mut table, "region", |text| genesys_region(text).map(drop));
        let endpoint_url = self.text(&mut table, "endpoint_url", limits::genesys_url);
        let cloud = GenesysCloud {
            region: region.map(|region| region.value),
            endpoint_url: endpoint_url.map(|url| url.value),
        };
        let account = table.string("account_id", self.diagnostics);
        let account_given = table.value("account_id").is_some();
        let account_id = self.account_id(account, "account_id");
        if let Some(account) = &account_id {
            self.genesys_account(account, target);
        }
        let external_id_given = table.value("external_id").is_some();
        let external_id = self.external_id(&mut table, true);
        table.deny_unknown_keys(self.diagnostics);
        Genesys { cloud, account_id, external_id, account_given, external_id_given }
    }

    fn genesys_account(&mut self, account: &Spanned<AccountId>, target: Option<&Target>) {
        let Spanned { value, span } = account;
        if target.is_some_and(|target| target.account_id == *value) {
            self.diagnostics.error(
                span.clone(),
                "the trusted account is the spec's own: Genesys Cloud could not assume the role",
                "same as `[aws] account_id`",
                "write \"765628985471\" (Genesys Cloud, all core and satellite regions)",
            );
            return;
        }
        let known = KNOWN_GENESYS_ACCOUNTS.iter().find(|known| known.id == value.as_str());
        if known.is_some_and(|known| known.for_customers) {
            return;
        }
        let names: Vec<String> = KNOWN_GENESYS_ACCOUNTS
            .iter()
            .filter(|known| known.for_customers)
            .map(|known| format!("{} ({})", known.id, known.name))
            .collect();
        let near = KNOWN_GENESYS_ACCOUNTS
            .iter()
            .find(|known| known.for_customers && strsim::damerau_levenshtein(known.id, value.as_str()) <= 2);
        let message = match (known, near) {
            (Some(_), _) => format!("{value} is a Genesys-internal account, not one for customers"),
            (None, Some(near)) => format!("{value} looks like a misprint of {} ({})", near.id, near.name),
            (None, None) if value.as_str() == TUTORIAL_ACCOUNT => format!(
                "{value} stands in tutorials of third parties and in no source of Genesys's: whoever owns it could \
                 invoke your functions"
            ),
            (None, None) => {
                format!(
                    "{value} is no known Genesys Cloud account: whoever owns it could invoke your functions"
                )
            }
        };
        let help = format!("the known ones are {}", names.join(" and "));
        let lint = if near.is_some() { &lint::MISPRINT } else { &lint::UNKNOWN_ACCOUNT };
        self.diagnostics.lint(lint, span.clone(), message, "trusted with the role", help);
    }
}
