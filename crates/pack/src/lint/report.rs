//! Findings counted.

use super::finding::{Finding, Severity};
use serde::Serialize;

#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    pub findings: Vec<Finding>,
}

impl Report {
    pub fn of(pack: &crate::Pack) -> Self {
        Self { findings: super::check(pack) }
    }

    pub fn errors(&self) -> usize {
        self.findings.iter().filter(|f| f.severity == Severity::Error).count()
    }

    pub fn warnings(&self) -> usize {
        self.findings.len() - self.errors()
    }

    /// No error: warnings alone never refuse a pack.
    pub fn is_acceptable(&self) -> bool {
        self.errors() == 0
    }
}
