//! Ranges of addresses, as policies and settings write them.

use std::net::IpAddr;

/// Where IPv4 lives among the IPv6 addresses: `::ffff:0:0/96`.
const IPV4: u128 = 0xffff << 32;

/// An address range in CIDR form; a bare address is a range of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    base: u128,
    mask: u128,
}

impl Network {
    /// `192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        // IPv4 lives in ::ffff:0:0/96, so that an IPv4 peer of a dual-stack listener matches an IPv4 range.
        let (offset, width) = if address.is_ipv4() { (96, 32) } else { (0, 128) };
        let length = length.unwrap_or(width);
        if length > width {
            return None;
        }
        let mask = u128::MAX.checked_shl(128 - (offset + length)).unwrap_or(0);
        Some(Self { base: bits(address) & mask, mask })
    }

    pub fn contains(self, address: IpAddr) -> bool {
        bits(address) & self.mask == self.base
    }

    /// Whether every address there is belongs to it: of a family, or of both.
    pub fn is_everything(self) -> bool {
        self.mask == 0 || (self.mask.count_ones() <= 96 && IPV4 & self.mask == self.base)
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_ipv6_mapped()),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_its_addresses_in_either_spelling() {
        for (range, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("10.1.2.3", "::ffff:10.1.2.3", "10.1.2.4"),
            ("::ffff:10.1.2.3", "10.1.2.3", "10.1.2.4"),
            ("2001:db8::/32", "2001:db8:1::1", "2001:db9::1"),
            ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
        ] {
            let network = Network::parse(range).unwrap();
            assert!(network.contains(inside.parse().unwrap()), "{range} {inside}");
            assert!(!network.contains(outside.parse().unwrap()), "{range} {outside}");
        }
        for bad in
            ["", "10.0.0.0/33", "2001:db8::/129", "10.0.0", "proxy.example.com", "10.0.0.0/", "/8", "10.0.0.1:80"]
        {
            assert_eq!(Network::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_a_range_of_all_addresses_is_everything() {
        for (range, expected) in [
            ("0.0.0.0/0", true),
            ("::1/64", true),
            ("::/0", true),
            ("::ffff:0:0/96", true),
            ("10.0.0.0/8", false),
            ("fd00::/8", false),
        ] {
            assert_eq!(Network::parse(range).unwrap().is_everything(), expected, "{range}");
        }
    }
}
