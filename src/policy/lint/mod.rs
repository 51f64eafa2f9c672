//! Mistakes in documents of any origin. Each lint has a file in `rules/` and a line in its catalogue, from which
//! `docs/lints.md` is generated.

mod expected;
mod model;
mod probe;
mod rules;
mod run;

pub use expected::{Expected, NamedAccount};
pub use model::{Lint, LintHit, LintSeverity};
pub use rules::{ACCOUNT_TYPO, LINTS, UNKNOWN_ACCOUNT};
pub use run::{lint_function, lint_permissions, lint_trust};

#[cfg(test)]
mod tests;
