//! Bytes of a layer part on their way in: in memory while they are few, else in a file without a name, which is gone
//! with its last handle whatever happens to us.

use super::error::EcrError;
use bytes::Bytes;
use futures_util::Stream;
use std::io::{self, SeekFrom};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

/// Above this, bytes go to disk.
const MEMORY: usize = 1024 * 1024;
/// Bytes read back at a time.
const CHUNK: usize = 64 * 1024;

pub(crate) type Chunks = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

pub(crate) struct Spool {
    folder: PathBuf,
    memory: Vec<u8>,
    file: Option<File>,
    length: u64,
}

impl Spool {
    /// Nothing yet; a file would be made in `folder`.
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), memory: Vec::new(), file: None, length: 0 }
    }

    pub(crate) fn len(&self) -> u64 {
        self.length
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), EcrError> {
        self.length += bytes.len() as u64;
        self.memory.extend_from_slice(bytes);
        if self.memory.len() > MEMORY || self.file.is_some() {
            self.spill().await.map_err(|error| failed(&self.folder, error))?;
        }
        Ok(())
    }

    async fn spill(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let folder = self.folder.clone();
                let made = tokio::task::spawn_blocking(move || tempfile::tempfile_in(folder)).await??;
                self.file.insert(File::from_std(made))
            }
        };
        file.write_all(&self.memory).await?;
        self.memory.clear();
        Ok(())
    }

    /// What was written, from the beginning.
    pub(crate) async fn stream(mut self) -> Result<Chunks, EcrError> {
        let Some(mut file) = self.file.take() else {
            let bytes = Bytes::from(self.memory);
            return Ok(Box::pin(futures_util::stream::iter([Ok(bytes)])));
        };
        let rewound = async {
            file.flush().await?;
            file.seek(SeekFrom::Start(0)).await
        };
        rewound.await.map_err(|error| failed(&self.folder, error))?;
        Ok(Box::pin(futures_util::stream::try_unfold(file, |mut file| async move {
            let mut chunk = bytes::BytesMut::with_capacity(CHUNK);
            let read = file.read_buf(&mut chunk).await?;
            Ok((read > 0).then(|| (chunk.freeze(), file)))
        })))
    }
}

fn failed(folder: &Path, source: io::Error) -> EcrError {
    EcrError::server(packyard_store::Error::Io { action: "spool a layer part in", path: folder.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::TryStreamExt;

    #[tokio::test]
    async fn what_goes_in_comes_out_and_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        for size in [0, 1, MEMORY, MEMORY + 1, 3 * MEMORY + 7] {
            let bytes: Vec<u8> = (0..size).map(|i| u8::try_from(i % 251).unwrap()).collect();
            let mut spool = Spool::new(folder.path());
            for chunk in bytes.chunks(100_000) {
                spool.write(chunk).await.unwrap();
            }
            assert_eq!(spool.len(), size as u64);
            assert_eq!(spool.file.is_some(), size > MEMORY);
            let out: Vec<Bytes> = spool.stream().await.unwrap().try_collect().await.unwrap();
            assert_eq!(out.concat(), bytes);
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }
}
