//! Helm's own formats outside of a pack: versions and their ranges, the index of a chart repository, a chart's archive.

mod archive;
mod constraint;
mod index;
mod pick;
#[cfg(test)]
mod tests;

pub use archive::{ChartArchive, ChartArchiveError, read_chart};
pub use constraint::{Constraint, InvalidConstraint, chart_version};
pub use index::{IndexEntry, IndexError, IndexLimits, IndexReader};
pub use pick::{FindError, Pick, find};
