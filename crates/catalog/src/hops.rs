//! The client's ways to fail, as the hops that a person checks.

use crate::Hop;
use packyard_oci::client;

pub(crate) fn hop(hop: client::Hop) -> Hop {
    use client::Hop as H;
    match hop {
        H::Local | H::AddressPolicy => Hop::Endpoint,
        H::Proxy | H::ProxyPolicy => Hop::Proxy,
        H::Dns => Hop::Dns,
        H::Tcp => Hop::Tcp,
        H::Tls | H::ClientCertificate => Hop::Tls,
        H::Protocol | H::RateLimited | H::Server | H::Timeout => Hop::Registry,
        H::Auth => Hop::Credentials,
        H::Permission => Hop::Permission,
        H::Path | H::Rejected | H::Content | H::Limit => Hop::Path,
    }
}

/// The error in one text, with what to do.
pub(crate) fn told(error: &client::ClientError) -> String {
    match error.hint() {
        Some(hint) => format!("{} {}", sentence(&error.to_string()), sentence(hint)),
        None => sentence(&error.to_string()),
    }
}

/// Starts with a capital and ends with one full stop. A name at the start (a host, a digest, code) stays as it is, and
/// so does a text that is nothing but a name.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    if !text.contains(' ') {
        return text.to_owned();
    }
    let is_word = |word: &str| word != "localhost" && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'\'');
    let first = text.split([' ', ',', ':', ';']).next().unwrap_or_default();
    let is_host = text[first.len()..].starts_with(':');
    let mut letters = text.chars();
    match letters.next() {
        Some(letter) if is_word(first) && !is_host => format!("{}{}.", letter.to_ascii_uppercase(), letters.as_str()),
        _ => format!("{text}."),
    }
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn sentences_begin_with_a_capital_unless_they_begin_with_a_name() {
        for (text, read) in [
            ("the token is invalid.", "The token is invalid."),
            ("an address was given", "An address was given."),
            ("harbor.example.com:443 does not speak TLS", "harbor.example.com:443 does not speak TLS."),
            ("localhost answered 401", "localhost answered 401."),
            ("harbor:80 answered 401", "harbor:80 answered 401."),
            ("`a` is no name", "`a` is no name."),
            ("http://localhost:7225", "http://localhost:7225"),
            ("", ""),
        ] {
            assert_eq!(sentence(text), read);
        }
    }
}
