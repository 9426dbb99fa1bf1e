//! The rules of browser sessions: hosts, origins, tokens, cookies, headers, throttling.

use crate::browser::{Browser, EMAIL, PASSWORD};
use http::{StatusCode, header};
use packyard_store::ManualClock;
use std::sync::Arc;

const HOUR_MS: i64 = 3_600_000;

#[tokio::test]
async fn a_foreign_host_gets_421_and_known_ones_are_answered() {
    let mut browser = Browser::open().await;
    for (host, status) in [
        ("evil.example", StatusCode::MISDIRECTED_REQUEST),
        ("evil.example:7225", StatusCode::MISDIRECTED_REQUEST),
        ("packs.example.com", StatusCode::OK),
        ("127.0.0.1:7225", StatusCode::OK),
        ("[::1]:7225", StatusCode::OK),
    ] {
        browser.host = host.to_owned();
        assert_eq!(browser.get("/login").await.status, status, "{host}");
    }
}

#[tokio::test]
async fn every_page_forbids_inline_code_and_foreign_content() {
    let mut browser = Browser::logged_in().await;
    for path in [
        "/login",
        "/packs",
        "/profiles",
        "/settings/registries",
        "/settings/registries/new",
        "/profiles/new",
        "/nowhere",
    ] {
        let page = browser.get(path).await;
        let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(page.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert_eq!(page.headers[header::CACHE_CONTROL], "no-store", "{path}");
        for bad in [" style=\"", " onclick=", "<script>", "<style>", "src=\"http"] {
            assert!(!page.text.contains(bad), "{path} has {bad}");
        }
    }
}

#[tokio::test]
async fn without_a_session_every_page_leads_to_the_login_and_back() {
    let mut browser = Browser::open().await;
    let page = browser.get("/packs?q=kube").await;
    assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/login?next=%2Fpacks%3Fq%3Dkube"));
    let login = browser.get(page.location()).await;
    assert_eq!(login.field("next"), "/packs?q=kube");
    let page = browser.post("/login", &[("email", EMAIL), ("password", PASSWORD), ("next", "/packs?q=kube")]).await;
    assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/packs?q=kube"));
    assert_eq!(browser.get("/packs?q=kube").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_login_leads_to_no_other_site_whatever_the_browser_makes_of_the_address() {
    for next in ["/\t/evil.example", "/\\evil.example", "//evil.example", "/\u{1}x", "https://evil.example"] {
        let mut browser = Browser::open().await;
        let page = browser.post("/login", &[("email", EMAIL), ("password", PASSWORD), ("next", next)]).await;
        assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/"), "{next:?}");
    }
    let mut browser = Browser::open().await;
    assert_eq!(browser.get("/login?next=/%09/evil.example").await.field("next"), "/");
}

#[tokio::test]
async fn the_session_cookie_is_out_of_reach_and_secure_under_tls() {
    // The last one is behind a proxy that speaks https for this server.
    for (by_tls, origin, secure) in [
        (false, None, false),
        (false, Some("http://localhost:7225"), false),
        (true, None, true),
        (false, Some("https://localhost:7225"), true),
    ] {
        let mut browser = Browser::open().await;
        browser.secure = by_tls;
        browser.origin = origin.map(str::to_owned);
        let page = browser.post("/login", &[("email", EMAIL), ("password", PASSWORD)]).await;
        let cookie = page.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
        assert!(cookie.contains("; HttpOnly; SameSite=Strict"), "{cookie}");
        assert_eq!(cookie.contains("; Secure"), secure, "{cookie}");
    }
}

#[tokio::test]
async fn an_unsafe_request_needs_the_token_of_its_own_session() {
    let mut browser = Browser::logged_in().await;
    let fields = [("name", "x"), ("version", "1.0.0")];
    assert_eq!(browser.post("/profiles/new", &fields).await.status, StatusCode::FORBIDDEN);
    let mut other = Browser::logged_in().await;
    let foreign = other.get("/profiles/new").await.field("csrf");
    let with_foreign = [("csrf", foreign.as_str()), fields[0], fields[1]];
    assert_eq!(browser.post("/profiles/new", &with_foreign).await.status, StatusCode::FORBIDDEN);
    let page = browser.submit("/profiles/new", "/profiles/new", &fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
}

#[tokio::test]
async fn a_request_from_another_origin_does_nothing() {
    let mut browser = Browser::logged_in().await;
    let token = browser.get("/profiles/new").await.field("csrf");
    for origin in ["https://evil.example", "null", "http://localhost:1"] {
        browser.origin = Some(origin.to_owned());
        let page = browser.post("/profiles/new", &[("csrf", &token), ("name", "x"), ("version", "1.0.0")]).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{origin}");
        let page = browser.post("/login", &[("email", EMAIL), ("password", PASSWORD)]).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{origin}");
    }
}

#[tokio::test]
async fn logging_out_ends_the_session_on_the_server() {
    let mut browser = Browser::logged_in().await;
    let kept = browser.cookie("packyard_session").unwrap().to_owned();
    let page = browser.submit("/packs", "/logout", &[]).await;
    assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/login"));
    assert!(browser.cookie("packyard_session").is_none());
    browser.set_cookie("packyard_session", &kept);
    assert_eq!(browser.get("/packs").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_form_that_comes_after_the_session_leads_to_the_login_which_says_so() {
    let mut browser = Browser::logged_in().await;
    let token = browser.get("/profiles/new").await.field("csrf");
    browser.submit("/packs", "/logout", &[]).await;
    let page = browser.post("/profiles/new", &[("csrf", &token), ("name", "web"), ("version", "1.0.0")]).await;
    assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/login?ended=yes&next=%2F"));
    browser.get(page.location()).await.shows("Your session had ended, so what you sent was not done");
    let page = browser.get("/login").await;
    assert!(!page.text.contains("had ended"), "{}", page.text);
}

#[tokio::test]
async fn a_page_that_was_open_for_long_learns_the_token_of_the_session_that_is_now() {
    let mut browser = Browser::logged_in().await;
    let of_page = browser.get("/profiles/new").await.field("csrf");
    browser.get("/session").await.shows(&format!("\"csrf\":\"{of_page}\"")).shows("\"visitor\":\"arn:aws:iam::");
    browser.submit("/packs", "/logout", &[]).await;
    let page = browser.get("/session").await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert!(!page.text.contains("csrf\":"), "{}", page.text);
    browser.post("/login", &[("email", EMAIL), ("password", PASSWORD)]).await;
    let page = browser.get("/session").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.text.contains(&of_page), "the token of a session that has ended");
}

#[tokio::test]
async fn wrong_passwords_are_answered_in_words_and_then_throttled() {
    let mut browser = Browser::open().await;
    let page = browser.post("/login", &[("email", EMAIL), ("password", "wrong")]).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    page.shows("do not belong together").shows(EMAIL);
    assert!(!page.text.contains("\"wrong\""), "the password came back");
    for _ in 0..60 {
        let page = browser.post("/login", &[("email", EMAIL), ("password", "wrong")]).await;
        if page.status == StatusCode::TOO_MANY_REQUESTS {
            page.shows("Too many wrong passwords");
            let wait: u64 = page.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
            assert!(wait > 0);
            return;
        }
    }
    panic!("60 wrong passwords were all tried");
}

#[tokio::test]
async fn the_theme_is_kept_and_reaches_the_next_page() {
    let mut browser = Browser::logged_in().await;
    assert!(!browser.get("/packs").await.text.contains("data-theme="));
    let page = browser.submit("/packs", "/theme", &[("theme", "dark")]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    browser.get("/packs").await.shows("<html lang=\"en\" data-theme=\"dark\">");
}

#[tokio::test]
async fn an_unknown_address_is_a_page_in_the_same_look() {
    let mut browser = Browser::open().await;
    let page = browser.get("/nowhere").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    page.shows("Not found").shows("Packyard").shows("/assets/");
}

#[tokio::test]
async fn a_failure_keeps_theme_and_menu_and_leads_to_the_list_above() {
    let mut browser = Browser::logged_in().await;
    browser.submit("/packs", "/theme", &[("theme", "dark")]).await;
    for (address, list) in [
        ("/packs/nowhere", "/packs"),
        ("/packs/nowhere/values", "/packs"),
        ("/profiles/nowhere/review", "/profiles"),
        ("/settings/registries/nowhere", "/settings/registries"),
        ("/nowhere", "/"),
    ] {
        let page = browser.get(address).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{address}");
        page.shows("data-theme=\"dark\"").shows("Main Menu").shows("Log out").shows("<h1>Not found</h1>");
        page.shows(&format!("class=\"button primary\" href=\"{list}\""));
        assert_eq!(page.headers[header::CACHE_CONTROL], "no-store", "{address}");
    }
    // A form of another session: the same frame, and the status stays.
    let page = browser.post("/profiles/new", &[("csrf", "other")]).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    page.shows("This form is out of date").shows("Main Menu").shows("All cluster profiles");

    let mut stranger = Browser::open().await;
    stranger.set_cookie("packyard_theme", "dark");
    let page = stranger.get("/nowhere").await;
    page.shows("data-theme=\"dark\"").shows("Back to the start");
    assert!(!page.text.contains("Main Menu"), "a menu for somebody who is not logged in");
}

#[tokio::test]
async fn a_page_left_open_keeps_no_session_alive() {
    let clock = ManualClock::at(1_750_000_000_000);
    let mut browser = Browser::open_at(Arc::new(clock.clone())).await;
    browser.post("/login", &[("email", EMAIL), ("password", PASSWORD)]).await;
    for _ in 0..2 {
        clock.advance_ms(3 * HOUR_MS);
        assert_eq!(browser.get("/packs").await.status, StatusCode::OK, "somebody looks every 3 hours");
    }
    clock.advance_ms(2 * HOUR_MS);
    browser.accept = Some("text/event-stream");
    assert_eq!(browser.get("/settings/registries/live").await.status, StatusCode::OK, "the page follows a sync");
    browser.accept = None;
    clock.advance_ms(2 * HOUR_MS);
    assert_eq!(browser.get("/packs").await.location(), "/login?next=%2Fpacks", "nobody was there for 4 hours");
}

#[tokio::test]
async fn a_login_that_cannot_be_looked_up_is_not_called_wrong() {
    let mut browser = Browser::open().await;
    browser.store.close().await;
    let page = browser.post("/login", &[("email", EMAIL), ("password", PASSWORD)]).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    page.shows("could not look up the user");
}
