//! How much is asked of one host at the same time and in a second, whichever registries are there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// The hosts that are spoken to. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Hosts(Arc<Mutex<HashMap<String, Weak<Gate>>>>);

#[derive(Debug)]
pub(crate) struct Gate {
    places: Semaphore,
    /// Between two requests.
    gap: Duration,
    /// When the next request may be made.
    next: Mutex<Instant>,
}

impl Hosts {
    /// The gate of `origin`, which lets `parallel` requests through at the same time, and `rate` in a second.
    pub(crate) fn gate(&self, origin: &str, parallel: usize, rate: u32) -> Arc<Gate> {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gates.retain(|_, gate| gate.strong_count() > 0);
        if let Some(gate) = gates.get(origin).and_then(Weak::upgrade) {
            return gate;
        }
        let gate = Arc::new(Gate {
            places: Semaphore::new(parallel.max(1)),
            gap: Duration::from_secs(1) / rate.max(1),
            next: Mutex::new(Instant::now()),
        });
        gates.insert(origin.to_owned(), Arc::downgrade(&gate));
        gate
    }
}

impl Gate {
    /// Waits for a place and for the time of the next request. The place is free again when the value is dropped.
    pub(crate) async fn pass(&self) -> Option<SemaphorePermit<'_>> {
        // Never closed.
        let place = self.places.acquire().await.ok();
        let at = self.slot(Instant::now());
        // A timer is coarser than most gaps: what is due within one of its ticks goes at once.
        if at > Instant::now() + TICK {
            tokio::time::sleep_until(at).await;
        }
        place
    }

    /// When the next request may be made, seen from `now`; from then on the one after it waits.
    fn slot(&self, now: Instant) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let at = (*next).max(now);
        *next = at + self.gap;
        at
    }
}

const TICK: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn requests_keep_their_distance() {
        let gate = Hosts::default().gate("https://r", 8, 10);
        let start = Instant::now() + Duration::from_secs(1);
        let slots: Vec<u128> = (0..4).map(|_| (gate.slot(start) - start).as_millis()).collect();
        assert_eq!(slots, [0, 100, 200, 300]);
        let later = start + Duration::from_secs(9);
        assert_eq!(gate.slot(later), later, "what was not used is not made up for");
    }

    #[tokio::test]
    async fn so_many_are_let_through_at_the_same_time() {
        let hosts = Hosts::default();
        let (gate, same) = (hosts.gate("https://r", 2, 1_000_000), hosts.gate("https://r", 2, 1_000_000));
        let other = hosts.gate("https://s", 2, 1_000_000);
        let (first, _second) = (gate.pass().await, same.pass().await);
        assert!(is_closed(&same).await);
        assert!(!is_closed(&other).await);
        drop(first);
        assert!(!is_closed(&same).await);
    }

    async fn is_closed(gate: &Gate) -> bool {
        tokio::time::timeout(Duration::from_millis(50), gate.pass()).await.is_err()
    }
}
