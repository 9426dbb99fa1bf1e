//! Behaviour through the public door: the real binary, real HTTP, real clients. One test binary, a module an area.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::print_stdout)]

mod api;
mod conformance;
mod console;
mod crash;
mod demo;
mod docker_registry;
mod docs;
mod durability;
mod ecr;
mod foreign_registry;
mod guide;
mod guide_basic;
mod http;
mod iam;
mod iam_cli;
mod management;
mod memory;
mod pack_build;
mod pack_copy;
mod pack_diff;
mod pack_explain;
mod pack_inspect;
mod pack_lint;
mod pack_list;
mod pack_pull;
mod pack_shell;
mod packs;
mod publish;
mod registry;
mod serve;
mod shell;
mod sync;

use packyard_testkit::{Yard, YardBuilder};

/// A server of this build with the tests' credentials.
fn yard() -> Yard {
    Yard::start(env!("CARGO_BIN_EXE_packyard"))
}

fn yard_builder() -> YardBuilder {
    Yard::builder(env!("CARGO_BIN_EXE_packyard"))
}
