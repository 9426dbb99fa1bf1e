//! Packs as files: folders and archives, sound, odd and hostile.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod attacks;
mod docs;
mod editing;
mod layouts;
mod never_panics;
mod oddities;
mod real_packs;
mod reproducible;
mod rules;
mod schemas;
mod unpack;
mod yaml_texts;
