//! Packs as files: folders and archives, sound, odd and hostile.

mod attacks;
mod layouts;
mod never_panics;
mod oddities;
mod real_packs;
mod reproducible;
mod tar_bytes;
