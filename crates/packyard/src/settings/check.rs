//! What a setting may be: checked before anything is made on disk, each with what was wrong and what is right.

use anyhow::bail;
use packyard_access::Network;
use serde::Deserialize;
use std::net::{Ipv6Addr, SocketAddr, ToSocketAddrs};

/// `ADDRESS:PORT`, or `localhost:PORT` and other names this machine knows.
pub(super) fn listen(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let hint = "expected ADDRESS:PORT, for example 127.0.0.1:7225 or localhost:7225";
    let found: Vec<SocketAddr> = text.to_socket_addrs().map_err(|error| format!("{hint} ({error})"))?.collect();
    // A name may have several addresses; clients of `localhost` try IPv4 anyhow.
    found.iter().find(|address| address.is_ipv4()).or(found.first()).copied().ok_or_else(|| hint.to_owned())
}

pub(super) fn listen_in_file<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<SocketAddr>, D::Error> {
    listen(&String::deserialize(value)?).map(Some).map_err(serde::de::Error::custom)
}

pub(super) fn account_id(id: &str) -> anyhow::Result<()> {
    if id.len() != 12 || !id.bytes().all(|b| b.is_ascii_digit()) {
        bail!("--account-id is `{id}`; an AWS account id is 12 digits");
    }
    Ok(())
}

/// In the form of AWS's: `us-east-1`, `us-gov-west-1`. The region stands in ARNs and in signatures.
pub(super) fn region(region: &str) -> anyhow::Result<()> {
    let parts: Vec<&str> = region.split('-').collect();
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    let fits = match parts.split_last() {
        Some((number, words)) => {
            let is_number = (1..=2).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
            (2..=4).contains(&words.len()) && words.iter().all(is_word) && is_number
        }
        None => false,
    };
    if !fits {
        bail!("--region is `{region}`; expected the form of an AWS region, for example us-east-1 or eu-central-1");
    }
    Ok(())
}

/// Says nothing of the text itself: a password may be in it.
pub(super) fn database_url(url: &str) -> anyhow::Result<()> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        bail!(
            "--database-url is not a PostgreSQL address; expected postgres://USER:PASSWORD@HOST/DATABASE (without the setting, SQLite in the data folder is used)"
        );
    }
    Ok(())
}

/// An origin: clients put paths after it. A slash at the end is taken away.
pub(super) fn public_url(url: &str) -> anyhow::Result<String> {
    let trimmed = url.strip_suffix('/').unwrap_or(url);
    let authority = trimmed.strip_prefix("http://").or_else(|| trimmed.strip_prefix("https://"));
    if authority.and_then(split).is_none_or(|(_, port)| port == Some(0)) {
        let url = packyard_oci::client::without_userinfo(url);
        bail!("--public-url is `{url}`; expected http://HOST[:PORT] or https://HOST[:PORT], nothing after it");
    }
    Ok(trimmed.to_owned())
}

/// In the form that the Host header of a request is compared in: lower case, no port, no brackets.
pub(super) fn allowed_host(text: &str) -> anyhow::Result<String> {
    let host = text.trim();
    if let Ok(address) = host.parse::<Ipv6Addr>() {
        return Ok(address.to_string());
    }
    match split(host) {
        Some((host, _)) => Ok(host.trim_matches(['[', ']']).to_ascii_lowercase()),
        None => bail!("--allowed-hosts has `{text}`; expected host names, for example packs.example.com"),
    }
}

/// What believes everybody believes whatever anybody claims.
pub(super) fn trusted_proxy(text: &str) -> anyhow::Result<Network> {
    match Network::parse(text.trim()) {
        Some(all) if all.is_everything() => {
            bail!("--trusted-proxies has `{text}`, which is everybody; name the addresses of the proxies only")
        }
        Some(network) => Ok(network),
        None => {
            bail!("--trusted-proxies has `{text}`; expected addresses or networks, for example 10.0.0.5 or 10.0.0.0/24")
        }
    }
}

/// Whether `http://localhost:PORT` is the address that clients have.
pub(super) fn needs_no_public_url(listen: SocketAddr) -> anyhow::Result<()> {
    if !listen.ip().is_loopback() {
        bail!(
            "--listen {listen} is reachable from other machines, so --public-url must say under which address (for example https://packs.example.com)"
        );
    }
    Ok(())
}

/// `host[:port]`; a name, an IPv4 address, or an IPv6 address in brackets.
fn split(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let port = match port {
        Some(port) if port.bytes().all(|b| b.is_ascii_digit()) => Some(port.parse().ok()?),
        Some(_) => return None,
        None => None,
    };
    let is_host = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => {
            let fits = |label: &str| {
                let body = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
                (1..=63).contains(&label.len()) && body && !label.starts_with('-') && !label.ends_with('-')
            };
            host.len() <= 253 && host.split('.').all(fits)
        }
    };
    is_host.then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_url_is_an_origin() {
        for good in ["http://localhost:7225", "https://Packs.example.com", "http://[fd00::1]:80", "http://pack_yard:1"]
        {
            assert_eq!(public_url(good).unwrap(), good);
        }
        assert_eq!(public_url("https://packs.example.com/").unwrap(), "https://packs.example.com");
        for bad in [
            "packs.example.com",
            "ftp://packs.example.com",
            "https://",
            "https://a/b",
            "https://a?b",
            "https://a#b",
            "https://user@a",
            "https://a b",
            "https://a:b",
            "https://a:0",
            "https://a:65536",
            "https://a//",
            "https://-a",
            "https://a..b",
            "http://[::1",
            "http://[x]",
            "http://\u{e9}.example",
        ] {
            assert!(public_url(bad).unwrap_err().to_string().contains("--public-url"), "{bad}");
        }
    }

    #[test]
    fn allowed_hosts_lose_their_port_and_are_hosts() {
        for (given, host) in [
            ("Packs.example.com:8443", "packs.example.com"),
            (" a ", "a"),
            ("[fd00::1]:80", "fd00::1"),
            ("[fd00::1]", "fd00::1"),
            ("fd00::1", "fd00::1"),
            ("10.0.0.1:7225", "10.0.0.1"),
        ] {
            assert_eq!(allowed_host(given).unwrap(), host);
        }
        for bad in ["foo/bar", "", "https://a", "a b", "*.example.com", "a:b"] {
            assert!(allowed_host(bad).unwrap_err().to_string().contains("--allowed-hosts"), "{bad}");
        }
    }

    #[test]
    fn regions_look_like_aws_regions() {
        for good in ["us-east-1", "us-gov-west-1", "ap-southeast-2", "us-isob-east-1", "eusc-de-east-1"] {
            region(good).unwrap();
        }
        for bad in ["", "local", "us-east", "US-EAST-1", "us east 1", "us-east-1/x", "us-east-1a", "-east-1", "us--1"] {
            assert!(region(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_can_be_listened_on() {
        assert_eq!(listen("localhost:7225").unwrap(), "127.0.0.1:7225".parse().unwrap());
        assert_eq!(listen("[::1]:1").unwrap(), "[::1]:1".parse().unwrap());
        for bad in ["7225", "localhost", ":7225", "", "localhost:x"] {
            assert!(listen(bad).unwrap_err().contains("127.0.0.1:7225"), "{bad}");
        }
    }

    #[test]
    fn a_refused_database_url_is_not_repeated() {
        let error = database_url("mysql://me:hidden@db/x").unwrap_err().to_string();
        assert!(error.contains("postgres://") && !error.contains("hidden"), "{error}");
    }
}
