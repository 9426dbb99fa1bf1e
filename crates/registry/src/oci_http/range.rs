//! Ranges: of a blob being read (RFC 9110, section 14) and of a chunk being written (distribution-spec 1.1, "Pushing a
//! blob in chunks": `<first>-<last>`, without the unit).

use std::ops::Range;

/// What a Range header asks of `size` bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// No range, or one a server may ignore: several at once, another unit, not a range at all.
    All,
    Part(Range<u64>),
    Unsatisfiable,
}

pub(super) fn wanted(header: Option<&str>, size: u64) -> Wanted {
    let Some(spec) = header.and_then(|text| text.trim().strip_prefix("bytes=")) else { return Wanted::All };
    let Some((first, last)) = spec.split_once('-') else { return Wanted::All };
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten();
    let range = match (first.trim(), last.trim()) {
        ("", last) => match number(last) {
            Some(count) => size.saturating_sub(count)..size,
            None => return Wanted::All,
        },
        (first, "") => match number(first) {
            Some(first) => first..size,
            None => return Wanted::All,
        },
        (first, last) => match (number(first), number(last)) {
            (Some(first), Some(last)) => first..last.saturating_add(1).min(size),
            _ => return Wanted::All,
        },
    };
    if range.start < range.end { Wanted::Part(range) } else { Wanted::Unsatisfiable }
}

/// First and last byte of a chunk. Docker's `bytes a-b/size` is understood too.
pub(super) fn chunk(header: &str) -> Option<(u64, u64)> {
    let text = header.trim();
    let text = text.strip_prefix("bytes ").unwrap_or(text);
    let text = text.split_once('/').map_or(text, |(range, _)| range);
    let (first, last) = text.split_once('-')?;
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_a_blob_of_2048_bytes() {
        let cases = [
            (None, Wanted::All),
            (Some("bytes=500-1499"), Wanted::Part(500..1500)),
            (Some("bytes=500-"), Wanted::Part(500..2048)),
            (Some("bytes=-500"), Wanted::Part(1548..2048)),
            (Some("bytes=-5000"), Wanted::Part(0..2048)),
            (Some("bytes=2000-5000"), Wanted::Part(2000..2048)),
            (Some("bytes=0-18446744073709551615"), Wanted::Part(0..2048)),
            (Some("bytes=500-0"), Wanted::Unsatisfiable),
            (Some("bytes=5000-10000"), Wanted::Unsatisfiable),
            (Some("bytes=-0"), Wanted::Unsatisfiable),
            (Some("bytes=1-2,5-6"), Wanted::All),
            (Some("bytes=a-b"), Wanted::All),
            (Some("bytes=+1-2"), Wanted::All),
            (Some("lines=1-2"), Wanted::All),
            (Some("bytes=-"), Wanted::All),
        ];
        for (header, expected) in cases {
            assert_eq!(wanted(header, 2048), expected, "{header:?}");
        }
    }

    #[test]
    fn chunks() {
        assert_eq!(chunk("0-9"), Some((0, 9)));
        assert_eq!(chunk("bytes 10-19/*"), Some((10, 19)));
        for bad in ["", "-", "9-0", "a-b", "1", "99999999999999999999-1"] {
            assert_eq!(chunk(bad), None, "{bad}");
        }
    }
}
