//! Which addresses a webhook may be sent to. Pure.
//!
//! Whoever can set a webhook's address could otherwise make the service ask what only it can reach: its
//! own machine, the machines beside it, and the metadata of the cloud that it runs in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How far webhooks may reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WebhookReach {
    /// Public addresses only.
    #[default]
    Public,
    /// Loopback and private networks as well; never those where clouds keep their metadata, and none
    /// that no receiver can have.
    Private,
    /// Wherever a socket can be opened to.
    Anywhere,
}

impl WebhookReach {
    /// Whether a webhook may be sent there.
    #[must_use]
    pub fn allows(self, address: IpAddr) -> bool {
        match (self, kind(address)) {
            (Self::Anywhere, _) | (_, Kind::Public) | (Self::Private, Kind::Private) => true,
            (Self::Public, Kind::Private) | (Self::Public | Self::Private, Kind::Forbidden) => {
                false
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Public,
    /// This machine, and networks that belong to somebody.
    Private,
    /// Where clouds keep their metadata, and what is no machine's address.
    Forbidden,
}

/// Networks of the older kind of address that belong to somebody, or to this machine.
const PRIVATE_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10), // carriers'
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15), // for measuring networks
];
/// Networks of the older kind that no receiver has, and where clouds keep their metadata.
const FORBIDDEN_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(100, 100, 100, 200), 32), // Alibaba's, within those of the carriers
    (Ipv4Addr::new(168, 63, 129, 16), 32),   // Azure's, which looks public
    (Ipv4Addr::new(169, 254, 0, 0), 16),     // link-local: nearly everybody's
    (Ipv4Addr::new(192, 0, 0, 0), 24),       // for protocols; Oracle's
    (Ipv4Addr::new(192, 0, 2, 0), 24),       // for documentation
    (Ipv4Addr::new(192, 88, 99, 0), 24),     // once for 6to4
    (Ipv4Addr::new(198, 51, 100, 0), 24),    // for documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),     // for documentation
    (Ipv4Addr::new(224, 0, 0, 0), 3),        // multicast, and what was kept for later
];
/// The networks of the newer kind that belong to somebody.
const PRIVATE_V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::LOCALHOST, 128),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
];
/// Networks of the newer kind that no receiver has, and where clouds keep their metadata.
const FORBIDDEN_V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // for protocols, Teredo's among them
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // for documentation
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // for documentation
    (Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0), 32), // Amazon's, within the private ones
    (Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254), 128), // Google's, within the private ones
];
/// The only network of the newer kind whose addresses are public. What is in neither of the lists and
/// not in here is nobody's: multicast, link-local, site-local (`fec0::/10`), a network's own NAT64
/// (`64:ff9b:1::/48`, which could lead anywhere), and `::a.b.c.d`, which once meant the older kind.
const PUBLIC_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

fn kind(address: IpAddr) -> Kind {
    match address {
        IpAddr::V4(address) => kind_of_v4(address),
        IpAddr::V6(address) => kind_of_v6(address),
    }
}

fn kind_of_v4(address: Ipv4Addr) -> Kind {
    let within = |(network, bits): &(Ipv4Addr, u32)| {
        address.to_bits() >> (32 - bits) == network.to_bits() >> (32 - bits)
    };
    if FORBIDDEN_V4.iter().any(within) {
        Kind::Forbidden
    } else if PRIVATE_V4.iter().any(within) {
        Kind::Private
    } else {
        Kind::Public
    }
}

fn kind_of_v6(address: Ipv6Addr) -> Kind {
    if let Some(embedded) = embedded(address) {
        return kind_of_v4(embedded);
    }
    let within = |(network, bits): &(Ipv6Addr, u32)| {
        address.to_bits() >> (128 - bits) == network.to_bits() >> (128 - bits)
    };
    if FORBIDDEN_V6.iter().any(within) {
        Kind::Forbidden
    } else if PRIVATE_V6.iter().any(within) {
        Kind::Private
    } else if within(&PUBLIC_V6) {
        Kind::Public
    } else {
        Kind::Forbidden
    }
}

/// The address of the older kind that one of the newer kind leads to: mapped, by NAT64, by 6to4.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return Some(mapped);
    }
    let segments = address.segments();
    let of = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match segments {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_this_machine_can_reach_is_refused_unless_it_is_configured() {
        for (address, private, public) in [
            ("127.0.0.1", true, false),
            ("127.9.9.9", true, false),
            ("::1", true, false),
            ("10.1.2.3", true, false),
            ("172.16.0.1", true, false),
            ("192.168.1.1", true, false),
            ("100.64.0.1", true, false),
            ("fd12::1", true, false),
            ("::ffff:127.0.0.1", true, false),
            ("169.254.169.254", false, false),
            ("::ffff:169.254.169.254", false, false),
            ("64:ff9b::a9fe:a9fe", false, false),
            ("2002:a9fe:a9fe::1", false, false),
            ("fe80::1", false, false),
            ("fd00:ec2::254", false, false),
            ("168.63.129.16", false, false),
            ("100.100.100.200", false, false),
            ("0.0.0.0", false, false),
            ("::", false, false),
            ("224.0.0.1", false, false),
            ("255.255.255.255", false, false),
            ("192.0.0.192", false, false),
            ("192.0.2.1", false, false),
            ("198.51.100.7", false, false),
            ("203.0.113.255", false, false),
            ("198.18.0.1", true, false),
            ("198.19.255.255", true, false),
            ("fd00:ec2:1::5", false, false),
            ("fd20:ce::254", false, false),
            ("::127.0.0.1", false, false),
            ("::8.8.8.8", false, false),
            ("::ffff:8.8.8.8", true, true),
            ("64:ff9b::8.8.8.8", true, true),
            ("64:ff9b::10.0.0.1", true, false),
            ("64:ff9b:1::8.8.8.8", false, false),
            ("fec0::1", false, false),
            ("ff02::1", false, false),
            ("100::1", false, false),
            ("2001::1", false, false),
            ("2001:db8::1", false, false),
            ("3fff::1", false, false),
            ("198.20.0.1", true, true),
            ("192.0.1.1", true, true),
            ("93.184.215.14", true, true),
            ("172.32.0.1", true, true),
            ("2606:2800:21f:cb07::1", true, true),
        ] {
            let parsed: IpAddr = address.parse().unwrap();
            assert_eq!(WebhookReach::Private.allows(parsed), private, "{address}");
            assert_eq!(WebhookReach::Public.allows(parsed), public, "{address}");
            assert!(WebhookReach::Anywhere.allows(parsed), "{address}");
        }
    }
}
