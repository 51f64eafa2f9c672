//! What is wrong with a spec, where, and what to write instead.

use std::ops::Range;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// There is no spec.
    Error,
    /// The spec can be read and planned, but not be applied.
    Blocks,
    Warning,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    /// The lint that it is, where it is one (`docs/lints.md`).
    pub lint: Option<&'static str>,
    /// Bytes of the source.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// Beside the place in the source.
    pub label: String,
    /// What to write instead.
    pub help: Option<String>,
}
