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
    let mut out = String::with_capacity(24);
    for byte in random_bytes::<12>() {
        out.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
        out.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
    }
    out
}

static LAST: AtomicI64 = AtomicI64::new(0);

/// A row id that grows with time: microseconds since the epoch with ten random low bits, so that replicas writing in
/// the same microsecond do not meet, and never twice the same within a process.
pub fn sequence_id(now_ms: i64) -> i64 {
    let noise = i64::from(u16::from_le_bytes(random_bytes::<2>()) & 0x3ff);
    let wanted = now_ms.saturating_mul(1 << 20) | noise;
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
}
