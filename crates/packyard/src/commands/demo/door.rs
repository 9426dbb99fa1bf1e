//! The address at which the demo and its visitor reach the server from this machine, whatever its public URL is: that
//! one may need a name server, a proxy or a certificate that are not there yet.

use crate::settings::{Settings, Tls};
use anyhow::bail;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

#[derive(Debug, Clone)]
pub(super) struct Door {
    pub(super) url: String,
    /// The authority to trust. Plain HTTP needs none, and is answered to loopback.
    pub(super) ca: Option<PathBuf>,
}

impl Door {
    pub(super) fn of(bound: SocketAddr, data: &Path, settings: &Settings) -> anyhow::Result<Self> {
        let (ip, port) = (bound.ip(), bound.port());
        match own_name(bound) {
            None => Ok(Self { url: format!("http://localhost:{port}"), ca: None }),
            Some(name) if ip.to_canonical().is_loopback() => {
                Ok(Self { url: format!("http://{name}:{port}"), ca: None })
            }
            // Plain HTTP is refused there; our own certificate has the address in it.
            Some(name) if matches!(settings.tls, Tls::SelfSigned) => {
                Ok(Self { url: format!("https://{name}:{port}"), ca: Some(data.join("tls/ca.pem")) })
            }
            Some(_) => bail!(
                "the demo talks to itself over loopback, and --listen {bound} is not there; use --listen 0.0.0.0:{port}, or leave out --tls-cert"
            ),
        }
    }
}

/// The host of the listening address, where `localhost` does not lead to it.
pub(super) fn own_name(listen: SocketAddr) -> Option<String> {
    match listen.ip() {
        ip if ip.is_unspecified() => None,
        IpAddr::V4(ip) if ip.octets() == [127, 0, 0, 1] => None,
        IpAddr::V4(ip) => Some(ip.to_string()),
        IpAddr::V6(ip) => Some(format!("[{ip}]")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::ServeArgs;

    #[test]
    fn the_door_is_loopback_where_the_server_listens_there() {
        let mut settings = ServeArgs::default().resolve().unwrap();
        settings.with_tls();
        let door = |listen: &str| Door::of(listen.parse().unwrap(), Path::new("/d"), &settings).unwrap();
        for (listen, url) in [
            ("127.0.0.1:1", "http://localhost:1"),
            ("0.0.0.0:1", "http://localhost:1"),
            ("[::]:1", "http://localhost:1"),
            ("[::1]:1", "http://[::1]:1"),
            ("127.0.0.2:1", "http://127.0.0.2:1"),
        ] {
            let door = door(listen);
            assert_eq!((door.url.as_str(), door.ca), (url, None));
        }
        let other = door("192.0.2.1:1");
        assert_eq!((other.url.as_str(), other.ca), ("https://192.0.2.1:1", Some("/d/tls/ca.pem".into())));
    }
}
