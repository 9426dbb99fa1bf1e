//! Helm's own formats outside of a pack: versions and their ranges, and the index of a chart repository.

mod constraint;
mod index;
mod pick;
#[cfg(test)]
mod tests;

pub use constraint::{Constraint, InvalidConstraint, chart_version};
pub use index::{IndexEntry, IndexError, IndexLimits, IndexReader};
pub use pick::{FindError, Pick, find};
