//! When two documents mean the same.

use super::document::Document;

/// Whether two documents mean the same. When in doubt they differ.
pub fn equivalent(_a: &Document, _b: &Document) -> bool {
    todo!()
}
