//! How often one address may come, so that no single one can keep the service busy with handshakes and
//! with requests that it refuses. Pure; the time is an argument.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::places::network;
use crate::token_bucket::TokenBucket;

/// How long an empty bucket takes to fill.
const TIME_TO_FILL: Duration = Duration::from_secs(2);
/// Of so many addresses it is known how often they came of late, and of as many before.
const MOST: usize = 1 << 16;

/// A bucket for each address that came of late; bounded in number and in time.
#[derive(Debug)]
pub(crate) struct Rates {
    fresh: TokenBucket,
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    /// Since when `of_late` is filled.
    since: Duration,
    of_late: BTreeMap<IpAddr, TokenBucket>,
    before: BTreeMap<IpAddr, TokenBucket>,
}

impl Rates {
    /// So often a second, and twice as often at once.
    pub(crate) fn new(per_second: u32) -> Self {
        Self {
            fresh: TokenBucket::new(per_second, per_second.saturating_mul(2)),
            inside: Mutex::default(),
        }
    }

    /// Whether somebody at this address may come once more.
    pub(crate) fn take(&self, now: Duration, address: IpAddr) -> bool {
        let address = network(address);
        // A bucket is right or wrong by itself, whoever panicked.
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        // Who has not come since has a full bucket, and need not be remembered for that.
        if now >= inside.since + TIME_TO_FILL || inside.of_late.len() >= MOST {
            inside.before = std::mem::take(&mut inside.of_late);
            inside.since = now;
        }
        let known = inside.before.remove(&address).unwrap_or(self.fresh);
        inside.of_late.entry(address).or_insert(known).take(now)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn address(number: u32) -> IpAddr {
        Ipv4Addr::from_bits(number).into()
    }

    #[test]
    fn each_address_comes_so_often_however_often_the_others_come() {
        let rates = Rates::new(10);
        let come = |now, number| {
            (0..100)
                .filter(|_| rates.take(now, address(number)))
                .count()
        };
        assert_eq!(come(Duration::ZERO, 1), 20);
        assert_eq!(come(Duration::ZERO, 2), 20);
        // Half a second fills in five, also where what was known before is put aside meanwhile.
        for halves in 1..=20 {
            assert_eq!(come(SECOND * halves / 2, 1), 5, "{halves}");
        }
        assert_eq!(come(12 * SECOND, 1), 20);
    }

    #[test]
    fn nobody_is_remembered_for_longer_than_it_matters_and_a_swarm_is_not_either() {
        let rates = Rates::new(10);
        for number in 0..200_000 {
            assert!(rates.take(Duration::ZERO, address(number)));
        }
        let remembered = || {
            let inside = rates.inside.lock().unwrap();
            inside.of_late.len() + inside.before.len()
        };
        assert!(remembered() <= 2 * MOST);
        rates.take(2 * SECOND, address(1));
        rates.take(4 * SECOND, address(1));
        assert_eq!(remembered(), 1);
    }
}
