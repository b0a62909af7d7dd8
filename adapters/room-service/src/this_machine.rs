//! Names that lead to this machine, whoever looks them up.

use std::net::IpAddr;

use axum::http::uri::Authority;

/// Whether a host is the machine we are on, by a name that nobody else can give it.
pub(crate) fn is_this_machine(host: &Authority) -> bool {
    let name = host.host().trim_matches(['[', ']']);
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_addresses_and_localhost_are_this_machine() {
        for host in ["127.0.0.1:7000", "127.1.2.3", "[::1]:80", "LocalHost:1"] {
            assert!(is_this_machine(&host.parse().unwrap()), "{host}");
        }
        for host in ["rooms.example:80", "10.0.0.1", "localhost.example", "[::2]"] {
            assert!(!is_this_machine(&host.parse().unwrap()), "{host}");
        }
    }
}
