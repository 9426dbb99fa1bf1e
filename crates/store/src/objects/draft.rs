//! Writing objects. Bytes are hashed on one thread while another writes them and the next batch is being received; a
//! draft that stays small never becomes a file. Memory per draft is three batches at most, and no thread waits for a
//! client.

use super::disk::{ObjectKey, Objects, blocking, io_error};
use super::{BATCH, INLINE_LIMIT};
use crate::registry::BlobPlace;
use crate::{Error, Result};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use packyard_oci::{Algorithm, Digest, Hasher};
use std::fs::File;
use std::io::{Read, Write};
use std::sync::Arc;
use tokio::task::JoinHandle;

/// Pieces below this are copied together, so that a client that sends single bytes costs no more than it sends.
const COPY_BELOW: usize = 16 * 1024;
/// Written bytes are pushed to the disk in this rhythm, so that the last flush has little left to do.
const WRITEBACK: u64 = 32 * 1024 * 1024;

/// An object being written: its bytes so far and their hash.
#[derive(Debug)]
pub struct Draft {
    hasher: Hasher,
    size: u64,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Memory(BytesMut),
    File(Written),
}

#[derive(Debug)]
struct Written {
    key: ObjectKey,
    file: Arc<File>,
    unsynced: u64,
    writeback: Option<JoinHandle<()>>,
}

/// A finished draft: durable when it is an object, in hand when it is inline.
#[derive(Debug)]
pub struct Sealed {
    pub size: u64,
    pub place: BlobPlace,
}

#[derive(Debug, thiserror::Error)]
pub enum SealRefused {
    #[error("the bytes have digest {actual}")]
    Mismatch { actual: Digest },
    #[error(transparent)]
    Store(#[from] Error),
}

#[derive(Debug, thiserror::Error)]
pub enum AppendError<E> {
    /// The sender failed; what had arrived is kept.
    #[error("the body ended early")]
    Body(E),
    #[error("the upload would be larger than {0} bytes")]
    TooLarge(u64),
    #[error(transparent)]
    Store(#[from] Error),
}

/// Some received bytes, not yet hashed and written.
#[derive(Default)]
struct Batch {
    pieces: Vec<Bytes>,
    tail: BytesMut,
    length: usize,
}

impl Batch {
    fn push(&mut self, piece: Bytes) {
        self.length += piece.len();
        if piece.len() < COPY_BELOW {
            self.tail.extend_from_slice(&piece);
        } else {
            self.close_tail();
            self.pieces.push(piece);
        }
    }

    fn close_tail(&mut self) {
        if !self.tail.is_empty() {
            self.pieces.push(self.tail.split().freeze());
        }
    }

    fn take(&mut self) -> Arc<Vec<Bytes>> {
        self.close_tail();
        self.length = 0;
        Arc::new(std::mem::take(&mut self.pieces))
    }
}

impl Draft {
    pub fn new(algorithm: Algorithm) -> Self {
        Self { hasher: Hasher::new(algorithm), size: 0, body: Body::Memory(BytesMut::new()) }
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a body. On an error of the sender the draft holds what had arrived; on one of the store it is unusable
    /// and to be discarded.
    pub async fn append<S, E>(&mut self, objects: &Objects, mut body: S, limit: u64) -> Result<(), AppendError<E>>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
    {
        let mut batch = Batch::default();
        let mut flight: Option<Flight> = None;
        let ended = loop {
            match body.next().await {
                None => break Ok(()),
                Some(Err(error)) => break Err(AppendError::Body(error)),
                Some(Ok(piece)) if self.size + batch.length as u64 + piece.len() as u64 > limit => {
                    break Err(AppendError::TooLarge(limit));
                }
                Some(Ok(piece)) => batch.push(piece),
            }
            if batch.length >= BATCH {
                self.launch(objects, &mut batch, &mut flight).await?;
            }
        };
        if batch.length > 0 {
            self.launch(objects, &mut batch, &mut flight).await?;
        }
        if let Some(flight) = flight {
            self.hasher = flight.land().await?;
        }
        ended
    }

    /// Hands a batch to the hashing and the writing thread, after the one before has landed.
    async fn launch(&mut self, objects: &Objects, batch: &mut Batch, flight: &mut Option<Flight>) -> Result<()> {
        let length = batch.length;
        if let Some(before) = flight.take() {
            self.hasher = before.land().await?;
        }
        self.size += length as u64;
        let pieces = batch.take();
        if let Body::Memory(buffer) = &mut self.body {
            if buffer.len() + length <= INLINE_LIMIT {
                for piece in pieces.iter() {
                    self.hasher.update(piece);
                    buffer.extend_from_slice(piece);
                }
                return Ok(());
            }
            self.spill(objects).await?;
        }
        let Body::File(written) = &mut self.body else { return Ok(()) };
        written.unsynced += length as u64;
        *flight = Some(Flight::start(self.hasher.clone(), written.file.clone(), pieces, objects.path(&written.key)));
        written.push_out();
        Ok(())
    }

    /// Moves what was in memory to a file.
    async fn spill(&mut self, objects: &Objects) -> Result<()> {
        let Body::Memory(buffer) = &mut self.body else { return Ok(()) };
        let (objects, head, key) = (objects.clone(), buffer.split().freeze(), ObjectKey::fresh());
        let path = objects.path(&key);
        let made = key.clone();
        let file = blocking(move || {
            let mut file = objects.create(&made)?;
            file.write_all(&head).map_err(io_error("write", &path))?;
            Ok(file)
        })
        .await?;
        self.body = Body::File(Written { key, file: Arc::new(file), unsynced: 0, writeback: None });
        Ok(())
    }

    /// Checks that the bytes are those of `expected` and makes them durable. An algorithm other than the one hashed so
    /// far costs reading the object again. Whatever the refusal, the bytes are thrown away.
    pub async fn seal(self, objects: &Objects, expected: &Digest) -> Result<Sealed, SealRefused> {
        let actual = self.digest(objects, expected.algorithm()).await;
        match actual {
            Ok(actual) if actual == *expected => {}
            Ok(actual) => {
                self.discard(objects).await?;
                return Err(SealRefused::Mismatch { actual });
            }
            Err(error) => {
                self.discard(objects).await?;
                return Err(error.into());
            }
        }
        let size = self.size;
        match self.body {
            Body::Memory(buffer) => Ok(Sealed { size, place: BlobPlace::Inline(buffer.freeze()) }),
            Body::File(written) => {
                let key = written.key.clone();
                match written.commit(objects.clone()).await {
                    Ok(()) => Ok(Sealed { size, place: BlobPlace::Object(key.as_str().to_owned()) }),
                    Err(error) => {
                        // After a failed flush nobody knows what is on the disk: never try again with the same file.
                        objects.delete(&key).await?;
                        Err(error.into())
                    }
                }
            }
        }
    }

    /// The digest of the bytes so far.
    async fn digest(&self, objects: &Objects, algorithm: Algorithm) -> Result<Digest> {
        let digest = self.hasher.clone().finish();
        if digest.algorithm() == algorithm {
            return Ok(digest);
        }
        match &self.body {
            Body::Memory(buffer) => Ok(Digest::of(algorithm, buffer)),
            Body::File(written) => {
                let (key, objects) = (written.key.clone(), objects.clone());
                blocking(move || rehash(&objects, &key, algorithm)).await
            }
        }
    }

    /// Throws the bytes away.
    pub async fn discard(self, objects: &Objects) -> Result<()> {
        match self.body {
            Body::Memory(_) => Ok(()),
            Body::File(written) => objects.delete(&written.key).await,
        }
    }

    /// Whether the bytes so far are known to be those of `expected`; no, when that would take reading them again.
    pub fn is(&self, expected: &Digest) -> bool {
        self.hasher.clone().finish() == *expected
    }

    /// The key of the object, once there is one.
    pub fn object(&self) -> Option<&ObjectKey> {
        match &self.body {
            Body::Memory(_) => None,
            Body::File(written) => Some(&written.key),
        }
    }
}

impl Written {
    async fn commit(mut self, objects: Objects) -> Result<()> {
        if let Some(writeback) = self.writeback.take() {
            // What it could not write, the flush below reports.
            let _ = writeback.await;
        }
        blocking(move || objects.commit(&self.key, &self.file)).await
    }

    /// Starts a flush in the background when enough was written and the last one is done.
    fn push_out(&mut self) {
        if self.unsynced < WRITEBACK || self.writeback.as_ref().is_some_and(|running| !running.is_finished()) {
            return;
        }
        self.unsynced = 0;
        let file = self.file.clone();
        self.writeback = Some(tokio::task::spawn_blocking(move || {
            if let Err(error) = file.sync_data() {
                tracing::warn!(%error, "an early flush of an upload failed");
            }
        }));
    }
}

/// One batch on its way through both threads.
struct Flight {
    hashing: JoinHandle<Hasher>,
    writing: JoinHandle<Result<()>>,
}

impl Flight {
    fn start(mut hasher: Hasher, file: Arc<File>, pieces: Arc<Vec<Bytes>>, path: std::path::PathBuf) -> Self {
        let hashed = pieces.clone();
        let hashing = tokio::task::spawn_blocking(move || {
            for piece in hashed.iter() {
                hasher.update(piece);
            }
            hasher
        });
        let writing = tokio::task::spawn_blocking(move || {
            pieces.iter().try_for_each(|piece| (&*file).write_all(piece)).map_err(io_error("write", &path))
        });
        Self { hashing, writing }
    }

    async fn land(self) -> Result<Hasher> {
        let (hashed, written) = tokio::join!(self.hashing, self.writing);
        written??;
        Ok(hashed?)
    }
}

fn rehash(objects: &Objects, key: &ObjectKey, algorithm: Algorithm) -> Result<Digest> {
    let path = objects.path(key);
    let mut file = File::open(&path).map_err(io_error("open", &path))?;
    let mut hasher = Hasher::new(algorithm);
    let mut buffer = vec![0; BATCH];
    loop {
        let count = file.read(&mut buffer).map_err(io_error("read", &path))?;
        if count == 0 {
            return Ok(hasher.finish());
        }
        hasher.update(&buffer[..count]);
    }
}
