//! Files on this machine, compared and hashed without holding them in memory.

use packyard_oci::{Algorithm, Digest, Hasher};
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

/// A file whose bytes are counted and hashed as they are read.
pub(crate) struct HashedFile {
    file: File,
    hasher: Hasher,
    bytes: u64,
}

impl HashedFile {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { file: File::open(path)?, hasher: Hasher::new(Algorithm::Sha256), bytes: 0 })
    }

    /// Reads what is left; the digest and size of the whole.
    pub(crate) fn finish(mut self) -> io::Result<(Digest, u64)> {
        io::copy(&mut self, &mut io::sink())?;
        Ok((self.hasher.finish(), self.bytes))
    }
}

impl Read for HashedFile {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buf)?;
        self.hasher.update(&buf[..count]);
        self.bytes += count as u64;
        Ok(count)
    }
}
