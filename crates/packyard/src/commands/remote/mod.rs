//! A registry on the other side of the command line: how it is reached and logged in to, for every verb that does.

mod args;
pub(crate) mod certs;
pub(crate) mod docker_config;
mod downloads;
mod fetch;
mod helper;
mod progress;
mod reference;
mod registry;
mod repositories;

pub(crate) use args::{Access, RegistryArgs};
pub(crate) use fetch::RemotePack;
pub(crate) use progress::Transfers;
pub(crate) use reference::PackRef;
pub(crate) use registry::{Registry, with_hint};
pub(crate) use repositories::{Base, base_artifact};
