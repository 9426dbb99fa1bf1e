//! Uploading blobs and manifests.

use crate::fake::{Fake, reply, repo, tag, with};
use packyard_oci::client::{BlobSource, Credentials, Hop, Progress, Upload};
use packyard_oci::{Digest, media};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

fn file(content: &[u8]) -> (tempfile::NamedTempFile, BlobSource, Digest) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    let source = BlobSource::File { path: file.path().to_owned(), size: content.len() as u64 };
    let digest = Digest::sha256(content);
    (file, source, digest)
}

#[tokio::test]
async fn a_file_goes_by_post_and_one_put_with_its_length() {
    let content = vec![7u8; 300_000];
    let (_file, source, digest) = file(&content);
    let fake = Fake::start(|seen, _| match seen.method.as_str() {
        "HEAD" => reply(404),
        "POST" => with(202, &[("location", "/upload/1?state=x%2Fy")], ""),
        _ => reply(201),
    })
    .await;
    let sent = Arc::new(AtomicU64::new(0));
    let counter = sent.clone();
    let progress: Progress = Arc::new(move |sent| counter.store(sent, Ordering::SeqCst));
    let outcome = fake.anonymous().push_blob(&repo(), &digest, &source, None, Some(progress)).await.unwrap();
    assert_eq!(outcome, Upload::Uploaded);
    let seen = fake.seen();
    assert_eq!(seen[1].line(), "POST /v2/team/spectro-packs/archive/hello/blobs/uploads/");
    assert_eq!(seen[2].line(), format!("PUT /upload/1?state=x%2Fy&digest=sha256%3A{}", digest.hex()));
    assert_eq!(seen[2].header("content-length"), Some("300000"));
    assert_eq!(seen[2].header("content-type"), Some(media::OCTET_STREAM));
    assert_eq!(seen[2].header("transfer-encoding"), None);
    assert_eq!(seen[2].body, content);
    assert_eq!(sent.load(Ordering::SeqCst), 300_000);
}

#[tokio::test]
async fn what_is_there_is_not_sent() {
    let (_file, source, digest) = file(b"x");
    let fake = Fake::start(|_, _| with(200, &[("content-length", "1")], "")).await;
    assert_eq!(fake.anonymous().push_blob(&repo(), &digest, &source, None, None).await.unwrap(), Upload::AlreadyThere);
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn the_whole_sequence_is_repeated_when_the_put_fails() {
    let (_file, source, digest) = file(b"content");
    let fake = Fake::start(|seen, before| match seen.method.as_str() {
        "HEAD" => reply(404),
        "POST" => with(202, &[("location", &format!("/upload/{before}"))], ""),
        _ if before < 3 => reply(500),
        _ => reply(201),
    })
    .await;
    fake.anonymous().push_blob(&repo(), &digest, &source, None, None).await.unwrap();
    let methods: Vec<String> = fake.seen().into_iter().map(|s| s.method).collect();
    assert_eq!(methods, ["HEAD", "POST", "PUT", "POST", "PUT"]);
    assert_eq!(fake.seen()[4].body.as_ref(), b"content", "the file is read again from its start");
}

/// A registry that loses the connection in the middle of the first PUT, after `kept` bytes, and says so when asked.
async fn breaks_once(kept: u64, takes_the_rest: u16) -> Fake {
    Fake::start(move |seen, before| match seen.method.as_str() {
        "HEAD" => reply(404),
        "POST" => with(202, &[("location", "/upload/1?state=a")], ""),
        "GET" if kept == 0 => reply(404),
        "GET" => with(204, &[("location", "/upload/1?state=b"), ("range", &format!("0-{}", kept - 1))], ""),
        _ if before < 3 => reply(502),
        _ if seen.header("content-range").is_some() => reply(takes_the_rest),
        _ => reply(201),
    })
    .await
}

#[tokio::test]
async fn an_upload_goes_on_where_it_broke_off() {
    let content: Vec<u8> = (0..1_500_000_u32).map(|n| (n % 251) as u8).collect();
    let (_file, source, digest) = file(&content);
    let fake = breaks_once(700_000, 201).await;
    let at = Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = at.clone();
    let progress: Progress = Arc::new(move |sent| log.lock().unwrap().push(sent));
    fake.anonymous().push_blob(&repo(), &digest, &source, None, Some(progress)).await.unwrap();
    let seen = fake.seen();
    let methods: Vec<&str> = seen.iter().map(|s| s.method.as_str()).collect();
    assert_eq!(methods, ["HEAD", "POST", "PUT", "GET", "PUT"]);
    assert_eq!(seen[3].line(), "GET /upload/1?state=a");
    assert_eq!(seen[4].line(), format!("PUT /upload/1?state=b&digest=sha256%3A{}", digest.hex()));
    assert_eq!(seen[4].header("content-range"), Some("700000-1499999"));
    assert_eq!(seen[4].header("content-length"), Some("800000"));
    assert!(seen[4].body == content[700_000..], "the rest, and nothing else");
    let at = at.lock().unwrap();
    assert!(at.contains(&1_500_000) && at.windows(2).any(|pair| pair[1] < pair[0]), "the progress goes back: {at:?}");
}

#[tokio::test]
async fn an_upload_that_the_registry_does_not_keep_begins_again() {
    let content = vec![3u8; 1_200_000];
    let (_file, source, digest) = file(&content);
    for (kept, takes_the_rest, expected) in [
        (0, 201, &["HEAD", "POST", "PUT", "GET", "HEAD", "POST", "PUT"][..]),
        (1, 201, &["HEAD", "POST", "PUT", "GET", "HEAD", "POST", "PUT"]),
        (1_200_001, 201, &["HEAD", "POST", "PUT", "GET", "HEAD", "POST", "PUT"]),
        (600_000, 400, &["HEAD", "POST", "PUT", "GET", "PUT", "POST", "PUT"]),
    ] {
        let fake = breaks_once(kept, takes_the_rest).await;
        fake.anonymous().push_blob(&repo(), &digest, &source, None, None).await.unwrap();
        let seen = fake.seen();
        let methods: Vec<&str> = seen.iter().map(|s| s.method.as_str()).collect();
        assert_eq!(methods, expected, "{kept} {takes_the_rest}");
        assert!(seen.last().unwrap().body == content, "{kept}: from its start");
    }
}

#[tokio::test]
async fn an_upload_whose_answer_was_lost_is_not_sent_twice() {
    let (_file, source, digest) = file(&vec![3u8; 1_200_000]);
    let fake = Fake::start(|seen, before| match seen.method.as_str() {
        "HEAD" if before > 2 => with(200, &[("content-length", "1200000")], ""),
        "POST" => with(202, &[("location", "/upload/1")], ""),
        "PUT" => reply(504),
        _ => reply(404),
    })
    .await;
    assert_eq!(fake.anonymous().push_blob(&repo(), &digest, &source, None, None).await.unwrap(), Upload::Uploaded);
    assert_eq!(fake.seen().iter().filter(|s| s.method == "PUT").count(), 1);
}

#[tokio::test]
async fn a_mount_that_is_not_allowed_becomes_an_upload() {
    let (_file, source, digest) = file(b"content");
    let from = "team/other".parse().unwrap();
    let fake = Fake::start(|seen, _| match seen.method.as_str() {
        "POST" if seen.target.contains("mount=") => reply(403),
        "POST" => with(202, &[("location", "/upload/1")], ""),
        _ => reply(201),
    })
    .await;
    let outcome = fake.anonymous().upload_blob(&repo(), &digest, &source, Some(&from), None).await.unwrap();
    assert_eq!(outcome, Upload::Uploaded);
    let methods: Vec<String> = fake.seen().into_iter().map(|s| s.method).collect();
    assert_eq!(methods, ["POST", "POST", "PUT"], "and nothing is asked first");
}

#[tokio::test]
async fn a_location_on_another_origin_gets_the_bytes_but_not_the_credentials() {
    let (_file, source, digest) = file(b"content");
    let other = Fake::start(|_, _| reply(201)).await;
    let location = format!("{}/store/1", other.origin());
    let fake = Fake::start(move |seen, _| match (seen.header("authorization"), seen.method.as_str()) {
        (None, _) => with(401, &[("www-authenticate", "Basic realm=\"r\"")], ""),
        (_, "HEAD") => reply(404),
        _ => with(202, &[("location", &location)], ""),
    })
    .await;
    let client = fake.client(Credentials::basic("ann", "pw"));
    client.push_blob(&repo(), &digest, &source, None, None).await.unwrap();
    assert_eq!(other.seen().len(), 1);
    assert_eq!(other.seen()[0].header("authorization"), None);
    assert_eq!(other.seen()[0].body.as_ref(), b"content");
}

#[tokio::test]
async fn a_location_at_a_metadata_address_is_refused() {
    let (_file, source, digest) = file(b"content");
    for (location, hop) in [("http://169.254.169.254/x", Hop::AddressPolicy), ("ftp://h/x", Hop::Protocol)] {
        let fake = Fake::start(move |seen, _| match seen.method.as_str() {
            "HEAD" => reply(404),
            _ => with(202, &[("location", location)], ""),
        })
        .await;
        assert_eq!(
            fake.anonymous().push_blob(&repo(), &digest, &source, None, None).await.unwrap_err().hop,
            hop,
            "{location}"
        );
    }
    let nowhere = Fake::start(|seen, _| reply(if seen.method == "HEAD" { 404 } else { 202 })).await;
    assert_eq!(
        nowhere.anonymous().push_blob(&repo(), &digest, &source, None, None).await.unwrap_err().hop,
        Hop::Protocol
    );
}

#[tokio::test]
async fn mounts_fall_back_to_the_upload_that_was_opened() {
    let (_file, source, digest) = file(b"content");
    let from = "team/other".parse().unwrap();
    for (mounts, expected) in [(true, Upload::Mounted), (false, Upload::Uploaded)] {
        let fake = Fake::start(move |seen, _| match seen.method.as_str() {
            "HEAD" => reply(404),
            "POST" if mounts => reply(201),
            "POST" => with(202, &[("location", "/upload/1")], ""),
            _ => reply(201),
        })
        .await;
        assert_eq!(fake.anonymous().push_blob(&repo(), &digest, &source, Some(&from), None).await.unwrap(), expected);
        assert!(
            fake.lines()[1].ends_with(&format!("/blobs/uploads/?mount={digest}&from=team%2Fother")),
            "{:?}",
            fake.lines()
        );
    }
}

#[tokio::test]
async fn a_manifest_stored_as_something_else_is_an_error() {
    let bytes = packyard_oci::pack_artifact::manifest(None, &Default::default());
    let digest = Digest::sha256(&bytes);
    for (answered, good) in [(digest.to_string(), true), (Digest::sha256(b"other").to_string(), false)] {
        let fake = Fake::start(move |_, _| with(201, &[("docker-content-digest", &answered)], "")).await;
        let outcome =
            fake.anonymous().put_manifest(&repo(), &tag("1.0.0"), media::OCI_MANIFEST, bytes.clone().into()).await;
        match good {
            true => assert_eq!(outcome.unwrap(), digest),
            false => assert_eq!(outcome.unwrap_err().hop, Hop::Content),
        }
        assert_eq!(fake.seen()[0].header("content-type"), Some(media::OCI_MANIFEST));
    }
}

#[tokio::test]
async fn writes_are_not_redirected_to_others() {
    let (_file, source, digest) = file(b"content");
    let other = Fake::start(|_, _| reply(202)).await;
    let away = other.origin();
    let fake = Fake::start(move |seen, _| match seen.method.as_str() {
        "HEAD" => reply(404),
        _ => with(307, &[("location", &away)], ""),
    })
    .await;
    assert_eq!(fake.anonymous().push_blob(&repo(), &digest, &source, None, None).await.unwrap_err().hop, Hop::Protocol);
    assert!(other.seen().is_empty());
}
