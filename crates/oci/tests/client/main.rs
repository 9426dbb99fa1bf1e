//! The client against registries and APIs that behave, misbehave and attack. Each test plays the other side itself on a
//! loopback port and looks at what the client sent.

#![allow(clippy::unwrap_used)]

mod auth;
mod aws;
mod downloads;
mod fake;
mod hostile;
mod lists;
mod pull;
mod push;
mod tls;
