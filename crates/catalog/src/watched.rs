//! A reader that keeps the transport's own error, which a parser would tell as a damaged file.

use packyard_oci::client::ClientError;
use std::io::{self, Read};

pub(crate) struct Watched<R> {
    pub(crate) inner: R,
    pub(crate) failed: Option<ClientError>,
}

impl<R> Watched<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self { inner, failed: None }
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).map_err(|error| {
            let kind = error.kind();
            match error.downcast::<ClientError>() {
                Ok(transport) => {
                    self.failed = Some(transport);
                    io::Error::from(kind)
                }
                Err(other) => other,
            }
        })
    }
}
