//! The catalogue against a registry that can misbehave, on both database engines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod chart_repository;
mod charts;
mod charts_of_registries;
mod costs;
mod expiry;
mod fake;
mod fake_ecr;
mod fake_harbor;
mod faults;
mod harbor;
mod large_index;
mod notifications;
mod packs;
mod pushes;
mod sync;
mod syncs;
mod validate;
mod world;
