//! The policy language: grammar, canonical form, equivalence, evaluation, lints. Pure. Anything it cannot decide counts
//! as not allowed.

pub mod access;
mod admission;
mod budget;
mod condition;
pub mod document;
pub mod evaluate;
mod function_policy;
pub mod grammar;
pub mod guardrail;
mod key;
mod language;
pub mod lint;
mod named;
mod operator;
mod pattern;
mod principal;
pub mod quota;
pub mod request;
mod revocation;
pub mod template;
mod truth;
mod witness;
mod words;

pub use admission::{ASSUME_ROLE, Everybody, STRANGER, TrustPolicy, assume};
pub use condition::certainly_hold;
pub use document::{Document, ParseError, equivalent};
pub use evaluate::{Decision, Evaluation, Policies, StatementOutcome, StatementTrace, evaluate};
pub use function_policy::{FunctionGrant, Powers, function_grants, function_insiders, function_readers};
pub use grammar::SESSION_ACTIONS;
pub use key::EXTERNAL_ID;
pub use named::{NamedParty, is_unique_id, named_parties};
pub use operator::{OPERATORS, is_known_operator};
pub use pattern::wildcard_matches;
pub use request::{Context, ContextValue, Principal, Request};
pub use revocation::{ISSUED, REVOCATION, only_revokes, revocation, revokes_sessions};
pub use witness::{AcceptedId, AcceptedIds, accepted_ids, caller_accounts};
