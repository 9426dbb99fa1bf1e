//! The console in Chromium, against the real binary: journeys, accessibility, photographs.

mod browser;
mod gated_registry;
mod journeys;
mod photographs;
mod png;
mod yard_of_packs;
