//! Policy documents: grammar, reading, writing, canonical form.

mod canonical;
mod file;
mod model;
mod read;
mod spelling;
mod write;

pub use canonical::equivalent;
pub use model::{
    ActionElement, Conditions, Document, Effect, OneOrMany, PrincipalElement, Principals, ResourceElement,
    Scalar, Statement, VERSION_2008, VERSION_2012,
};
pub use read::ParseError;
pub use spelling::Spelling;
