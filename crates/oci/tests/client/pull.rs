//! Reading manifests and blobs: only what has the right digest counts.

use crate::fake::{Fake, OCI, quick, reply, repo, tag, with};
use axum::body::{Body, Bytes};
use futures_util::{StreamExt, stream};
use packyard_oci::client::{BlobStream, Client, ClientError, Credentials, Hop};
use packyard_oci::{Digest, Reference};
use std::io::Read;

pub(crate) async fn read(mut stream: BlobStream) -> Result<Vec<u8>, ClientError> {
    let mut all = Vec::new();
    while let Some(chunk) = stream.next().await {
        all.extend_from_slice(&chunk?);
    }
    Ok(all)
}

/// Serves `body` for every blob and reads it as `digest` of `size`.
async fn outcome(body: &'static [u8], digest: &Digest, size: Option<u64>) -> Result<Vec<u8>, ClientError> {
    let fake =
        Fake::start(move |_, _| with(200, &[], Body::from_stream(stream::iter([Ok::<_, std::io::Error>(body)])))).await;
    match fake.anonymous().get_blob(&repo(), digest, size).await {
        Ok(stream) => read(stream).await,
        Err(error) => Err(error),
    }
}

#[tokio::test]
async fn blobs_are_verified() {
    let digest = Digest::sha256(b"pack");
    assert_eq!(outcome(b"pack", &digest, Some(4)).await.unwrap(), b"pack");
    assert_eq!(outcome(b"pack", &digest, None).await.unwrap(), b"pack");
    let sha512 = Digest::of(packyard_oci::Algorithm::Sha512, b"pack");
    assert_eq!(outcome(b"pack", &sha512, Some(4)).await.unwrap(), b"pack");
    for (body, size) in [(b"pakc".as_slice(), Some(4)), (b"pac", Some(4)), (b"packs", Some(4)), (b"pack ", None)] {
        assert_eq!(outcome(body, &digest, size).await.unwrap_err().hop, Hop::Content, "{body:?}");
    }
}

#[tokio::test]
async fn a_size_that_was_not_promised_is_refused_before_reading() {
    let fake = Fake::start(|_, _| {
        with(
            200,
            &[("content-length", "10737418240")],
            Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>()),
        )
    })
    .await;
    let error = fake.anonymous().get_blob(&repo(), &Digest::sha256(b"x"), Some(10 << 20)).await.unwrap_err();
    assert_eq!(error.hop, Hop::Content);
    let error = fake.anonymous().get_blob(&repo(), &Digest::sha256(b"x"), None).await.unwrap_err();
    assert_eq!(error.hop, Hop::Limit);
    assert!(error.to_string().contains("blob_bytes"), "{error}");
}

#[tokio::test]
async fn an_endless_blob_ends_at_the_limit() {
    let fake = Fake::start(|_, _| {
        let chunk = Bytes::from(vec![0u8; 64 * 1024]);
        with(200, &[], Body::from_stream(stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone()))))
    })
    .await;
    let mut options = quick();
    options.limits.blob_bytes = 1 << 20;
    let client = Client::new(fake.origin().parse().unwrap(), Credentials::Anonymous, options).unwrap();
    let error = read(client.get_blob(&repo(), &Digest::sha256(b"x"), None).await.unwrap()).await.unwrap_err();
    assert_eq!(error.hop, Hop::Limit);
}

#[tokio::test]
async fn a_connection_lost_midway_is_an_error_not_an_end() {
    let fake = Fake::start(|_, _| {
        let chunks = stream::iter([Ok("pa"), Err(std::io::Error::other("gone"))]);
        with(200, &[], Body::from_stream(chunks))
    })
    .await;
    // Whether the status line still came is up to the other side's buffers.
    let error = match fake.anonymous().get_blob(&repo(), &Digest::sha256(b"pack"), Some(4)).await {
        Ok(stream) => read(stream).await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(error.hop, Hop::Tcp, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_blocking_reader_reads_the_same_and_reports_a_wrong_digest() {
    let fake = Fake::start(|_, _| with(200, &[], "pack")).await;
    let client = fake.anonymous();
    let reader = client.get_blob(&repo(), &Digest::sha256(b"pack"), Some(4)).await.unwrap().into_reader();
    let text = tokio::task::spawn_blocking(move || {
        let (mut reader, mut text) = (reader, String::new());
        reader.read_to_string(&mut text).map(|_| text)
    });
    assert_eq!(text.await.unwrap().unwrap(), "pack");
    let reader = client.get_blob(&repo(), &Digest::sha256(b"other"), Some(4)).await.unwrap().into_reader();
    let outcome = tokio::task::spawn_blocking(move || {
        let (mut reader, mut two) = (reader, [0u8; 2]);
        reader.read_exact(&mut two).unwrap();
        reader.finish()
    });
    assert_eq!(outcome.await.unwrap().unwrap_err().hop, Hop::Content);
}

/// A parser that takes an error for the end of its data must not make wrong bytes right.
#[tokio::test]
async fn an_error_that_a_parser_swallowed_is_reported_at_the_end() {
    let fake = Fake::start(|_, _| with(200, &[], "pack")).await;
    let stream = fake.anonymous().get_blob(&repo(), &Digest::sha256(b"other"), Some(4)).await.unwrap();
    let mut reader = stream.into_reader();
    let error = tokio::task::spawn_blocking(move || {
        let mut all = Vec::new();
        assert!(reader.read_to_end(&mut all).is_err());
        reader.finish()
    });
    assert_eq!(error.await.unwrap().unwrap_err().hop, Hop::Content);
}

#[tokio::test]
async fn manifests_are_what_their_digest_says() {
    let fake = Fake::start(|_, _| with(200, &[OCI], "{}")).await;
    let client = fake.anonymous();
    let right: Reference = Digest::sha256(b"{}").to_string().parse().unwrap();
    let wrong: Reference = Digest::sha256(b"[]").to_string().parse().unwrap();
    assert_eq!(client.get_manifest(&repo(), &right).await.unwrap().unwrap().digest, Digest::sha256(b"{}"));
    assert_eq!(client.get_manifest(&repo(), &wrong).await.unwrap_err().hop, Hop::Content);

    let lying_header = Digest::sha256(b"other").to_string();
    let liar = Fake::start(move |_, _| with(200, &[OCI, ("docker-content-digest", &lying_header)], "{}")).await;
    assert_eq!(liar.anonymous().get_manifest(&repo(), &tag("1")).await.unwrap_err().hop, Hop::Content);
}

#[tokio::test]
async fn a_manifest_over_the_limit_is_refused() {
    for announced in [true, false] {
        let fake = Fake::start(move |_, _| {
            let big = vec![b' '; 5 << 20];
            let body = if announced {
                Body::from(big)
            } else {
                Body::from_stream(stream::iter([Ok::<_, std::io::Error>(big)]))
            };
            with(200, &[OCI], body)
        })
        .await;
        let error = fake.anonymous().get_manifest(&repo(), &tag("1")).await.unwrap_err();
        assert_eq!(error.hop, Hop::Limit);
        assert!(error.to_string().contains("manifest_bytes"), "{error}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_none() {
    let fake = Fake::start(|_, _| reply(404)).await;
    let client = fake.anonymous();
    assert_eq!(client.get_manifest(&repo(), &tag("1")).await.unwrap(), None);
    assert_eq!(client.head_manifest(&repo(), &tag("1")).await.unwrap(), None);
    assert_eq!(client.head_blob(&repo(), &Digest::sha256(b"x")).await.unwrap(), None);
    assert_eq!(client.get_blob(&repo(), &Digest::sha256(b"x"), None).await.unwrap_err().hop, Hop::Path);
}
