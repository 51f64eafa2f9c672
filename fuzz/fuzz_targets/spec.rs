//! No text makes the reader of specs panic, and every problem is at a place in the text.
#![no_main]

use std::io;

use genesys_iam_fuzz::spec::{Severity, Environment, parse};
use libfuzzer_sys::fuzz_target;

/// Every variable is set, every file holds one line.
struct Everything;

impl Environment for Everything {
    fn variable(&self, name: &str) -> Option<String> {
        Some(name.to_owned())
    }

    fn is_allowed(&self, _: &str) -> bool {
        false
    }

    fn file(&self, path: &str, _: u64) -> io::Result<String> {
        Ok(format!("{path}\n"))
    }
}

fuzz_target!(|text: &str| {
    let (spec, diagnostics) = parse(text, "genesys.toml", &Everything);
    for diagnostic in &diagnostics {
        assert!(text.get(diagnostic.span.clone()).is_some(), "{diagnostic:?}");
    }
    if spec.is_none() {
        assert!(diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error));
    }
});
