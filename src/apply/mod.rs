//! Carries a plan out, and looks again before each change of a plan that is old.

mod genesys;
mod iam;
mod interrupt;
mod recheck;
mod run;

pub use interrupt::Interrupt;
pub use recheck::PlanKind;
pub use run::{Apply, ApplyReport, ChangeFailure, Progress, ReplacementTests};
