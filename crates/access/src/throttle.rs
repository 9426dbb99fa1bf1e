//! Counting wrong passwords. In memory: a replica counts for itself.
//!
//! Three counters over one window: a name from one address (somebody guesses), an address (somebody sprays), a name from
//! anywhere (a botnet). The last is high, so that nobody locks another person out cheaply.

use crate::ThrottleConfig;
use crate::sigv4::sha256_hex;
use packyard_store::Clock;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Counter {
    NameAndAddress(String, u128),
    Address(u128),
    Name(String),
}

impl Counter {
    fn words(&self) -> &'static str {
        match self {
            Self::NameAndAddress(..) => "for this user from this address",
            Self::Address(_) => "from this address",
            Self::Name(_) => "for this user from anywhere",
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Count {
    wrong: u32,
    window_ends: i64,
    /// The log said that whoever this counts has to wait.
    told: bool,
}

/// An attempt that is refused unseen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) seconds: u64,
    /// Whose wrong passwords were too many, for the log.
    pub(crate) counted: &'static str,
    /// The first refusal in this window.
    pub(crate) is_news: bool,
}

/// Counters that are kept; the ended ones are swept out when there are more.
const CAPACITY: usize = 50_000;

pub(crate) struct Throttle {
    config: ThrottleConfig,
    clock: Arc<dyn Clock>,
    counts: Mutex<HashMap<Counter, Count>>,
}

impl Throttle {
    pub(crate) fn new(config: ThrottleConfig, clock: Arc<dyn Clock>) -> Self {
        Self { config, clock, counts: Mutex::default() }
    }

    /// Counts this attempt as a wrong one, before the password is looked at, so that attempts sent at the same time
    /// count each other; [`Throttle::forgive`] takes it back.
    pub(crate) fn attempt(&self, name: &str, address: IpAddr) -> Result<(), Wait> {
        let now = self.clock.now_ms();
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let counters = self.counters(name, address);
        for (counter, limit) in &counters {
            if let Some(count) = counts.get_mut(counter)
                && count.window_ends > now
                && count.wrong >= *limit
            {
                let seconds = u64::try_from((count.window_ends - now + 999) / 1000).unwrap_or(1);
                let is_news = !std::mem::replace(&mut count.told, true);
                return Err(Wait { seconds, counted: counter.words(), is_news });
            }
        }
        if counts.len() >= CAPACITY {
            counts.retain(|_, count| count.window_ends > now);
        }
        for (counter, _) in counters {
            let fresh = Count { wrong: 0, window_ends: now + self.config.window_s * 1000, told: false };
            let count = counts.entry(counter).or_insert(fresh);
            if count.window_ends <= now {
                *count = fresh;
            }
            count.wrong += 1;
        }
        Ok(())
    }

    /// The password was right: this attempt does not count, and the name is clean again from that address.
    pub(crate) fn forgive(&self, name: &str, address: IpAddr) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for (counter, _) in self.counters(name, address) {
            match &counter {
                Counter::NameAndAddress(..) => {
                    counts.remove(&counter);
                }
                _ => {
                    if let Some(count) = counts.get_mut(&counter) {
                        count.wrong = count.wrong.saturating_sub(1);
                    }
                }
            }
        }
    }

    fn counters(&self, name: &str, address: IpAddr) -> [(Counter, u32); 3] {
        // Whoever guesses chooses the name, and must not choose how much is remembered of it.
        let name = sha256_hex(name.to_ascii_lowercase().as_bytes());
        let block = block(address);
        [
            (Counter::NameAndAddress(name.clone(), block), self.config.per_name_and_address),
            (Counter::Address(block), self.config.per_address),
            (Counter::Name(name), self.config.per_name),
        ]
    }
}

/// One customer of a provider: an IPv4 address, or an IPv6 /64.
fn block(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_ipv6_mapped()),
        IpAddr::V6(v6) => u128::from(v6) >> 64 << 64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use packyard_store::ManualClock;

    fn throttle() -> (Throttle, ManualClock) {
        let clock = ManualClock::at(1_000_000);
        let config = ThrottleConfig { per_name_and_address: 3, per_address: 5, per_name: 7, window_s: 60 };
        (Throttle::new(config, Arc::new(clock.clone())), clock)
    }

    fn at(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn the_fourth_guess_waits_for_the_window_to_end() {
        let (throttle, clock) = throttle();
        for _ in 0..3 {
            throttle.attempt("ada", at(1)).unwrap();
        }
        clock.advance_ms(10_000);
        assert_eq!(throttle.attempt("Ada", at(1)).unwrap_err().seconds, 50);
        assert_eq!(throttle.attempt("ada", at(2)), Ok(()), "another address may still log in");
        clock.advance_ms(50_000);
        assert_eq!(throttle.attempt("ada", at(1)), Ok(()));
    }

    #[test]
    fn a_wait_is_news_once_in_its_window() {
        let (throttle, clock) = throttle();
        for _ in 0..2 {
            for _ in 0..3 {
                throttle.attempt("ada", at(1)).unwrap();
            }
            let told = std::array::from_fn(|_| throttle.attempt("ada", at(1)).unwrap_err().is_news);
            assert_eq!(told, [true, false, false]);
            clock.advance_ms(60_000);
        }
    }

    #[test]
    fn spraying_names_from_one_address_is_stopped() {
        let (throttle, _) = throttle();
        for name in ["a", "b", "c", "d", "e"] {
            throttle.attempt(name, at(1)).unwrap();
        }
        assert!(throttle.attempt("f", at(1)).is_err());
    }

    #[test]
    fn a_name_guessed_from_everywhere_is_stopped() {
        let (throttle, _) = throttle();
        for host in 0..7 {
            throttle.attempt("ada", at(host)).unwrap();
        }
        assert!(throttle.attempt("ada", at(99)).is_err());
    }

    #[test]
    fn a_long_name_takes_no_more_memory_than_a_short_one() {
        let (throttle, _) = throttle();
        throttle.attempt(&"a".repeat(1 << 20), at(1)).unwrap();
        let counts = throttle.counts.lock().unwrap();
        let longest = counts.keys().map(|counter| match counter {
            Counter::NameAndAddress(name, _) | Counter::Name(name) => name.len(),
            Counter::Address(_) => 0,
        });
        assert_eq!(longest.max(), Some(64));
    }

    #[test]
    fn right_passwords_never_add_up() {
        let (throttle, _) = throttle();
        for _ in 0..100 {
            throttle.attempt("ada", at(1)).unwrap();
            throttle.forgive("ada", at(1));
        }
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_together() {
        let (throttle, _) = throttle();
        for host in 0..3u16 {
            throttle.attempt("ada", IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, host])).unwrap();
        }
        assert!(throttle.attempt("ada", IpAddr::from([0x2001, 0xdb8, 0, 0, 9, 9, 9, 9])).is_err());
    }
}
