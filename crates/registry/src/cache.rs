//! A cache bounded in bytes, for what every pull asks. Two generations per shard: new and used entries are young; when
//! the young fill half the budget they become the old, and the old are dropped. So what is asked again stays, and each
//! operation takes a few steps only.
//!
//! Invariant: after [`Cache::forget`] returns, nothing read from the database before it is ever served. A reader takes
//! a [`Stamp`] before it asks the database; if the key was forgotten meanwhile, what it read is not kept.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const SHARDS: usize = 16;
/// What an entry costs beyond its value: key, hash table, pointers.
const OVERHEAD: usize = 160;

pub(crate) struct Cache<K, V> {
    shards: Vec<Mutex<Shard<K, V>>>,
    hasher: RandomState,
    young_limit: usize,
    /// Where other replicas write too, nothing is believed for longer.
    life: Option<Duration>,
}

struct Shard<K, V> {
    young: HashMap<K, Entry<V>>,
    old: HashMap<K, Entry<V>>,
    young_bytes: usize,
    forgotten: u64,
}

struct Entry<V> {
    value: V,
    bytes: usize,
    until: Option<Instant>,
}

/// The moment before a read from the database.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp(u64);

impl<K: Hash + Eq, V: Clone> Cache<K, V> {
    pub(crate) fn new(budget: usize, life: Option<Duration>) -> Self {
        let shard = || Mutex::new(Shard { young: HashMap::new(), old: HashMap::new(), young_bytes: 0, forgotten: 0 });
        Self {
            shards: (0..SHARDS).map(|_| shard()).collect(),
            hasher: RandomState::new(),
            young_limit: budget / SHARDS / 2,
            life,
        }
    }

    fn shard(&self, key: &K) -> MutexGuard<'_, Shard<K, V>> {
        let at = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or(0);
        self.shards[at].lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get(&self, key: &K) -> Option<V> {
        let mut shard = self.shard(key);
        let alive = |entry: &Entry<V>| entry.until.is_none_or(|until| Instant::now() < until);
        if let Some(entry) = shard.young.get(key) {
            return alive(entry).then(|| entry.value.clone());
        }
        let (key, entry) = shard.old.remove_entry(key).filter(|(_, entry)| alive(entry))?;
        let value = entry.value.clone();
        shard.keep(key, entry, self.young_limit);
        Some(value)
    }

    pub(crate) fn stamp(&self, key: &K) -> Stamp {
        Stamp(self.shard(key).forgotten)
    }

    pub(crate) fn put(&self, key: K, value: V, bytes: usize, stamp: Stamp) {
        let mut shard = self.shard(&key);
        let bytes = bytes + OVERHEAD;
        if shard.forgotten != stamp.0 || bytes > self.young_limit {
            return;
        }
        let until = self.life.map(|life| Instant::now() + life);
        shard.keep(key, Entry { value, bytes, until }, self.young_limit);
    }

    pub(crate) fn forget(&self, key: &K) {
        let mut shard = self.shard(key);
        shard.forgotten += 1;
        shard.old.remove(key);
        if let Some(entry) = shard.young.remove(key) {
            shard.young_bytes -= entry.bytes;
        }
    }
}

impl<K: Hash + Eq, V> Shard<K, V> {
    fn keep(&mut self, key: K, entry: Entry<V>, limit: usize) {
        if self.young_bytes + entry.bytes > limit {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += entry.bytes;
        if let Some(before) = self.young.insert(key, entry) {
            self.young_bytes -= before.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let cache: Cache<u8, u8> = Cache::new(1 << 20, None);
        let stamp = cache.stamp(&1);
        cache.forget(&1);
        cache.put(1, 10, 1, stamp);
        assert_eq!(cache.get(&1), None);
        cache.put(1, 11, 1, cache.stamp(&1));
        assert_eq!(cache.get(&1), Some(11));
    }

    #[test]
    fn memory_is_bounded_and_what_is_used_stays() {
        let cache: Cache<u32, u32> = Cache::new(SHARDS * 2 * 40 * (OVERHEAD + 1), None);
        cache.put(7, 7, 1, cache.stamp(&7));
        for key in 100..20_000 {
            cache.put(key, key, 1, cache.stamp(&key));
            assert_eq!(cache.get(&7), Some(7));
        }
        let kept = (100..20_000).filter(|key| cache.get(key).is_some()).count();
        assert!((100..2 * SHARDS * 40 + 1).contains(&kept), "{kept}");
    }

    #[test]
    fn nothing_is_believed_beyond_its_life() {
        let cache: Cache<u8, u8> = Cache::new(1 << 20, Some(Duration::ZERO));
        cache.put(1, 1, 1, cache.stamp(&1));
        assert_eq!(cache.get(&1), None);
    }
}
