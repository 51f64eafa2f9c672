//! Reports as standalone pages: one file that fetches nothing and runs nothing.

mod check;
mod fleet;
mod page;
mod picture;
mod plan;
mod remark;
mod role;
#[cfg(test)]
mod tests;
mod writer;

pub use check::checks;
pub use plan::plans;
