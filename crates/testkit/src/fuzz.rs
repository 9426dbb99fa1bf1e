//! Parsers driven with changed and invented input, the same on every run: the seeds are mutated by a generator whose own seed is
//! fixed. A few changes to one seed, or a piece of two, or words in a row.
//!
//! `PACKYARD_FUZZ_CASES` sets how many cases each target gets, `PACKYARD_FUZZ_SEED` where the generator starts. A failure
//! names target, seed and case, and the input.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Gives a target the seeds, then what is made of them.
///
/// # Panics
/// Where the target does.
pub fn fuzz(name: &str, target: fn(&[u8]), seeds: &[Vec<u8>], words: &[&str], cases: u64) {
    let cases = setting("PACKYARD_FUZZ_CASES", cases);
    let seed = setting("PACKYARD_FUZZ_SEED", 1);
    let mut generator = Generator::new(seed);
    for case in 0..cases {
        let input = match usize::try_from(case).ok().and_then(|case| seeds.get(case)) {
            Some(seed) => seed.clone(),
            None => generator.mutate(seeds, words),
        };
        if catch_unwind(AssertUnwindSafe(|| target(&input))).is_err() {
            panic!("target {name}, seed {seed}, case {case}: \"{}\"", input.escape_ascii());
        }
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// Inputs stay short: a long one costs time and finds little more.
const BYTES: usize = 16 << 10;

struct Generator(u64);

impl Generator {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// xorshift64*.
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap_or(0) % limit.max(1)
    }

    fn mutate(&mut self, seeds: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
        let mut out = match self.below(8) {
            0 => (0..self.below(40)).flat_map(|_| words[self.below(words.len())].bytes()).collect(),
            1 => {
                let (a, b) = (&seeds[self.below(seeds.len())], &seeds[self.below(seeds.len())]);
                let (end, start) = (self.below(a.len() + 1), self.below(b.len() + 1));
                [&a[..end], &b[start..]].concat()
            }
            _ => seeds[self.below(seeds.len())].clone(),
        };
        for _ in 0..1 + self.below(6) {
            self.change(&mut out, words);
        }
        out.truncate(BYTES);
        out
    }

    fn change(&mut self, out: &mut Vec<u8>, words: &[&str]) {
        let at = self.below(out.len() + 1);
        let end = (at + 1 + self.below(40)).min(out.len());
        match self.below(7) {
            0 if at < out.len() => out[at] ^= 1 << self.below(8),
            1 if at < out.len() => out[at] = self.next().to_le_bytes()[3],
            2 if at < end => drop(out.drain(at..end)),
            3 if at < end => {
                let piece = out[at..end].to_vec();
                let to = self.below(out.len() + 1);
                out.splice(to..to, piece);
            }
            4 => out.truncate(at),
            _ => {
                let word = words[self.below(words.len())].as_bytes();
                out.splice(at..at, word.iter().copied());
            }
        }
    }
}
