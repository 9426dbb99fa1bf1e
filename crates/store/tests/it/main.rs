//! Every test runs on SQLite and on PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod core;
mod full_disk;
mod identity;
mod keys;
mod profile;
mod profile_secrets;
mod rotate;
mod user_macro;
