//! How values are written in a spec.

/// A basic string of TOML; JSON's escapes are TOML's.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}
