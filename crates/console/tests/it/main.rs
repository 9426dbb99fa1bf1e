//! The console over real services and a real store, asked as a browser asks.

mod access;
mod activity;
mod browser;
mod journeys_without_scripts;
mod kept_registries;
mod profile_dialogs;
mod profile_guards;
mod profile_import;
mod profile_manifests;
mod profile_rename;
mod profiles;
mod registry_connection;
mod registry_list;
mod registry_marks;
mod rights;
mod rules;
