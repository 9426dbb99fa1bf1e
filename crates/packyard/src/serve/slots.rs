//! How many connections there are at the same time. Each takes an open file, of which the system gives a process only so
//! many; were strangers to take them all by connecting, no blob could be opened any more. So they get half at most, and
//! one address half of that: whoever has more is sent away, and others wait their turn outside.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How often the log says that somebody was sent away.
const NEWS_EVERY: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Slots {
    free: Arc<Semaphore>,
    per_address: usize,
    held: Mutex<HashMap<IpAddr, usize>>,
    /// When somebody was sent away and the log said so.
    told: Mutex<Option<Instant>>,
}

impl Slots {
    /// `most`, or as many as the system allows.
    pub(super) fn new(most: usize) -> Arc<Self> {
        let allowed = open_files().map_or(most, |files| files / 2);
        if allowed < most {
            tracing::info!(
                connections = allowed,
                "as many connections at the same time as open files allow; `ulimit -Hn` raises that"
            );
        }
        Arc::new(Self::of(most.min(allowed).max(1)))
    }

    fn of(most: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))),
            per_address: most.div_ceil(2),
            held: Mutex::default(),
            told: Mutex::default(),
        }
    }

    /// Waits until there may be one more connection.
    pub(super) async fn free(&self) -> Option<OwnedSemaphorePermit> {
        // Never closed.
        self.free.clone().acquire_owned().await.ok()
    }

    /// A place for a connection of `address`; `None` where it has its share already. A proxy speaks for everybody, and so
    /// has no share; one on this machine need not be named for that.
    pub(super) fn take(
        self: &Arc<Self>,
        permit: Option<OwnedSemaphorePermit>,
        address: IpAddr,
        is_proxy: bool,
    ) -> Option<Slot> {
        let address = customer(address);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(address).or_default();
        if *count >= self.per_address && !is_proxy && !address.is_loopback() {
            return None;
        }
        *count += 1;
        Some(Slot { slots: self.clone(), address, _permit: permit })
    }

    /// Whether the log is to say that somebody was sent away: of many in a minute, of the first.
    pub(super) fn is_news(&self) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = told.is_none_or(|at| at.elapsed() > NEWS_EVERY);
        if is_news {
            *told = Some(Instant::now());
        }
        is_news
    }
}

/// The place of one connection, until it is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    slots: Arc<Slots>,
    address: IpAddr,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut held = self.slots.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.address);
            }
        }
    }
}

/// One customer of a provider has one IPv4 address, or the /64 of an IPv6 one.
fn customer(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        other => other,
    }
}

/// How many files this process may have open, where there is a limit. The usual one is low for programs that cannot cope
/// with more; this one can, so that it takes as many as it may.
fn open_files() -> Option<usize> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let now = if setrlimit(Resource::Nofile, raised).is_ok() { limit.maximum } else { limit.current };
    now.and_then(|files| usize::try_from(files).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_address_gets_half_and_gives_it_back() {
        let slots = Arc::new(Slots::of(4));
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let take = async |text: &str| slots.take(slots.free().await, address(text), false);
        let first = take("192.0.2.1").await;
        let second = take("::ffff:192.0.2.1").await;
        assert!(first.is_some() && second.is_some());
        assert!(take("192.0.2.1").await.is_none(), "a third one of the same");
        let others = (take("2001:db8::1").await, take("2001:db8::2").await);
        assert!(others.0.is_some() && others.1.is_some());
        assert_eq!(slots.free.available_permits(), 0);
        drop(first);
        assert!(take("2001:db8::3").await.is_none(), "of the same /64");
        assert!(take("192.0.2.1").await.is_some());
    }

    #[tokio::test]
    async fn this_machine_and_a_proxy_may_have_all() {
        let slots = Arc::new(Slots::of(4));
        for (address, is_proxy) in [("127.0.0.1", false), ("192.0.2.1", true)] {
            let mut all = Vec::new();
            for _ in 0..4 {
                all.push(slots.take(slots.free().await, address.parse().unwrap(), is_proxy).unwrap());
            }
            assert_eq!(slots.free.available_permits(), 0);
            all.clear();
            assert!(slots.held.lock().unwrap().is_empty() && slots.free.available_permits() == 4);
        }
    }
}
