//! The grammar of policy documents, and how they are written out.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use super::{canonical, json};

/// A policy document: trust, identity, boundary, session or resource policy.
///
/// Kept as written (a lone value stays a lone value), so that a round trip is lossless;
/// [`Document::canonical`] brings it to the form in which documents are compared and shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// `None`: IAM takes it as `2008-10-17`.
    pub version: Option<String>,
    pub id: Option<String>,
    pub statements: OneOrMany<Statement>,
    /// Elements that are not in IAM's grammar: kept, shown, and never taken as harmless.
    pub unknown: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub sid: Option<String>,
    pub effect: Effect,
    pub principal: Option<PrincipalElement>,
    pub action: Option<ActionElement>,
    pub resource: Option<ResourceElement>,
    /// Operator, as written, to key, as written, to values.
    pub condition: Option<BTreeMap<String, BTreeMap<String, OneOrMany<Scalar>>>>,
    pub unknown: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    Allow,
    Deny,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrincipalElement {
    Principal(Principals),
    NotPrincipal(Principals),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principals {
    /// `"*"`
    Any,
    /// Kind (`AWS`, `Service`, `Federated`, `CanonicalUser`, or one unknown to the grammar) to values.
    ByKind(BTreeMap<String, OneOrMany<String>>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActionElement {
    Action(OneOrMany<String>),
    NotAction(OneOrMany<String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResourceElement {
    Resource(OneOrMany<String>),
    NotResource(OneOrMany<String>),
}

/// A value, or a list of values: IAM takes a lone value and a list of one as the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    pub fn as_slice(&self) -> &[T] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

/// A condition value. `true` and `"true"` mean the same, `1` and `"1"` too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scalar {
    String(String),
    Number(serde_json::Number),
    Bool(bool),
}

/// Why a text is no policy document, with where in the document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    pub message: String,
}

/// The largest document that is read, in bytes. IAM's own limits are far below.
const MAX_BYTES: usize = 131_072;

impl Document {
    /// Reads a document as JSON. Duplicate keys, a wrong shape, or a size over 131,072 bytes are errors.
    ///
    /// An error names the place (`Statement[0].Action`, counted from 0 as in JSON paths) and the rule, and
    /// never the value there: it could be an external ID.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        if text.len() > MAX_BYTES {
            return Err(ParseError { message: format!("the document is larger than {MAX_BYTES} bytes") });
        }
        let value =
            json::read(text).map_err(|error| ParseError { message: format!("no valid JSON: {error}") })?;
        document(value)
    }

    /// Reads a document as IAM returns it: percent-encoded by RFC 3986 (`+` is not a space);
    /// plain JSON, as some stand-ins return, is read too.
    pub fn parse_encoded(text: &str) -> Result<Self, ParseError> {
        // A percent-encoded document begins with `%7B`, which is no JSON: the two cannot be mistaken.
        if text.trim_start().starts_with('{') {
            return Self::parse(text);
        }
        if text.len() > 3 * MAX_BYTES {
            return Err(ParseError { message: format!("the document is larger than {MAX_BYTES} bytes") });
        }
        let bytes = text.as_bytes();
        for (at, _) in text.match_indices('%') {
            if !bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) {
                return Err(ParseError {
                    message: format!("a % without two hexadecimal digits at byte {at}"),
                });
            }
        }
        let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
        let decoded =
            decoded.map_err(|_| ParseError { message: "the percent-decoded text is no UTF-8".to_owned() })?;
        Self::parse(&decoded)
    }

    /// Compact JSON, as it is sent to IAM. Elements in IAM's usual order.
    pub fn to_json(&self) -> String {
        to_text(&Written(self))
    }

    /// The canonical form: what [`crate::policy::equivalent`] compares.
    pub fn canonical(&self) -> Self {
        canonical::canonical(self)
    }

    /// Canonical JSON, two spaces of indentation, for diffs and reports.
    pub fn to_pretty(&self) -> String {
        serde_json::to_string_pretty(&Written(&self.canonical())).unwrap_or_default()
    }

    /// The number of characters that IAM counts against its quotas: white space outside strings is left out.
    pub fn size(&self) -> usize {
        self.to_json().chars().count()
    }
}

/// Compact JSON of one statement.
pub(super) fn statement_json(statement: &Statement) -> String {
    to_text(&Written(statement))
}

fn to_text(value: &impl Serialize) -> String {
    // Maps with string keys, strings, finite numbers: writing them to a string does not fail.
    serde_json::to_string(value).unwrap_or_default()
}

// Reading.

fn error<T>(place: &str, rule: &str) -> Result<T, ParseError> {
    Err(ParseError { message: format!("{place}: {rule}") })
}

fn document(value: Value) -> Result<Document, ParseError> {
    let Value::Object(map) = value else { return error("document", "expected an object") };
    let (mut version, mut id, mut statements, mut unknown) = (None, None, None, BTreeMap::new());
    for (key, value) in map {
        match key.as_str() {
            "Version" => version = Some(string("Version", value)?),
            "Id" => id = Some(string("Id", value)?),
            "Statement" => {
                statements = Some(match value {
                    Value::Array(list) => OneOrMany::Many(
                        list.into_iter()
                            .enumerate()
                            .map(|(index, item)| statement(&format!("Statement[{index}]"), item))
                            .collect::<Result<_, _>>()?,
                    ),
                    one => OneOrMany::One(statement("Statement", one)?),
                });
            }
            _ => {
                unknown.insert(key, value);
            }
        }
    }
    let Some(statements) = statements else { return error("document", "Statement is missing") };
    Ok(Document { version, id, statements, unknown })
}

fn statement(place: &str, value: Value) -> Result<Statement, ParseError> {
    let Value::Object(map) = value else { return error(place, "expected an object") };
    let (mut sid, mut effect, mut principal, mut action) = (None, None, None, None);
    let (mut resource, mut condition, mut unknown) = (None, None, BTreeMap::new());
    for (key, value) in map {
        let here = || format!("{place}.{key}");
        match key.as_str() {
            "Sid" => sid = Some(string(&here(), value)?),
            "Effect" => {
                effect = Some(match value.as_str() {
                    Some("Allow") => Effect::Allow,
                    Some("Deny") => Effect::Deny,
                    _ => return error(&here(), "expected \"Allow\" or \"Deny\""),
                });
            }
            "Principal" => {
                let element = PrincipalElement::Principal(principals(&here(), value)?);
                once(place, &mut principal, element, "Principal and NotPrincipal")?;
            }
            "NotPrincipal" => {
                let element = PrincipalElement::NotPrincipal(principals(&here(), value)?);
                once(place, &mut principal, element, "Principal and NotPrincipal")?;
            }
            "Action" => {
                let element = ActionElement::Action(strings(&here(), value)?);
                once(place, &mut action, element, "Action and NotAction")?;
            }
            "NotAction" => {
                let element = ActionElement::NotAction(strings(&here(), value)?);
                once(place, &mut action, element, "Action and NotAction")?;
            }
            "Resource" => {
                let element = ResourceElement::Resource(strings(&here(), value)?);
                once(place, &mut resource, element, "Resource and NotResource")?;
            }
            "NotResource" => {
                let element = ResourceElement::NotResource(strings(&here(), value)?);
                once(place, &mut resource, element, "Resource and NotResource")?;
            }
            "Condition" => condition = Some(conditions(&here(), value)?),
            _ => {
                unknown.insert(key, value);
            }
        }
    }
    let Some(effect) = effect else { return error(place, "Effect is missing") };
    Ok(Statement { sid, effect, principal, action, resource, condition, unknown })
}

fn once<T>(place: &str, slot: &mut Option<T>, element: T, pair: &str) -> Result<(), ParseError> {
    match slot.replace(element) {
        None => Ok(()),
        Some(_) => error(place, &format!("{pair} cannot both be given")),
    }
}

fn string(place: &str, value: Value) -> Result<String, ParseError> {
    match value {
        Value::String(text) => Ok(text),
        _ => error(place, "expected a string"),
    }
}

fn strings(place: &str, value: Value) -> Result<OneOrMany<String>, ParseError> {
    one_or_many(place, value, "expected a string or a list of strings", |item| match item {
        Value::String(text) => Some(text),
        _ => None,
    })
}

fn one_or_many<T>(
    place: &str,
    value: Value,
    rule: &str,
    read: impl Fn(Value) -> Option<T>,
) -> Result<OneOrMany<T>, ParseError> {
    match value {
        Value::Array(list) => {
            let mut values = Vec::with_capacity(list.len());
            for (index, item) in list.into_iter().enumerate() {
                match read(item) {
                    Some(value) => values.push(value),
                    None => return error(&format!("{place}[{index}]"), rule),
                }
            }
            Ok(OneOrMany::Many(values))
        }
        item => read(item).map_or_else(|| error(place, rule), |value| Ok(OneOrMany::One(value))),
    }
}

fn principals(place: &str, value: Value) -> Result<Principals, ParseError> {
    match value {
        Value::String(text) if text == "*" => Ok(Principals::Any),
        Value::Object(map) => map
            .into_iter()
            .map(|(kind, values)| {
                let values = strings(&format!("{place}.{kind}"), values)?;
                Ok((kind, values))
            })
            .collect::<Result<_, _>>()
            .map(Principals::ByKind),
        _ => error(place, "expected \"*\" or an object such as {\"AWS\": …}"),
    }
}

type Condition = BTreeMap<String, BTreeMap<String, OneOrMany<Scalar>>>;

fn conditions(place: &str, value: Value) -> Result<Condition, ParseError> {
    let Value::Object(operators) = value else { return error(place, "expected an object of operators") };
    let mut condition = Condition::new();
    for (operator, keys) in operators {
        let place = format!("{place}.{operator}");
        let Value::Object(keys) = keys else { return error(&place, "expected an object of condition keys") };
        let mut block = BTreeMap::new();
        for (key, values) in keys {
            let rule = "expected a string, number or boolean, or a list of them";
            let values = one_or_many(&format!("{place}.{key}"), values, rule, |item| match item {
                Value::String(text) => Some(Scalar::String(text)),
                Value::Number(number) => Some(Scalar::Number(number)),
                Value::Bool(value) => Some(Scalar::Bool(value)),
                _ => None,
            })?;
            block.insert(key, values);
        }
        condition.insert(operator, block);
    }
    Ok(condition)
}

// Writing: a newtype, so that the public types do not promise a serde form.

struct Written<'a, T>(&'a T);

impl Serialize for Written<'_, Document> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Document { version, id, statements, unknown } = self.0;
        let mut map = serializer.serialize_map(None)?;
        if let Some(version) = version {
            map.serialize_entry("Version", version)?;
        }
        if let Some(id) = id {
            map.serialize_entry("Id", id)?;
        }
        map.serialize_entry("Statement", &Written(statements))?;
        for (key, value) in unknown {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl Serialize for Written<'_, Statement> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Statement { sid, effect, principal, action, resource, condition, unknown } = self.0;
        let mut map = serializer.serialize_map(None)?;
        if let Some(sid) = sid {
            map.serialize_entry("Sid", sid)?;
        }
        map.serialize_entry("Effect", if *effect == Effect::Allow { "Allow" } else { "Deny" })?;
        match principal {
            Some(PrincipalElement::Principal(principals)) => {
                map.serialize_entry("Principal", &Written(principals))?
            }
            Some(PrincipalElement::NotPrincipal(principals)) => {
                map.serialize_entry("NotPrincipal", &Written(principals))?;
            }
            None => {}
        }
        match action {
            Some(ActionElement::Action(list)) => map.serialize_entry("Action", &Written(list))?,
            Some(ActionElement::NotAction(list)) => map.serialize_entry("NotAction", &Written(list))?,
            None => {}
        }
        match resource {
            Some(ResourceElement::Resource(list)) => map.serialize_entry("Resource", &Written(list))?,
            Some(ResourceElement::NotResource(list)) => map.serialize_entry("NotResource", &Written(list))?,
            None => {}
        }
        if let Some(condition) = condition {
            map.serialize_entry("Condition", &Written(condition))?;
        }
        for (key, value) in unknown {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl Serialize for Written<'_, Principals> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Principals::Any => serializer.serialize_str("*"),
            Principals::ByKind(kinds) => Written(kinds).serialize(serializer),
        }
    }
}

impl<V> Serialize for Written<'_, BTreeMap<String, V>>
where
    for<'b> Written<'b, V>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, Written(value))))
    }
}

impl<T> Serialize for Written<'_, OneOrMany<T>>
where
    for<'b> Written<'b, T>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            OneOrMany::One(value) => Written(value).serialize(serializer),
            OneOrMany::Many(values) => serializer.collect_seq(values.iter().map(Written)),
        }
    }
}

impl Serialize for Written<'_, String> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl Serialize for Written<'_, Scalar> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Scalar::String(text) => serializer.serialize_str(text),
            Scalar::Number(number) => number.serialize(serializer),
            Scalar::Bool(value) => serializer.serialize_bool(*value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Genesys","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::765628985471:root"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"6a5e2d9c-0000-4000-8000-000000000000"}}}]}"#;

    fn message(text: &str) -> String {
        Document::parse(text).unwrap_err().message
    }

    #[test]
    fn a_document_is_written_as_it_was_read() {
        for text in [
            TRUST,
            r#"{"Statement":{"Effect":"Deny","NotPrincipal":"*","NotAction":["a:b"],"NotResource":[]}}"#,
            r#"{"Version":"2008-10-17","Id":"","Statement":[{"Sid":"","Effect":"Allow","Principal":{"AWS":[],"Service":"s","X":["y"]},"Action":["a","a"],"Resource":"*","Condition":{"Bool":{"k":true,"l":[1,-2,1.5,"x"]},"Y":{}},"extra":{"a":null}}],"more":[1]}"#,
            r#"{"Statement":[]}"#,
        ] {
            assert_eq!(Document::parse(text).unwrap().to_json(), text);
        }
    }

    #[test]
    fn an_encoded_document_is_read_and_a_plus_is_no_space() {
        let encoded =
            percent_encoding::utf8_percent_encode(TRUST, percent_encoding::NON_ALPHANUMERIC).to_string();
        assert_eq!(Document::parse_encoded(&encoded).unwrap(), Document::parse(TRUST).unwrap());
        assert_eq!(Document::parse_encoded(TRUST).unwrap(), Document::parse(TRUST).unwrap());
        let plus = Document::parse_encoded("%7B%22Id%22%3A%22a+b%2Bc%22,%22Statement%22%3A[]%7D").unwrap();
        assert_eq!(plus.id.as_deref(), Some("a+b+c"));
        assert!(Document::parse_encoded("%7B%FF%7D").unwrap_err().message.contains("UTF-8"));
        assert!(Document::parse_encoded("%7").unwrap_err().message.contains('%'));
    }

    #[test]
    fn a_percent_sign_in_plain_json_is_left_alone() {
        let text = r#"{"Id":"%41","Statement":[]}"#;
        assert_eq!(Document::parse_encoded(text).unwrap().id.as_deref(), Some("%41"));
    }

    #[test]
    fn a_wrong_shape_is_an_error_that_says_where() {
        for (text, place) in [
            ("[]", "document: expected an object"),
            ("{}", "Statement is missing"),
            (
                r#"{"Statement":[{"Effect":"Allow"},{"Effect":"Allow","Action":[1]}]}"#,
                "Statement[1].Action[0]: expected",
            ),
            (r#"{"Statement":{"Effect":"allow"}}"#, "Statement.Effect: expected"),
            (r#"{"Statement":{"Action":"*"}}"#, "Statement: Effect is missing"),
            (r#"{"Statement":{"Effect":"Deny","Principal":"x"}}"#, "Statement.Principal: expected"),
            (
                r#"{"Statement":{"Effect":"Deny","Principal":{"AWS":null}}}"#,
                "Statement.Principal.AWS: expected",
            ),
            (
                r#"{"Statement":{"Effect":"Deny","Condition":{"Bool":{"k":null}}}}"#,
                "Condition.Bool.k: expected",
            ),
            (
                r#"{"Statement":{"Effect":"Deny","Condition":{"Bool":1}}}"#,
                "Condition.Bool: expected an object",
            ),
            (
                r#"{"Statement":{"Effect":"Deny","Action":"a","NotAction":"b"}}"#,
                "Action and NotAction cannot both",
            ),
            (
                r#"{"Statement":{"Effect":"Deny","Principal":"*","NotPrincipal":"*"}}"#,
                "Principal and NotPrincipal cannot both",
            ),
            (r#"{"Version":1,"Statement":[]}"#, "Version: expected a string"),
            (r#"{"Version":"a","Version":"b","Statement":[]}"#, "appears twice"),
        ] {
            assert!(message(text).contains(place), "{text}: {}", message(text));
        }
    }

    #[test]
    fn an_error_does_not_repeat_a_value() {
        for text in [
            r#"{"Statement":{"Effect":"SECRET"}}"#,
            r#"{"Statement":{"Effect":"Deny","Principal":"SECRET"}}"#,
            r#"{"Statement":{"Effect":"Deny","Condition":{"StringEquals":{"sts:ExternalId":{"a":"SECRET"}}}}}"#,
            r#"{"Statement":"SECRET"}"#,
            r#""SECRET"#,
            r#"SECRET"#,
            r#"{"Statement":[SECRET]}"#,
        ] {
            assert!(!message(text).contains("SECRET"), "{}", message(text));
            let encoded = Document::parse_encoded(text).unwrap_err().message;
            assert!(!encoded.contains("SECRET"), "{encoded}");
        }
    }

    #[test]
    fn what_is_too_large_or_too_deep_is_an_error() {
        assert!(message(&" ".repeat(131_073)).contains("larger"));
        assert!(message(&"{\"Statement\":".repeat(10_000)).contains("recursion"));
    }

    #[test]
    fn the_size_leaves_out_white_space_outside_strings_and_counts_characters() {
        let compact = r#"{"Id":"ä b","Statement":[]}"#;
        let spaced = "{ \"Id\" : \"ä b\",\n \"Statement\" : [ ] }";
        assert_eq!(Document::parse(spaced).unwrap().size(), compact.chars().count());
    }

    #[test]
    fn the_pretty_form_is_canonical_and_in_the_usual_order() {
        let document = Document::parse(
            r#"{"Statement":{"zzz":1,"Condition":{"Bool":{"AWS:securetransport":true}},"Action":["STS:assumerole","sts:assumeRole"],"Principal":{"AWS":["111122223333"]},"Effect":"Allow","Sid":""},"Version":"2012-10-17"}"#,
        )
        .unwrap();
        let expected = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {
        "AWS": "arn:aws:iam::111122223333:root"
      },
      "Action": "sts:AssumeRole",
      "Condition": {
        "Bool": {
          "aws:SecureTransport": "true"
        }
      },
      "zzz": 1
    }
  ]
}"#;
        assert_eq!(document.to_pretty(), expected);
    }
}
