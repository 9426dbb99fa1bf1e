//! Unpacking archives and making packs or charts of them: on threads for such work, since it takes its time.
//!
//! Large archives are unpacked as they come. Small ones come by the hundreds in a second; several go to a thread
//! together, since waking one costs about as much as unpacking one.

use super::convert::{Converted, convert, reason};
use super::read::{Wanted, weight};
use super::tag::{TagRead, failed};
use crate::charts::{of_artifact, unusable};
use crate::watched::Watched;
use crate::{Holds, Reason};
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use packyard_oci::client::BlobStream;
use packyard_oci::{Descriptor, Digest, RepoName, Tag};
use packyard_pack::helm::read_chart;
use packyard_pack::{ReadLimits, archive};
use std::future::pending;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;
use tokio::time::Instant;

/// An archive that is to become a pack or a chart of the catalogue.
#[derive(Clone)]
pub(super) struct ToUnpack {
    pub(super) repository: RepoName,
    pub(super) tag: Tag,
    pub(super) digest: Digest,
    pub(super) layer: Descriptor,
    pub(super) holds: Holds,
    pub(super) limits: ReadLimits,
}

impl ToUnpack {
    /// The archive is parsed while it arrives. What the parser made of it counts only when the whole stream had the
    /// digest that was asked for; and a wrong digest is said first, because it explains whatever the parser stumbled over.
    pub(super) async fn unpack(&self, stream: BlobStream) -> TagRead {
        let reader = stream.into_reader();
        let pack = self.clone();
        let parse = move || {
            let mut watched = Watched::new(reader);
            let read = pack.read(&mut watched);
            match watched.failed.map_or_else(|| watched.inner.finish(), Err) {
                Ok(()) => read,
                Err(error) => failed(error),
            }
        };
        tokio::task::spawn_blocking(parse).await.unwrap_or_else(|_| unreadable(&self.digest))
    }

    /// Blocks, and takes its time. That it panics is the archive's own problem.
    fn unpack_whole(&self, archive: &[u8]) -> TagRead {
        catch_unwind(AssertUnwindSafe(|| self.read(archive))).unwrap_or_else(|_| unreadable(&self.digest))
    }

    /// Blocks, and takes its time.
    fn read(&self, archive: impl Read) -> TagRead {
        let read = match self.holds {
            Holds::Packs => self.read_pack(archive),
            Holds::Charts => self.read_chart(archive),
        };
        match read {
            Ok(converted) => TagRead::Pack { digest: self.digest.clone(), converted: Box::new(converted) },
            Err(reasons) => TagRead::Rejected { digest: Some(self.digest.clone()), reasons },
        }
    }

    fn read_pack(&self, archive: impl Read) -> Result<Converted, Vec<Reason>> {
        let read = archive::read(archive, &self.limits);
        let archived = read.map_err(|error| error.findings().iter().map(reason).collect::<Vec<_>>())?;
        convert(archived.pack, &self.repository, &self.tag, &self.layer)
    }

    fn read_chart(&self, archive: impl Read) -> Result<Converted, Vec<Reason>> {
        let chart = read_chart(archive, &self.limits).map_err(|error| vec![unusable(&error)])?;
        Ok(of_artifact(chart, &self.repository, &self.tag, &self.layer))
    }
}

/// Reading it panicked.
fn unreadable(digest: &Digest) -> TagRead {
    TagRead::rejected(digest, "unreadable", "reading the archive failed on our side", "please report this pack")
}

/// Archives that go to a thread together.
const TOGETHER: usize = 16;
/// How long the first of them waits for others.
const GATHER: Duration = Duration::from_millis(25);
/// Threads that unpack at the same time.
const THREADS: usize = 4;
/// KiB of what was unpacked that a thread keeps before it hands that over: what comes of a small archive can be large.
const KEPT_KIB: u32 = 512;
/// Archives that wait or are being unpacked; the registry is asked for more only below that.
const MOST: usize = 64;

/// A small archive on its way to being read.
struct Small {
    wanted: Wanted,
    pack: ToUnpack,
    archive: Vec<u8>,
}

/// What a thread made of the archives it got, and those that it did not come to.
struct Unpacked {
    read: Vec<(Wanted, TagRead)>,
    left: Vec<Small>,
}

/// Small archives that wait for a thread, and those that have one.
pub(super) struct Unpacking {
    waiting: Vec<Small>,
    /// When those that wait have waited long enough.
    due: Instant,
    running: FuturesUnordered<BoxFuture<'static, Unpacked>>,
    /// Archives of those that run.
    under_way: usize,
}

impl Unpacking {
    pub(super) fn new() -> Self {
        Self { waiting: Vec::new(), due: Instant::now(), running: FuturesUnordered::new(), under_way: 0 }
    }

    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() + self.under_way < MOST
    }

    pub(super) fn push(&mut self, wanted: Wanted, pack: ToUnpack, archive: Vec<u8>) {
        if self.waiting.is_empty() {
            self.due = Instant::now() + GATHER;
        }
        self.waiting.push(Small { wanted, pack, archive });
        if self.waiting.len() >= TOGETHER {
            self.start();
        }
    }

    /// No more will come: nobody waits for others.
    pub(super) fn hurry(&mut self) {
        self.due = Instant::now();
        self.start();
    }

    /// What some of them turned out to be; `None` when nothing waits or runs. May be dropped and called again.
    pub(super) async fn next(&mut self) -> Option<Vec<(Wanted, TagRead)>> {
        loop {
            let is_waiting = !self.waiting.is_empty() && self.running.len() < THREADS;
            let Unpacked { read, left } = tokio::select! {
                Some(unpacked) = self.running.next() => unpacked,
                () = tokio::time::sleep_until(self.due), if is_waiting => {
                    self.start();
                    continue;
                }
                else => return None,
            };
            self.under_way -= read.len();
            if !left.is_empty() {
                self.running.push(unpack(left).boxed());
            }
            return Some(read);
        }
    }

    /// Gives some of those that wait to a thread, if one is free.
    fn start(&mut self) {
        let some = self.waiting.len().min(TOGETHER);
        if some > 0 && self.running.len() < THREADS {
            let some: Vec<Small> = self.waiting.drain(..some).collect();
            self.under_way += some.len();
            self.running.push(unpack(some).boxed());
        }
    }
}

async fn unpack(some: Vec<Small>) -> Unpacked {
    let unpack = move || {
        let (mut read, mut kib) = (Vec::with_capacity(some.len()), 0);
        let mut some = some.into_iter();
        while kib < KEPT_KIB
            && let Some(Small { wanted, pack, archive }) = some.next()
        {
            let one = pack.unpack_whole(&archive);
            kib += weight(&one);
            read.push((wanted, one));
        }
        Unpacked { read, left: some.collect() }
    };
    match tokio::task::spawn_blocking(unpack).await {
        Ok(unpacked) => unpacked,
        // That an archive panics is told of that archive; this is a mistake of ours.
        Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
        // The server stops before it began: nobody waits any more.
        Err(_) => pending().await,
    }
}
