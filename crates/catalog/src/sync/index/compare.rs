//! What an index lists, beside what the catalogue knows of it. Pure bookkeeping, entry after entry.
//!
//! Of an index of any length it keeps little: a mark of each version, and packed what is to be written.

use super::changes::Changes;
use super::known::KnownVersions;
use super::marks::{Marks, NewestVersions};
use crate::SyncLimits;
use crate::charts::{IndexFailure, Listed};

/// An index beside what the catalogue knows.
pub(super) struct Comparison {
    pub(super) known: KnownVersions,
    /// Every version that is listed; of one listed twice, Helm takes the first.
    pub(super) seen: Marks,
    pub(super) newest: NewestVersions,
    newest_charts: usize,
    /// What is new or says something else than it did, and what cannot be taken.
    pub(super) changes: Changes,
    /// Of the changes, those that cannot be taken.
    pub(super) refused: u32,
    /// Entries that cannot even be told of.
    pub(super) nameless: u32,
}

impl Comparison {
    pub(super) fn new(known: KnownVersions, limits: &SyncLimits) -> Self {
        Self {
            known,
            seen: Marks::default(),
            newest: NewestVersions::default(),
            newest_charts: limits.newest_charts,
            changes: Changes::new(limits.index_changes_bytes),
            refused: 0,
            nameless: 0,
        }
    }

    pub(super) fn take(&mut self, listed: &Listed) -> Result<(), IndexFailure> {
        if !listed.has_keys() {
            self.nameless = self.nameless.saturating_add(1);
            return Ok(());
        }
        let (name, version) = (listed.entry.name.as_str(), listed.entry.version.as_str());
        if !self.seen.insert(name, version) {
            return Ok(());
        }
        self.newest.offer(name, version, self.newest_charts);
        if self.known.hear(listed) {
            self.refused += u32::from(listed.refusal().is_some());
            self.changes.add(listed)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::walk::READER;
    use super::super::known::Says;
    use super::*;
    use packyard_pack::helm::IndexEntry;
    use packyard_store::TagRow;

    fn listed(name: &str, version: &str) -> Listed {
        Listed::new(IndexEntry {
            name: name.to_owned(),
            version: version.to_owned(),
            urls: vec![format!("{name}-{version}.tgz")],
            ..IndexEntry::default()
        })
    }

    fn row(version: &str, reader: i64) -> TagRow {
        TagRow {
            repository: "web".to_owned(),
            tag: version.to_owned(),
            digest: String::new(),
            reader,
            outcome: "taken".to_owned(),
            reasons: "[]".to_owned(),
            pack_uid: Some("64eaff5630402973c4e1856a".to_owned()),
            listed: listed("web", version).fingerprint,
        }
    }

    fn compare(known: &[TagRow], index: &[Listed]) -> Comparison {
        let mut versions = KnownVersions::default();
        known.iter().cloned().for_each(|row| versions.add(row));
        versions.sort();
        let mut compared = Comparison::new(versions, &SyncLimits::default());
        index.iter().for_each(|one| assert!(compared.take(one).is_ok()));
        compared
    }

    fn changed(compared: Comparison) -> Vec<String> {
        let Ok(packed) = compared.changes.finish() else { panic!("it is packed") };
        let version = |one: Result<Listed, _>| one.map(|one| one.entry.version).unwrap_or_default();
        packed.iter().map(version).collect()
    }

    #[test]
    fn of_a_version_listed_twice_the_first_counts() {
        let index = [listed("web", "1.0.0"), listed("web", "1.0.0"), listed("web", ""), listed("", "1.0.0")];
        let compared = compare(&[], &index);
        assert_eq!((compared.seen.len(), compared.refused, compared.nameless), (2, 1, 1));
        assert_eq!(changed(compared), ["1.0.0", ""]);
    }

    #[test]
    fn what_is_known_is_the_same_changed_or_no_longer_listed() {
        let known = [row("3.0.0", READER), row("2.0.0", READER), row("1.0.0", READER), row("4.0.0", READER - 1)];
        let other = Listed::new(IndexEntry { deprecated: true, ..listed("web", "3.0.0").entry });
        let index = [listed("web", "2.0.0"), other, listed("web", "4.0.0"), listed("db", "1.0.0")];
        let compared = compare(&known, &index);
        let versions = |says| {
            let mut rows: Vec<String> = compared.known.rows(says).map(|row| row.tag).collect();
            rows.sort();
            assert_eq!(rows.len(), compared.known.count(says));
            rows
        };
        assert_eq!(versions(Says::Same), ["2.0.0"]);
        assert_eq!(versions(Says::Nothing), ["1.0.0"]);
        assert_eq!(versions(Says::Change), ["3.0.0", "4.0.0"]);
        assert_eq!(compared.known.row("web", "3.0.0"), Some(known[0].clone()));
        assert_eq!((compared.known.row("db", "1.0.0"), compared.known.len()), (None, 4));
        assert_eq!(changed(compared), ["3.0.0", "4.0.0", "1.0.0"]);
    }
}
