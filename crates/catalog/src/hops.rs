//! The client's fifteen ways to fail, as the hops that a person checks.

use crate::Hop;
use packyard_oci::client;

pub(crate) fn hop(hop: client::Hop) -> Hop {
    use client::Hop as H;
    match hop {
        H::Local | H::AddressPolicy => Hop::Endpoint,
        H::Dns => Hop::Dns,
        H::Tcp => Hop::Tcp,
        H::Tls => Hop::Tls,
        H::Protocol | H::RateLimited | H::Server | H::Timeout => Hop::Registry,
        H::Auth => Hop::Credentials,
        H::Permission => Hop::Permission,
        H::Path | H::Rejected | H::Content | H::Limit => Hop::Path,
    }
}

/// The error in one text, with what to do.
pub(crate) fn told(error: &client::ClientError) -> String {
    match error.hint() {
        Some(hint) => format!("{error}; {hint}"),
        None => error.to_string(),
    }
}
