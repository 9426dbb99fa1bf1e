//! A 201 means durable. The page cache survives SIGKILL, so this looks at what the server asks of the disk: before the
//! 201 of a blob is sent, the blob, its folder and the database's log have been flushed.

use crate::http::Client;
use crate::yard_builder;
use packyard_testkit::peer_or_skip;
use std::collections::HashMap;
use std::process::Command;

#[test]
fn a_blob_its_folder_and_the_database_log_are_flushed_before_the_201() {
    let Some(strace) = peer_or_skip("strace", "the order of flushes in a push") else { return };
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let strace = strace.path.display().to_string();
    let wanted = "trace=fsync,fdatasync,write,writev,sendto,sendmsg";
    let out = trace.display().to_string();
    let mut yard = yard_builder().under(&[&strace, "-f", "-y", "-s", "64", "-e", wanted, "-o", &out]).start();
    let client = Client::of(&yard);
    // Opens the session and logs in first, so that what follows is the push alone.
    let there = client.begin("team/app");
    let before = std::fs::read_to_string(&trace).unwrap().lines().count();
    let content: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
    let digest = client.finish(&there, &content);
    client.expect("GET", &format!("/v2/team/app/blobs/{digest}"), 200);
    let data = yard.data.clone();
    // strace holds back the signals it gets; the server is its child.
    let stopped = Command::new("pkill").args(["-TERM", "-P", &yard.pid().to_string()]).status().unwrap();
    assert!(stopped.success());
    assert_eq!(yard.terminate(), Some(0), "{}", yard.log());

    let text = std::fs::read_to_string(&trace).unwrap();
    let lines: Vec<&str> = text.lines().skip(before).collect();
    let sent = lines.iter().position(|line| line.contains("HTTP/1.1 201")).expect("the 201 is in the trace");
    let flushed = flushes(&lines[..sent]);
    let blobs = data.canonicalize().unwrap_or(data).join("blobs");
    let relative = |path: &String| path.strip_prefix(&format!("{}/", blobs.display())).map(str::to_owned);
    let in_blobs: Vec<String> = flushed.iter().filter_map(relative).collect();
    let file =
        in_blobs.iter().position(|path| path.len() == 35).unwrap_or_else(|| panic!("no flush of a blob: {flushed:?}"));
    let its_folder = in_blobs[file][..2].to_owned();
    assert!(in_blobs[file..].contains(&its_folder), "no flush of folder {its_folder} after its blob: {flushed:?}");
    let folder_at = flushed.iter().position(|path| path.ends_with(&format!("blobs/{its_folder}"))).unwrap();
    let log = flushed[folder_at..].iter().any(|path| path.ends_with("packyard.db-wal"));
    assert!(log, "no flush of the database's log after the folder: {flushed:?}");
}

/// Paths whose flush has succeeded, in order. A call that another thread interrupts in the trace is written in two
/// lines, `fsync(7</path> <unfinished ...>` and `<... fsync resumed>) = 0`, joined by the thread's id.
fn flushes(lines: &[&str]) -> Vec<String> {
    let mut open: HashMap<&str, String> = HashMap::new();
    let mut done = Vec::new();
    for line in lines {
        let (thread, call) = line.split_once(char::is_whitespace).unwrap_or(("", line));
        let call = call.trim_start();
        if call.starts_with("fsync(") || call.starts_with("fdatasync(") {
            let path = call.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
            if call.ends_with("<unfinished ...>") {
                open.insert(thread, path);
            } else if call.ends_with("= 0") {
                done.push(path);
            }
        } else if call.starts_with("<... f") && call.contains("sync resumed") && call.ends_with("= 0") {
            done.extend(open.remove(thread));
        }
    }
    done
}
