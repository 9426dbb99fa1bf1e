//! Palette's own SDK against this server, over https with a private authority. The program that is driven is in
//! `tests/peers/palette`; docs/testing.md says which version it is and what it stands for.

mod helm_tls;
mod manifests;
mod people;
mod provider;
mod registries;
mod scopes;
mod sdk;
mod start;
mod trouble;
mod versions;
mod walks;
mod world;
