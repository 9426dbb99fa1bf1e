//! A new pack from a Helm chart, from Kubernetes manifests, or from nothing: what `packyard pack init` writes.
//!
//! * [`ChartSource::read`] looks into a chart's archive, [`ManifestSource::add`] takes manifests.
//! * [`Source::suggest`] gives answers that fit most; a person may give others.
//! * [`draft()`] makes the files. Nothing is written here and nothing is fetched.
//!
//! What the drafted pack says is only what the source says: values.yaml holds the chart's own values byte for byte, set in
//! under `charts.NAME`; that nothing is lost is checked, not hoped for.

mod answers;
mod chart;
mod draft;
mod images;
mod json_schema;
mod manifests;
mod readme;
mod regex;
mod tree;
mod values;

pub use answers::{Answers, CLOUD_TYPES, InvalidAnswer};
pub use chart::{ChartSource, SourceError};
pub use draft::{Draft, draft};
pub use manifests::{ManifestError, ManifestSource};
pub use values::ValuesError;

/// What a pack is made from.
#[derive(Debug)]
pub enum Source {
    Chart(Box<ChartSource>),
    Manifests(ManifestSource),
    Empty,
}

/// Why there is no draft.
#[derive(Debug, thiserror::Error)]
pub enum ScaffoldError {
    #[error(transparent)]
    Answer(#[from] InvalidAnswer),
    #[error(transparent)]
    Values(#[from] ValuesError),
}
