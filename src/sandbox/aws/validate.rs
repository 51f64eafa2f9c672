//! Parameter checks against the patterns and limits of AWS's service models.

use std::fmt;

use super::query::Params;
use super::refusal::Refusal;
use crate::sandbox::state::iam::Tag;

/// `[\w+=,.@-]`
fn is_name(char: char) -> bool {
    char.is_ascii_alphanumeric() || "_+=,.@-".contains(char)
}

/// `[\w+=,.@:\/-]`
fn is_external_id(char: char) -> bool {
    is_name(char) || char == ':' || char == '/'
}

/// `[\p{L}\p{Z}\p{N}_.:/=+\-@]`; also accepts marks that count as alphabetic, which AWS refuses.
fn is_tag(char: char) -> bool {
    char.is_alphanumeric()
        || char.is_numeric()
        || (char.is_whitespace() && !char.is_control())
        || "_.:/=+-@".contains(char)
}

/// `[\u0009\u000A\u000D\u0020-\u00FF]`
fn is_document(char: char) -> bool {
    matches!(char, '\t' | '\n' | '\r' | ' '..='\u{ff}')
}

/// `[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]`
fn is_description(char: char) -> bool {
    matches!(char, '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}')
}

const ONLY_NAMES: &str = "It must contain only alphanumeric characters and/or the following: +=,.@_-";

/// `RoleName` is `roleName` in a message.
fn field(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(chars).collect()
}

fn fault(field: &str, value: impl fmt::Display, constraint: impl fmt::Display) -> Refusal {
    Refusal::validation(format!(
        "1 validation error detected: Value '{value}' at '{field}' failed to satisfy constraint: Member must {constraint}"
    ))
}

fn missing(name: &str) -> Refusal {
    Refusal::validation(format!(
        "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be null",
        field(name)
    ))
}

/// Text that is not an ARN at all; the two spaces are AWS's.
fn unparsable_arn() -> Refusal {
    Refusal::validation("Invalid ARN:  Could not be parsed!")
}

fn length(field: &str, value: &str, min: usize, max: usize) -> Result<(), Refusal> {
    let length = value.chars().count();
    if length < min {
        return Err(fault(field, value, format!("have length greater than or equal to {min}")));
    }
    if length > max {
        return Err(fault(field, value, format!("have length less than or equal to {max}")));
    }
    Ok(())
}

fn pattern(field: &str, value: &str, holds: bool, pattern: &str) -> Result<(), Refusal> {
    if holds {
        Ok(())
    } else {
        Err(fault(field, value, format!("satisfy regular expression pattern: {pattern}")))
    }
}

/// Which items of a listing are requested.
#[derive(Debug, Clone)]
pub(crate) struct ListingPage {
    pub after: Option<String>,
    pub size: usize,
}

impl Params {
    pub(crate) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| missing(name))
    }

    pub(crate) fn name(&self, name: &str, max: usize) -> Result<&str, Refusal> {
        let value = self.required(name)?;
        length(&field(name), value, 1, max)?;
        if !value.chars().all(is_name) {
            return Err(Refusal::validation(format!(
                "The specified value for {} is invalid. {ONLY_NAMES}",
                field(name)
            )));
        }
        Ok(value)
    }

    pub(crate) fn role_name(&self) -> Result<&str, Refusal> {
        self.name("RoleName", 64)
    }

    pub(crate) fn policy_name(&self) -> Result<&str, Refusal> {
        self.name("PolicyName", 128)
    }

    pub(crate) fn instance_profile_name(&self) -> Result<&str, Refusal> {
        self.name("InstanceProfileName", 128)
    }

    /// A path, `/` if none is given. A policy's path allows fewer characters than a role's.
    pub(crate) fn path(&self, name: &str, allowed: fn(char) -> bool) -> Result<&str, Refusal> {
        let Some(value) = self.get(name) else { return Ok("/") };
        length(&field(name), value, 1, 512)?;
        let framed = value == "/" || (value.len() > 2 && value.starts_with('/') && value.ends_with('/'));
        if !framed || value.contains("//") || !value.chars().all(|char| char == '/' || allowed(char)) {
            return Err(Refusal::validation(format!(
                "The specified value for {} is invalid. It must begin and end with / and contain only alphanumeric \
                 characters and/or / characters.",
                field(name)
            )));
        }
        Ok(value)
    }

    /// The path prefix of a listing, `/` if none is given.
    pub(crate) fn path_prefix(&self) -> Result<&str, Refusal> {
        let Some(value) = self.get("PathPrefix") else { return Ok("/") };
        length("pathPrefix", value, 1, 512)?;
        let holds = value.starts_with('/') && value.chars().all(is_role_path);
        pattern("pathPrefix", value, holds, r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)")?;
        Ok(value)
    }

    /// Device and code of a session with MFA; the sandbox has no devices to check them against.
    pub(crate) fn mfa(&self) -> Result<(), Refusal> {
        if let Some(serial) = self.get("SerialNumber") {
            length("serialNumber", serial, 9, 256)?;
            let holds = serial.chars().all(|char| is_name(char) || "/:".contains(char));
            pattern("serialNumber", serial, holds, r"[\w+=/:,.@-]*")?;
        }
        if let Some(code) = self.get("TokenCode") {
            length("tokenCode", code, 6, 6)?;
            pattern("tokenCode", code, code.bytes().all(|byte| byte.is_ascii_digit()), r"[\d]*")?;
        }
        Ok(())
    }

    /// A role's description; a policy's may contain any characters.
    pub(crate) fn description(&self) -> Result<Option<&str>, Refusal> {
        let Some(value) = self.policy_description()? else { return Ok(None) };
        let allowed = r"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*";
        pattern("description", value, value.chars().all(is_description), allowed)?;
        Ok(Some(value))
    }

    pub(crate) fn policy_description(&self) -> Result<Option<&str>, Refusal> {
        let Some(value) = self.get("Description") else { return Ok(None) };
        length("description", value, 0, 1000)?;
        Ok(Some(value))
    }

    pub(crate) fn number(&self, name: &str, min: u32, max: u32) -> Result<Option<u32>, Refusal> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let field = field(name);
        let value: i64 = text
            .parse()
            .map_err(|_| Refusal::new(400, "MalformedInput", format!("{name} must be a whole number")))?;
        match u32::try_from(value) {
            Ok(number) if (min..=max).contains(&number) => Ok(Some(number)),
            _ if value < i64::from(min) => {
                Err(fault(&field, value, format!("have value greater than or equal to {min}")))
            }
            _ => Err(fault(&field, value, format!("have value less than or equal to {max}"))),
        }
    }

    pub(crate) fn max_session_duration(&self) -> Result<Option<u32>, Refusal> {
        self.number("MaxSessionDuration", 3600, 43_200)
    }

    pub(crate) fn boolean(&self, name: &str) -> Result<bool, Refusal> {
        match self.get(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Refusal::new(400, "MalformedInput", format!("{name} must be true or false"))),
        }
    }

    /// One of the values listed in the service's model.
    pub(crate) fn choice(&self, name: &str, allowed: &[&str]) -> Result<Option<&str>, Refusal> {
        let Some(value) = self.get(name) else { return Ok(None) };
        if allowed.contains(&value) {
            return Ok(Some(value));
        }
        Err(fault(&field(name), value, format!("satisfy enum value set: [{}]", allowed.join(", "))))
    }

    /// The ARN of a managed policy.
    pub(crate) fn policy_arn(&self, name: &str) -> Result<&str, Refusal> {
        let value = self.required(name)?;
        length(&field(name), value, 20, 2048)?;
        let arn = value.parse::<crate::arn::Arn>().map_err(|_| unparsable_arn())?;
        if arn.service == "iam" && arn.resource.starts_with("policy/") {
            return Ok(value);
        }
        Err(Refusal::invalid_input(format!("ARN {value} is not valid.")))
    }

    /// `v1`
    pub(crate) fn version_id(&self) -> Result<&str, Refusal> {
        let value = self.required("VersionId")?;
        let digits = value.strip_prefix('v').and_then(|rest| rest.split('.').next()).unwrap_or_default();
        let holds =
            !digits.is_empty() && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
        pattern("versionId", value, holds, r"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?")?;
        Ok(value)
    }

    /// A policy document; its content is checked elsewhere.
    pub(crate) fn document(&self, name: &str) -> Result<&str, Refusal> {
        let value = self.required(name)?;
        if value.is_empty() || value.len() > 131_072 {
            return Err(Refusal::validation(format!(
                "1 validation error detected: Value at '{}' failed to satisfy constraint: Member must have length \
                 between 1 and 131072",
                field(name)
            )));
        }
        if !value.chars().all(is_document) {
            return Err(Refusal::validation(format!(
                "The specified value for {} is invalid. It must contain only printable ASCII characters.",
                field(name)
            )));
        }
        Ok(value)
    }

    /// The tags of a request that requires some.
    pub(crate) fn required_tags(&self, ignore_case: bool) -> Result<Vec<Tag>, Refusal> {
        if self.indices("Tags").is_empty() { Err(missing("Tags")) } else { self.tags(ignore_case) }
    }

    /// The tags; `ignore_case`: whether keys that differ only in case are the same.
    pub(crate) fn tags(&self, ignore_case: bool) -> Result<Vec<Tag>, Refusal> {
        let mut tags: Vec<Tag> = Vec::new();
        for index in self.indices("Tags") {
            let member = |part: &str| self.get(&format!("Tags.member.{index}.{part}"));
            let key = member("Key").ok_or_else(|| {
                Refusal::validation(format!(
                    "1 validation error detected: Value null at 'tags.{index}.member.key' failed to satisfy constraint: \
                     Member must not be null"
                ))
            })?;
            let value = member("Value").ok_or_else(|| {
                Refusal::validation(format!(
                    "1 validation error detected: Value null at 'tags.{index}.member.value' failed to satisfy \
                     constraint: Member must not be null"
                ))
            })?;
            tag_key(&format!("tags.{index}.member.key"), key)?;
            let place = format!("tags.{index}.member.value");
            length(&place, value, 0, 256)?;
            pattern(&place, value, value.chars().all(is_tag), r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*")?;
            if key.to_ascii_lowercase().starts_with("aws:") {
                return Err(Refusal::invalid_input(
                    "System tags cannot be added/updated/removed by the requester",
                ));
            }
            if tags.iter().any(|tag| same_key(&tag.key, key, ignore_case)) {
                return Err(Refusal::invalid_input(
                    "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
                ));
            }
            tags.push(Tag { key: key.to_owned(), value: value.to_owned() });
        }
        if tags.len() > 50 {
            return Err(Refusal::validation(
                "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length \
                 less than or equal to 50",
            ));
        }
        Ok(tags)
    }

    pub(crate) fn tag_keys(&self) -> Result<Vec<&str>, Refusal> {
        let keys = self.list("TagKeys");
        if keys.is_empty() {
            return Err(missing("TagKeys"));
        }
        if keys.len() > 50 {
            return Err(Refusal::validation(
                "1 validation error detected: Value at 'tagKeys' failed to satisfy constraint: Member must have length \
                 less than or equal to 50",
            ));
        }
        for key in &keys {
            tag_key("tagKeys", key)?;
        }
        Ok(keys)
    }

    /// Which page of a listing is requested; `limit` is the sandbox's own, to force short pages.
    pub(crate) fn page(&self, limit: usize) -> Result<ListingPage, Refusal> {
        let size = self.number("MaxItems", 1, 1000)?.map_or(100, |size| size as usize).min(limit.max(1));
        let after = self
            .get("Marker")
            .map(|marker| unmark(marker).ok_or_else(|| Refusal::validation("Invalid Marker.")));
        Ok(ListingPage { after: after.transpose()?, size })
    }

    pub(crate) fn session_name(&self) -> Result<&str, Refusal> {
        let value = self.required("RoleSessionName")?;
        length("roleSessionName", value, 2, 64)?;
        pattern("roleSessionName", value, value.chars().all(is_name), r"[\w+=,.@-]*")?;
        Ok(value)
    }

    pub(crate) fn external_id(&self) -> Result<Option<&str>, Refusal> {
        let Some(value) = self.get("ExternalId") else { return Ok(None) };
        length("externalId", value, 2, 1224)?;
        pattern("externalId", value, value.chars().all(is_external_id), r"[\w+=,.@:\/-]*")?;
        Ok(Some(value))
    }

    pub(crate) fn role_arn(&self) -> Result<&str, Refusal> {
        let value = self.required("RoleArn")?;
        length("roleArn", value, 20, 2048)?;
        Ok(value)
    }

    pub(crate) fn source_identity(&self) -> Result<Option<&str>, Refusal> {
        let Some(value) = self.get("SourceIdentity") else { return Ok(None) };
        length("sourceIdentity", value, 2, 64)?;
        pattern("sourceIdentity", value, value.chars().all(is_name), r"[\w+=,.@-]*")?;
        Ok(Some(value))
    }
}

/// `\u0021-\u007E`, as in a role's path.
pub(crate) fn is_role_path(char: char) -> bool {
    char.is_ascii_graphic()
}

/// `[A-Za-z0-9\.,\+@=_-]` and slashes, as in a policy's path.
pub(crate) fn is_policy_path(char: char) -> bool {
    is_name(char) || char == '/'
}

pub(crate) fn same_key(a: &str, b: &str, ignore_case: bool) -> bool {
    if ignore_case { a.to_lowercase() == b.to_lowercase() } else { a == b }
}

fn tag_key(place: &str, key: &str) -> Result<(), Refusal> {
    length(place, key, 1, 128)?;
    pattern(place, key, key.chars().all(is_tag), r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+")
}

/// A marker is the key of the last item shown, in hexadecimal so nobody mistakes it for a name.
fn mark(key: &str) -> String {
    key.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn unmark(marker: &str) -> Option<String> {
    let digits: Option<Vec<u8>> =
        marker.chars().map(|char| char.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    String::from_utf8(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()).ok()
}

impl ListingPage {
    /// This page's items out of all items, which are sorted by key, and the next page's marker.
    pub(crate) fn cut<T>(&self, items: impl IntoIterator<Item = (String, T)>) -> (Vec<T>, Option<String>) {
        let Self { after, size } = self;
        let mut rest =
            items.into_iter().filter(|(key, _)| after.as_ref().is_none_or(|after| key > after)).peekable();
        let mut page = Vec::new();
        while let Some((key, item)) = rest.next() {
            page.push(item);
            if page.len() == *size {
                return (page, rest.peek().map(|_| mark(&key)));
            }
        }
        (page, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_meet_without_a_gap() {
        let items: Vec<(String, u32)> = (0..7).map(|n| (format!("k{n}"), n)).collect();
        let mut page = ListingPage { after: None, size: 3 };
        let mut seen = Vec::new();
        loop {
            let (part, marker) = page.cut(items.clone());
            assert!(part.len() <= 3);
            seen.extend(part);
            let Some(marker) = marker else { break };
            page.after = unmark(&marker);
        }
        assert_eq!(seen, (0..7).collect::<Vec<_>>());
        assert_eq!(unmark("zz"), None);
        assert_eq!(unmark("é"), None);
    }

    #[test]
    fn paths_begin_and_end_with_a_slash() {
        for (path, valid) in [
            ("/", true),
            ("/a/", true),
            ("/a/b/", true),
            ("a", false),
            ("/a", false),
            ("a/", false),
            ("//", false),
            ("", false),
        ] {
            let params = Params::parse(format!("Path={path}").as_bytes());
            assert_eq!(params.path("Path", is_role_path).is_ok(), valid, "{path}");
        }
    }
}
