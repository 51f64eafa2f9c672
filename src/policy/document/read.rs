//! Reading documents: strict JSON, and the shapes of IAM's grammar.

use std::collections::BTreeMap;
use std::fmt;

use percent_encoding::percent_decode_str;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::model::{
    ActionElement, Conditions, Document, Effect, OneOrMany, PrincipalElement, Principals, ResourceElement,
    Scalar, Statement,
};

/// Limit on input, in bytes. IAM accepts 131,072 from customers; AWS's own policies are longer.
const MAX_BYTES: usize = 1_048_576;

/// Why a text is not a policy document. Says where the error is but never quotes a value: it may be an external ID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    pub message: String,
}

impl ParseError {
    fn at(place: &str, message: impl fmt::Display) -> Self {
        Self { message: format!("{place}: {message}") }
    }
}
impl Document {
    /// Reads a document as JSON.
    ///
    /// # Errors
    ///
    /// Duplicate keys, a shape outside IAM's grammar, a number that cannot be held exactly, or more than 1,048,576
    /// bytes.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        if text.len() > MAX_BYTES {
            let message = format!("the document has {} bytes, at most {MAX_BYTES} are read", text.len());
            return Err(ParseError { message });
        }
        // What is not JSON at all is not about its numbers.
        serde_json::from_str::<IgnoredAny>(text)
            .map_err(|error| ParseError { message: json_error(&error) })?;
        numbers_are_exact(text)?;
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let value = Strict
            .deserialize(&mut deserializer)
            .and_then(|value| deserializer.end().map(|()| value))
            .map_err(|error| ParseError { message: json_error(&error) })?;
        parse_document(value)
    }

    /// Reads a document as IAM returns it: percent-encoded by RFC 3986 (`+` is not a space). Also accepts plain JSON,
    /// as some emulators return it.
    ///
    /// # Errors
    ///
    /// Like [`Document::parse`], and when the decoded bytes are not UTF-8.
    pub fn parse_encoded(text: &str) -> Result<Self, ParseError> {
        if text.trim_start().starts_with('{') {
            return Self::parse(text);
        }
        let decoded = percent_decode_str(text).decode_utf8();
        let decoded = decoded.map_err(|_| ParseError { message: "the document is not UTF-8".to_owned() })?;
        Self::parse(&decoded)
    }
}

/// A syntax error without the text it refers to.
fn json_error(error: &serde_json::Error) -> String {
    if error.is_data() {
        // Our own messages: they name keys only.
        return error.to_string();
    }
    let what = if error.is_eof() { "the text ends too early" } else { "this is not JSON" };
    format!("{what} (line {}, column {})", error.line(), error.column())
}

/// Reads any JSON value, but rejects duplicate keys and numbers that do not fit in 64 bits.
struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        // 2^53: from here on, two different numbers in the text could become the same one.
        if value.abs() >= 9_007_199_254_740_992.0 {
            return Err(E::custom("a number cannot be held exactly; write it as a string"));
        }
        Ok(Value::from(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element_seed(Self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value_seed(Self)?;
            if members.contains_key(&key) {
                return Err(A::Error::custom(format_args!("duplicate key `{key}`")));
            }
            members.insert(key, value);
        }
        Ok(Value::Object(members))
    }
}

/// Rejects numbers that a 64-bit integer or a double would change: parsing must not make two different documents equal.
fn numbers_are_exact(text: &str) -> Result<(), ParseError> {
    let bytes = text.as_bytes();
    let (mut at, mut in_string) = (0, false);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if in_string => at += 1,
            b'"' => in_string = !in_string,
            b'-' | b'0'..=b'9' if !in_string => {
                let rest = &bytes[at..];
                let is_part = |byte: &&u8| byte.is_ascii_digit() || b"+-.eE".contains(*byte);
                let length = rest.iter().take_while(is_part).count();
                if !is_exact(&text[at..at + length]) {
                    let message = format!("the number at byte {at} cannot be held exactly");
                    return Err(ParseError { message });
                }
                at += length - 1;
            }
            _ => {}
        }
        at += 1;
    }
    Ok(())
}

fn is_exact(number: &str) -> bool {
    if !number.contains(['.', 'e', 'E']) {
        // An integer zero has no sign, so this would be read as a double.
        return number != "-0" && (number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok());
    }
    let Ok(value) = number.parse::<f64>() else { return false };
    let mantissa = number.split(['e', 'E']).next().unwrap_or_default();
    let digits = mantissa.trim_start_matches(['-', '0', '.']).bytes().filter(u8::is_ascii_digit).count();
    // A double keeps 15 digits, and integers up to 2^53; anything below its smallest value becomes zero.
    let kept = if digits == 0 { value.is_sign_positive() } else { value.is_normal() };
    digits <= 15 && kept && value.abs() < 9_007_199_254_740_992.0
}

fn parse_document(value: Value) -> Result<Document, ParseError> {
    let Value::Object(mut members) = value else {
        return Err(ParseError { message: "a policy document is a JSON object".to_owned() });
    };
    let statements = match members.remove("Statement") {
        None => return Err(ParseError { message: "`Statement` is missing".to_owned() }),
        Some(Value::Array(values)) => OneOrMany::Many(
            values
                .into_iter()
                .enumerate()
                .map(|(index, value)| parse_statement(&format!("Statement[{index}]"), value))
                .collect::<Result<_, _>>()?,
        ),
        Some(value) => OneOrMany::One(parse_statement("Statement", value)?),
    };
    Ok(Document {
        version: optional_string("Version", members.remove("Version"))?,
        id: optional_string("Id", members.remove("Id"))?,
        statements: statements.into(),
        unknown: members.into_iter().collect(),
    })
}

fn parse_statement(place: &str, value: Value) -> Result<Statement, ParseError> {
    let Value::Object(mut members) = value else {
        return Err(ParseError::at(place, "a statement is a JSON object"));
    };
    let mut take = |name: &str| members.remove(name).map(|value| (format!("{place}.{name}"), value));
    let effect = match take("Effect") {
        Some((_, Value::String(effect))) if effect == "Allow" => Effect::Allow,
        Some((_, Value::String(effect))) if effect == "Deny" => Effect::Deny,
        Some((place, _)) => return Err(ParseError::at(&place, "it must be `Allow` or `Deny`")),
        None => return Err(ParseError::at(place, "`Effect` is missing")),
    };
    let sid = take("Sid").map(|(place, value)| string(&place, value)).transpose()?;
    let either = |name: &str| ParseError::at(place, format!("`{name}` and `Not{name}` exclude each other"));
    let principal = match (take("Principal"), take("NotPrincipal")) {
        (Some(_), Some(_)) => return Err(either("Principal")),
        (Some((place, value)), None) => Some(PrincipalElement::Principal(principals(&place, value)?)),
        (None, Some((place, value))) => Some(PrincipalElement::NotPrincipal(principals(&place, value)?)),
        (None, None) => None,
    };
    let action = match (take("Action"), take("NotAction")) {
        (Some(_), Some(_)) => return Err(either("Action")),
        (Some((place, value)), None) => Some(ActionElement::Action(strings(&place, value)?)),
        (None, Some((place, value))) => Some(ActionElement::NotAction(strings(&place, value)?)),
        (None, None) => None,
    };
    let resource = match (take("Resource"), take("NotResource")) {
        (Some(_), Some(_)) => return Err(either("Resource")),
        (Some((place, value)), None) => Some(ResourceElement::Resource(strings(&place, value)?)),
        (None, Some((place, value))) => Some(ResourceElement::NotResource(strings(&place, value)?)),
        (None, None) => None,
    };
    let condition = take("Condition").map(|(place, value)| conditions(&place, value)).transpose()?;
    Ok(Statement {
        sid,
        effect,
        principal,
        action,
        resource,
        condition,
        unknown: members.into_iter().collect(),
    })
}

fn string(place: &str, value: Value) -> Result<String, ParseError> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(ParseError::at(place, "it must be a string")),
    }
}

fn optional_string(place: &str, value: Option<Value>) -> Result<Option<String>, ParseError> {
    value.map(|value| string(place, value)).transpose()
}

fn strings(place: &str, value: Value) -> Result<OneOrMany<String>, ParseError> {
    list(place, value, string)
}

fn list<T>(
    place: &str,
    value: Value,
    item: impl Fn(&str, Value) -> Result<T, ParseError>,
) -> Result<OneOrMany<T>, ParseError> {
    match value {
        Value::Array(values) => {
            let values = values.into_iter().enumerate();
            let values = values.map(|(index, value)| item(&format!("{place}[{index}]"), value));
            Ok(OneOrMany::Many(values.collect::<Result<_, _>>()?))
        }
        value => Ok(OneOrMany::One(item(place, value)?)),
    }
}

fn principals(place: &str, value: Value) -> Result<Principals, ParseError> {
    match value {
        Value::String(text) if text == "*" => Ok(Principals::Any),
        Value::Object(kinds) => kinds
            .into_iter()
            .map(|(kind, value)| {
                let values = strings(&format!("{place}.{kind}"), value)?;
                Ok((kind, values))
            })
            .collect::<Result<_, _>>()
            .map(Principals::ByKind),
        _ => Err(ParseError::at(place, "it must be \"*\" or an object of principals by kind")),
    }
}

fn conditions(place: &str, value: Value) -> Result<Conditions, ParseError> {
    let Value::Object(operators) = value else {
        return Err(ParseError::at(place, "it must be an object of operators"));
    };
    let operators: Result<BTreeMap<_, _>, _> = operators
        .into_iter()
        .map(|(operator, value)| {
            let place = format!("{place}.{operator}");
            let Value::Object(keys) = value else {
                return Err(ParseError::at(&place, "it must be an object of condition keys"));
            };
            let keys = keys.into_iter().map(|(key, value)| {
                let values = list(&format!("{place}.{key}"), value, scalar)?;
                Ok((key, values))
            });
            Ok((operator, keys.collect::<Result<_, _>>()?))
        })
        .collect();
    operators.map(Conditions)
}

fn scalar(place: &str, value: Value) -> Result<Scalar, ParseError> {
    match value {
        Value::String(text) => Ok(Scalar::String(text)),
        Value::Number(number) => Ok(Scalar::Number(number)),
        Value::Bool(value) => Ok(Scalar::Bool(value)),
        _ => Err(ParseError::at(place, "it must be a string, a number or a boolean")),
    }
}
#[cfg(test)]
mod tests {
    use super::*;

    const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::765628985471:root"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"x+y"}}}]}"#;

    #[test]
    fn a_round_trip_is_lossless() {
        for text in [
            TRUST,
            r#"{"Id":"","Statement":{"Sid":"","Effect":"Deny","NotPrincipal":{"AWS":["1","2"],"Service":"s"},"NotAction":["a:b"],"NotResource":"*","Condition":{"NumericLessThan":{"k":[1,"2",3.5,true]},"Bool":{}},"Extra":{"b":[null]}},"More":1}"#,
        ] {
            let document = Document::parse(text).unwrap();
            let written = document.to_json();
            assert_eq!(Document::parse(&written).unwrap(), document);
            let [a, b]: [Value; 2] = [text, written.as_str()].map(|text| serde_json::from_str(text).unwrap());
            assert_eq!(a, b);
        }
    }

    #[test]
    fn a_percent_encoded_plus_is_no_space() {
        let encoded =
            percent_encoding::utf8_percent_encode(TRUST, percent_encoding::NON_ALPHANUMERIC).to_string();
        assert_eq!(Document::parse_encoded(&encoded), Document::parse(TRUST));
        assert_eq!(Document::parse_encoded(TRUST), Document::parse(TRUST));
        assert!(Document::parse_encoded(&encoded.replace("%2B", "+")).unwrap().to_json().contains("x+y"));
    }

    #[test]
    fn what_iam_refuses_is_an_error_that_says_where() {
        for (text, message) in [
            ("[]", "a policy document is a JSON object"),
            ("{", "the text ends too early (line 1, column 1)"),
            ("{}", "`Statement` is missing"),
            (r#"{"Statement":[{"Effect":"allow"}]}"#, "Statement[0].Effect: it must be `Allow` or `Deny`"),
            (r#"{"Statement":{"Effect":"Allow","Action":[1]}}"#, "Statement.Action[0]: it must be a string"),
            (
                r#"{"Statement":{"Effect":"Allow","Action":"a","NotAction":"b"}}"#,
                "Statement: `Action` and `NotAction` exclude each other",
            ),
            (
                r#"{"Statement":{"Effect":"Allow","Principal":"me"}}"#,
                "Statement.Principal: it must be \"*\" or an object of principals by kind",
            ),
            (
                r#"{"Statement":{"Effect":"Allow","Condition":{"StringEquals":{"k":{}}}}}"#,
                "Statement.Condition.StringEquals.k: it must be a string, a number or a boolean",
            ),
        ] {
            assert_eq!(Document::parse(text).unwrap_err().message, message, "{text}");
        }
    }

    #[test]
    fn a_key_that_stands_twice_is_an_error() {
        let text = r#"{"Statement":{"Effect":"Allow","Condition":{"StringEquals":{"a":"1","a":"2"}}}}"#;
        assert!(Document::parse(text).unwrap_err().message.starts_with("duplicate key `a`"));
    }

    #[test]
    fn deep_nesting_and_size_end_in_an_error() {
        let deep = format!(r#"{{"Statement":{}{}}}"#, "[".repeat(60_000), "]".repeat(60_000));
        assert!(Document::parse(&deep).is_err());
        assert!(Document::parse(&" ".repeat(MAX_BYTES + 1)).unwrap_err().message.contains("1048576"));
    }

    #[test]
    fn a_number_is_read_only_when_it_is_held_exactly() {
        let read = |number: &str| {
            Document::parse(&format!(
                r#"{{"Statement":{{"Effect":"Deny","Sid":"1e400 \" -0 ","Condition":{{"NumericEquals":{{"a:b":[{number}]}}}}}}}}"#
            ))
        };
        for number in
            ["0", "-1", "1.5", "0.0", "1e3", "0.000000000000123456789012345", "18446744073709551615"]
        {
            assert!(read(number).is_ok(), "{number}");
        }
        for number in [
            "-0",
            "-0.0",
            "1e400",
            "1e-400",
            "0.12345678901234567",
            "9007199254740993.0",
            "123456789012345678901",
        ] {
            assert!(read(number).is_err(), "{number}");
        }
    }

    #[test]
    fn what_is_not_json_is_not_said_to_have_a_number_that_is_too_long() {
        let error = Document::parse("Version: 2012-10-17\nStatement: []").unwrap_err();
        assert_eq!(error.message, "this is not JSON (line 1, column 1)");
    }

    #[test]
    fn numbers_that_would_lose_digits_are_refused() {
        let text = |n: &str| {
            format!(r#"{{"Statement":{{"Effect":"Allow","Condition":{{"NumericEquals":{{"k":{n}}}}}}}}}"#)
        };
        assert!(Document::parse(&text("18446744073709551615")).is_ok());
        assert!(Document::parse(&text("18446744073709551616")).is_err());
    }

    #[test]
    fn an_error_does_not_repeat_what_the_text_says() {
        let error = Document::parse(r#"{"Statement": secret-id"#).unwrap_err();
        assert!(!error.message.contains("secret"), "{error}");
    }
}
