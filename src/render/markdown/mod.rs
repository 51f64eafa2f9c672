//! Reports for comments in pull requests.

mod check;
mod common;
mod plan;
#[cfg(test)]
mod tests;

pub use check::checks;
pub use plan::{plan, plans};
