//! The console in Chromium, against the real binary: journeys, accessibility, photographs.

mod browser;
mod journeys;
mod journeys_of_packs;
mod journeys_of_the_wizard;
mod photographs;
mod png;
mod yard_of_packs;
