//! What is odd about a pack, and where.

use packyard_catalog::{FindingSeverity, PackFinding};

pub(super) struct FindingView {
    pub(super) kind: &'static str,
    pub(super) word: &'static str,
    pub(super) message: String,
    pub(super) hint: String,
    pub(super) place: String,
}

pub(super) fn finding(finding: &PackFinding) -> FindingView {
    let mut place = finding.file.clone();
    if let Some(line) = finding.line {
        place.push_str(&format!(":{line}"));
        if let Some(column) = finding.column {
            place.push_str(&format!(":{column}"));
        }
    }
    let (kind, word) = match finding.severity {
        FindingSeverity::Error => ("bad", "Error"),
        FindingSeverity::Warning => ("warn", "Warning"),
    };
    if !finding.code.is_empty() {
        place = [place.as_str(), finding.code.as_str()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" · ");
    }
    FindingView { kind, word, message: finding.message.clone(), hint: finding.hint.clone(), place }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_says_where() {
        let found = PackFinding {
            code: "W5".into(),
            severity: FindingSeverity::Warning,
            message: "m".into(),
            file: "values.yaml".into(),
            line: Some(4),
            column: Some(2),
            hint: String::new(),
        };
        assert_eq!(finding(&found).place, "values.yaml:4:2 · W5");
    }
}
