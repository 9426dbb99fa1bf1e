//! Helm charts as entries of the catalogue: of Helm repositories, whose index lists them all at once, and of OCI
//! registries, where `helm push` puts them.
//!
//! A Helm repository may have tens of thousands of versions, of which few are ever looked at. So a sync lists them all
//! from the index, and reads the archives of the newest version of each chart alone; what another version holds is read
//! when somebody opens it, once, and kept. Invariants: an archive whose digest is not the index's is never used; what
//! could not be read of an archive takes nothing from the catalogue.

mod document;
mod index;
mod listed;
mod near;
mod open;
mod repository;
mod wanted;

pub(crate) use document::{Content, of_artifact, of_listed};
pub(crate) use index::{IndexEnd, IndexFailure};
pub(crate) use listed::Listed;
pub(crate) use open::Unread;
pub(crate) use repository::{NotRead, Repository, unusable};
pub use wanted::WantedChart;
