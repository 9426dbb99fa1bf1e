//! Which addresses a call may reach (oci.md section 5, attack 21).
//!
//! Invariants: link-local and metadata addresses are never connected to; a name is resolved once and the addresses
//! that were checked are the ones connected to (no DNS rebinding between check and use); a host that was not typed by
//! a person (redirect, token realm, upload location) is never of a more private class than the typed one.

use super::endpoint::is_loopback;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// How private an address is. Later is more private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddressClass {
    Public,
    /// RFC 1918, carrier-grade NAT, unique local IPv6.
    Private,
    Loopback,
    /// Link-local, cloud metadata, multicast, unspecified, reserved: nothing of ours lives there.
    Forbidden,
}

impl AddressClass {
    pub fn of(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(v4) => Self::of_v4(v4),
            IpAddr::V6(v6) => match embedded_v4(v6) {
                Some(v4) => Self::of_v4(v4),
                None => Self::of_v6(v6),
            },
        }
    }

    fn of_v4(ip: Ipv4Addr) -> Self {
        let [a, b, c, d] = ip.octets();
        match (a, b, c, d) {
            // Azure's, Alibaba's and Oracle's metadata services stand outside the link-local range.
            (168, 63, 129, 16) | (100, 100, 100, 200) | (192, 0, 0, _) => Self::Forbidden,
            (0, ..) | (169, 254, ..) | (224.., ..) => Self::Forbidden,
            (127, ..) => Self::Loopback,
            (10, ..) | (172, 16..=31, ..) | (192, 168, ..) | (100, 64..=127, ..) | (198, 18..=19, ..) => Self::Private,
            _ => Self::Public,
        }
    }

    fn of_v6(ip: Ipv6Addr) -> Self {
        let first = ip.segments()[0];
        // fd00:ec2::254 is AWS's metadata service, fd20:ce::254 Google's.
        let metadata = ip == Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x254)
            || ip == Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x23)
            || ip == Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x254);
        if ip.is_loopback() {
            Self::Loopback
        } else if metadata || ip.is_unspecified() || first & 0xffc0 == 0xfe80 || first & 0xff00 == 0xff00 {
            Self::Forbidden
        } else if first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfec0 {
            Self::Private
        } else {
            Self::Public
        }
    }
}

/// The IPv4 address that an IPv6 one stands for: mapped, compatible, translated, NAT64, 6to4.
fn embedded_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let s = ip.segments();
    let v4 = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        Ipv4Addr::new(a, b, c, d)
    };
    match s {
        [0, 0, 0, 0, 0, 0xffff, high, low] => Some(v4(high, low)),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => Some(v4(high, low)),
        [0, 0, 0, 0, 0xffff, 0, high, low] => Some(v4(high, low)),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x64, 0xff9b, 1, _, _, _, high, low] => Some(v4(high, low)),
        [0x2002, high, low, ..] => Some(v4(high, low)),
        _ => None,
    }
}

/// Addresses that a typed endpoint may have. [`AddressClass::Forbidden`] ones are refused by both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EndpointPolicy {
    /// Loopback and private too: Harbor lives there.
    #[default]
    Any,
    Public,
}

impl EndpointPolicy {
    pub fn allows(self, class: AddressClass) -> bool {
        match self {
            Self::Any => class != AddressClass::Forbidden,
            Self::Public => class == AddressClass::Public,
        }
    }
}

/// Why an address was not connected to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefused {
    #[error("{} a link-local, metadata or reserved address, which is never connected to", place(host, *ip))]
    Forbidden { host: String, ip: IpAddr },
    #[error("{} not a public address, and the endpoint policy `public` allows no other", place(host, *ip))]
    Policy { host: String, ip: IpAddr },
    #[error("{} a more private address than {typed} has, and the registry may not lead there", place(host, *ip))]
    MorePrivate { host: String, ip: IpAddr, typed: String },
}

/// `host is at ip,`, or `ip is` where the host is the address itself.
fn place(host: &str, ip: IpAddr) -> String {
    match host.parse::<IpAddr>() {
        Ok(typed) if typed == ip => format!("{ip} is"),
        _ => format!("{host} is at {ip},"),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the name {host} does not resolve: {reason}")]
pub(crate) struct NotResolved {
    host: String,
    reason: String,
}

/// The guard of one client: knows which host a person typed.
pub(crate) struct Guard {
    policy: EndpointPolicy,
    typed: String,
    /// Proxies that the environment names: the operator's own, so not judged.
    proxies: Vec<String>,
    /// The proxy that was given for the registry: typed as well, so judged by the policy alone.
    given_proxy: Option<String>,
    /// The most public class seen for the typed host, as a number; 255 while unknown.
    typed_class: AtomicU8,
}

impl Guard {
    pub(crate) fn new(
        policy: EndpointPolicy,
        typed: &str,
        proxies: Vec<String>,
        given_proxy: Option<&str>,
    ) -> Arc<Self> {
        let given_proxy = given_proxy.map(|host| host.trim_matches(['[', ']']).to_ascii_lowercase());
        let typed_class = AtomicU8::new(u8::MAX);
        let guard = Self { policy, typed: typed.to_ascii_lowercase(), proxies, given_proxy, typed_class };
        if is_loopback(typed) {
            guard.remember(AddressClass::Loopback);
        } else if let Ok(ip) = typed.parse() {
            guard.remember(AddressClass::of(ip));
        }
        Arc::new(guard)
    }

    /// Hosts of the proxies that the environment names.
    pub(crate) fn proxies(&self) -> &[String] {
        &self.proxies
    }

    /// Whether it is the host that a person typed.
    pub(crate) fn is_typed(&self, host: &str) -> bool {
        host.trim_matches(['[', ']']).eq_ignore_ascii_case(&self.typed)
    }

    /// Judges a host that is an address; names are judged when they are resolved.
    pub(crate) fn check_host(&self, host: &str) -> Result<(), AddressRefused> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        match bare.parse::<IpAddr>() {
            Ok(ip) => self.judge(bare, ip),
            Err(_) => Ok(()),
        }
    }

    fn judge(&self, host: &str, ip: IpAddr) -> Result<(), AddressRefused> {
        let class = AddressClass::of(ip);
        let host = host.to_ascii_lowercase();
        if class == AddressClass::Forbidden {
            return Err(AddressRefused::Forbidden { host, ip });
        }
        if !self.policy.allows(class) {
            return Err(AddressRefused::Policy { host, ip });
        }
        if host == self.typed {
            self.remember(class);
        } else if self.given_proxy.as_ref() == Some(&host) {
            return Ok(());
        } else if class as u8 > self.typed_class() {
            return Err(AddressRefused::MorePrivate { host, ip, typed: self.typed.clone() });
        }
        Ok(())
    }

    fn remember(&self, class: AddressClass) {
        self.typed_class.fetch_min(class as u8, Ordering::Relaxed);
    }

    /// An unknown class counts as public, so that nothing is more public than it by accident.
    fn typed_class(&self) -> u8 {
        match self.typed_class.load(Ordering::Relaxed) {
            u8::MAX => AddressClass::Public as u8,
            class => class,
        }
    }

    async fn resolve(&self, host: &str) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
        let not_resolved = |reason: String| NotResolved { host: host.to_owned(), reason };
        let found: Vec<SocketAddr> =
            tokio::net::lookup_host((host, 0)).await.map_err(|e| not_resolved(e.to_string()))?.collect();
        if self.proxies.iter().any(|proxy| proxy.eq_ignore_ascii_case(host)) {
            return Ok(found);
        }
        let mut allowed = Vec::with_capacity(found.len());
        let mut refused = None;
        for addr in found {
            match self.judge(host, addr.ip()) {
                Ok(()) => allowed.push(addr),
                Err(why) => refused = Some(why),
            }
        }
        match (allowed.is_empty(), refused) {
            (false, _) => Ok(allowed),
            (true, Some(why)) => Err(why.into()),
            (true, None) => Err(not_resolved("it has no address".into()).into()),
        }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("policy", &self.policy).field("typed", &self.typed).finish_non_exhaustive()
    }
}

/// The guard as the resolver of an HTTP client: what it returns is what gets connected to.
pub(crate) struct GuardedResolver(pub(crate) Arc<Guard>);

impl reqwest::dns::Resolve for GuardedResolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let guard = self.0.clone();
        Box::pin(async move {
            let found = guard.resolve(name.as_str()).await?;
            Ok(Box::new(found.into_iter()) as reqwest::dns::Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(text: &str) -> AddressClass {
        AddressClass::of(text.parse().unwrap())
    }

    #[test]
    fn classes() {
        use AddressClass::*;
        for (text, expected) in [
            ("8.8.8.8", Public),
            ("2606:4700::1111", Public),
            ("10.0.0.1", Private),
            ("172.31.255.255", Private),
            ("172.32.0.1", Public),
            ("192.168.1.1", Private),
            ("100.64.0.1", Private),
            ("fd12::1", Private),
            ("127.9.9.9", Loopback),
            ("::1", Loopback),
            ("169.254.169.254", Forbidden),
            ("100.100.100.200", Forbidden),
            ("168.63.129.16", Forbidden),
            ("0.0.0.0", Forbidden),
            ("255.255.255.255", Forbidden),
            ("224.0.0.1", Forbidden),
            ("fe80::1", Forbidden),
            ("fd00:ec2::254", Forbidden),
            ("::", Forbidden),
        ] {
            assert_eq!(class(text), expected, "{text}");
        }
    }

    #[test]
    fn an_ipv4_address_dressed_as_ipv6_is_what_it_is() {
        for dressed in [
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "::ffff:0:169.254.169.254",
            "64:ff9b::169.254.169.254",
            "2002:a9fe:a9fe::1",
        ] {
            assert_eq!(class(dressed), AddressClass::Forbidden, "{dressed}");
        }
        assert_eq!(class("::ffff:127.0.0.1"), AddressClass::Loopback);
        assert_eq!(class("::ffff:10.1.2.3"), AddressClass::Private);
    }

    #[test]
    fn a_host_nobody_typed_may_not_be_more_private() {
        let guard = Guard::new(EndpointPolicy::Any, "203.0.113.7", Vec::new(), None);
        assert!(guard.check_host("203.0.113.7").is_ok());
        assert!(guard.check_host("8.8.8.8").is_ok());
        for ip in ["10.0.0.1", "127.0.0.1", "[::1]", "[::ffff:10.0.0.1]"] {
            assert!(matches!(guard.check_host(ip), Err(AddressRefused::MorePrivate { .. })), "{ip}");
        }
        let private = Guard::new(EndpointPolicy::Any, "10.0.0.9", Vec::new(), None);
        assert!(private.check_host("192.168.0.1").is_ok());
        assert!(private.check_host("127.0.0.1").is_err());
        assert!(private.check_host("169.254.169.254").is_err());
    }

    #[test]
    fn the_public_policy_refuses_what_is_not() {
        let guard = Guard::new(EndpointPolicy::Public, "127.0.0.1", Vec::new(), None);
        assert!(matches!(guard.check_host("127.0.0.1"), Err(AddressRefused::Policy { .. })));
        assert!(Guard::new(EndpointPolicy::Any, "127.0.0.1", Vec::new(), None).check_host("127.0.0.1").is_ok());
    }

    #[tokio::test]
    async fn names_are_judged_by_what_they_resolve_to() {
        let outside = Guard::new(EndpointPolicy::Any, "203.0.113.7", Vec::new(), None);
        let error = outside.resolve("localhost").await.unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(AddressRefused::MorePrivate { .. })), "{error}");
        let inside = Guard::new(EndpointPolicy::Any, "localhost", Vec::new(), None);
        assert!(inside.resolve("localhost").await.is_ok_and(|found| found.iter().all(|a| a.ip().is_loopback())));
        let proxied = Guard::new(EndpointPolicy::Public, "203.0.113.7", vec!["LocalHost".into()], None);
        assert!(proxied.resolve("localhost").await.is_ok(), "a proxy that the environment names is the operator's");
        let given = |policy| Guard::new(policy, "203.0.113.7", Vec::new(), Some("localhost"));
        assert!(given(EndpointPolicy::Any).resolve("localhost").await.is_ok(), "a proxy that was typed");
        assert!(given(EndpointPolicy::Public).resolve("localhost").await.is_err(), "the policy is for it too");
        assert!(inside.resolve("no-such-host.invalid").await.unwrap_err().downcast_ref::<NotResolved>().is_some());
    }
}
