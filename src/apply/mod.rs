//! Carries a plan out, and rechecks before each change if the plan is old.

mod genesys;
mod iam;
mod interrupt;
mod owner;
mod recheck;
mod run;

pub use interrupt::Interrupt;
pub use recheck::{PlanKind, Recheck};
pub use run::{Apply, ApplyReport, ChangeFailure, Phase, Progress, ReplacementTests};
