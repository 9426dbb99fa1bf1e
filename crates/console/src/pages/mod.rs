//! The pages: one folder or file each, handlers beside the views they fill.

pub(crate) mod access;
pub(crate) mod account;
pub(crate) mod activity;
pub(crate) mod api_keys;
pub(crate) mod commands;
pub(crate) mod login;
pub(crate) mod packs;
pub(crate) mod profiles;
pub(crate) mod registries;
