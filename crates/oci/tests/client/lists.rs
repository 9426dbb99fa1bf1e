//! Tags, catalogue, referrers: pages are followed, but not anywhere and not for ever.

use crate::fake::{Fake, JSON, quick, reply, repo, with};
use packyard_oci::client::{Client, Credentials, Hop};
use packyard_oci::{Digest, media};

#[tokio::test]
async fn pages_are_followed_by_link() {
    let fake = Fake::start(|seen, _| match seen.target.as_str() {
        "/v2/team/spectro-packs/archive/hello/tags/list?n=1000" => with(
            200,
            &[JSON, ("link", "</v2/team/spectro-packs/archive/hello/tags/list?last=1.0.0&n=1000>; rel=\"next\"")],
            r#"{"name":"x","tags":["0.9.0","not a tag","1.0.0"]}"#,
        ),
        _ => with(200, &[JSON], r#"{"name":"x","tags":["1.1.0"]}"#),
    })
    .await;
    let tags: Vec<String> =
        fake.anonymous().tags(&repo()).await.unwrap().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(tags, ["0.9.0", "1.0.0", "1.1.0"]);
}

#[tokio::test]
async fn an_empty_list_is_not_an_absent_one() {
    for body in [r#"{"name":"x","tags":[]}"#, r#"{"name":"x","tags":null}"#, r#"{"name":"x"}"#] {
        let fake = Fake::start(move |_, _| with(200, &[("content-type", "text/plain; charset=utf-8")], body)).await;
        assert_eq!(fake.anonymous().tags(&repo()).await.unwrap(), Some(Vec::new()));
    }
    let fake = Fake::start(|_, _| with(404, &[JSON], r#"{"errors":[{"code":"NAME_UNKNOWN"}]}"#)).await;
    assert_eq!(fake.anonymous().tags(&repo()).await.unwrap(), None);
}

#[tokio::test]
async fn the_catalogue_is_filtered_while_it_is_read() {
    let fake = Fake::start(|_, _| {
        with(
            200,
            &[JSON],
            r#"{"repositories":["a","team/spectro-packs/archive","team/spectro-packs/archive/x","../etc","B"]}"#,
        )
    })
    .await;
    let found = fake.anonymous().catalog(|name| name.as_str().starts_with("team/")).await.unwrap();
    assert_eq!(found.len(), 2);
    let none = Fake::start(|_, _| reply(404)).await;
    assert_eq!(none.anonymous().catalog(|_| true).await.unwrap_err().hop, Hop::Path);
}

#[tokio::test]
async fn endless_pages_end() {
    let fake = Fake::start(|_, before| {
        let link = format!("</v2/_catalog?last={before}>; rel=\"next\"");
        with(200, &[JSON, ("link", &link)], r#"{"repositories":["a"]}"#)
    })
    .await;
    let mut options = quick();
    options.limits.pages = 7;
    let client = Client::new(fake.origin().parse().unwrap(), Credentials::Anonymous, options.clone()).unwrap();
    let error = client.catalog(|_| true).await.unwrap_err();
    assert_eq!((error.hop, fake.seen().len()), (Hop::Limit, 7));
    assert!(error.to_string().contains("limit `pages`"), "{error}");
    options.limits.pages = 1000;
    options.limits.entries = 20;
    let client = Client::new(fake.origin().parse().unwrap(), Credentials::Anonymous, options).unwrap();
    assert!(client.catalog(|_| true).await.unwrap_err().to_string().contains("limit `entries`"));
}

#[tokio::test]
async fn pages_in_a_circle_or_elsewhere_are_refused() {
    let circle = Fake::start(|_, _| {
        with(200, &[JSON, ("link", "</v2/_catalog?n=1000>; rel=\"next\"")], r#"{"repositories":[]}"#)
    })
    .await;
    assert_eq!(circle.anonymous().catalog(|_| true).await.unwrap_err().hop, Hop::Protocol);
    assert!(circle.seen().len() <= 2);
    for away in ["<http://169.254.169.254/>; rel=next", "<https://evil.example.org/v2/_catalog>; rel=next"] {
        let fake = Fake::start(move |_, _| with(200, &[JSON, ("link", away)], r#"{"repositories":[]}"#)).await;
        assert_eq!(fake.anonymous().catalog(|_| true).await.unwrap_err().hop, Hop::Protocol, "{away}");
    }
}

#[tokio::test]
async fn a_page_that_does_not_end_is_cut_off() {
    let fake = Fake::start(|_, _| with(200, &[JSON], vec![b' '; 5 << 20])).await;
    assert_eq!(fake.anonymous().tags(&repo()).await.unwrap_err().hop, Hop::Limit);
}

#[tokio::test]
async fn referrers_come_from_the_api_or_from_the_fallback_tag() {
    let subject = Digest::sha256(b"subject");
    let (one, two) = (Digest::sha256(b"1"), Digest::sha256(b"2"));
    let index = format!(
        r#"{{"schemaVersion":2,"mediaType":"{m}","manifests":[{{"mediaType":"{x}","digest":"{one}","size":1,"artifactType":"sig"}},{{"mediaType":"{x}","digest":"{two}","size":1,"artifactType":"sbom"}}]}}"#,
        m = media::OCI_INDEX,
        x = media::OCI_MANIFEST
    );
    for api in [true, false] {
        let index = index.clone();
        let fake = Fake::start(move |seen, _| match seen.target.contains("/referrers/") {
            true if api => with(200, &[("content-type", media::OCI_INDEX)], index.clone()),
            true => reply(404),
            false => with(200, &[("content-type", media::OCI_INDEX)], index.clone()),
        })
        .await;
        let found = fake.anonymous().referrers(&repo(), &subject, Some("sbom")).await.unwrap();
        assert_eq!(found.iter().map(|d| &d.digest).collect::<Vec<_>>(), [&two]);
        assert_eq!(fake.lines().last().unwrap().contains(&format!("/manifests/sha256-{}", subject.hex())), !api);
    }
}
