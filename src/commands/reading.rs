//! Progress while roles are read: how many of how many, and where.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use crate::arn::AccountId;
use crate::aws::Clients;
use crate::spec::Spec;
use crate::text::plural;

/// The readings that run at the same time.
pub(super) struct Reading {
    /// One client per account.
    clients: Vec<Clients>,
    accounts: BTreeSet<AccountId>,
    roles: usize,
}

impl Reading {
    pub(super) fn of<'a>(sessions: impl Iterator<Item = (&'a Spec, &'a Clients)>) -> Self {
        let mut reading = Self { clients: Vec::new(), accounts: BTreeSet::new(), roles: 0 };
        for (spec, clients) in sessions {
            reading.roles += spec.roles.len();
            if reading.accounts.insert(spec.aws.account_id.clone()) {
                clients.roles_read.store(0, Ordering::Relaxed);
                reading.clients.push(clients.clone());
            }
        }
        reading
    }

    /// `reading 23/60 roles · 111122223333 · throttled, 12/s`
    pub(super) fn text(&self) -> String {
        let read: usize = self.clients.iter().map(|clients| clients.roles_read.load(Ordering::Relaxed)).sum();
        let rate = self.clients.iter().filter_map(Clients::throttled_to).reduce(f64::min);
        line(read, self.roles, &self.accounts, rate)
    }
}

fn line(read: usize, roles: usize, accounts: &BTreeSet<AccountId>, rate: Option<f64>) -> String {
    // In bulk they arrive all at once.
    let count = if read == 0 { plural(roles, "role") } else { format!("{}/{roles} roles", read.min(roles)) };
    let place = match (accounts.first(), accounts.len()) {
        (Some(account), 1) => account.to_string(),
        (_, count) => plural(count, "account"),
    };
    let pace = rate.map(|rate| format!(" · throttled, {rate:.0}/s")).unwrap_or_default();
    format!("reading {count} · {place}{pace}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_counts_roles_and_names_the_account_and_the_pace() {
        let accounts = |ids: &[&str]| ids.iter().map(|id| id.parse().unwrap()).collect();
        let one = accounts(&["111122223333"]);
        assert_eq!(line(0, 1, &one, None), "reading 1 role · 111122223333");
        assert_eq!(line(23, 60, &one, Some(12.2)), "reading 23/60 roles · 111122223333 · throttled, 12/s");
        let two = accounts(&["111122223333", "444455556666"]);
        assert_eq!(line(3, 60, &two, None), "reading 3/60 roles · 2 accounts");
    }
}
