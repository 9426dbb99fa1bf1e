//! The drawer's fields for the way to a registry: a client certificate, a proxy; and how often it is synchronised.

use crate::browser::Browser;
use http::StatusCode;

/// Nobody listens on the discard port of this machine.
const CLOSED: &str = "http://127.0.0.1:9";
const NEW: &str = "/settings/registries/new";
const PROXY_PASSWORD: &str = "pr0xy-word";

fn pair() -> (String, String) {
    let key = rcgen::KeyPair::generate().expect("a key");
    let params = rcgen::CertificateParams::new(vec!["ann".to_owned()]).expect("a name");
    let certificate = params.self_signed(&key).expect("a certificate");
    (certificate.pem(), key.serialize_pem())
}

#[tokio::test]
async fn a_client_certificate_and_a_proxy_are_checked_kept_and_ended() {
    let mut browser = Browser::logged_in().await;
    let ((certificate, key), (_, other)) = (pair(), pair());
    let basics = [("name", "inner"), ("auth", "none"), ("endpoint", CLOSED), ("paths", "team")];
    let with = |more: &[(&'static str, &str)]| {
        let all = basics.iter().chain(more).map(|(name, value)| (*name, (*value).to_owned()));
        all.collect::<Vec<_>>()
    };
    let send = async |browser: &mut Browser, page: &str, fields: &[(&'static str, String)]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.submit(page, page, &fields).await
    };
    let shown = [("shows_certificate", "yes"), ("client_certificate", certificate.as_str())];
    for (more, part) in [
        (with(&[("shows_certificate", "yes")]), "Upload the certificate that this server shows"),
        (with(&shown), "Upload the private key of the certificate."),
        (with(&[shown[0], shown[1], ("client_key", other.as_str())]), "key is that of another certificate"),
        (
            with(&[shown[0], ("client_certificate", key.as_str()), ("client_key", key.as_str())]),
            "only certificates belong",
        ),
        (with(&[("by_proxy", "yes")]), "Enter the proxy&#39;s address"),
        (with(&[("by_proxy", "yes"), ("proxy_url", "socks5://p:1")]), "are not supported, only http and https"),
        (
            with(&[("by_proxy", "yes"), ("proxy_url", "http://p:1"), ("no_proxy", "10.0.0.0/99")]),
            "is no host to leave out",
        ),
    ] {
        let page = send(&mut browser, NEW, &more).await;
        assert_eq!(page.status, StatusCode::OK, "{part}");
        page.shows(part);
        assert!(!page.text.contains("PRIVATE KEY-----\n"), "a page holds a key");
    }

    let login = format!("http://ann:{PROXY_PASSWORD}@127.0.0.1:9");
    let proxy = [("by_proxy", "yes"), ("proxy_url", login.as_str()), ("no_proxy", ".test, 10.0.0.0/8")];
    let good = with(&[shown[0], shown[1], ("client_key", key.as_str()), proxy[0], proxy[1], proxy[2]]);
    let page = send(&mut browser, NEW, &good).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    let list = browser.get("/settings/registries").await;
    let uid = list.text.split("id=\"registry-").nth(1).unwrap()[..24].to_owned();
    let edit = format!("/settings/registries/{uid}/edit");
    let page = browser.get(&edit).await;
    page.shows("value=\"http://127.0.0.1:9\" placeholder=\"http://proxy")
        .shows("name=\"proxy_username\" value=\"ann\"")
        .shows("value=\".test,10.0.0.0/8\"")
        .shows("placeholder=\"Unchanged\"")
        .shows(certificate.lines().nth(1).unwrap())
        .shows("<option value=\"server\" selected>");
    assert!(!page.text.contains(PROXY_PASSWORD) && !page.text.contains(key.lines().nth(1).unwrap()));

    // What is not typed again stays, also the key; another certificate needs its own.
    let (another, _) = pair();
    let swapped = with(&[shown[0], ("client_certificate", another.as_str())]);
    send(&mut browser, &edit, &swapped).await.shows("Give the key of this client certificate too");
    let saved = with(&[shown[0], shown[1], ("interval", "3600")]);
    let page = send(&mut browser, &edit, &saved).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    let page = browser.get(&edit).await;
    page.shows("<option value=\"3600\" selected>").shows("name=\"shows_certificate\" value=\"yes\" checked");
    assert!(!page.text.contains("name=\"by_proxy\" value=\"yes\" checked"), "an unchecked box ends the proxy");
    send(&mut browser, &edit, &with(&[("interval", "3600")])).await;
    assert!(!browser.get(&edit).await.text.contains("value=\"yes\" checked"));
}
