//! The management API through its own router: what every reply has in common, each operation, and the walk that the
//! Terraform provider takes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::missing_panics_doc)]

mod audit;
mod bad_input;
mod contract;
mod document;
mod endpoints;
mod files;
mod keys;
mod memberships;
mod not_here;
mod palette;
mod people;
mod profiles;
mod projects;
mod proxies;
mod registry;
mod syncs;
mod transport;
mod users;
mod walk;
mod wanted_charts;
mod world;
