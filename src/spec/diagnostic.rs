//! What is wrong with a spec, where, and what to write instead.

use std::ops::Range;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The spec cannot be used.
    Error,
    /// The spec can be read and planned, but not applied.
    Blocks,
    Warning,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    /// The lint behind it, if any (`docs/lints.md`).
    pub lint: Option<&'static str>,
    /// Byte range in the source.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// Shown next to the place in the source.
    pub label: String,
    /// What to write instead.
    pub help: Option<String>,
}
