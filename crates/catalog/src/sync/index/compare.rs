//! What an index lists, beside what the catalogue knows of it. Pure bookkeeping, entry after entry.

use super::super::walk::READER;
use crate::Reason;
use crate::charts::Listed;
use packyard_pack::LooseVersion;
use packyard_store::TagRow;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What the catalogue holds of each (chart, version).
pub(super) type Versions = HashMap<(String, String), TagRow>;

/// An index beside what the catalogue knows.
#[derive(Default)]
pub(super) struct Comparison {
    pub(super) known: Versions,
    pub(super) charts: BTreeMap<String, Newest>,
    /// Every (name, version) that is listed; of one listed twice, Helm takes the first.
    pub(super) seen: HashSet<(String, String)>,
    pub(super) unchanged: Vec<TagRow>,
    pub(super) changed: Vec<(Listed, Option<TagRow>)>,
    pub(super) refused: Vec<(Listed, Reason, Option<TagRow>)>,
    /// Entries that cannot even be told of.
    pub(super) nameless: u32,
}

impl Comparison {
    pub(super) fn take(&mut self, listed: Listed, newest: usize) {
        if !listed.has_keys() {
            self.nameless += 1;
            return;
        }
        let key = (listed.entry.name.clone(), listed.entry.version.clone());
        if !self.seen.insert(key.clone()) {
            return;
        }
        self.charts.entry(key.0.clone()).or_default().offer(&key.1, newest);
        let row = self.known.remove(&key);
        match (row, listed.refusal()) {
            (Some(row), _) if row.listed == listed.fingerprint && row.reader == READER => self.unchanged.push(row),
            (row, Some(reason)) => self.refused.push((listed, reason, row)),
            (row, None) => self.changed.push((listed, row)),
        }
    }
}

/// The newest versions of one chart: releases first, since pre-releases are not what is looked for.
#[derive(Default)]
pub(super) struct Newest(Vec<LooseVersion>);

impl Newest {
    fn offer(&mut self, version: &str, most: usize) {
        let version = LooseVersion::new(version);
        let key = |version: &LooseVersion| (!version.is_prerelease(), version.clone());
        let at = self.0.partition_point(|known| key(known) > key(&version));
        if at < most {
            self.0.insert(at, version);
            self.0.truncate(most);
        }
    }

    pub(super) fn has(&self, version: &str) -> bool {
        self.0.iter().any(|known| known.as_str() == version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use packyard_pack::helm::IndexEntry;

    fn listed(name: &str, version: &str) -> Listed {
        Listed::new(IndexEntry {
            name: name.to_owned(),
            version: version.to_owned(),
            urls: vec![format!("{name}-{version}.tgz")],
            ..IndexEntry::default()
        })
    }

    #[test]
    fn the_newest_release_counts_before_any_prerelease() {
        let mut newest = Newest::default();
        for version in ["1.2.0", "2.0.0-rc.1", "1.10.0", "1.9.0"] {
            newest.offer(version, 1);
        }
        assert!(newest.has("1.10.0") && !newest.has("2.0.0-rc.1"));
        let mut only = Newest::default();
        only.offer("0.1.0-beta", 1);
        assert!(only.has("0.1.0-beta"));
    }

    #[test]
    fn of_a_version_listed_twice_the_first_counts() {
        let mut compared = Comparison::default();
        compared.take(listed("web", "1.0.0"), 1);
        compared.take(listed("web", "1.0.0"), 1);
        compared.take(listed("web", ""), 1);
        compared.take(listed("", "1.0.0"), 1);
        assert_eq!((compared.changed.len(), compared.refused.len(), compared.nameless), (1, 1, 1));
    }

    #[test]
    fn what_is_not_listed_is_left_over() {
        let row = |version: &str| TagRow {
            repository: "web".to_owned(),
            tag: version.to_owned(),
            digest: String::new(),
            reader: READER,
            outcome: "taken".to_owned(),
            reasons: "[]".to_owned(),
            pack_uid: Some("u".to_owned()),
            listed: listed("web", version).fingerprint,
        };
        let known = ["1.0.0", "2.0.0"].map(|version| (("web".to_owned(), version.to_owned()), row(version)));
        let mut compared = Comparison { known: known.into(), ..Comparison::default() };
        compared.take(listed("web", "2.0.0"), 1);
        assert_eq!((compared.unchanged.len(), compared.changed.len(), compared.known.len()), (1, 0, 1));
    }
}
