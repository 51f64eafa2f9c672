//! The policy language: grammar, canonical form, equivalence, evaluation, lints. Pure; fails closed.
//!
//! [`document`] reads and writes documents (strictly, by way of `json`), `canonical` brings them to the
//! form that [`mod@equivalence`] compares, [`mod@evaluate`] answers requests with the help of `principal`,
//! `condition` and `pattern`. What cannot be decided is [`Decision::Undecided`], never allowed.

mod canonical;
mod condition;
pub mod document;
pub mod equivalence;
pub mod evaluate;
mod json;
pub(crate) mod names;
mod pattern;
mod principal;
mod truth;

pub use document::{Document, ParseError};
pub use equivalence::equivalent;
pub use evaluate::{
    Context, Decision, Evaluation, Policies, Principal, Request, StatementOutcome, StatementTrace, evaluate,
};
