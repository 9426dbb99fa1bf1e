//! The tar inside an archive, as a counted stream: gzip (also of several members), zstd or plain, told by the first bytes
//! and never by a media type, since clients label all of them alike.
//!
//! Invariant: once a read has failed, every later one fails the same way; a reader inside (a chart in the pack) cannot hide
//! that the stream around it broke.

use super::Compression;
use super::error::ArchiveError;
use super::streams::{GzipMembers, ZstdFrames};
use crate::limits::ReadLimits;
use std::cell::Cell;
use std::fmt;
use std::io::{self, BufReader, Cursor, Read};
use std::rc::Rc;

/// Enough to see what an archive is, and to show what it is instead.
const SNIFFED: u64 = 512;

type Source<R> = BufReader<Counted<io::Chain<Cursor<Vec<u8>>, R>>>;

pub(crate) struct Decompressed<R: Read> {
    inner: Inner<R>,
    pub(crate) compression: Compression,
    packed: Rc<Cell<u64>>,
    unpacked: u64,
    limits: ReadLimits,
    failed: Option<Failure>,
    /// The first bytes, for a message about what this is.
    pub(crate) head: Vec<u8>,
}

enum Inner<R: Read> {
    Plain(Source<R>),
    Gzip(Box<GzipMembers<Source<R>>>),
    Zstd(Box<ZstdFrames<Source<R>>>),
}

impl<R: Read> Decompressed<R> {
    pub(crate) fn new(mut input: R, limits: &ReadLimits) -> Result<Self, ArchiveError> {
        let mut head = Vec::new();
        input.by_ref().take(SNIFFED).read_to_end(&mut head).map_err(ArchiveError::Io)?;
        let compression = match head.as_slice() {
            [0x1f, 0x8b, ..] => Compression::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Compression::Zstd,
            [b, 0x2a, 0x4d, 0x18, ..] if b & 0xf0 == 0x50 => Compression::Zstd,
            _ => Compression::None,
        };
        let packed = Rc::new(Cell::new(0));
        let counted = Counted {
            inner: Cursor::new(head.clone()).chain(input),
            count: Rc::clone(&packed),
            limit: limits.archive_bytes,
        };
        let source = BufReader::with_capacity(64 << 10, counted);
        let inner = match compression {
            Compression::None => Inner::Plain(source),
            Compression::Gzip => Inner::Gzip(Box::new(GzipMembers::new(source))),
            Compression::Zstd => Inner::Zstd(Box::new(ZstdFrames::new(source, limits.zstd_window_bytes))),
        };
        Ok(Self { inner, compression, packed, unpacked: 0, limits: *limits, failed: None, head })
    }

    pub(crate) fn packed_bytes(&self) -> u64 {
        self.packed.get()
    }

    pub(crate) fn unpacked_bytes(&self) -> u64 {
        self.unpacked
    }

    fn check(&self) -> io::Result<()> {
        let limits = &self.limits;
        if self.unpacked > limits.unpacked_bytes {
            return Err(LimitHit::new("unpacked_bytes", limits.unpacked_bytes, "it unpacks to more bytes").into());
        }
        let ratio_reached = self.unpacked / limits.ratio.max(1) > self.packed.get();
        if ratio_reached && self.unpacked > ReadLimits::RATIO_FREE_BYTES {
            return Err(LimitHit::new("ratio", limits.ratio, "it unpacks to more bytes for each packed byte").into());
        }
        Ok(())
    }
}

impl<R: Read> Read for Decompressed<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if let Some(failure) = &self.failed {
            return Err(failure.again());
        }
        let result = match &mut self.inner {
            Inner::Plain(r) => r.read(buf),
            Inner::Gzip(r) => r.read(buf),
            Inner::Zstd(r) => r.read(buf),
        };
        let result = result.and_then(|count| {
            self.unpacked += count as u64;
            self.check().map(|()| count)
        });
        if let Err(error) = &result
            && error.kind() != io::ErrorKind::Interrupted
        {
            self.failed = Some(Failure::of(error));
        }
        result
    }
}

/// Counts what comes in, and stops at the limit.
struct Counted<R> {
    inner: R,
    count: Rc<Cell<u64>>,
    limit: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buf)?;
        self.count.set(self.count.get() + read as u64);
        if self.count.get() > self.limit {
            return Err(LimitHit::new("archive_bytes", self.limit, "it is longer").into());
        }
        Ok(read)
    }
}

/// A limit, on its way through `io::Error`.
#[derive(Debug, Clone)]
pub(super) struct LimitHit {
    pub(super) limit: &'static str,
    pub(super) value: u64,
    pub(super) what: &'static str,
}

impl LimitHit {
    pub(super) fn new(limit: &'static str, value: u64, what: &'static str) -> Self {
        Self { limit, value, what }
    }
}

impl fmt::Display for LimitHit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "over the limit pack.{} = {}: {}", self.limit, self.value, self.what)
    }
}

impl std::error::Error for LimitHit {}

impl From<LimitHit> for io::Error {
    fn from(hit: LimitHit) -> Self {
        Self::other(hit)
    }
}

struct Failure {
    kind: io::ErrorKind,
    text: String,
    hit: Option<LimitHit>,
}

impl Failure {
    fn of(error: &io::Error) -> Self {
        Self { kind: error.kind(), text: error.to_string(), hit: limit_hit(error).cloned() }
    }

    fn again(&self) -> io::Error {
        match &self.hit {
            Some(hit) => hit.clone().into(),
            None => io::Error::new(self.kind, self.text.clone()),
        }
    }
}

pub(super) fn limit_hit(error: &io::Error) -> Option<&LimitHit> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

impl ArchiveError {
    /// Tells a cut-off or broken stream from a failing source.
    pub(crate) fn from_read(error: io::Error) -> Self {
        if let Some(hit) = limit_hit(&error) {
            return Self::Limit { limit: hit.limit, value: hit.value, what: hit.what.to_owned() };
        }
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Truncated("the compressed data stops in the middle"),
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => Self::Damaged(error.to_string()),
            _ => Self::Io(error),
        }
    }
}
