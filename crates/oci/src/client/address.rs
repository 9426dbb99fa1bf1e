//! How private an address is, and which ones a typed endpoint may have. Where that is enforced: `guard`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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
}
