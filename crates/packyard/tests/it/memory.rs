//! What the server takes and gives back (docs/performance.md): under 60 MB idle and 150 MB at its peak.

use crate::http::Client;
use crate::yard;
use packyard_testkit::Yard;

/// Resident now, and the most there ever was, in KiB.
pub(crate) fn resident(yard: &Yard) -> (u64, u64) {
    let status = std::fs::read_to_string(format!("/proc/{}/status", yard.pid())).unwrap();
    let line = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name}"));
        line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or_else(|| panic!("{line}"))
    };
    (line("VmRSS:"), line("VmHWM:"))
}

#[test]
fn memory_that_passwords_took_is_given_back() {
    let yard = yard();
    let client = Client::of(&yard);
    client.expect("GET", "/v2/", 200);
    let (before, _) = resident(&yard);
    std::thread::scope(|scope| {
        for n in 0..8 {
            let yard = &yard;
            scope.spawn(move || {
                for round in 0..5 {
                    let wrong = Client::with_login(yard, &format!("nobody-{n}-{round}"), "wrong");
                    let status = wrong.send("GET", "/v2/", "", b"").unwrap().status;
                    assert!(status == 401 || status == 429, "{status}");
                }
            });
        }
    });
    let (after, most) = resident(&yard);
    assert!(after < before + 20_000, "{before} KiB before 40 wrong passwords, {after} KiB after");
    assert!(after < 60_000 && most < 150_000, "{after} KiB, {most} KiB at its peak");
}
