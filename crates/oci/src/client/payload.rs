//! What a request carries. A payload can be opened again, so that a try can be repeated.

use super::error::{ClientError, Hop};
use bytes::Bytes;
use futures_util::stream;
use std::fmt;
use std::io::SeekFrom;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

/// Called with how many bytes of the whole have been handed to the network. A repeated try starts again at a smaller
/// number.
pub type Progress = Arc<dyn Fn(u64) + Send + Sync>;

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
    /// From `offset` to the end, which is at `size`.
    File {
        path: PathBuf,
        offset: u64,
        size: u64,
        progress: Option<Progress>,
    },
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::File { path, offset, size, .. } => write!(f, "File({}, {offset}..{size})", path.display()),
        }
    }
}

const CHUNK: usize = 128 * 1024;

impl Payload {
    /// What is left of the source after `offset`, which is not more than its size.
    pub(crate) fn rest_of(source: &BlobSource, offset: u64, progress: Option<Progress>) -> Self {
        match source {
            BlobSource::Bytes(bytes) => {
                let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                Self::Bytes(bytes.slice(offset..))
            }
            BlobSource::File { path, size } => Self::File { path: path.clone(), offset, size: *size, progress },
        }
    }

    /// The body, and the length to announce when the HTTP library cannot know it.
    pub(crate) async fn open(&self, doing: &str) -> Result<(Option<reqwest::Body>, Option<u64>), ClientError> {
        match self {
            Self::Empty => Ok((None, None)),
            Self::Bytes(bytes) => Ok((Some(bytes.clone().into()), None)),
            Self::File { path, offset, size, progress } => {
                let unreadable = |e: std::io::Error| {
                    ClientError::new(Hop::Local, doing, format!("{} cannot be read: {e}", path.display()))
                        .with_source(e)
                };
                let mut file = tokio::fs::File::open(path).await.map_err(unreadable)?;
                if *offset > 0 {
                    file.seek(SeekFrom::Start(*offset)).await.map_err(unreadable)?;
                }
                let length = size.saturating_sub(*offset);
                // Bounded, so that a file that grows meanwhile cannot break the announced length.
                let reader = file.take(length);
                let progress = progress.clone();
                let body = stream::try_unfold((reader, *offset), move |(mut reader, before)| {
                    let progress = progress.clone();
                    async move {
                        let mut chunk = Vec::with_capacity(CHUNK);
                        while chunk.len() < CHUNK && reader.read_buf(&mut chunk).await? > 0 {}
                        if chunk.is_empty() {
                            return Ok::<_, std::io::Error>(None);
                        }
                        let sent = before + chunk.len() as u64;
                        if let Some(report) = &progress {
                            report(sent);
                        }
                        Ok(Some((Bytes::from(chunk), (reader, sent))))
                    }
                });
                Ok((Some(reqwest::Body::wrap_stream(body)), Some(length)))
            }
        }
    }
}
