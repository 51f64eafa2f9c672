//! The policy language: grammar, canonical form, equivalence, evaluation, lints. Pure; fails closed.

mod condition;
pub mod document;
pub mod equivalence;
pub mod evaluate;
pub mod lint;
mod pattern;
mod principal;
pub mod template;
mod truth;

pub use condition::{certainly_hold, is_known_operator};
pub use document::{Document, ParseError};
pub use equivalence::equivalent;
pub use evaluate::{
    Context, Decision, Evaluation, Policies, Principal, Request, StatementOutcome, StatementTrace, evaluate,
};
pub use pattern::wildcard_matches;
