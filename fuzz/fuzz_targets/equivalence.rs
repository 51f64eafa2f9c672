//! Equivalence is reflexive and symmetric, and what is equal is decided equally. The input is two documents with
//! a line feed between them.
#![no_main]

use genesys_iam_fuzz::policy::{Document, equivalent};
use genesys_iam_fuzz::{decide, requests};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Some((a, b)) = text.split_once('\n') else { return };
    let Ok(a) = Document::parse(a) else { return };
    assert!(equivalent(&a, &a));
    // Without a second one: the canonical form, which has to mean the same.
    let b = Document::parse(b).unwrap_or_else(|_| a.canonical());
    assert_eq!(equivalent(&a, &b), equivalent(&b, &a));
    if equivalent(&a, &b) {
        for request in requests() {
            assert_eq!(decide(&a, &request), decide(&b, &request), "{request:?}");
        }
    }
});
