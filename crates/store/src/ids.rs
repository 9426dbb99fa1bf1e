//! Identifiers. Every uid that `/v1` shows is 24 lower-case hex digits (12 random bytes), unique over all kinds.

use ring::rand::{SecureRandom, SystemRandom};
use std::sync::atomic::{AtomicI64, Ordering};

/// `N` bytes from the operating system's generator.
///
/// # Panics
/// When the operating system has no randomness to give; nothing safe can be done without it.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(clippy::expect_used, reason = "a system without randomness cannot run a registry safely")]
    SystemRandom::new().fill(&mut bytes).expect("the operating system gave no random bytes");
    bytes
}

/// A fresh uid: 24 lower-case hex digits.
pub fn new_uid() -> String {
    packyard_oci::hex(random_bytes::<12>())
}

static LAST: AtomicI64 = AtomicI64::new(0);

/// Low bits of a sequence id; the milliseconds are above them.
pub(crate) const NOISE_BITS: u32 = 20;

/// A row id that grows with time: milliseconds since the epoch with random low bits, so that replicas writing in the same
/// millisecond do not meet, and never twice the same within a process. Never less than the milliseconds alone.
pub fn sequence_id(now_ms: i64) -> i64 {
    let noise = i64::from(u32::from_le_bytes(random_bytes::<4>()) >> (u32::BITS - NOISE_BITS));
    let wanted = now_ms.saturating_mul(1 << NOISE_BITS) | noise;
    let before = LAST.fetch_max(wanted, Ordering::SeqCst);
    if before < wanted { wanted } else { LAST.fetch_add(1, Ordering::SeqCst) + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_are_24_lower_case_hex() {
        let uid = new_uid();
        assert_eq!(uid.len(), 24);
        assert!(uid.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)));
        assert_ne!(uid, new_uid());
    }

    #[test]
    fn sequence_ids_grow_within_a_millisecond() {
        let ids: Vec<i64> = (0..5_000).map(|_| sequence_id(1_700_000_000_000)).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn replicas_that_write_in_the_same_millisecond_draw_from_many_ids() {
        // Each in a millisecond of its own, later than any other test's, so that none is the one before plus one.
        let low = |ms: i64| sequence_id(4_000_000_000_000 + ms) & ((1 << NOISE_BITS) - 1);
        let drawn: Vec<i64> = (0..64).map(low).collect();
        assert!(drawn.iter().any(|id| *id > 1 << 19), "half of all are larger: {drawn:?}");
    }
}
