//! Behind a reverse proxy: whose address a request counts for, and that nobody chooses it.

use crate::http::Client;
use crate::yard_builder;
use packyard_testkit::Yard;

/// The status of a login whose request came over 127.0.0.1 with this `X-Forwarded-For`.
fn log_in(yard: &Yard, forwarded_for: &str, password: &str) -> u16 {
    let body = format!(r#"{{"emailId":"{}","password":"{password}"}}"#, yard.admin_email);
    let headers = format!("Content-Type: application/json\r\nX-Forwarded-For: {forwarded_for}\r\n");
    Client::of(yard).send("POST", "/v1/auth/authenticate", &headers, body.as_bytes()).unwrap().status
}

#[test]
fn clients_of_a_trusted_proxy_are_told_apart_by_what_it_says() {
    let yard = yard_builder().env("PACKYARD_TRUSTED_PROXIES", "10.1.2.3,127.0.0.0/8").start();
    for n in 0..10 {
        assert_eq!(log_in(&yard, &format!("203.0.113.{n}, 192.0.2.1"), "a guess"), 401);
    }
    // What stands left of the address that the proxy saw was made up by the client.
    for n in 10..13 {
        assert_eq!(log_in(&yard, &format!("203.0.113.{n}, 192.0.2.1"), &yard.admin_password), 429);
    }
    assert_eq!(log_in(&yard, "192.0.2.2", &yard.admin_password), 200);
    let log = yard.log_with("too many wrong passwords");
    let lines = |text: &str| log.lines().filter(|line| line.contains(text)).collect::<Vec<_>>();
    assert_eq!(lines("a wrong password").len(), 10, "{log}");
    assert!(lines("a wrong password").iter().all(|line| line.contains("address=192.0.2.1")), "{log}");
    let told = lines("too many wrong passwords");
    assert!(told.len() == 1 && told[0].contains("address=192.0.2.1") && told[0].contains(&yard.admin_email), "{log}");

    // What is for this machine only is not for those whom a proxy on it speaks for.
    let metrics = |headers: &str| Client::of(&yard).send("GET", "/metrics", headers, b"").unwrap().status;
    assert_eq!((metrics(""), metrics("X-Forwarded-For: 192.0.2.1\r\n")), (200, 401));
}

#[test]
fn nobody_who_is_not_named_is_believed() {
    let yard = yard_builder().start();
    for n in 0..10 {
        assert_eq!(log_in(&yard, &format!("192.0.2.{n}"), "a guess"), 401);
    }
    assert_eq!(log_in(&yard, "192.0.2.10", &yard.admin_password), 429);
    let log = yard.log_with("--trusted-proxies");
    let told = log.lines().filter(|line| line.contains("--trusted-proxies")).count();
    assert!(told == 1 && log.contains("address=127.0.0.1") && !log.contains("192.0.2."), "{log}");
}
