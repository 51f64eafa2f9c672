//! How far back to look in AWS's records.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Seconds: how long CloudTrail keeps its event history.
const LONGEST: i64 = 90 * 24 * 3600;

const FORMS: &str = "write it as 30m, 2h, 7d, 2026-11-01 or 2026-11-01T12:00:00Z";

/// The earliest moment of interest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// This many seconds ago.
    Ago(i64),
    At(Timestamp),
}

/// AWS's records are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookBack {
    pub since: Since,
    /// Requested on the command line: then the report also says what was not seen.
    pub is_asked: bool,
}

impl Default for Since {
    fn default() -> Self {
        Self::Ago(LONGEST)
    }
}

impl Since {
    /// No earlier than what CloudTrail keeps.
    pub fn from(self, now: Timestamp) -> Timestamp {
        let before = |seconds: i64| Timestamp::from_second(now.as_second().saturating_sub(seconds));
        let earliest = before(LONGEST).unwrap_or(now);
        match self {
            Self::Ago(seconds) => before(seconds).unwrap_or(now).max(earliest),
            Self::At(at) => at.max(earliest),
        }
    }

    /// As on the command line: not in the future.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`].
    pub fn given(text: &str) -> Result<Self, String> {
        match Self::parse(text)? {
            Self::At(at) if at > crate::aws::now() => Err("that is in the future".to_owned()),
            since => Ok(since),
        }
    }

    /// `2h`, `7d`, `2026-11-01`, or an RFC 3339 timestamp.
    ///
    /// # Errors
    ///
    /// The accepted forms, in words.
    fn parse(text: &str) -> Result<Self, String> {
        if let Ok(at) = text.parse::<Timestamp>() {
            return Ok(Self::At(at));
        }
        if let Ok(day) = text.parse::<Date>()
            && let Ok(start) = day.to_zoned(TimeZone::UTC)
        {
            return Ok(Self::At(start.timestamp()));
        }
        let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let seconds = match &text[number.len()..] {
            "m" => 60,
            "h" => 3600,
            "d" => 24 * 3600,
            "w" => 7 * 24 * 3600,
            _ => return Err(FORMS.to_owned()),
        };
        let ago = number
            .parse::<i64>()
            .ok()
            .filter(|count| *count > 0)
            .and_then(|count| count.checked_mul(seconds));
        match ago {
            Some(ago) if ago <= LONGEST => Ok(Self::Ago(ago)),
            Some(_) => Err("CloudTrail keeps its event history for 90 days".to_owned()),
            None => Err(FORMS.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_or_a_date_and_nothing_before_what_is_kept() {
        let now: Timestamp = "2026-11-26T12:00:00Z".parse().unwrap();
        for (text, from) in [
            ("2h", "2026-11-26T10:00:00Z"),
            ("90m", "2026-11-26T10:30:00Z"),
            ("1w", "2026-11-19T12:00:00Z"),
            ("90d", "2026-08-28T12:00:00Z"),
            ("2026-11-01", "2026-11-01T00:00:00Z"),
            ("2026-11-01T06:30:00Z", "2026-11-01T06:30:00Z"),
            ("2020-01-01", "2026-08-28T12:00:00Z"),
        ] {
            assert_eq!(Since::parse(text).unwrap().from(now).to_string(), from, "{text}");
        }
        assert!(Since::given("9000-01-01").is_err_and(|why| why.contains("future")));
        for text in ["", "h", "0h", "-1h", "91d", "2 hours", "9999999999999999999d", "tomorrow", "7é"] {
            assert!(Since::parse(text).is_err(), "{text}");
        }
    }
}
