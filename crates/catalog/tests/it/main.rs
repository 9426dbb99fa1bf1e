//! The catalogue against a registry that can misbehave, on both database engines.

mod fake;
mod faults;
mod packs;
mod sync;
mod validate;
mod world;
