//! Whether a default is of the format that its variable has.

use crate::VariableFormat;
use std::net::{Ipv4Addr, Ipv6Addr};

/// What a default of this format looks like, where this one does not. A macro may become anything.
pub(crate) fn expected(format: VariableFormat, default: &str) -> Option<&'static str> {
    if default.is_empty() || default.contains("{{") {
        return None;
    }
    let (is_one, looks) = match format {
        VariableFormat::String => (true, ""),
        VariableFormat::Boolean => {
            (matches!(default, "true" | "false"), "a boolean, whose default is `true` or `false`")
        }
        VariableFormat::Number => {
            (default.parse::<f64>().is_ok_and(f64::is_finite), "a number, whose default is one such as `3` or `0.5`")
        }
        VariableFormat::Ipv4 => {
            (default.parse::<Ipv4Addr>().is_ok(), "an IPv4 address, whose default is one such as `192.0.2.1`")
        }
        VariableFormat::Ipv4Cidr => (is_range(default), "an IPv4 range, whose default is one such as `192.0.2.0/24`"),
        VariableFormat::Ipv6 => {
            (default.parse::<Ipv6Addr>().is_ok(), "an IPv6 address, whose default is one such as `2001:db8::1`")
        }
        VariableFormat::Version => (is_version(default), "a version, whose default is one such as `1.2.3`"),
        VariableFormat::Base64 => (is_base64(default), "base64, which its default is not"),
    };
    (!is_one).then_some(looks)
}

fn is_range(text: &str) -> bool {
    let is_length = |length: &str| length.parse::<u8>().is_ok_and(|length| length <= 32);
    text.split_once('/').is_some_and(|(address, length)| address.parse::<Ipv4Addr>().is_ok() && is_length(length))
}

/// Of packs and of Kubernetes alike: `1.2`, `v1.30.2`, `1.0.0-rc.1+x`.
fn is_version(text: &str) -> bool {
    let plain = text.strip_prefix('v').unwrap_or(text);
    plain.starts_with(|first: char| first.is_ascii_digit())
        && plain.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_'))
}

/// Line breaks are as good as nothing, as where a certificate is pasted.
fn is_base64(text: &str) -> bool {
    let text: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let body = text.trim_end_matches('=');
    text.len().is_multiple_of(4)
        && text.len() - body.len() <= 2
        && body.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_is_of_its_format_or_says_what_one_looks_like() {
        for (format, good, bad) in [
            ("string", &["x", ""][..], &[][..]),
            ("boolean", &["true", "false", ""], &["yes", "True"]),
            ("number", &["3", "-0.5", "1e3", "{{.spectro.macro.n}}"], &["three", "1,5", "NaN", "inf"]),
            ("ipv4", &["192.0.2.1"], &["192.0.2", "::1", "192.0.2.256"]),
            ("ipv4cidr", &["192.0.2.0/24", "0.0.0.0/0"], &["192.0.2.0", "192.0.2.0/33", "x/8"]),
            ("ipv6", &["2001:db8::1", "::"], &["192.0.2.1", "2001:db8"]),
            ("version", &["1.2", "v1.30.2", "1.0.0-rc.1+x"], &["latest", "1.2 3"]),
            ("base64", &["aGVsbG8=", "aGVs\nbG8=", "YQ=="], &["hello", "a===", "hell!o=="]),
        ] {
            let format: VariableFormat = format.parse().unwrap();
            for text in good {
                assert_eq!(expected(format, text), None, "{format} {text}");
            }
            for text in bad {
                assert!(expected(format, text).is_some(), "{format} {text}");
            }
        }
    }
}
