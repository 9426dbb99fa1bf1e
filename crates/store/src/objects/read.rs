//! Reading objects: one piece ahead of the client, so that disk and network work at the same time, and never more than
//! two pieces in memory however slow the client is. No thread waits for a client.

use bytes::Bytes;
use futures_util::Stream;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::task::{JoinHandle, spawn_blocking};

const PIECE: u64 = 512 * 1024;

type Piece = io::Result<(Bytes, File)>;

/// The bytes of a part of an object.
#[derive(Debug)]
pub struct ObjectStream {
    /// Bytes not yet asked for, after the piece that `next` reads.
    left: u64,
    next: Next,
}

#[derive(Debug)]
enum Next {
    Ready(Bytes, File),
    Reading(JoinHandle<Piece>),
    Done,
}

impl ObjectStream {
    pub(super) async fn open(path: PathBuf, range: Range<u64>) -> io::Result<Self> {
        let length = range.end.saturating_sub(range.start);
        let first = length.min(PIECE);
        // The first piece is read together with the open: a small object costs one hop to another thread.
        let opened = spawn_blocking(move || {
            let mut file = File::open(path)?;
            if range.start > 0 {
                file.seek(SeekFrom::Start(range.start))?;
            }
            read_piece(file, first)
        });
        let (bytes, file) = opened.await.map_err(io::Error::other)??;
        Ok(Self { left: length - first, next: Next::Ready(bytes, file) })
    }
}

impl Stream for ObjectStream {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = match std::mem::replace(&mut self.next, Next::Done) {
            Next::Ready(bytes, file) => Ok((bytes, file)),
            Next::Reading(mut reading) => match Pin::new(&mut reading).poll(cx) {
                Poll::Ready(piece) => piece.map_err(io::Error::other).flatten(),
                Poll::Pending => {
                    self.next = Next::Reading(reading);
                    return Poll::Pending;
                }
            },
            Next::Done => return Poll::Ready(None),
        };
        let (bytes, file) = match piece {
            Ok(piece) => piece,
            Err(error) => return Poll::Ready(Some(Err(error))),
        };
        if self.left > 0 {
            let length = self.left.min(PIECE);
            self.left -= length;
            self.next = Next::Reading(spawn_blocking(move || read_piece(file, length)));
        }
        Poll::Ready((!bytes.is_empty()).then_some(Ok(bytes)))
    }
}

fn read_piece(file: File, length: u64) -> Piece {
    let mut buffer = Vec::with_capacity(usize::try_from(length).map_err(io::Error::other)?);
    (&file).take(length).read_to_end(&mut buffer)?;
    if (buffer.len() as u64) < length {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the object is shorter than its blob"));
    }
    Ok((buffer.into(), file))
}
