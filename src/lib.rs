//! genesys-iam keeps the AWS side of Genesys Cloud Lambda data actions as a checked-in file.
//!
//! The modules in reading order, bottom to top; each uses only those above it.

pub mod arn;
pub mod backoff;
pub mod explain;
pub mod file_kind;
pub mod files;
pub mod secrets;
pub mod text;

pub mod model;
pub mod policy;
pub mod spec;

pub mod import;
pub mod plan;

pub mod check;
pub mod diagnose;

pub mod aws;
pub mod genesys;

pub mod permissions;

pub mod apply;
pub mod sandbox;

pub mod view;

pub mod render;
pub mod saved;

pub mod commands;

pub mod cli;
