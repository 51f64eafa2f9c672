//! All of the sandbox's state, as kept in the state file: data and look-ups, but nothing that answers requests.

pub(crate) mod cloudtrail;
pub(crate) mod document;
pub(crate) mod genesys;
pub(crate) mod iam;
pub(crate) mod lambda;
pub(crate) mod managed;
pub(crate) mod organizations;
pub(crate) mod quirks;
mod root;
pub(crate) mod sts;
pub(crate) mod trust;

pub(crate) use self::root::{State, VERSION};
