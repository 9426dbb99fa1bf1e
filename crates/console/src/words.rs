//! How values read on a page: times, sizes, digests, counts.

use chrono::{DateTime, Utc};
use std::fmt;

/// A moment: relative in the text, exact for whoever hovers.
#[derive(Debug, Clone)]
pub(crate) struct When {
    iso: String,
    exact: String,
    relative: String,
}

impl When {
    pub(crate) fn new(at_ms: i64, now_ms: i64) -> Self {
        let at = DateTime::<Utc>::from_timestamp_millis(at_ms).unwrap_or_default();
        Self {
            iso: at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            exact: at.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
            relative: relative(at_ms, now_ms),
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, r#"<time datetime="{}" title="{}" data-relative>{}</time>"#, self.iso, self.exact, self.relative)
    }
}

impl askama::filters::HtmlSafe for When {}

fn relative(at_ms: i64, now_ms: i64) -> String {
    const UNITS: [(&str, i64); 5] =
        [("year", 31_536_000), ("month", 2_592_000), ("day", 86_400), ("hour", 3_600), ("minute", 60)];
    let seconds = (at_ms - now_ms) / 1000;
    let size = seconds.abs();
    if size < 45 {
        return if seconds > 0 { "in a moment" } else { "just now" }.to_owned();
    }
    let (unit, length) = UNITS.into_iter().find(|(_, length)| size >= *length).unwrap_or(("minute", 60));
    let count = ((size as f64 / length as f64).round() as i64).max(1);
    let text = counted(count, unit);
    if seconds > 0 { format!("in {text}") } else { format!("{text} ago") }
}

/// `1 pack`, `3 packs`.
pub(crate) fn counted(count: impl Into<i64>, noun: &str) -> String {
    let count = count.into();
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(count))
}

/// `12,345`.
pub(crate) fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

pub(crate) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// How long to wait, as people say it: seconds up to a minute, then whole minutes, rounded up.
pub(crate) fn wait(seconds: u64) -> String {
    let seconds = i64::try_from(seconds.max(1)).unwrap_or(i64::MAX - 60);
    if seconds <= 60 { counted(seconds, "second") } else { counted((seconds + 59) / 60, "minute") }
}

/// `76.4 KB`, by thousands, as registries and disks count.
pub(crate) fn size(bytes: u64) -> String {
    if bytes < 1000 {
        return counted(i64::try_from(bytes).unwrap_or(i64::MAX), "byte");
    }
    let mut value = bytes as f64;
    let mut unit = "";
    for next in ["KB", "MB", "GB", "TB"] {
        value /= 1000.0;
        unit = next;
        if value < 999.95 {
            break;
        }
    }
    if value < 9.95 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// `sha256:3f0c41a2…`: enough to tell two apart; the copy button beside it has the whole.
pub(crate) fn short_digest(digest: &str) -> String {
    match digest.split_once(':') {
        Some((algorithm, hex)) if hex.len() > 12 => format!("{algorithm}:{}…", &hex[..12]),
        _ => digest.to_owned(),
    }
}

pub(crate) fn duration(ms: i64) -> String {
    match ms {
        ..1000 => format!("{ms} ms"),
        1000..60_000 => format!("{:.1} s", ms as f64 / 1000.0),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_say_them() {
        let now = 1_700_000_000_000;
        let cases = [
            (0, "just now"),
            (-44_000, "just now"),
            (-60_000, "1 minute ago"),
            (-3_600_000, "1 hour ago"),
            (-90_000_000, "1 day ago"),
            (86_400_000, "in 1 day"),
            (7_200_000, "in 2 hours"),
            (20_000, "in a moment"),
            (-63_072_000_000, "2 years ago"),
        ];
        for (offset, text) in cases {
            assert_eq!(relative(now + offset, now), text, "{offset}");
        }
    }

    #[test]
    fn sizes_and_counts_are_rounded_and_grouped() {
        let sizes = [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1_000, "1.0 KB"),
            (76_400, "76 KB"),
            (5_290_000, "5.3 MB"),
            (999_960, "1.0 MB"),
        ];
        for (bytes, text) in sizes {
            assert_eq!(size(bytes), text);
        }
        assert_eq!(counted(1, "pack"), "1 pack");
        assert_eq!(counted(12_345, "pack"), "12,345 packs");
        for (seconds, text) in [(0, "1 second"), (59, "59 seconds"), (298, "5 minutes"), (301, "6 minutes")] {
            assert_eq!(wait(seconds), text);
        }
    }

    #[test]
    fn a_digest_is_cut_only_when_it_is_long() {
        assert_eq!(short_digest("sha256:0123456789abcdef0123"), "sha256:0123456789ab…");
        assert_eq!(short_digest("odd"), "odd");
    }
}
