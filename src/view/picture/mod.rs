//! The way from Genesys Cloud to the functions, as a picture: HTML and Mermaid draw it.

mod model;
#[cfg(test)]
pub(crate) mod testing;
mod trace;

pub use model::{FunctionStop, Link, LinkProof, Outsiders, Picture, Station};
pub(super) use trace::picture;
