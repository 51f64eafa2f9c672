//! Whatever is read is written as it was read, and its canonical form is stable and means the same.
#![no_main]

use genesys_iam_fuzz::policy::lint::{Expected, lint_permissions, lint_trust};
use genesys_iam_fuzz::policy::{Document, equivalent};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(document) = Document::parse_encoded(text) else { return };
    assert_eq!(Document::parse(&document.to_json()).as_ref(), Ok(&document));
    let canonical = document.canonical();
    assert_eq!(canonical.canonical(), canonical);
    assert!(equivalent(&document, &canonical));
    if let Ok(pretty) = Document::parse(&document.to_pretty()) {
        assert!(equivalent(&document, &pretty));
    } else {
        // Indentation may go over the limit of size.
        assert!(document.to_pretty().len() > 1_048_576);
    }
    assert!(document.size() > 0);
    lint_trust(&document, &Expected::default());
    lint_permissions(&document, &Expected::default());
});
