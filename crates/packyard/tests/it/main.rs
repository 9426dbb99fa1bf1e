//! Behaviour through the public door: the real binary, real HTTP, real clients. One test binary, a module an area.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::print_stdout)]

mod admin;
mod api;
mod api_key;
mod archive_attacks;
mod audit_retention;
mod bad_input;
mod charts;
mod clients;
mod conformance;
mod connection;
mod console;
mod crash;
mod demo;
mod disk_full;
mod docker_registry;
mod docs;
mod doors;
mod drain;
mod durability;
mod ecr;
mod ecr_model;
mod ecr_public;
mod first_start;
mod foreign_registry;
mod guide;
mod guide_basic;
mod held_registry;
mod http;
mod iam;
mod iam_cli;
mod json_log;
mod keys;
mod large_index;
mod limits;
mod lint_memory;
mod login;
mod management;
mod memory;
mod mistyped;
mod nul;
mod pack_build;
mod pack_copy;
mod pack_diff;
mod pack_explain;
mod pack_init;
mod pack_inspect;
mod pack_lint;
mod pack_lint_registry;
mod pack_list;
mod pack_pull;
mod pack_shell;
mod packs;
mod palette_sdk;
mod proxies;
mod publish;
mod publish_dry_run;
mod publish_force;
mod publish_hostile;
mod publish_many;
mod publish_report;
mod registry;
mod registry_connection;
mod registry_syncs;
mod registry_verbs;
mod relay;
mod restored;
mod rotate_secret_key;
mod scale;
mod sealed_variables;
mod secrets;
mod serve;
mod settings;
mod shell;
mod slow_clients;
mod sync;
mod tls_files;
mod two_servers;
mod verbs;

use packyard_testkit::{Yard, YardBuilder};

/// A server of this build with the tests' credentials.
fn yard() -> Yard {
    Yard::start(env!("CARGO_BIN_EXE_packyard"))
}

fn yard_builder() -> YardBuilder {
    Yard::builder(env!("CARGO_BIN_EXE_packyard"))
}

/// Waits for the end of a process that is to end by itself; its exit code, and what it said on standard error.
fn ended(mut child: std::process::Child) -> (Option<i32>, String) {
    use std::io::Read;
    let stderr = child.stderr.take();
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        stderr.map(|mut stderr| stderr.read_to_string(&mut text));
        text
    });
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return (status.code(), reader.join().unwrap());
        }
        if std::time::Instant::now() > deadline {
            let _ = child.kill();
            let _ = child.wait();
            panic!("still running after 60 s:\n{}", reader.join().unwrap());
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

/// `packyard serve` that is to refuse; what it says.
fn refused(data: &std::path::Path, args: &[&str], envs: &[(&str, &str)]) -> String {
    let child = std::process::Command::new(env!("CARGO_BIN_EXE_packyard"))
        .arg("serve")
        .arg("--data")
        .arg(data)
        .args(args)
        .envs(envs.iter().copied())
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let (code, said) = ended(child);
    assert!(matches!(code, Some(1 | 2)), "{args:?} {envs:?}: {code:?}\n{said}");
    said
}

/// Where the tests' servers listen that choose other settings than the defaults of [`Yard`].
const ANY_PORT: [&str; 2] = ["--listen", "127.0.0.1:0"];
