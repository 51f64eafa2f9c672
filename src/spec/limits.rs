//! IAM's and Lambda's patterns and limits, from AWS's own service models.

use super::known::is_path_of_aws;

/// Why a text is invalid; the end of the sentence "`x` …".
pub(super) type Validation = Result<(), String>;

fn length(text: &str, least: usize, most: usize) -> Validation {
    let length = text.chars().count();
    if length < least {
        return Err(if length == 0 {
            "is empty".to_owned()
        } else {
            format!("has fewer than {least} characters")
        });
    }
    if length > most {
        return Err(format!("has {length} characters, IAM accepts at most {most}"));
    }
    Ok(())
}

fn characters(text: &str, allowed: impl Fn(char) -> bool, which: &str) -> Validation {
    match text.chars().find(|c| !allowed(*c)) {
        Some(c) => Err(format!("has {c:?} in it; allowed are {which}")),
        None => Ok(()),
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)
}

const NAME: &str = "letters, digits and _+=,.@-";

pub(super) fn role_name(text: &str) -> Validation {
    length(text, 1, 64)?;
    characters(text, is_name, NAME)
}

pub(super) fn policy_name(text: &str) -> Validation {
    length(text, 1, 128)?;
    characters(text, is_name, NAME)
}

pub(super) fn session_name(text: &str) -> Validation {
    length(text, 2, 64)?;
    characters(text, is_name, NAME)
}

pub(super) fn external_id(text: &str) -> Validation {
    // What does not belong says more than how much there is.
    characters(
        text,
        |c| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c),
        "letters, digits and _+=,.@:/-",
    )?;
    length(text, 2, 1224)
}

/// For values that must not be shown: the message does not quote the text, because masking would also hit the report's
/// own words.
pub(super) fn masked_external_id(text: &str) -> Validation {
    external_id(text)
        .map_err(|_| "is not an external ID: 2 to 1224 letters, digits and _+=,.@:/-".to_owned())?;
    let why = if text.len() < 8 {
        "is too short to be masked: it has fewer than 8 characters"
    } else if !is_guid(text) && text.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() == 12) {
        "cannot be masked: it holds what may be an account number"
    } else if text
        .trim_matches(|c: char| !c.is_ascii_alphanumeric())
        .bytes()
        .all(|b| b.is_ascii_alphabetic() || b == b'_')
    {
        "cannot be masked: it is a single word, as reports have them"
    } else {
        return Ok(());
    };
    Err(format!("{why}. A Genesys Cloud organization ID is a GUID"))
}

pub(super) fn role_path(text: &str) -> Validation {
    if text == "//" {
        return Err("has an empty part: `//`".to_owned());
    }
    if is_path_of_aws(text) {
        return Err("belongs to AWS: no one else can make roles under it".to_owned());
    }
    path(text, |c| ('!'..='~').contains(&c), "visible ASCII characters")
}

pub(super) fn policy_path(text: &str) -> Validation {
    path(text, |c| c.is_ascii_alphanumeric() || "/.,+@=_-".contains(c), "letters, digits and /.,+@=_-")?;
    if text.contains("//") {
        return Err("has an empty part: `//`".to_owned());
    }
    Ok(())
}

fn path(text: &str, allowed: impl Fn(char) -> bool, which: &str) -> Validation {
    length(text, 1, 512)?;
    if !text.starts_with('/') || !text.ends_with('/') {
        return Err("must begin and end with `/`".to_owned());
    }
    characters(text, allowed, which)
}

pub(super) fn description(text: &str) -> Validation {
    length(text, 0, 1000)?;
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}');
    characters(text, allowed, "the printable characters of Latin-1")
}

pub(super) fn tag_key(text: &str) -> Validation {
    length(text, 1, 128)?;
    if text.to_ascii_lowercase().starts_with("aws:") {
        return Err("begins with `aws:`, which is AWS's own".to_owned());
    }
    characters(text, is_tag, TAG)
}

pub(super) fn tag_value(text: &str) -> Validation {
    length(text, 0, 256)?;
    characters(text, is_tag, TAG)
}

fn is_tag(c: char) -> bool {
    c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c)
}

const TAG: &str = "letters, digits, spaces and _.:/=+-@";

pub(super) fn region(text: &str) -> Validation {
    let parts: Vec<&str> = text.split('-').collect();
    let letters = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    let number = parts.last().is_some_and(|last| last.len() == 1 && last.bytes().all(|b| b.is_ascii_digit()));
    let shape = (3..=4).contains(&parts.len()) && parts[..parts.len() - 1].iter().all(letters) && number;
    if shape { Ok(()) } else { Err("is not an AWS region".to_owned()) }
}

/// The suffix of the Genesys Cloud variables for one organization.
pub(super) fn credentials_suffix(text: &str) -> Validation {
    length(text, 1, 64)?;
    let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    characters(text, allowed, "upper-case letters, digits and _")
}

/// Shown on one line in every plan and report.
pub(super) fn reason(text: &str) -> Validation {
    if text.trim().is_empty() {
        return Err("is empty".to_owned());
    }
    if text.trim_matches(['.', '…', ' ']).is_empty() {
        return Err("is still a placeholder: write why".to_owned());
    }
    length(text, 1, 500)?;
    characters(text, |c| !c.is_control(), "characters that can be shown in one line")
}

/// `sha256:…`
pub(super) fn digest(text: &str) -> Validation {
    let is_digest = text
        .strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')));
    if is_digest { Ok(()) } else { Err("is not \"sha256:\" with 64 hexadecimal digits".to_owned()) }
}

pub(super) fn function_name(text: &str) -> Validation {
    if text.is_empty() || text.chars().count() > 64 {
        return Err("must have 1 to 64 characters".to_owned());
    }
    characters(text, |c| c.is_ascii_alphanumeric() || "-_".contains(c), "letters, digits and -_")
}

pub(super) fn qualifier(text: &str) -> Validation {
    if text == "$LATEST" {
        return Ok(());
    }
    if text.is_empty() || text.chars().count() > 128 {
        return Err("must have 1 to 128 characters".to_owned());
    }
    characters(text, |c| c.is_ascii_alphanumeric() || "-_".contains(c), "letters, digits and -_")
}

/// What templates and tutorials have in place of an ID: words for one, or one character only.
pub fn is_placeholder(id: &str) -> bool {
    const WORDS: [&str; 12] = [
        "yourorg",
        "yourexternalid",
        "yourid",
        "yourgenesys",
        "myorgid",
        "orgid",
        "organizationid",
        "externalid",
        "changeme",
        "replaceme",
        "placeholder",
        "todo",
    ];
    let letters: String =
        id.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let mut characters = letters.chars();
    let first = characters.next();
    let is_one = letters.len() > 1 && characters.all(|c| Some(c) == first);
    let is_word =
        WORDS.iter().any(|word| letters == *word || letters.starts_with("your") && letters.contains(word));
    is_one || is_word
}

/// Whether it looks like `2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90`, as every organization ID does.
pub fn is_guid(text: &str) -> bool {
    let parts: Vec<usize> = text.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12] && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

/// The name of an integration, a data action or a category.
pub(super) fn genesys_name(text: &str) -> Validation {
    match text.chars().count() {
        0 => Err("is empty".to_owned()),
        n if n > 256 => Err(format!("has {n} characters, Genesys Cloud takes at most 256")),
        _ if text.trim() != text => Err("begins or ends with white space".to_owned()),
        _ if text.chars().any(char::is_control) => Err("has a control character in it".to_owned()),
        _ => Ok(()),
    }
}

pub(super) fn genesys_id(text: &str) -> Validation {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if !text.is_empty() && text.len() <= 200 && text.chars().all(is_plain) {
        return Ok(());
    }
    Err("is not an ID of Genesys Cloud".to_owned())
}

/// One line of the notes is this tool's own.
pub(super) fn notes(text: &str) -> Validation {
    if text.lines().any(|line| line.trim_start().starts_with("managed-by:")) {
        return Err("has a line `managed-by:`, which is this tool's own".to_owned());
    }
    if text.chars().count() > 1000 {
        return Err("has more than 1000 characters".to_owned());
    }
    Ok(())
}
