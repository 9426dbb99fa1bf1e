//! The console in Chromium, against the real binary: journeys, accessibility, photographs.

mod access_steps;
pub(crate) mod browser;
mod gated_registry;
mod journeys;
mod journeys_of_access;
mod journeys_of_activity;
mod journeys_of_connections;
mod journeys_of_packs;
mod journeys_of_profile_dialogs;
mod journeys_of_profile_files;
mod journeys_of_profiles;
mod journeys_of_registries;
mod journeys_of_sessions;
mod journeys_of_the_wizard;
mod journeys_of_trouble;
mod photographs;
mod photographs_of_access;
mod photographs_of_charts;
mod photographs_of_profiles;
mod png;
mod profile_steps;
pub(crate) mod steps;
mod yard_of_packs;
