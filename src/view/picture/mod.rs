//! The path from Genesys Cloud to the functions as a picture, drawn by HTML and Mermaid.

mod model;
#[cfg(test)]
pub(crate) mod testing;
mod trace;

pub use model::{FunctionStop, Link, LinkProof, Outsiders, Picture, Station};
pub(super) use trace::picture;
