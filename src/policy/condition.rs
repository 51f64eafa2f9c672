//! Whether the conditions of a statement hold.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;

use super::budget::Budget;
use super::document::{Conditions, Scalar, VERSION_2012};
use super::operator::{Comparison, Operator, Quantifier};
use super::pattern::{self, Piece, Unresolved};
use super::request::{Context, ContextValue};
use super::truth::Truth;
use super::words::listed;

/// Every future request is later than this.
const MADE: &str = "2026-11-01";

/// Whether the conditions of a statement definitely hold, given what is known.
pub fn certainly_hold(conditions: &Conditions, version: &str, context: &Context) -> bool {
    holds(conditions, version, context, &Budget::new()) == Truth::True
}

/// Whether they may hold, given what is known.
pub(super) fn may_hold(conditions: &Conditions, version: &str, context: &Context) -> bool {
    !matches!(holds(conditions, version, context, &Budget::new()), Truth::False(_))
}

/// Whether every condition of a statement holds.
pub(super) fn holds(conditions: &Conditions, version: &str, context: &Context, budget: &Budget) -> Truth {
    Truth::all(conditions.0.iter().map(|(name, keys)| {
        let Some(operator) = Operator::parse(name) else {
            return Truth::Unknown(format!("`{name}` is not an IAM condition operator"));
        };
        let distinct: BTreeSet<String> = keys.keys().map(|key| key.to_ascii_lowercase()).collect();
        if distinct.len() != keys.len() {
            return Truth::Unknown(format!("{name} has a key twice, in different case"));
        }
        Truth::all(keys.iter().map(|(key, values)| {
            if values.as_slice().iter().any(|value| is_fraction(value) && !operator.is_numeric()) {
                return Truth::Unknown(format!(
                    "condition {name} {key}: how IAM writes a fraction as text is not known"
                ));
            }
            let values: Vec<String> = values.as_slice().iter().map(Scalar::to_string).collect();
            Test { name, operator, key, values: &values, version, context, budget }.holds()
        }))
    }))
}

/// One operator applied to one key.
struct Test<'a> {
    name: &'a str,
    operator: Operator,
    key: &'a str,
    values: &'a [String],
    version: &'a str,
    context: &'a Context,
    budget: &'a Budget,
}

impl Test<'_> {
    fn holds(&self) -> Truth {
        let Self { name, operator, key, values, .. } = self;
        if values.is_empty() {
            return Truth::Unknown(format!("condition {name} {key} has no values"));
        }
        let present = match self.context.get(key) {
            ContextValue::Like(shapes) => return self.shaped(shapes),
            ContextValue::Unknown if self.is_about_time() => return self.in_time(),
            ContextValue::Unknown => return self.unknown(),
            ContextValue::Values(present) if !present.is_empty() => Some(present.as_slice()),
            ContextValue::Values(_) | ContextValue::Absent => None,
        };
        match *operator {
            Operator::Null => self.null(present.is_none()),
            Operator::Compare { comparison, negated, quantifier, if_exists } => match present {
                None if if_exists => Truth::True,
                None => Truth::of(
                    match quantifier {
                        Quantifier::Single => negated,
                        Quantifier::ForAnyValue => false,
                        Quantifier::ForAllValues => true,
                    },
                    || self.mismatch("the request has none"),
                ),
                Some(present) => self.compare(comparison, negated, quantifier, present),
            },
        }
    }

    /// What is known if the request's value is only known to match one of some patterns.
    fn shaped(&self, shapes: &[String]) -> Truth {
        let (comparison, negated) = match self.operator {
            Operator::Null => return self.null(false),
            Operator::Compare { comparison, negated, .. } => (comparison, negated),
        };
        let why_not = || self.mismatch(&format!("the request has one like {}", listed(shapes, " or ")));
        let one = |wanted: &String| {
            let is_variable = self.version == VERSION_2012 && wanted.contains("${");
            let is_text =
                matches!(comparison, Comparison::StringEquals | Comparison::StringLike | Comparison::Arn);
            let contains = |shape: &String| match comparison {
                Comparison::StringLike => pattern::contains(wanted, shape, false),
                Comparison::Arn => pattern::arn_contains(wanted, shape),
                _ => false,
            };
            let is_disjoint = |shape: &String| match comparison {
                Comparison::Arn => pattern::arn_is_disjoint(shape, wanted),
                _ => pattern::is_disjoint(shape, wanted),
            };
            if is_variable || !is_text {
                self.unknown()
            } else if shapes.iter().all(is_disjoint) {
                Truth::False(String::new())
            } else {
                let holds = shapes.iter().all(contains);
                if holds { Truth::True } else { self.unknown() }
            }
        };
        let any = Truth::any(self.values.iter().map(one), why_not);
        if negated { any.not(why_not) } else { any }
    }

    /// What is known of the time of a future request.
    fn in_time(&self) -> Truth {
        let Operator::Compare { comparison, negated, .. } = self.operator else { return self.null(false) };
        let one = |wanted: &String| {
            let (relation, at) = match comparison {
                Comparison::Date(relation) => (relation, parse_date(wanted)),
                Comparison::Numeric(relation) => {
                    let seconds = wanted.parse().ok();
                    (relation, seconds.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok()))
                }
                _ => return self.unknown(),
            };
            match (at, parse_date(MADE)) {
                (Some(at), Some(made)) if at < made => {
                    Truth::of(relation.holds(Ordering::Greater), String::new)
                }
                _ => self.unknown(),
            }
        };
        let why_not = || self.mismatch("that is over");
        let any = Truth::any(self.values.iter().map(one), why_not);
        if negated { any.not(why_not) } else { any }
    }

    fn is_about_time(&self) -> bool {
        ["aws:CurrentTime", "aws:EpochTime"].iter().any(|key| key.eq_ignore_ascii_case(self.key))
    }

    fn unknown(&self) -> Truth {
        Truth::Unknown(format!("condition {} {}: what the request has is not known", self.name, self.key))
    }

    fn null(&self, absent: bool) -> Truth {
        let truths = self.values.iter().map(|value| match parse_bool(value) {
            Some(wanted) => Truth::of(wanted == absent, String::new),
            None => Truth::Unknown(format!("condition Null {}: neither true nor false", self.key)),
        });
        Truth::any(truths, || {
            self.mismatch(if absent { "the request has no such key" } else { "the request has such a key" })
        })
    }

    fn compare(
        &self,
        comparison: Comparison,
        negated: bool,
        quantifier: Quantifier,
        present: &[String],
    ) -> Truth {
        // "If the value resolves to a null data set, such as an empty string", the key counts as missing.
        if quantifier == Quantifier::ForAllValues && present.iter().all(String::is_empty) {
            return Truth::True;
        }
        // Compares one request value with all policy values: one must match, or none for a negated operator.
        let one = |value: &String| {
            if self.budget.is_exhausted() {
                return Truth::Unknown(Budget::EXHAUSTED.to_owned());
            }
            let wanted = self.values.iter();
            let any = Truth::any(wanted.map(|wanted| self.one(comparison, wanted, value)), String::new);
            if negated { any.not(String::new) } else { any }
        };
        let truth = match (quantifier, present) {
            (Quantifier::Single, [value]) => one(value),
            (Quantifier::Single, _) => Truth::Unknown(format!(
                "condition {} {}: the request has several values but the condition has no set operator (ForAnyValue/ForAllValues)",
                self.name, self.key
            )),
            (Quantifier::ForAnyValue, _) => {
                let (empty, present): (Vec<&String>, Vec<&String>) =
                    present.iter().partition(|v| v.is_empty());
                // Whether an empty value counts is not documented.
                let empty = Truth::any(empty.into_iter().map(one), String::new).and(|| {
                    Truth::Unknown(format!("condition {} {}: a value is empty", self.name, self.key))
                });
                Truth::any(present.into_iter().map(one), String::new).or(|| empty)
            }
            (Quantifier::ForAllValues, _) => Truth::all(present.iter().map(one)),
        };
        match truth {
            // Rendered once, not for every pair of values.
            Truth::False(_) => Truth::False(self.mismatch(&in_words(present))),
            other => other,
        }
    }

    fn one(&self, comparison: Comparison, wanted: &str, value: &str) -> Truth {
        let exhausted = || Truth::Unknown(Budget::EXHAUSTED.to_owned());
        if self.budget.spend(wanted.len() + value.len() + 1).is_none() {
            return exhausted();
        }
        let pieces = || match pattern::expand(wanted, self.version, self.context, self.budget) {
            Ok(pieces) => Ok(pieces),
            // Nothing equals nothing, so a negated operator matches.
            Err(Unresolved::Missing(key)) => {
                Err(Truth::False(format!("the variable ${{{key}}} has no value")))
            }
            Err(Unresolved::Exhausted) => Err(exhausted()),
            Err(Unresolved::Unknown(key)) => {
                Err(Truth::Unknown(format!("the variable ${{{key}}} has no known value")))
            }
        };
        let empty = || {
            Truth::Unknown(format!(
                "condition {} {}: what IAM makes of an empty text is not documented",
                self.name, self.key
            ))
        };
        let with_pieces = |test: &dyn Fn(&[Piece]) -> Truth| match pieces() {
            Ok(pieces) if pieces.is_empty() => empty(),
            Ok(pieces) => match test(&pieces) {
                Truth::True if value.is_empty() => empty(),
                truth => truth,
            },
            Err(truth) => truth,
        };
        let decided = |holds: bool| Truth::of(holds, String::new);
        let unreadable = || {
            Truth::Unknown(format!(
                "condition {} {}: a value is not of the operator's type",
                self.name, self.key
            ))
        };
        match comparison {
            Comparison::StringEquals => with_pieces(&|pieces| decided(pattern::literal(pieces) == value)),
            Comparison::StringEqualsIgnoreCase => with_pieces(&|pieces| {
                let wanted = pattern::literal(pieces);
                // Which letters besides A to Z IAM treats as having case is not documented.
                match wanted.is_ascii() && value.is_ascii() {
                    true => decided(wanted.eq_ignore_ascii_case(value)),
                    false if wanted == value => Truth::True,
                    false => unreadable(),
                }
            }),
            Comparison::StringLike => with_pieces(&|pieces| {
                pattern::matches(pieces, value, self.budget).map_or_else(exhausted, decided)
            }),
            Comparison::Arn => with_pieces(&|pieces| {
                if pattern::variable_breaks_arn(wanted, pieces) {
                    return unreadable();
                }
                pattern::arn_matches(pieces, value, self.budget).map_or_else(unreadable, decided)
            }),
            Comparison::Numeric(relation) => {
                compare_numbers(value, wanted).map_or_else(unreadable, |order| decided(relation.holds(order)))
            }
            Comparison::Date(relation) => match (parse_date(value), parse_date(wanted)) {
                (Some(value), Some(wanted)) => decided(relation.holds(value.cmp(&wanted))),
                _ => unreadable(),
            },
            Comparison::Bool => match (parse_bool(wanted), parse_bool(value)) {
                (Some(wanted), Some(value)) => decided(wanted == value),
                _ => unreadable(),
            },
            Comparison::Binary => match (STANDARD.decode(wanted), STANDARD.decode(value)) {
                (Ok(wanted), Ok(value)) => decided(wanted == value),
                _ => unreadable(),
            },
            Comparison::IpAddress => match (parse_network(wanted), value.parse::<IpAddr>()) {
                // IAM does not say whether ::ffff:192.0.2.1 is in 192.0.2.0/24.
                (Some(network), Ok(address)) if is_mapped(network.addr()) != is_mapped(address) => {
                    unreadable()
                }
                (Some(network), Ok(address)) => decided(network.contains(&address)),
                _ => unreadable(),
            },
        }
    }

    /// `condition StringEquals sts:ExternalId is "x", the request has none`
    fn mismatch(&self, has: &str) -> String {
        format!("condition {} {} is {}, {has}", self.name, self.key, listed(self.values, " or "))
    }
}

fn in_words(present: &[String]) -> String {
    format!("the request has {}", listed(present, ", "))
}

fn is_mapped(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.to_ipv4_mapped().is_some())
}

fn parse_bool(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// A number that is not an integer.
fn is_fraction(value: &Scalar) -> bool {
    matches!(value, Scalar::Number(number) if !number.is_i64() && !number.is_u64())
}

/// Integers exactly; decimals as long as a double holds their digits. `None` for any other notation.
fn compare_numbers(a: &str, b: &str) -> Option<Ordering> {
    if !is_plain_number(a) || !is_plain_number(b) {
        return None;
    }
    if let (Ok(a), Ok(b)) = (a.parse::<i128>(), b.parse::<i128>()) {
        return Some(a.cmp(&b));
    }
    let decimal = |text: &str| {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        if digits > 15 { None } else { text.parse::<f64>().ok().filter(|number| number.is_finite()) }
    };
    decimal(a)?.partial_cmp(&decimal(b)?)
}

/// `-12`, `0.5`: no plus sign, no leading zeros, no exponent.
fn is_plain_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits(whole) && (whole == "0" || !whole.starts_with('0')) && fraction.is_none_or(digits)
}

/// ISO 8601 in the forms of W3C's note, except a year or month alone, or seconds since 1970.
fn parse_date(text: &str) -> Option<jiff::Timestamp> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        // Four digits could be a year, eight a date, thirteen milliseconds.
        return match text.len() {
            9 | 10 => jiff::Timestamp::from_second(text.parse().ok()?).ok(),
            _ => None,
        };
    }
    let (day, time) = match text.split_once('T') {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    if !has_shape(day, "dddd-dd-dd") {
        return None;
    }
    let Some(time) = time else {
        let day: jiff::civil::Date = day.parse().ok()?;
        return day.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    };
    let (clock, zone) = time.split_at(time.find(['Z', '+', '-'])?);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let is_time = has_shape(clock, "dd:dd:dd") || (has_shape(clock, "dd:dd") && !time.contains('.'));
    let is_zone = zone == "Z" || has_shape(&zone[1..], "dd:dd");
    let is_fraction = !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
    if is_time && is_zone && is_fraction { text.parse().ok() } else { None }
}

/// Whether a text has digits where the shape has a `d`, and the shape's own characters everywhere else.
fn has_shape(text: &str, shape: &str) -> bool {
    let fits = |(b, wanted): (u8, u8)| if wanted == b'd' { b.is_ascii_digit() } else { b == wanted };
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(fits)
}

/// An address, or a network in CIDR form.
fn parse_network(text: &str) -> Option<IpNet> {
    match text.split_once('/') {
        // ipnet accepts leading zeros, which some read as octal.
        Some((_, length)) if length.len() > 1 && length.starts_with('0') => None,
        Some((address, length)) => IpNet::new(address.parse().ok()?, length.parse().ok()?).ok(),
        None => text.parse::<IpAddr>().ok().map(IpNet::from),
    }
}
