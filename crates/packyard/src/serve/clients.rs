//! Which client a request counts for: the address of its connection or, where that is a trusted proxy's, the address that
//! the proxy names in `X-Forwarded-For`. Wrong passwords, the log and conditions of policies go by this one answer.
//!
//! Each proxy puts the address that called it at the right end of the list. So the list is read from there, as long as
//! trusted proxies wrote it: the first address that is none of theirs is the client's, and whatever stands before it the
//! client may have made up. `Forwarded` (RFC 7239) is not read: a proxy that writes one of the two headers passes the other
//! on as the client sent it.

use super::host::is_loopback;
use http::HeaderMap;
use packyard_access::Network;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};

const HEADER: &str = "x-forwarded-for";

/// What is known of clients and the proxies before them.
#[derive(Debug)]
pub(super) struct Clients {
    trusted: Vec<Network>,
    /// The log said that somebody not trusted sends the header. Once will do: anybody can send it.
    told: AtomicBool,
}

impl Clients {
    pub(super) fn behind(trusted: Vec<Network>) -> Self {
        Self { trusted, told: AtomicBool::new(false) }
    }

    pub(super) fn is_proxy(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted.iter().any(|network| network.contains(address))
    }

    /// The client of a request that came over a connection from there.
    pub(super) fn of(&self, connection: SocketAddr, headers: &HeaderMap) -> SocketAddr {
        if !self.is_proxy(connection.ip()) {
            self.tell(connection, headers);
            return connection;
        }
        let mut client = None;
        for named in forwarded_for(headers) {
            // What nobody can read ends the list: who comes before it is not known.
            let Some(named) = named else { break };
            client = Some(named);
            if !self.is_proxy(named) {
                break;
            }
        }
        match client.map(|address| SocketAddr::new(address, 0)) {
            // To another machine, loopback is itself.
            Some(client) if is_loopback(client) && !is_loopback(connection) => connection,
            Some(client) => client,
            None => connection,
        }
    }

    fn tell(&self, connection: SocketAddr, headers: &HeaderMap) {
        if headers.contains_key(HEADER) && !self.told.swap(true, Ordering::Relaxed) {
            tracing::info!(
                address = %connection.ip().to_canonical(),
                "X-Forwarded-For is not believed of an address that is not among --trusted-proxies; if it is your proxy, name it there"
            );
        }
    }
}

/// From the right; `None` for what is no address.
fn forwarded_for(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    let lines = headers.get_all(HEADER).into_iter().rev();
    let named = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    named.map(<[u8]>::trim_ascii).filter(|text| !text.is_empty()).map(address)
}

/// Some proxies name the port too, and put IPv6 addresses in brackets.
fn address(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?;
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse().ok().or_else(with_port).or_else(bare).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn client(trusted: &str, connection: &str, lines: &[&str]) -> String {
        let trusted = trusted.split(' ').filter_map(Network::parse).collect();
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(HEADER, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        let connection = SocketAddr::new(connection.parse().unwrap(), 4000);
        Clients::behind(trusted).of(connection, &headers).ip().to_string()
    }

    #[test]
    fn a_header_counts_from_trusted_proxies_only() {
        assert_eq!(client("", "10.0.0.5", &["192.0.2.1"]), "10.0.0.5", "nobody is trusted unless named");
        assert_eq!(client("10.0.0.5", "10.0.0.6", &["192.0.2.1"]), "10.0.0.6");
        assert_eq!(client("10.0.0.5", "10.0.0.5", &["192.0.2.1"]), "192.0.2.1");
        assert_eq!(client("10.0.0.0/8", "::ffff:10.0.0.5", &["192.0.2.1"]), "192.0.2.1");
        assert_eq!(client("10.0.0.5", "10.0.0.5", &[]), "10.0.0.5");
    }

    #[test]
    fn what_a_client_made_up_stands_left_of_its_address() {
        for (lines, expected) in [
            (&["127.0.0.1, 192.0.2.1"][..], "192.0.2.1"),
            (&["203.0.113.9, 10.0.0.5, 192.0.2.1"], "192.0.2.1"),
            (&["203.0.113.9", "192.0.2.1"], "192.0.2.1"),
            (&["203.0.113.9, 192.0.2.1, 10.0.0.7"], "192.0.2.1"),
            (&["203.0.113.9", "192.0.2.1 ,, 10.0.0.7,"], "192.0.2.1"),
            (&["203.0.113.9, \u{e9}, 10.0.0.7"], "10.0.0.7"),
            (&["203.0.113.9, unknown"], "10.0.0.5"),
            (&["203.0.113.9, 192.0.2.1%0a"], "10.0.0.5"),
            (&["10.0.0.9, 10.0.0.7"], "10.0.0.9"),
        ] {
            assert_eq!(client("10.0.0.0/8", "10.0.0.5", lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn addresses_are_read_as_proxies_write_them() {
        for (text, expected) in [
            ("192.0.2.1:51234", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
        ] {
            assert_eq!(client("10.0.0.5", "10.0.0.5", &[text]), expected);
        }
    }

    #[test]
    fn loopback_of_another_machine_is_not_ours() {
        assert_eq!(client("10.0.0.5", "10.0.0.5", &["127.0.0.1"]), "10.0.0.5");
        assert_eq!(client("10.0.0.5", "10.0.0.5", &["::1"]), "10.0.0.5");
        assert_eq!(client("127.0.0.1", "127.0.0.1", &["127.0.0.1"]), "127.0.0.1");
    }
}
