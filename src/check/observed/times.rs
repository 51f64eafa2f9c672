//! Times and counts of uses, in words.

use jiff::Timestamp;

/// Seconds. Times closer than that have no order.
pub(super) const CLOCKS: i64 = 60;
pub(super) const HOUR: i64 = 3600;
pub(super) const DAY: i64 = 24 * HOUR;

pub(super) fn times(count: usize, after: &str) -> String {
    match count {
        0 => "not once".to_owned(),
        1 if after.is_empty() => "once".to_owned(),
        1 => "once,".to_owned(),
        2 if after.is_empty() => "twice".to_owned(),
        _ => format!("{count} times{after}"),
    }
}

pub(super) fn seconds(from: Timestamp, to: Timestamp) -> i64 {
    to.as_second().saturating_sub(from.as_second())
}

/// `2 hours ago`
pub(super) fn ago(at: Timestamp, now: Timestamp) -> String {
    match seconds(at, now) {
        ..60 => "just now".to_owned(),
        passed => format!("{} ago", period(passed)),
    }
}

/// `90 days`
pub(super) fn period(seconds: i64) -> String {
    let (count, unit) = match seconds {
        ..HOUR => (seconds / 60, "minute"),
        HOUR..172_800 => (seconds / HOUR, "hour"),
        _ => (seconds / DAY, "day"),
    };
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

/// `2026-11-26 15:02 UTC`
pub(super) fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// The first second that has none of it.
pub(super) fn right_after(at: Timestamp) -> String {
    let next = Timestamp::from_second(at.as_second().saturating_add(1)).unwrap_or(at);
    next.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
