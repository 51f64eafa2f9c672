//! Words and counts, once: what a report says, for every renderer. Renderers only lay out.

mod check;
mod plan;
mod words;

pub use check::{CauseView, CheckView, LineView, OutcomeWord, RoleView, Summary, VerdictView};
pub use plan::{foreign, gainers};
pub use words::{few, plural, sentence_case};
