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
    /// Loopback and private networks as well; never link-local addresses, where clouds keep their
    /// metadata.
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

/// Azure's address for what it tells its machines; it looks public.
const AZURE: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);
/// Alibaba's, within the network of the carriers.
const ALIBABA: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);
/// Amazon's, within the unique local addresses.
const AMAZON: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

fn kind(address: IpAddr) -> Kind {
    match address {
        IpAddr::V4(address) => kind_of_v4(address),
        IpAddr::V6(address) => kind_of_v6(address),
    }
}

fn kind_of_v4(address: Ipv4Addr) -> Kind {
    let [first, second, ..] = address.octets();
    let is_carriers = first == 100 && (64..128).contains(&second);
    if address.is_link_local()
        || address.is_multicast()
        || first == 0
        || first >= 240
        || [AZURE, ALIBABA].contains(&address)
    {
        Kind::Forbidden
    } else if address.is_loopback() || address.is_private() || is_carriers {
        Kind::Private
    } else {
        Kind::Public
    }
}

fn kind_of_v6(address: Ipv6Addr) -> Kind {
    if let Some(embedded) = embedded(address) {
        return kind_of_v4(embedded);
    }
    if address.is_unspecified()
        || address.is_multicast()
        || address.is_unicast_link_local()
        || address == AMAZON
    {
        Kind::Forbidden
    } else if address.is_loopback() || address.is_unique_local() {
        Kind::Private
    } else {
        Kind::Public
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
