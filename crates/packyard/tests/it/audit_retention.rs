//! The audit log of a running server forgets what is older than its setting.

use crate::yard_builder;
use std::time::{Duration, Instant};

#[test]
fn entries_from_before_are_removed_while_the_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    yard_builder().data(&data).start().terminate();
    let yard = yard_builder().data(&data).arg("--audit-retention=1s").start();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !yard.log().contains("removed old entries from the audit log") {
        assert!(Instant::now() < deadline, "nothing was removed in 60 s:\n{}", yard.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}
