//! Files of a web server: credentials stay with the typed origin, bodies stay within their limit.

use crate::fake::{Fake, quick, reply, with};
use axum::body::{Body, Bytes};
use futures_util::stream;
use packyard_oci::client::{ClientError, Credentials, Downloads, Hop};

fn downloads(fake: &Fake, credentials: &Credentials) -> Downloads {
    Downloads::new(&fake.origin().parse().unwrap(), credentials, quick()).unwrap()
}

async fn read(downloads: &Downloads, url: &str, limit: u64) -> Result<Vec<u8>, ClientError> {
    let mut download = downloads.get(url, "a chart", limit, "chart_bytes").await?;
    let mut all = Vec::new();
    while let Some(chunk) = download.chunk().await? {
        all.extend_from_slice(&chunk);
    }
    Ok(all)
}

#[tokio::test]
async fn credentials_go_to_the_typed_origin_alone() {
    let other = Fake::start(|_, _| with(200, &[], "chart")).await;
    let elsewhere = format!("{}/moved.tgz", other.origin());
    let to = elsewhere.clone();
    let typed = Fake::start(move |seen, _| match seen.target.as_str() {
        "/moved.tgz" => with(302, &[("location", &to)], ""),
        _ if seen.header("authorization") == Some("Basic YW5uOnNlY3JldA==") => with(200, &[], "index"),
        _ => reply(401),
    })
    .await;
    let ann = downloads(&typed, &Credentials::basic("ann", "secret"));
    assert_eq!(read(&ann, &format!("{}/index.yaml", typed.origin()), 99).await.unwrap(), b"index");
    for url in [elsewhere, format!("{}/moved.tgz", typed.origin())] {
        assert_eq!(read(&ann, &url, 99).await.unwrap(), b"chart");
    }
    assert_eq!(other.seen().len(), 2);
    assert!(other.seen().iter().all(|seen| seen.header("authorization").is_none()));
    let nobody = downloads(&typed, &Credentials::Anonymous);
    let error = read(&nobody, &format!("{}/index.yaml", typed.origin()), 99).await.unwrap_err();
    assert_eq!(error.hop, Hop::Auth, "{error}");
    assert!(!format!("{ann:?}").contains("YW5uOnNlY3JldA"), "{ann:?}");
}

#[tokio::test]
async fn a_body_ends_at_its_limit_said_or_not() {
    let fake = Fake::start(|seen, _| match seen.target.as_str() {
        "/said" => with(200, &[("content-length", "11")], "12345678901"),
        _ => with(
            200,
            &[],
            Body::from_stream(stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(b"123")))),
        ),
    })
    .await;
    let downloads = downloads(&fake, &Credentials::Anonymous);
    for path in ["said", "endless"] {
        let error = read(&downloads, &format!("{}/{path}", fake.origin()), 10).await.unwrap_err();
        assert_eq!(error.hop, Hop::Limit);
        assert!(error.to_string().contains("10 bytes (limit chart_bytes)"), "{error}");
    }
    assert_eq!(read(&downloads, &format!("{}/said", fake.origin()), 11).await.unwrap().len(), 11);
}

#[tokio::test]
async fn what_will_not_do_is_refused_and_what_may_pass_is_tried_again() {
    let fake = Fake::start(|seen, before| match seen.target.as_str() {
        "/page" => with(200, &[("content-type", "text/html; charset=utf-8")], "<html>"),
        "/absent" => reply(404),
        _ if before < 4 => reply(503),
        _ => with(200, &[], "at last"),
    })
    .await;
    let downloads = downloads(&fake, &Credentials::Anonymous);
    let url = |path: &str| format!("{}/{path}", fake.origin());
    for (url, expected) in [
        (url("page"), "a web page came"),
        (url("absent"), "404"),
        ("ftp://127.0.0.1/x".to_owned(), "not one of http or https"),
        (fake.origin().replace("//", "//ann:pw@"), "without credentials"),
        ("not a url".to_owned(), "not a URL"),
    ] {
        let error = read(&downloads, &url, 99).await.unwrap_err();
        assert!(error.to_string().contains(expected) && error.to_string().contains("a chart"), "{url}: {error}");
    }
    assert_eq!(read(&downloads, &url("flaky"), 99).await.unwrap(), b"at last");
}

/// In a repository of https no chart comes over http, where anybody may change it.
#[tokio::test]
async fn https_is_never_left() {
    let fake = Fake::start(|_, _| reply(200)).await;
    let server = "https://charts.example.com".parse().unwrap();
    let downloads = Downloads::new(&server, &Credentials::Anonymous, quick()).unwrap();
    let error = read(&downloads, &format!("{}/chart.tgz", fake.origin()), 99).await.unwrap_err();
    assert!(error.to_string().contains("in a repository of https"), "{error}");
    assert!(fake.seen().is_empty());
}

/// A time has whole seconds, so a file that is as old as the reply may change once more and keep it.
#[tokio::test]
async fn the_time_of_a_file_counts_once_its_second_is_over() {
    let (before, now) = ("Wed, 21 Oct 2015 07:27:59 GMT", "Wed, 21 Oct 2015 07:28:00 GMT");
    let fake = Fake::start(move |seen, _| match seen.target.as_str() {
        "/fresh" => with(200, &[("date", now), ("last-modified", now), ("etag", "\"1\"")], "index"),
        _ => with(200, &[("date", now), ("last-modified", before)], "index"),
    })
    .await;
    let downloads = downloads(&fake, &Credentials::Anonymous);
    let validators = async |path: &str| {
        let url = format!("{}/{path}", fake.origin());
        downloads.get(&url, "an index", 99, "bytes").await.unwrap().validators
    };
    let fresh = validators("fresh").await;
    assert_eq!((fresh.etag.as_str(), fresh.modified.as_str()), ("\"1\"", ""));
    assert_eq!(validators("old").await.modified, before);
}
