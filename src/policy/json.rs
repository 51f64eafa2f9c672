//! JSON, read strictly: IAM refuses duplicate keys, and a number that cannot be held exactly is an error.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Reads one JSON value. The error has a position and, of the content, at most a key.
pub(super) fn read(text: &str) -> Result<Value, String> {
    numbers_are_exact(text)?;
    serde_json::from_str::<Strict>(text).map(|strict| strict.0).map_err(|error| error.to_string())
}

/// Refuses numbers that a 64-bit integer or a double would change: two different documents must not
/// become the same by being read.
fn numbers_are_exact(text: &str) -> Result<(), String> {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut in_string = false;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if in_string => at += 1,
            b'"' => in_string = !in_string,
            b'-' | b'0'..=b'9' if !in_string => {
                let start = at;
                while at + 1 < bytes.len()
                    && matches!(bytes[at + 1], b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')
                {
                    at += 1;
                }
                if !is_exact(&text[start..=at]) {
                    return Err(format!("a number at byte {start} cannot be represented exactly"));
                }
            }
            _ => {}
        }
        at += 1;
    }
    Ok(())
}

fn is_exact(number: &str) -> bool {
    if !number.contains(['.', 'e', 'E']) {
        // "-0" is read as a float, and written back as "-0.0".
        return number != "-0" && (number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok());
    }
    let mantissa = number.split(['e', 'E']).next().unwrap_or(number);
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).collect::<Vec<_>>();
    let leading = digits.iter().take_while(|&&d| d == b'0').count();
    // 15 significant digits survive a double; an integer over 2^53 would be written with an exponent.
    let Ok(value) = number.parse::<f64>() else { return false };
    let is_zero = leading == digits.len();
    let representable = if is_zero { value.is_sign_positive() } else { value.is_normal() };
    digits.len() - leading <= 15 && representable && value.abs() < 9_007_199_254_740_992.0
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        serde_json::Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("the key {key:?} appears twice")));
            }
            let Strict(value) = entries.next_value()?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_appears_twice_is_refused_at_any_depth() {
        assert!(read(r#"{"a":{"b":1,"c":2}}"#).is_ok());
        assert!(read(r#"{"a":1,"a":1}"#).unwrap_err().contains("\"a\" appears twice"));
        assert!(read(r#"[{"a":{"b":1,"\u0062":2}}]"#).unwrap_err().contains("appears twice"));
    }

    #[test]
    fn a_number_that_would_change_by_being_read_is_refused() {
        for number in ["0", "-1", "1.5", "1e3", "18446744073709551615", "-9223372036854775808", "0.0"] {
            assert!(read(number).is_ok(), "{number}");
        }
        for number in [
            "123456789012345678901",
            "1e300",
            "1e400",
            "1e-400",
            "0.1234567890123456789",
            "-0",
            "-0.0",
            "9007199254740993.0",
        ] {
            assert!(read(number).is_err(), "{number}");
        }
        assert!(read(r#"{"a":"123456789012345678901 \" 1e400"}"#).is_ok());
    }

    #[test]
    fn deep_nesting_is_an_error() {
        assert!(read(&"[".repeat(100_000)).is_err());
        assert!(read(&r#"{"a":"#.repeat(20_000)).is_err());
    }
}
