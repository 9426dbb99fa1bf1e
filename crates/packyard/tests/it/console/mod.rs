//! The console in Chromium, against the real binary: journeys, accessibility, photographs.

pub(crate) mod browser;
mod gated_registry;
mod journeys;
mod photographs;
mod png;
pub(crate) mod steps;
mod yard_of_packs;
