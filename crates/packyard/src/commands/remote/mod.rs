//! A registry on the other side of the command line: how it is reached and logged in to, for every verb that does.

mod args;
pub(crate) mod docker_config;
mod helper;
mod progress;
mod registry;

pub(crate) use args::{Access, ConnectionArgs, RegistryArgs};
pub(crate) use progress::Transfers;
pub(crate) use registry::{Registry, with_hint};
