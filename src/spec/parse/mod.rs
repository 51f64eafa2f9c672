//! From TOML to a valid spec, or to all its faults. One file per table.

mod accept;
mod aws;
mod check;
mod common;
mod contract;
mod data_action;
mod export;
mod external_id;
mod file;
mod functions;
mod genesys;
mod integration;
mod organization;
mod parser;
mod role;
mod velocity;

pub use file::{default_spec_name, parse};
