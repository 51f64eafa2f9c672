//! Documents in files, in the forms people have them in.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::model::Document;
use super::read::ParseError;
use crate::file_kind::FileKind;

/// Where AWS API responses carry a document (`get-role`, `get-policy-version`, `get-role-policy`,
/// `lambda get-policy`, `describe-policy`, and CloudFormation's properties).
const PLACES: [&[&str]; 8] = [
    &["Role", "AssumeRolePolicyDocument"],
    &["PolicyVersion", "Document"],
    &["Policy", "Content"],
    &["AssumeRolePolicyDocument"],
    &["PolicyDocument"],
    &["Document"],
    &["Content"],
    &["Policy"],
];

impl Document {
    /// Reads a document from a file: JSON in UTF-8 or UTF-16, percent-encoded, as text within JSON, or within an AWS
    /// API response.
    ///
    /// # Errors
    ///
    /// Like [`Document::parse`], and if the file contains no policy document; the error names what it is.
    pub fn from_file(bytes: &[u8]) -> Result<Self, ParseError> {
        let text = decode(bytes).ok_or_else(|| error("the file is neither UTF-8 nor UTF-16"))?;
        Self::from_text(&text, 3)
    }

    fn from_text(text: &str, nested: usize) -> Result<Self, ParseError> {
        let text = text.trim();
        let inner = match text.chars().next() {
            None => return Err(error("the file is empty")),
            Some('%') => percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned()),
            Some('"') => serde_json::from_str::<String>(text).ok(),
            Some('{') => inner_document(text)?,
            Some(_) => return Self::parse(text).map_err(|fault| what_it_is(text).map_or(fault, error)),
        };
        match inner {
            Some(inner) if nested > 0 => Self::from_text(&inner, nested - 1),
            _ => Self::parse(text),
        }
    }
}

fn error(message: impl Into<String>) -> ParseError {
    ParseError { message: message.into() }
}

/// Decodes by byte order mark; without one, UTF-16 is recognized by the zero bytes of its ASCII.
fn decode(bytes: &[u8]) -> Option<String> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
        rest.is_empty().then(|| String::from_utf16(&units).ok())?
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        [first, 0, ..] if *first != 0 => utf16(bytes, u16::from_le_bytes),
        [0, second, ..] if *second != 0 => utf16(bytes, u16::from_be_bytes),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    }
}

/// The text of the document within a response; `None` if it is already a document, or not JSON at all.
fn inner_document(text: &str) -> Result<Option<String>, ParseError> {
    let Ok(value) = serde_json::from_str::<Value>(text) else { return Ok(None) };
    if value.get("Statement").is_some() {
        return Ok(None);
    }
    let found = PLACES.iter().find_map(|place| {
        let value = place.iter().try_fold(&value, |value, key| value.get(key))?;
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Object(_) if value.get("Statement").is_some() => Some(value.to_string()),
            _ => None,
        }
    });
    if let Some(found) = found {
        return Ok(Some(found));
    }
    let has = |keys: &[&str]| keys.iter().any(|key| value.get(key).is_some());
    let message = if has(&["Policy"]) {
        "this is the answer of `aws iam get-policy`, which has no document: `aws iam get-policy-version` has"
    } else if has(&["Roles", "Policies", "AttachedPolicies", "PolicyNames", "Versions", "RoleDetailList"]) {
        "this is a listing, not one document: save the document of one role or policy"
    } else if has(&["AWSTemplateFormatVersion", "Resources"]) {
        "this is a CloudFormation template: save the policy document that is in it"
    } else if has(&["terraform_version", "planned_values", "resource_changes"]) {
        "this is Terraform's state or plan: save the policy document that is in it"
    } else {
        return match FileKind::of(text.as_bytes()) {
            kind
            @ (FileKind::SavedPlan | FileKind::Report(_) | FileKind::SandboxState | FileKind::Schema) => {
                Err(error(format!("this is {kind}")))
            }
            _ => Ok(None),
        };
    };
    Err(error(message))
}

/// What a text that is not JSON looks like.
fn what_it_is(text: &str) -> Option<&'static str> {
    let begins = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
    if begins(&["Version:", "Statement:", "AWSTemplateFormatVersion", "---", "- "]) {
        Some("this looks like YAML: write the document as JSON")
    } else if begins(&["resource ", "data ", "locals", "module "]) || text.contains("jsonencode(") {
        Some("this looks like Terraform: save the document as JSON, as `terraform show -json` has it")
    } else if begins(&["#", "[aws]", "[genesys]", "[[", "name ="]) {
        Some(
            "this looks like TOML: `genesys-iam validate` reads a spec, this reads a policy document as JSON",
        )
    } else if begins(&["<"]) {
        Some("this looks like XML or HTML, not a policy document")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"765628985471"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"x+é"}}}]}"#;

    #[test]
    fn a_document_is_read_in_every_form_in_which_people_have_it() {
        let quoted = Value::from(TRUST).to_string();
        let encoded =
            percent_encoding::utf8_percent_encode(TRUST, percent_encoding::NON_ALPHANUMERIC).to_string();
        let utf16 = |unit: fn(u16) -> [u8; 2], mark: &[u8]| {
            let units = TRUST.encode_utf16().flat_map(unit);
            mark.iter().copied().chain(units).collect::<Vec<u8>>()
        };
        let mut forms = vec![
            utf16(u16::to_le_bytes, &[0xff, 0xfe]),
            utf16(u16::to_be_bytes, &[0xfe, 0xff]),
            utf16(u16::to_le_bytes, &[]),
            utf16(u16::to_be_bytes, &[]),
        ];
        for text in [
            TRUST.to_owned(),
            format!("\u{feff}  {TRUST}\r\n"),
            encoded.clone(),
            quoted.clone(),
            format!("\"{encoded}\""),
            format!(r#"{{"Role":{{"RoleName":"r","AssumeRolePolicyDocument":{TRUST}}}}}"#),
            format!(r#"{{"Role":{{"AssumeRolePolicyDocument":"{encoded}"}}}}"#),
            format!(r#"{{"PolicyVersion":{{"Document":{TRUST},"VersionId":"v1"}}}}"#),
            format!(r#"{{"RoleName":"r","PolicyName":"p","PolicyDocument":{TRUST}}}"#),
            format!(r#"{{"Policy":{quoted},"RevisionId":"1"}}"#),
            format!(r#"{{"Policy":{{"PolicySummary":{{}},"Content":{quoted}}}}}"#),
        ] {
            forms.push(text.into_bytes());
        }
        let wanted = Document::parse(TRUST).unwrap();
        for form in forms {
            let shown = String::from_utf8_lossy(&form).into_owned();
            assert_eq!(Document::from_file(&form).as_ref(), Ok(&wanted), "{shown}");
        }
    }

    #[test]
    fn what_has_no_document_is_named_for_what_it_is() {
        for (text, message) in [
            ("", "empty"),
            (r#"{"Policy":{"Arn":"arn:aws:iam::aws:policy/x"}}"#, "get-policy-version"),
            (r#"{"Roles":[]}"#, "a listing"),
            (r#"{"AttachedPolicies":[]}"#, "a listing"),
            (r#"{"Resources":{}}"#, "CloudFormation"),
            (r#"{"terraform_version":"1"}"#, "Terraform"),
            (r#"{"plan":{},"spec_digest":""}"#, "this is a saved plan"),
            (r#"{"format":"genesys-iam check","tool_version":"1"}"#, "this is a report of `check`"),
            ("Version: '2012-10-17'\nStatement: []", "YAML"),
            ("resource \"aws_iam_role\" \"r\" {}", "Terraform"),
            ("<html>", "HTML"),
            ("{}", "`Statement` is missing"),
            ("\u{fffd}", "not JSON"),
        ] {
            let error = Document::from_file(text.as_bytes()).unwrap_err();
            assert!(error.message.contains(message), "{text}: {error}");
        }
        assert!(Document::from_file(&[0x7b, 0xff, 0xfe]).unwrap_err().message.contains("neither"));
        let deep = (0..9).fold(TRUST.to_owned(), |text, _| Value::from(text).to_string());
        assert!(Document::from_file(deep.as_bytes()).is_err());
    }
}
