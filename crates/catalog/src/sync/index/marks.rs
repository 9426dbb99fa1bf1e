//! Which versions of an index were seen, and which are the newest of their chart: a few bytes for each.

use packyard_pack::LooseVersion;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// Charts' versions, as 128 bits each under keys that nobody knows: no two of them are the same by chance or on purpose.
#[derive(Default)]
pub(super) struct Marks {
    keys: (RandomState, RandomState),
    marks: HashSet<(u64, u64)>,
}

impl Marks {
    fn mark(&self, chart: &str, version: &str) -> (u64, u64) {
        (self.keys.0.hash_one((chart, version)), self.keys.1.hash_one((chart, version)))
    }

    /// False when it was there already.
    pub(super) fn insert(&mut self, chart: &str, version: &str) -> bool {
        let mark = self.mark(chart, version);
        self.marks.insert(mark)
    }

    pub(super) fn has(&self, chart: &str, version: &str) -> bool {
        self.marks.contains(&self.mark(chart, version))
    }

    pub(super) fn len(&self) -> usize {
        self.marks.len()
    }
}

/// The newest versions of each chart. Those of one chart follow each other in an index.
#[derive(Default)]
pub(super) struct NewestVersions {
    chart: String,
    newest: Newest,
    marks: Marks,
    charts: usize,
}

impl NewestVersions {
    pub(super) fn offer(&mut self, chart: &str, version: &str, most: usize) {
        if self.charts == 0 || chart != self.chart {
            self.settle();
            chart.clone_into(&mut self.chart);
            self.charts += 1;
        }
        self.newest.offer(version, most);
    }

    /// Nothing more comes of the chart.
    pub(super) fn settle(&mut self) {
        for version in std::mem::take(&mut self.newest).0 {
            self.marks.insert(&self.chart, version.as_str());
        }
    }

    /// Once settled.
    pub(super) fn has(&self, chart: &str, version: &str) -> bool {
        self.marks.has(chart, version)
    }

    pub(super) fn chart_count(&self) -> usize {
        self.charts
    }
}

/// The newest versions of one chart: releases first, since pre-releases are not what is looked for.
#[derive(Default)]
struct Newest(Vec<LooseVersion>);

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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_release_of_each_chart_counts_before_any_prerelease() {
        let mut newest = NewestVersions::default();
        for (chart, version) in
            [("db", "0.1.0-beta"), ("web", "1.2.0"), ("web", "2.0.0-rc.1"), ("web", "1.10.0"), ("web", "1.9.0")]
        {
            newest.offer(chart, version, 1);
        }
        newest.settle();
        assert!(newest.has("web", "1.10.0") && newest.has("db", "0.1.0-beta"));
        assert!(!newest.has("web", "2.0.0-rc.1") && !newest.has("db", "1.10.0"));
        assert_eq!(newest.chart_count(), 2);
    }
}
