//! From TOML to a valid spec, or to every fault that it has. One file per table.

mod aws;
mod check;
mod common;
mod external_id;
mod file;
mod functions;
mod genesys;
mod parser;
mod role;

pub use file::parse;
