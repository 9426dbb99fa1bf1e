//! When a key ends, as it is typed.

use crate::commands::WrongArguments;
use crate::seconds;
use anyhow::anyhow;
use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expiry {
    Never,
    In(u64),
    At(DateTime<Utc>),
}

impl Expiry {
    /// For clap.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text == "never" {
            return Ok(Self::Never);
        }
        if let Ok(day) = text.parse::<NaiveDate>() {
            // A key works on its last day, as in the console.
            let end = day.succ_opt().and_then(|next| next.and_hms_opt(0, 0, 0)).map(|midnight| midnight.and_utc());
            return end.map(Self::At).ok_or_else(|| "there is no day after it".to_owned());
        }
        if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::At(moment.to_utc()));
        }
        match seconds::seconds(text) {
            Some(0) => Err("a key works for a while; `packyard api-key delete` ends one".to_owned()),
            Some(time) => Ok(Self::In(time)),
            None => Err("expected a time such as 12h or 90d, a day such as 2027-06-30, or `never`".to_owned()),
        }
    }

    /// As `/v1` wants it: nothing for a key that never ends.
    pub(super) fn at(self, now: DateTime<Utc>) -> Result<Option<String>, WrongArguments> {
        let end = match self {
            Self::Never => return Ok(None),
            Self::In(time) => later(now, time).ok_or_else(|| WrongArguments(anyhow!("--expires is too far away")))?,
            Self::At(moment) => moment,
        };
        Ok(Some(end.to_rfc3339_opts(SecondsFormat::Secs, true)))
    }
}

fn later(now: DateTime<Utc>, seconds: u64) -> Option<DateTime<Utc>> {
    now.checked_add_signed(TimeDelta::try_seconds(i64::try_from(seconds).ok()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_a_day_a_moment_or_never() {
        let now = DateTime::parse_from_rfc3339("2026-11-26T10:00:00Z").unwrap().to_utc();
        let at = |text: &str| Expiry::parse(text).unwrap().at(now).unwrap();
        assert_eq!(at("never"), None);
        for (text, end) in [
            ("90d", "2027-02-24T10:00:00Z"),
            ("12h", "2026-11-26T22:00:00Z"),
            ("2026-11-26", "2026-11-27T00:00:00Z"),
            ("2027-01-01T01:00:00+01:00", "2027-01-01T00:00:00Z"),
        ] {
            assert_eq!(at(text).as_deref(), Some(end), "{text}");
        }
        for wrong in ["", "0", "0d", "1w", "tomorrow", "2026-13-01", "26.11.2026"] {
            assert!(Expiry::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Expiry::parse("9999999999d").unwrap().at(now).is_err());
    }
}
