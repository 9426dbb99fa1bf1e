//! Files on this machine, compared without holding them in memory.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// Whether two files hold the same bytes.
pub(crate) fn same_content(a: &Path, b: &Path) -> io::Result<bool> {
    let (mut a, mut b) = (BufReader::new(File::open(a)?), BufReader::new(File::open(b)?));
    let (mut from_a, mut from_b) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    loop {
        let (count_a, count_b) = (fill(&mut a, &mut from_a)?, fill(&mut b, &mut from_b)?);
        if from_a[..count_a] != from_b[..count_b] {
            return Ok(false);
        }
        if count_a == 0 {
            return Ok(true);
        }
    }
}

fn fill(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
