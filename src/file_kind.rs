//! Recognizes a file by its content, so that an error about a misplaced one can name it.

use std::fmt;

use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    Empty,
    /// With or without a byte order mark.
    Utf16,
    /// Bytes beyond ASCII that are not UTF-8.
    OtherEncoding,
    Binary,
    Spec,
    SavedPlan,
    /// A report printed as JSON, with the command that printed it.
    Report(&'static str),
    SandboxState,
    Schema,
    PolicyDocument,
    OtherJson,
    BrokenJson,
    Markup,
    OtherText,
}

/// The names that reports give themselves, and the commands that print them.
const REPORTS: [(&str, &str); 11] = [
    ("genesys-iam plan", "plan"),
    ("genesys-iam plans", "plan"),
    ("genesys-iam check", "check"),
    ("genesys-iam checks", "check"),
    ("genesys-iam apply", "apply"),
    ("genesys-iam applies", "apply"),
    ("genesys-iam destroy", "destroy"),
    ("genesys-iam destroys", "destroy"),
    ("genesys-iam diagnose", "diagnose"),
    ("genesys-iam validation", "validate"),
    ("genesys-iam import", "import"),
];

impl FileKind {
    pub fn of(bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match bytes {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return Self::Utf16,
            // ASCII in UTF-16 has a zero in every other byte.
            [first, 0, second, 0, ..] | [0, first, 0, second, ..] if *first != 0 && *second != 0 => {
                return Self::Utf16;
            }
            _ if bytes.contains(&0) => return Self::Binary,
            _ => {}
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::of_text(text),
            Err(_) => Self::OtherEncoding,
        }
    }

    fn of_text(text: &str) -> Self {
        let text = text.trim();
        if text.is_empty() {
            return Self::Empty;
        }
        // TOML and other texts are JSON only by chance, such as a bare number.
        if let Ok(value) = serde_json::from_str(text) {
            return Self::of_json(&value);
        }
        // Every spec states its account.
        let is_aws = |line: &str| ["[aws]", "[aws.", "aws.", "aws ="].iter().any(|key| line.starts_with(key));
        match text.as_bytes().first() {
            Some(b'{') => Self::BrokenJson,
            Some(b'<') => Self::Markup,
            _ if text.lines().any(|line| is_aws(line.trim_start())) => Self::Spec,
            _ => Self::OtherText,
        }
    }

    fn of_json(value: &Value) -> Self {
        let has = |key: &str| value.get(key).is_some();
        let format = value.get("format").and_then(Value::as_str);
        let report = REPORTS.iter().find(|(name, _)| format == Some(*name));
        match report {
            _ if has("spec_digest") && has("plan") || format == Some("genesys-iam saved plans") => {
                Self::SavedPlan
            }
            // A file that only claims to be a report is not one.
            Some((_, command)) if has("tool_version") => Self::Report(command),
            _ if has("$schema") && has("properties") => Self::Schema,
            _ if has("Statement") => Self::PolicyDocument,
            _ if has("accounts") && has("counter") => Self::SandboxState,
            _ => Self::OtherJson,
        }
    }
}

/// Completes the sentence "the file is …".
impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "empty",
            Self::Utf16 => "UTF-16 text, as `>` of Windows PowerShell writes it",
            Self::OtherEncoding => "not text in UTF-8",
            Self::Binary => "a binary file",
            Self::Spec => "a spec",
            Self::SavedPlan => "a saved plan",
            Self::Report(command) => return write!(f, "a report of `{command}`"),
            Self::SandboxState => "the state of a sandbox",
            Self::Schema => "a JSON Schema",
            Self::PolicyDocument => "a policy document",
            Self::OtherJson => "JSON of another kind",
            Self::BrokenJson => "JSON that is broken or cut off",
            Self::Markup => "HTML or XML",
            Self::OtherText => "text of another kind",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_content() {
        let utf16 = |unit: fn(u16) -> [u8; 2], mark: &[u8]| -> Vec<u8> {
            mark.iter().copied().chain("[aws]".encode_utf16().flat_map(unit)).collect()
        };
        for (bytes, kind) in [
            (b"".to_vec(), FileKind::Empty),
            (b"\xef\xbb\xbf \r\n".to_vec(), FileKind::Empty),
            (utf16(u16::to_le_bytes, b"\xff\xfe"), FileKind::Utf16),
            (utf16(u16::to_be_bytes, b"\xfe\xff"), FileKind::Utf16),
            (utf16(u16::to_le_bytes, b""), FileKind::Utf16),
            (utf16(u16::to_be_bytes, b""), FileKind::Utf16),
            (b"\xe9t\xe9".to_vec(), FileKind::OtherEncoding),
            (b"\x7fELF\x02\x01\0\0\0".to_vec(), FileKind::Binary),
            (b"\xef\xbb\xbf# mine\r\n[aws]\r\n".to_vec(), FileKind::Spec),
            (b"name = 1\naws = { }".to_vec(), FileKind::Spec),
            (b"# Notes on [aws]".to_vec(), FileKind::OtherText),
            (b"<!DOCTYPE html>".to_vec(), FileKind::Markup),
            (br#"{"plan": {}, "spec_digest": ""}"#.to_vec(), FileKind::SavedPlan),
            (br#"{"format": "genesys-iam saved plans"}"#.to_vec(), FileKind::SavedPlan),
            (br#"{"format": "genesys-iam checks", "tool_version": "1"}"#.to_vec(), FileKind::Report("check")),
            (br#"{"format": "genesys-iam plan"}"#.to_vec(), FileKind::OtherJson),
            (br#"{"accounts": {}, "counter": 1}"#.to_vec(), FileKind::SandboxState),
            (br#"{"$schema": "", "properties": {}}"#.to_vec(), FileKind::Schema),
            (br#"{"Statement": []}"#.to_vec(), FileKind::PolicyDocument),
            (br#"{"plan": "#.to_vec(), FileKind::BrokenJson),
            (b"[]".to_vec(), FileKind::OtherJson),
        ] {
            assert_eq!(FileKind::of(&bytes), kind, "{}", String::from_utf8_lossy(&bytes));
        }
    }
}
