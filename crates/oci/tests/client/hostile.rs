//! Attacks 21 and 22 of oci.md section 5, as far as they do not belong to one kind of call.

use crate::fake::{Fake, JSON, OCI, quick, reply, repo, tag, with};
use packyard_oci::client::{Client, ClientOptions, Credentials, EndpointPolicy, Hop, ProxyOptions};

#[tokio::test]
async fn redirects_to_metadata_and_odd_places_are_refused() {
    for (location, hop) in [
        ("http://169.254.169.254/latest/meta-data/", Hop::AddressPolicy),
        ("http://[::ffff:169.254.169.254]/", Hop::AddressPolicy),
        ("http://[fe80::1]/", Hop::AddressPolicy),
        ("http://0.0.0.0:1/", Hop::AddressPolicy),
        ("http://2852039166/", Hop::AddressPolicy),
        ("file:///etc/passwd", Hop::Protocol),
        ("gopher://x/", Hop::Protocol),
    ] {
        let fake = Fake::start(move |_, _| with(307, &[("location", location)], "")).await;
        let error = fake.anonymous().get_manifest(&repo(), &tag("1")).await.unwrap_err();
        assert_eq!(error.hop, hop, "{location}: {error}");
    }
}

#[tokio::test]
async fn redirects_end() {
    let fake = Fake::start(|seen, _| with(302, &[("location", &format!("{}x", seen.target))], "")).await;
    let error = fake.anonymous().get_manifest(&repo(), &tag("1")).await.unwrap_err();
    assert_eq!(error.hop, Hop::Limit);
    assert_eq!(fake.seen().len(), 6, "the first and five more");
}

#[tokio::test]
async fn metadata_addresses_are_refused_when_typed_too() {
    for typed in
        ["http://169.254.169.254", "http://[::ffff:169.254.169.254]", "http://100.100.100.200", "http://[fe80::1]"]
    {
        let client = Client::new(typed.parse().unwrap(), Credentials::Anonymous, quick()).unwrap();
        assert_eq!(client.probe().await.unwrap_err().hop, Hop::AddressPolicy, "{typed}");
    }
}

#[tokio::test]
async fn the_public_policy_refuses_names_that_lead_inside() {
    let fake = Fake::start(|_, _| reply(200)).await;
    let mut options = quick();
    options.endpoint_policy = EndpointPolicy::Public;
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        let endpoint = format!("http://{host}:{}", fake.port).parse().unwrap();
        let client = Client::new(endpoint, Credentials::Anonymous, options.clone()).unwrap();
        assert_eq!(client.probe().await.unwrap_err().hop, Hop::AddressPolicy, "{host}");
    }
    assert!(fake.seen().is_empty());
}

#[tokio::test]
async fn a_proxy_that_may_not_be_used_is_told_as_the_proxy() {
    for (policy, proxy) in [
        (EndpointPolicy::Any, "http://169.254.169.254:3128"),
        (EndpointPolicy::Public, "http://127.0.0.1:3128"),
        // Judged by what the name resolves to.
        (EndpointPolicy::Public, "http://localhost:3128"),
    ] {
        let given = ProxyOptions::new(proxy, "", None, "").unwrap();
        let options = ClientOptions { endpoint_policy: policy, proxy: Some(given), ..quick() };
        let client = Client::new("http://203.0.113.7".parse().unwrap(), Credentials::Anonymous, options).unwrap();
        let error = client.probe().await.unwrap_err();
        assert_eq!(error.hop, Hop::ProxyPolicy, "{proxy}: {error}");
        let authority = proxy.trim_start_matches("http://");
        assert!(error.seen.contains(&format!("the proxy {authority} may not be used: ")), "{error}");
    }
}

#[tokio::test]
async fn rate_limits_are_waited_for_or_reported() {
    let fake = Fake::start(|_, before| match before {
        0 => with(429, &[("retry-after", "1")], ""),
        _ => with(200, &[OCI], "{}"),
    })
    .await;
    let started = std::time::Instant::now();
    fake.anonymous().get_manifest(&repo(), &tag("1")).await.unwrap();
    assert!(started.elapsed().as_millis() >= 1000, "Retry-After is honoured");

    let busy = Fake::start(|_, _| {
        with(
            429,
            &[("retry-after", "3600"), JSON],
            r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"Rate exceeded"}]}"#,
        )
    })
    .await;
    let error = busy.anonymous().get_manifest(&repo(), &tag("1")).await.unwrap_err();
    assert_eq!((error.hop, error.retry_after.map(|d| d.as_secs())), (Hop::RateLimited, Some(3600)));
    assert_eq!(busy.seen().len(), 1, "nobody waits an hour");
}

#[tokio::test]
async fn servers_that_fail_are_tried_again_a_few_times() {
    let fake = Fake::start(|_, _| reply(503)).await;
    let error = fake.anonymous().get_manifest(&repo(), &tag("1")).await.unwrap_err();
    assert_eq!((error.hop, error.status), (Hop::Server, Some(503)));
    assert_eq!(fake.seen().len(), 4);
    let never = Fake::start(|_, _| reply(501)).await;
    assert_eq!(never.anonymous().get_manifest(&repo(), &tag("1")).await.unwrap_err().hop, Hop::Server);
    assert_eq!(never.seen().len(), 1);
}

#[tokio::test]
async fn a_web_page_is_recognised() {
    let page = "<!DOCTYPE html><html><title>Sign in</title></html>";
    for status in [200, 404, 500] {
        let fake = Fake::start(move |_, _| with(status, &[("content-type", "text/html; charset=utf-8")], page)).await;
        let client = fake.anonymous();
        let outcome = client.tags(&repo()).await;
        if status == 404 {
            // A 404 means "not there" whatever its body is.
            assert_eq!(outcome.unwrap(), None);
            continue;
        }
        let error = outcome.unwrap_err();
        assert!(error.to_string().contains("web page"), "{status}: {error}");
        if status == 200 {
            assert_eq!(error.hop, Hop::Protocol);
            assert_eq!(client.get_manifest(&repo(), &tag("1")).await.unwrap_err().hop, Hop::Protocol);
        }
    }
    // Without a Content-Type that admits it.
    let fake = Fake::start(move |_, _| with(200, &[JSON], page)).await;
    assert!(fake.anonymous().tags(&repo()).await.unwrap_err().to_string().contains("web page"));
}

#[tokio::test]
async fn each_hop_has_its_name() {
    let unresolved =
        Client::new("http://packyard-no-such-host.invalid".parse().unwrap(), Credentials::Anonymous, quick()).unwrap();
    assert_eq!(unresolved.probe().await.unwrap_err().hop, Hop::Dns);
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let refused =
        Client::new(format!("http://127.0.0.1:{closed}").parse().unwrap(), Credentials::Anonymous, quick()).unwrap();
    assert_eq!(refused.probe().await.unwrap_err().hop, Hop::Tcp);
    for (status, hop) in
        [(401, Hop::Auth), (403, Hop::Permission), (400, Hop::Rejected), (500, Hop::Server), (302, Hop::Protocol)]
    {
        let fake = Fake::start(move |_, _| reply(status)).await;
        assert_eq!(fake.anonymous().get_manifest(&repo(), &tag("1")).await.unwrap_err().hop, hop, "{status}");
    }
}

#[tokio::test]
async fn hostile_text_in_errors_is_escaped() {
    let fake =
        Fake::start(|_, _| with(400, &[JSON], "{\"errors\":[{\"code\":\"X\",\"message\":\"a\\u001b[2Jb\"}]}")).await;
    let error = fake.anonymous().get_manifest(&repo(), &tag("1")).await.unwrap_err();
    assert!(!error.to_string().contains('\u{1b}'), "{error:?}");
}
