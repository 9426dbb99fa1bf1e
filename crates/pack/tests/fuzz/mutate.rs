//! Input made of seeds: a few changes to one, or a piece of two, or words in a row.

/// Inputs stay short: a long one costs time and finds little more.
const BYTES: usize = 16 << 10;

pub(crate) struct Generator(u64);

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
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

    pub(crate) fn mutate(&mut self, seeds: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
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
