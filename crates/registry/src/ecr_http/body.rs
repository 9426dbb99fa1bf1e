//! The request's body: read whole under a bound, or taken apart while it arrives. Either way its SHA-256 is that of the
//! bytes as sent, which is what the signature covers.
//!
//! Who calls is known for sure only once the whole body has been hashed. So what a stranger can make the server hold is
//! bounded: a large call must name a key that exists before any of it is read, and is bounded in size, in the number of
//! such calls at once, and in time.

use super::error::EcrError;
use super::operation::Operation;
use super::part::Splitter;
use super::spool::Spool;
use crate::Registry;
use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use futures_util::StreamExt;
use packyard_access::sigv4;
use ring::digest::{Context, SHA256};
use serde_json::{Map, Value};
use std::time::Duration;
use tokio::sync::SemaphorePermit;

/// Bytes of a call that carries no content.
const SMALL: usize = 1024 * 1024;
/// Bytes of a PutImage: a manifest of 4 MiB, every character of it escaped.
const MANIFEST: usize = 2 * packyard_oci::MANIFEST_LIMIT + SMALL;
/// Bytes read of a body after it was refused.
const DRAINED: usize = 64 * 1024 * 1024;
/// Bytes of an UploadLayerPart beside its blob.
const BESIDE_BLOB: usize = 64 * 1024;

/// A body that has arrived.
pub(crate) struct Received {
    document: Vec<u8>,
    /// The decoded `layerPartBlob` of an UploadLayerPart.
    pub(crate) blob: Option<Spool>,
    /// Lower-case hex.
    pub(crate) sha256: String,
}

pub(crate) async fn receive(registry: &Registry, operation: Operation, body: Body) -> Result<Received, EcrError> {
    let limits = &registry.config().limits;
    let mut chunks = body.into_data_stream();
    let received = match operation {
        Operation::UploadLayerPart => {
            taken_apart(&mut chunks, limits.body_idle, Spool::new(&registry.config().data_dir)).await
        }
        Operation::PutImage => whole(&mut chunks, limits.body_idle, MANIFEST).await,
        _ => whole(&mut chunks, limits.body_idle, SMALL).await,
    };
    if received.is_err() {
        drain(&mut chunks, limits.body_idle).await;
    }
    received
}

/// Reads the rest of a body that is refused: a client that is still sending would not see the answer.
pub(crate) async fn refuse(registry: &Registry, body: Body) {
    drain(&mut body.into_data_stream(), registry.config().limits.body_idle).await;
}

async fn drain(chunks: &mut BodyDataStream, idle: Duration) {
    let mut left = DRAINED;
    while let Ok(Some(chunk)) = next(chunks, idle).await {
        let Some(less) = left.checked_sub(chunk.len()) else { return };
        left = less;
    }
}

/// Operations whose bodies are large.
pub(crate) fn is_large(operation: Operation) -> bool {
    matches!(operation, Operation::UploadLayerPart | Operation::PutImage)
}

/// Waits until one more large call may come in.
pub(crate) async fn turn(registry: &Registry) -> Result<SemaphorePermit<'_>, EcrError> {
    let turn = tokio::time::timeout(registry.config().limits.body_idle, registry.inner.large_calls.acquire()).await;
    match turn {
        Ok(Ok(permit)) => Ok(permit),
        _ => Err(EcrError::client("ThrottlingException", "Rate exceeded")),
    }
}

async fn whole(chunks: &mut BodyDataStream, idle: Duration, limit: usize) -> Result<Received, EcrError> {
    let mut document = Vec::new();
    while let Some(chunk) = next(chunks, idle).await? {
        if document.len() + chunk.len() > limit {
            return Err(EcrError::serialization(format!("The request is too large: it may have {limit} bytes")));
        }
        document.extend_from_slice(&chunk);
    }
    let sha256 = sigv4::sha256_hex(&document);
    Ok(Received { document, blob: None, sha256 })
}

async fn taken_apart(chunks: &mut BodyDataStream, idle: Duration, mut blob: Spool) -> Result<Received, EcrError> {
    let mut splitter = Splitter::new("layerPartBlob", BESIDE_BLOB);
    let mut hash = Context::new(&SHA256);
    let mut decoded = Vec::new();
    while let Some(chunk) = next(chunks, idle).await? {
        hash.update(&chunk);
        splitter.feed(&chunk, &mut decoded)?;
        blob.write(&decoded).await?;
        decoded.clear();
    }
    Ok(Received { document: splitter.finish(), blob: Some(blob), sha256: packyard_oci::hex(hash.finish()) })
}

async fn next(chunks: &mut BodyDataStream, idle: Duration) -> Result<Option<Bytes>, EcrError> {
    let early = |why: String| EcrError::serialization(format!("The request's body ended early: {why}"));
    match tokio::time::timeout(idle, chunks.next()).await {
        Ok(chunk) => chunk.transpose().map_err(|error| early(error.to_string())),
        Err(_) => Err(early(format!("nothing came for {} s", idle.as_secs()))),
    }
}

impl Received {
    #[cfg(test)]
    pub(crate) fn document_only(document: &Value) -> Self {
        Self { document: document.to_string().into_bytes(), blob: None, sha256: String::new() }
    }

    /// The input's document. No body at all is an empty document.
    pub(crate) fn document(&self) -> Result<Map<String, Value>, EcrError> {
        if self.document.iter().all(u8::is_ascii_whitespace) {
            return Ok(Map::new());
        }
        match serde_json::from_slice(&self.document) {
            Ok(Value::Object(document)) => Ok(document),
            Ok(_) => Err(EcrError::serialization("The request must be a JSON object")),
            Err(error) => Err(EcrError::serialization(format!("The request is not valid JSON: {error}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_over_the_bound_or_one_that_stands_still_is_given_up() {
        let idle = Duration::from_millis(50);
        let received = whole(&mut Body::from(vec![b' '; 100]).into_data_stream(), idle, 100).await.unwrap();
        assert_eq!(received.document().unwrap(), Map::new());
        let error = whole(&mut Body::from(vec![b' '; 101]).into_data_stream(), idle, 100).await.err().unwrap();
        assert_eq!(error.code, "SerializationException");
        let stuck = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        let error = whole(&mut stuck.into_data_stream(), idle, 100).await.err().unwrap();
        assert!(error.message.contains("nothing came"), "{}", error.message);
    }

    #[tokio::test]
    async fn the_hash_is_that_of_the_bytes_as_sent() {
        let folder = tempfile::tempdir().unwrap();
        let text = r#"{"layerPartBlob":"aGk=","uploadId":"x"}"#;
        let received =
            taken_apart(&mut Body::from(text).into_data_stream(), Duration::from_secs(1), Spool::new(folder.path()))
                .await
                .unwrap();
        assert_eq!(received.sha256, sigv4::sha256_hex(text.as_bytes()));
        assert_eq!(received.document().unwrap()["layerPartBlob"], "");
        assert_eq!(received.blob.unwrap().len(), 2);
    }
}
