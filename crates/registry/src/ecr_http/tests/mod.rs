//! The operations, one file a noun: what they answer, and every error they have.

mod image;
mod layer;
mod repository;
mod wire;
mod world;
