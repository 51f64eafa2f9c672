//! Reports for comments in pull requests.

mod apply;
mod check;
mod common;
mod picture;
mod plan;
#[cfg(test)]
mod tests;

pub use apply::applied;
pub use check::checks;
pub use common::note;
pub use plan::{plan, plans};
