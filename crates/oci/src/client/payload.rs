//! What a request carries. A payload can be opened again, so that a try can be repeated.

use super::error::{ClientError, Hop};
use bytes::Bytes;
use futures_util::stream;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::io::AsyncReadExt;

/// Called with the number of bytes just handed to the network. A repeated try starts again from zero: the first call
/// of each try has `restarted` set.
pub type Progress = Arc<dyn Fn(Sent) + Send + Sync>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    pub bytes: u64,
    pub restarted: bool,
}

/// Content to upload: known by digest and size before it travels.
#[derive(Clone)]
pub enum BlobSource {
    Bytes(Bytes),
    File { path: PathBuf, size: u64 },
}

impl BlobSource {
    pub fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { size, .. } => *size,
        }
    }
}

#[derive(Clone)]
pub(crate) enum Payload {
    Empty,
    Bytes(Bytes),
    File { path: PathBuf, size: u64, progress: Option<Progress> },
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::File { path, size, .. } => write!(f, "File({}, {size})", path.display()),
        }
    }
}

const CHUNK: usize = 128 * 1024;

impl Payload {
    pub(crate) fn of(source: &BlobSource, progress: Option<Progress>) -> Self {
        match source {
            BlobSource::Bytes(bytes) => Self::Bytes(bytes.clone()),
            BlobSource::File { path, size } => Self::File { path: path.clone(), size: *size, progress },
        }
    }

    /// The body, and the length to announce when the HTTP library cannot know it.
    pub(crate) async fn open(&self, doing: &str) -> Result<(Option<reqwest::Body>, Option<u64>), ClientError> {
        match self {
            Self::Empty => Ok((None, None)),
            Self::Bytes(bytes) => Ok((Some(bytes.clone().into()), None)),
            Self::File { path, size, progress } => {
                let file = tokio::fs::File::open(path).await.map_err(|e| {
                    ClientError::new(Hop::Local, doing, format!("{} cannot be read: {e}", path.display()))
                        .with_source(e)
                })?;
                // Bounded, so that a file that grows meanwhile cannot break the announced length.
                let reader = file.take(*size);
                let progress = progress.clone();
                let body = stream::try_unfold((reader, true), move |(mut reader, first)| {
                    let progress = progress.clone();
                    async move {
                        let mut chunk = Vec::with_capacity(CHUNK);
                        while chunk.len() < CHUNK && reader.read_buf(&mut chunk).await? > 0 {}
                        if chunk.is_empty() {
                            return Ok::<_, std::io::Error>(None);
                        }
                        if let Some(report) = &progress {
                            report(Sent { bytes: chunk.len() as u64, restarted: first });
                        }
                        Ok(Some((Bytes::from(chunk), (reader, false))))
                    }
                });
                Ok((Some(reqwest::Body::wrap_stream(body)), Some(*size)))
            }
        }
    }
}
