//! What the catalogue holds of a Helm repository, chart by chart, and what the index that is being read says of it. Of a
//! large repository it is much, so that it is kept as bytes, and becomes a row again where one is needed.

use super::super::known::KnownTag;
use super::super::walk::READER;
use crate::charts::Listed;
use crate::snapshot::Fingerprint;
use packyard_store::TagRow;
use std::collections::HashMap;

#[derive(Default)]
pub(super) struct KnownVersions {
    /// The versions of each chart, in the order of their bytes once [`Self::sort`] was called.
    charts: HashMap<Box<str>, Vec<KnownVersion>>,
}

struct KnownVersion {
    tag: KnownTag,
    listed: Fingerprint,
    says: Says,
}

/// What the index says of a version that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    /// As far as it was read.
    Nothing,
    Same,
    Change,
}

impl KnownVersions {
    pub(super) fn add(&mut self, mut row: TagRow) {
        let chart = std::mem::take(&mut row.repository);
        let listed = Fingerprint::of(&row.listed);
        let version = KnownVersion { tag: KnownTag::of(row), listed, says: Says::Nothing };
        match self.charts.get_mut(chart.as_str()) {
            Some(versions) => versions.push(version),
            None => drop(self.charts.insert(chart.into_boxed_str(), vec![version])),
        }
    }

    /// Rows come in an order of the database's own.
    pub(super) fn sort(&mut self) {
        for versions in self.charts.values_mut() {
            versions.sort_unstable_by(|a, b| a.tag.tag().cmp(b.tag.tag()));
            versions.shrink_to_fit();
        }
    }

    /// Notes what the index says of a version; true when that is a change.
    pub(super) fn hear(&mut self, listed: &Listed) -> bool {
        let Some(versions) = self.charts.get_mut(listed.entry.name.as_str()) else { return true };
        let Ok(at) = place(versions, &listed.entry.version) else { return true };
        let known = &mut versions[at];
        let is_same = known.tag.reader == READER && known.listed == Fingerprint::of(&listed.fingerprint);
        known.says = if is_same { Says::Same } else { Says::Change };
        !is_same
    }

    pub(super) fn row(&self, chart: &str, version: &str) -> Option<TagRow> {
        let versions = self.charts.get(chart)?;
        place(versions, version).ok().map(|at| versions[at].row(chart))
    }

    /// Those of which the index says that.
    pub(super) fn rows(&self, says: Says) -> impl Iterator<Item = TagRow> {
        self.charts.iter().flat_map(move |(chart, versions)| {
            versions.iter().filter(move |known| known.says == says).map(move |known| known.row(chart))
        })
    }

    pub(super) fn count(&self, says: Says) -> usize {
        self.charts.values().flatten().filter(|known| known.says == says).count()
    }

    pub(super) fn len(&self) -> usize {
        self.charts.values().map(Vec::len).sum()
    }

    pub(super) fn chart_count(&self) -> usize {
        self.charts.len()
    }
}

impl KnownVersion {
    fn row(&self, chart: &str) -> TagRow {
        TagRow { listed: self.listed.text(), ..self.tag.row(chart) }
    }
}

fn place(versions: &[KnownVersion], version: &str) -> Result<usize, usize> {
    versions.binary_search_by(|known| known.tag.tag().cmp(version))
}
