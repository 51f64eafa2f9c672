//! The path from Genesys Cloud to the functions as a picture, drawn by HTML and Mermaid.

mod model;
mod planned;
#[cfg(test)]
pub(crate) mod testing;
mod trace;

pub use model::{FunctionStop, Link, LinkProof, Mark, OF_GENESYS, Outsiders, Picture, STATIONS, Station};
pub(super) use planned::planned;
pub(super) use trace::picture;
