//! Mistakes in documents of any origin. Each lint has a file in `rules/` and a line in its catalogue; the page
//! `docs/lints.md` is written from them.

mod model;
mod near;
mod probe;
mod rules;

pub use model::{Expected, Lint, LintHit, NamedAccount, Severity, lint_permissions, lint_trust};
pub use rules::{ACCOUNT_TYPO, LINTS, UNKNOWN_ACCOUNT};

#[cfg(test)]
mod tests;
