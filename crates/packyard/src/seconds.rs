//! Times as people write them: `90s`, `15m`, `6h`, `1d`. Without a unit they are seconds.

use serde::Deserialize;

/// What an error says of the form.
const EXPECTED: &str = "expected a time such as 90s, 15m, 6h or 1d";

/// `None` for what is no time, or too long for a number.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let factor = match text[end..].trim() {
        "" | "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return None,
    };
    text[..end].parse::<u64>().ok()?.checked_mul(factor)
}

/// In the largest unit that says it whole.
pub(crate) fn written(seconds: u64) -> String {
    let units = [(24 * 60 * 60, 'd'), (60 * 60, 'h'), (60, 'm')];
    match units.into_iter().find(|(unit, _)| seconds > 0 && seconds.is_multiple_of(*unit)) {
        Some((unit, letter)) => format!("{}{letter}", seconds / unit),
        None => format!("{seconds}s"),
    }
}

/// For clap.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    seconds(text).ok_or_else(|| EXPECTED.to_owned())
}

/// In a settings file: text, or a number of seconds.
pub(crate) fn in_file<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<u64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a time such as \"90s\", \"15m\", \"6h\" or \"1d\", or a number of seconds")]
    enum Time {
        Seconds(u64),
        Text(String),
    }
    match Time::deserialize(value)? {
        Time::Seconds(seconds) => Ok(Some(seconds)),
        Time::Text(text) => parse(&text).map(Some).map_err(serde::de::Error::custom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for (time, text) in [(0, "0s"), (90, "90s"), (900, "15m"), (86_400, "1d"), (90_000, "25h")] {
            assert_eq!((written(time).as_str(), seconds(text)), (text, Some(time)));
        }
    }

    #[test]
    fn units_and_none() {
        let all = [("0", 0), ("90", 90), ("90s", 90), ("15m", 900), ("6h", 21_600), ("6 h", 21_600), ("1d", 86_400)];
        for (text, expected) in all {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
        for bad in ["", "h", "1w", "1.5h", "-1", "1h30m", "99999999999999999999", "999999999999999999d"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
