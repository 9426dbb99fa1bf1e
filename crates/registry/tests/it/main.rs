//! The registry's rules and its `/v2` face, through the router, on both database engines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::print_stdout)]

mod attacks;
mod blobs;
mod collector;
mod lists;
mod manifests;
mod peers;
mod referrers;
mod rights;
mod uploads;
mod world;
