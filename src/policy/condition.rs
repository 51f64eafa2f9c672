//! Conditions: operators, set qualifiers, `IfExists`, values.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;
use jiff::Timestamp;

use super::canonical::scalar_text;
use super::document::{OneOrMany, Scalar};
use super::evaluate::{Context, ContextValue};
use super::names::canonical_key;
use super::pattern::{self, Budget, Exhausted, Expanded, Token};
use super::truth::Truth;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    None,
    ForAnyValue,
    ForAllValues,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    Numeric(Compare),
    Date(Compare),
    Bool,
    Binary,
    IpAddress,
    Arn,
    Null,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compare {
    Equals,
    LessThan,
    LessThanEquals,
    GreaterThan,
    GreaterThanEquals,
}

/// An operator of IAM's reference, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Operator {
    set: Set,
    test: Test,
    negated: bool,
    if_exists: bool,
}

impl Operator {
    /// `None`: not in IAM's reference. Names are taken as the reference spells them: it does not say that
    /// case is ignored.
    fn parse(name: &str) -> Option<Self> {
        let (set, name) = if let Some(name) = name.strip_prefix("ForAnyValue:") {
            (Set::ForAnyValue, name)
        } else if let Some(name) = name.strip_prefix("ForAllValues:") {
            (Set::ForAllValues, name)
        } else {
            (Set::None, name)
        };
        let (name, if_exists) = name.strip_suffix("IfExists").map_or((name, false), |name| (name, true));
        let (test, negated) = match name {
            "StringEquals" => (Test::StringEquals, false),
            "StringNotEquals" => (Test::StringEquals, true),
            "StringEqualsIgnoreCase" => (Test::StringEqualsIgnoreCase, false),
            "StringNotEqualsIgnoreCase" => (Test::StringEqualsIgnoreCase, true),
            "StringLike" => (Test::StringLike, false),
            "StringNotLike" => (Test::StringLike, true),
            "Bool" => (Test::Bool, false),
            "BinaryEquals" => (Test::Binary, false),
            "IpAddress" => (Test::IpAddress, false),
            "NotIpAddress" => (Test::IpAddress, true),
            "ArnEquals" | "ArnLike" => (Test::Arn, false),
            "ArnNotEquals" | "ArnNotLike" => (Test::Arn, true),
            // Null asks for the key itself: neither suffix nor qualifier makes sense of it.
            "Null" if !if_exists && set == Set::None => (Test::Null, false),
            _ => {
                let (numeric, compare) = if let Some(compare) = name.strip_prefix("Numeric") {
                    (true, compare)
                } else {
                    (false, name.strip_prefix("Date")?)
                };
                let (compare, negated) = match compare {
                    "Equals" => (Compare::Equals, false),
                    "NotEquals" => (Compare::Equals, true),
                    "LessThan" => (Compare::LessThan, false),
                    "LessThanEquals" => (Compare::LessThanEquals, false),
                    "GreaterThan" => (Compare::GreaterThan, false),
                    "GreaterThanEquals" => (Compare::GreaterThanEquals, false),
                    _ => return None,
                };
                (if numeric { Test::Numeric(compare) } else { Test::Date(compare) }, negated)
            }
        };
        Some(Self { set, test, negated, if_exists })
    }

    /// Policy variables are for strings and ARNs.
    fn takes_variables(self) -> bool {
        matches!(self.test, Test::StringEquals | Test::StringEqualsIgnoreCase | Test::StringLike | Test::Arn)
    }
}

/// Whether the operator is one that can be evaluated.
#[expect(dead_code, reason = "for the lints")]
pub(crate) fn is_known_operator(name: &str) -> bool {
    Operator::parse(name).is_some()
}

/// Evaluates a whole condition block: AND over operators and keys. The reason says which failed first, or
/// which could not be decided.
pub(super) fn evaluate(
    condition: &BTreeMap<String, BTreeMap<String, OneOrMany<Scalar>>>,
    context: &Context,
    variables: bool,
    budget: &Budget,
) -> Result<Truth, String> {
    let mut unknown = None;
    for (name, keys) in condition {
        let operator = Operator::parse(name);
        let ambiguous = keys.len() > 1 && {
            let mut folded: Vec<String> = keys.keys().map(|key| canonical_key(key)).collect();
            folded.sort_unstable();
            folded.windows(2).any(|pair| pair[0] == pair[1])
        };
        for (key, values) in keys {
            let truth = match operator {
                None => Truth::unknown(format!("the condition operator {name} is not in IAM's reference")),
                Some(_) if ambiguous => {
                    Truth::unknown(format!("condition {name} names a key twice, in different case"))
                }
                Some(operator) => one_key(name, operator, key, values.as_slice(), context, variables, budget),
            };
            match truth {
                Truth::True => {}
                Truth::False => return Err(failure(name, operator, key, values.as_slice(), context)),
                Truth::Unknown(reason) => unknown = unknown.or(Some(reason)),
            }
        }
    }
    Ok(unknown.map_or(Truth::True, Truth::Unknown))
}

fn one_key(
    name: &str,
    operator: Operator,
    key: &str,
    values: &[Scalar],
    context: &Context,
    variables: bool,
    budget: &Budget,
) -> Truth {
    if values.is_empty() {
        return Truth::unknown(format!("condition {name} {key} has an empty list of values"));
    }
    let present: &[String] = match context.get(key) {
        ContextValue::Unknown => {
            return Truth::unknown(format!("condition {name} {key} hangs on a value that is not known"));
        }
        ContextValue::Absent => &[],
        ContextValue::Values(present) => present,
    };
    if operator.test == Test::Null {
        return Truth::any(values.iter().map(|value| match &*scalar_text(value) {
            "true" => present.is_empty().into(),
            "false" => (!present.is_empty()).into(),
            _ => Truth::unknown(format!("condition Null {key} is neither \"true\" nor \"false\"")),
        }));
    }
    if present.is_empty() {
        return match operator.set {
            Set::ForAllValues => Truth::True,
            _ if operator.if_exists => Truth::True,
            Set::ForAnyValue => Truth::False,
            Set::None => operator.negated.into(),
        };
    }
    if present.iter().all(String::is_empty) {
        match operator.set {
            // Documented: "an empty data set, such as an empty string" is to ForAllValues as a missing key.
            Set::ForAllValues => return Truth::True,
            Set::ForAnyValue => {
                return Truth::unknown(format!("condition {name} {key}: the request's values are empty"));
            }
            Set::None => {}
        }
    }
    let patterns: Vec<Value<'_>> =
        values.iter().map(|value| prepare(operator, scalar_text(value), context, variables)).collect();
    let holds = |value: &String| {
        let any = Truth::any(patterns.iter().map(|pattern| test(operator.test, pattern, value, budget)));
        if operator.negated { !any } else { any }
    };
    let truth = match operator.set {
        Set::ForAnyValue => Truth::any(present.iter().map(holds)),
        Set::ForAllValues => Truth::all(present.iter().map(holds)),
        Set::None => match present {
            [value] => holds(value),
            _ => Truth::unknown(
                "the request has several values, and the operator no ForAnyValue or ForAllValues",
            ),
        },
    };
    match truth {
        Truth::Unknown(reason) => Truth::Unknown(format!("condition {name} {key}: {reason}")),
        decided => decided,
    }
}

/// A value of the policy, made ready for comparison with any number of the request's values.
enum Value<'a> {
    Text(Cow<'a, str>),
    Tokens(Vec<Token>),
    /// A variable without a value: a null, which equals nothing.
    Nothing,
    Unknown(String),
}

fn prepare<'a>(operator: Operator, text: Cow<'a, str>, context: &Context, variables: bool) -> Value<'a> {
    let wildcards = matches!(operator.test, Test::StringLike | Test::Arn);
    let variables = variables && operator.takes_variables() && text.contains("${");
    if !variables && !wildcards {
        return Value::Text(text);
    }
    match pattern::expand(&text, variables.then_some(context), wildcards) {
        Expanded::Tokens(tokens) if wildcards => Value::Tokens(tokens),
        Expanded::Tokens(tokens) => {
            let bytes = tokens.into_iter().filter_map(|token| match token {
                Token::Byte(byte) => Some(byte),
                Token::Star | Token::One => None,
            });
            match String::from_utf8(bytes.collect()) {
                Ok(text) => Value::Text(text.into()),
                Err(_) => Value::Unknown("a variable's value is no text".to_owned()),
            }
        }
        Expanded::NoValue(_) => Value::Nothing,
        Expanded::Unknown(reason) => Value::Unknown(reason),
    }
}

fn test(test: Test, pattern: &Value<'_>, value: &str, budget: &Budget) -> Truth {
    let exhausted = |_: Exhausted| Truth::unknown(Exhausted::REASON);
    match (pattern, test) {
        (Value::Nothing, _) => Truth::False,
        (Value::Unknown(reason), _) => Truth::Unknown(reason.clone()),
        (Value::Tokens(tokens), Test::Arn) => arn(tokens, value, budget).unwrap_or_else(exhausted),
        (Value::Tokens(tokens), _) => {
            pattern::matches(tokens, value, budget).map_or_else(exhausted, Truth::from)
        }
        (Value::Text(text), Test::StringEqualsIgnoreCase) => ignore_case(text, value),
        (Value::Text(text), Test::Numeric(compare)) => match (Decimal::parse(text), Decimal::parse(value)) {
            (Some(limit), Some(value)) => compare.holds(value.cmp(&limit)).into(),
            _ => Truth::unknown("a value is no plain decimal number"),
        },
        (Value::Text(text), Test::Date(compare)) => match (date(text), date(value)) {
            (Some(limit), Some(value)) => compare.holds(value.cmp(&limit)).into(),
            _ => Truth::unknown("a value is no date in ISO 8601 or seconds since 1970"),
        },
        (Value::Text(text), Test::Bool) => match (boolean(text), boolean(value)) {
            (Some(a), Some(b)) => (a == b).into(),
            _ => Truth::unknown("a value is neither \"true\" nor \"false\""),
        },
        (Value::Text(text), Test::Binary) => match (STANDARD.decode(&**text), STANDARD.decode(value)) {
            (Ok(a), Ok(b)) => (a == b).into(),
            _ => Truth::unknown("a value is no base64"),
        },
        (Value::Text(text), Test::IpAddress) => ip_address(text, value),
        (Value::Text(text), _) => (&**text == value).into(),
    }
}

impl Compare {
    /// How the request's value stands to the policy's.
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equals => ordering.is_eq(),
            Self::LessThan => ordering.is_lt(),
            Self::LessThanEquals => ordering.is_le(),
            Self::GreaterThan => ordering.is_gt(),
            Self::GreaterThanEquals => ordering.is_ge(),
        }
    }
}

fn ignore_case(a: &str, b: &str) -> Truth {
    if a.eq_ignore_ascii_case(b) {
        Truth::True
    } else if a.to_lowercase() == b.to_lowercase() || a.to_uppercase() == b.to_uppercase() {
        Truth::unknown("the values differ in the case of letters beyond ASCII")
    } else {
        Truth::False
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// A decimal number of any length, compared exactly.
#[derive(Debug, PartialEq, Eq)]
struct Decimal<'a> {
    negative: bool,
    /// Without leading zeros.
    integer: &'a str,
    /// Without trailing zeros.
    fraction: &'a str,
}

impl<'a> Decimal<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
        let (integer, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(integer) || !all_digits(fraction) {
            return None;
        }
        let (integer, fraction) = (integer.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let is_zero = integer.is_empty() && fraction.is_empty();
        Some(Self { negative: negative && !is_zero, integer, fraction })
    }

    fn cmp(&self, other: &Self) -> Ordering {
        let magnitude = |a: &Self, b: &Self| {
            (a.integer.len().cmp(&b.integer.len()))
                .then_with(|| a.integer.cmp(b.integer))
                .then_with(|| a.fraction.cmp(b.fraction))
        };
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => magnitude(self, other),
            (true, true) => magnitude(other, self),
        }
    }
}

/// ISO 8601 with an offset, a day of ISO 8601 (UTC), or seconds since 1970.
fn date(text: &str) -> Option<Timestamp> {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // Eight digits or fewer could be meant as a year or a day.
        return (text.len() > 8)
            .then(|| text.parse().ok())
            .flatten()
            .and_then(|s| Timestamp::from_second(s).ok());
    }
    if text.len() == 10 {
        let day: jiff::civil::Date = text.parse().ok()?;
        return jiff::tz::Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok();
    }
    text.parse().ok()
}

fn ip_address(range: &str, address: &str) -> Truth {
    let range = range.parse::<IpNet>().ok().or_else(|| range.parse::<IpAddr>().ok().map(IpNet::from));
    let (Some(range), Ok(address)) = (range, address.parse::<IpAddr>()) else {
        return Truth::unknown("a value is no IP address or CIDR range");
    };
    let is_mapped = |address: IpAddr| matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some());
    if is_mapped(address) != is_mapped(range.addr()) {
        return Truth::unknown("an IPv4 address is written as an IPv6 address");
    }
    range.contains(&address).into()
}

/// Each of the six parts of an ARN is matched on its own.
fn arn(pattern: &[Token], value: &str, budget: &Budget) -> Result<Truth, Exhausted> {
    let parts: Vec<&[Token]> = pattern.splitn(6, |token| *token == Token::Byte(b':')).collect();
    let values: Vec<&str> = value.splitn(6, ':').collect();
    let is_arn = |first: bool, parts: usize| first && parts == 6;
    if !is_arn(parts.first().is_some_and(|part| **part == pattern::tokens("arn")[..]), parts.len())
        || !is_arn(values.first() == Some(&"arn"), values.len())
    {
        return Ok(Truth::unknown("a value is not of the form of an ARN"));
    }
    for (part, value) in parts.iter().zip(values) {
        if !pattern::matches(part, value, budget)? {
            return Ok(Truth::False);
        }
    }
    Ok(Truth::True)
}

/// `condition StringEquals sts:ExternalId is "x", the request has none`
fn failure(
    name: &str,
    operator: Option<Operator>,
    key: &str,
    values: &[Scalar],
    context: &Context,
) -> String {
    let wants = list(values.iter().map(scalar_text));
    let has = match context.get(key) {
        ContextValue::Values(present) if !present.is_empty() => {
            list(present.iter().map(|v| v.as_str().into()))
        }
        _ => "none".to_owned(),
    };
    let is = if operator.is_some_and(|operator| operator.negated) { "excludes" } else { "is" };
    format!("condition {name} {key} {is} {wants}, the request has {has}")
}

/// A list as a person would write it, not longer than a line or two.
fn list<'a>(values: impl ExactSizeIterator<Item = Cow<'a, str>>) -> String {
    const SHOWN: usize = 4;
    let count = values.len();
    let shown: Vec<String> = values
        .take(SHOWN)
        .map(|value| match value.char_indices().nth(200) {
            Some((end, _)) => format!("{:?}…", &value[..end]),
            None => format!("{value:?}"),
        })
        .collect();
    let more = if count > SHOWN { format!(" or {} more", count - SHOWN) } else { String::new() };
    format!("{}{more}", shown.join(" or "))
}
