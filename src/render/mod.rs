//! Text for people and JSON for machines. Nothing else writes to standard output.

pub mod check;
pub mod diagnose;
pub mod diagnostics;
mod escape;
pub mod field;
#[cfg(test)]
mod hostile;
pub mod html;
pub mod json;
pub mod markdown;
pub mod output;
pub mod permissions;
mod places;
pub mod plan;
pub mod policy;
pub mod redact;
pub mod style;
#[cfg(test)]
mod tests;

pub use places::masked_lines;
