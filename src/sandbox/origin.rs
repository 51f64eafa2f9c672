//! Whose state it is: that of the built-in demonstration spec, or of somebody who knows better what it is about.

use std::path::Path;

use super::aws::Defaults;
use super::embedded::Sandbox;
use super::error::SandboxError;
use super::seed::{GenesysSeed, Seed};
use super::state::State;
use super::state::iam::{Account, Tag};
use super::state_file::StateFile;
use crate::arn::{AccountId, FunctionArn, global_region, partition_of_region};
use crate::spec::{MANAGED_BY_KEY, MANAGED_BY_VALUE, SPEC_KEY};

impl Sandbox {
    /// Whether the built-in spec may be compared with a state file: there is none yet, or that spec made it.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn is_for_demonstration(path: &Path, spec_name: &str) -> Result<bool, SandboxError> {
        Ok(StateFile::peek(path)?.is_none_or(|state| state.is_made_by_demonstration(spec_name)))
    }

    /// As [`Sandbox::open`], for the built-in spec: a new state is marked as its own.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::open`].
    pub fn open_demonstration(path: &Path, seed: &Seed) -> Result<Self, SandboxError> {
        Self::open_marked(path, seed, true)
    }

    /// Opens a state as it is, with nothing of any spec added. `None`: the file does not exist, or has no account.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::open`].
    pub fn open_as_found(path: &Path) -> Result<Option<(Self, Seed)>, SandboxError> {
        let file = StateFile::lock(path)?;
        let Some(stored) = file.read()? else { return Ok(None) };
        let Some(seed) = stored.as_seed() else { return Ok(None) };
        let mut sandbox = Self::new(&seed);
        sandbox.state = State { partition: seed.partition.clone(), ..stored };
        sandbox.defaults = Defaults { region: seed.region.clone(), ..sandbox.defaults };
        sandbox.keep_in(file);
        Ok(Some((sandbox, seed)))
    }
}

impl State {
    /// Whether the built-in spec began it, and made what is in it or has nothing in it yet.
    fn is_made_by_demonstration(&self, spec_name: &str) -> bool {
        let is_own = |tags: &[Tag]| {
            let has = |key: &str, value: &str| tags.iter().any(|tag| tag.key == key && tag.value == value);
            has(MANAGED_BY_KEY, MANAGED_BY_VALUE) && has(SPEC_KEY, spec_name)
        };
        let accounts = || self.accounts.values();
        let roles = accounts().flat_map(|account| account.roles.values());
        let roles = roles.filter(|role| !role.is_service_linked()).map(|role| role.tags.as_slice());
        let policies = accounts().flat_map(|account| account.policies.values());
        let things: Vec<&[Tag]> = roles.chain(policies.map(|policy| policy.tags.as_slice())).collect();
        self.is_demonstration && (things.is_empty() || things.into_iter().any(is_own))
    }

    /// What a spec for this state would start with: its account, functions and organization.
    fn as_seed(&self) -> Option<Seed> {
        let (account, _) =
            self.accounts.iter().min_by_key(|(_, account)| std::cmp::Reverse(roles(account)))?;
        let functions = self.functions_of(account);
        let region = functions.first().map_or(global_region("aws"), |arn| arn.region()).to_owned();
        let others = self.other_organizations.iter().map(|(name, one)| (Some(name.clone()), one));
        let mut organizations = std::iter::once((None, &self.organization)).chain(others);
        let genesys = organizations.find_map(|(credentials, organization)| {
            Some(GenesysSeed {
                credentials,
                organization_id: organization.id.clone(),
                account: organization.account.clone()?,
                integrations: Vec::new(),
            })
        });
        let partition = partition_of_region(&region).to_owned();
        Some(Seed { account: account.clone(), partition, region, functions, genesys })
    }

    /// An account's functions, also those that a scenario took away, with the alias or version that they have.
    fn functions_of(&self, account: &AccountId) -> Vec<FunctionArn> {
        let existing = self.functions.iter().flat_map(|(arn, function)| {
            let aliases: Vec<FunctionArn> =
                function.aliases.keys().map(|alias| arn.with_qualifier(alias)).collect();
            if aliases.is_empty() { vec![arn.clone()] } else { aliases }
        });
        let all = existing.chain(self.missing_functions.iter().cloned());
        all.filter(|arn| arn.as_arn().account == account.as_str()).collect()
    }
}

fn roles(account: &Account) -> usize {
    account.roles.values().filter(|role| !role.is_service_linked()).count()
}
