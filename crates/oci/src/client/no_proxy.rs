//! NO_PROXY: the hosts that are reached without the proxy, in the form that curl and Go's clients have for it.

use std::net::IpAddr;

/// A list separated by commas or spaces: `example.com` (and what is under it), `.example.com` (only what is under it),
/// addresses, blocks of addresses, each with `:port` where only that is meant; `*` for everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NoProxy(Vec<Entry>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    host: HostRule,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum HostRule {
    All,
    Name { name: String, only_below: bool },
    Block { first: IpAddr, bits: u8 },
}

impl NoProxy {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let parts = text.split([',', ' ', '\n', '\r', '\t']).map(str::trim).filter(|part| !part.is_empty());
        parts.map(Entry::parse).collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn excepts(&self, host: &str, port: u16) -> bool {
        let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
        self.0.iter().any(|entry| entry.port.is_none_or(|known| known == port) && entry.host.matches(&host))
    }
}

impl Entry {
    fn parse(text: &str) -> Result<Self, String> {
        let bad = || {
            Err(format!(
                "`{text}` is no host to leave out; write names (example.com, .example.com), addresses (10.0.0.7), blocks (10.0.0.0/8) or *"
            ))
        };
        if text == "*" {
            return Ok(Self { host: HostRule::All, port: None });
        }
        if let Some((address, bits)) = text.split_once('/') {
            let (Ok(first), Ok(bits)) = (address.parse::<IpAddr>(), bits.parse::<u8>()) else { return bad() };
            let most = if first.is_ipv4() { 32 } else { 128 };
            let host = HostRule::Block { first, bits };
            return if bits <= most { Ok(Self { host, port: None }) } else { bad() };
        }
        let whole = |ip: IpAddr| HostRule::Block { first: ip, bits: if ip.is_ipv4() { 32 } else { 128 } };
        if let Ok(ip) = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            return Ok(Self { host: whole(ip), port: None });
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => match port.parse::<u16>() {
                Ok(port) => (host, Some(port)),
                Err(_) => return bad(),
            },
            None => (text, None),
        };
        if let Ok(ip) = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            return Ok(Self { host: whole(ip), port });
        }
        let below = host.strip_prefix("*.").or_else(|| host.strip_prefix('.'));
        let name = below.unwrap_or(host).trim_end_matches('.').to_ascii_lowercase();
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
        if !is_name {
            return bad();
        }
        Ok(Self { host: HostRule::Name { name, only_below: below.is_some() }, port })
    }
}

impl HostRule {
    fn matches(&self, host: &str) -> bool {
        match self {
            Self::All => true,
            Self::Name { name, only_below } => {
                let below = host.strip_suffix(name.as_str()).is_some_and(|rest| rest.ends_with('.'));
                below || (!only_below && host == name)
            }
            Self::Block { first, bits } => host.parse::<IpAddr>().is_ok_and(|ip| same_block(*first, ip, *bits)),
        }
    }
}

fn same_block(a: IpAddr, b: IpAddr, bits: u8) -> bool {
    let differ = |a: u128, b: u128, width: u32| {
        let rest = width - u32::from(bits);
        (a ^ b).checked_shr(rest).unwrap_or_default()
    };
    match (a.to_canonical(), b.to_canonical()) {
        (IpAddr::V4(a), IpAddr::V4(b)) => differ(a.to_bits().into(), b.to_bits().into(), 32) == 0,
        (IpAddr::V6(a), IpAddr::V6(b)) => differ(a.to_bits(), b.to_bits(), 128) == 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_excepted_as_other_clients_do_it() {
        let list =
            NoProxy::parse("example.com, .corp.test *.zone.test,10.0.0.0/8,192.168.1.7:5000,[::1],packs:443").unwrap();
        for (host, port, expected) in [
            ("example.com", 443, true),
            ("EXAMPLE.com", 443, true),
            ("a.example.com", 443, true),
            ("notexample.com", 443, false),
            ("corp.test", 443, false),
            ("a.corp.test", 443, true),
            ("a.zone.test", 443, true),
            ("10.9.8.7", 80, true),
            ("11.0.0.1", 80, false),
            ("192.168.1.7", 5000, true),
            ("192.168.1.7", 443, false),
            ("[::1]", 443, true),
            ("packs", 443, true),
            ("packs", 80, false),
        ] {
            assert_eq!(list.excepts(host, port), expected, "{host}:{port}");
        }
        assert!(NoProxy::parse("*").unwrap().excepts("any.host", 1));
        assert!(NoProxy::parse("0.0.0.0/0").unwrap().excepts("8.8.8.8", 1));
        assert!(!NoProxy::parse("").unwrap().excepts("any.host", 1));
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for bad in ["http://example.com", "10.0.0.0/33", "a/8", "example.com:https", "ex ample,!"] {
            assert!(NoProxy::parse(bad).is_err(), "{bad}");
        }
    }
}
