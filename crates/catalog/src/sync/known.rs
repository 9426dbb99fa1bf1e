//! What the catalogue knows of a registry's tags while a run goes on. Of a large registry it is much, so that it is kept
//! as bytes, under the repositories' names, and becomes a row again where one is needed.

use crate::snapshot::{Sha256, Uid};
use packyard_oci::{Digest, Tag};
use packyard_store::TagRow;
use std::collections::HashMap;

#[derive(Default)]
pub(super) struct Known {
    by_repository: HashMap<Box<str>, Tags>,
}

/// The tags of one repository, in the order of their bytes once [`Known::sort`] was called.
type Tags = Vec<KnownTag>;

pub(super) struct KnownTag {
    tag: Box<str>,
    digest: Sha256,
    pub(super) reader: i64,
    outcome: Outcome,
    /// JSON; `None` when there is nothing to say.
    reasons: Option<Box<str>>,
    pack_uid: Option<Uid>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Taken,
    Rejected,
    Empty,
}

const NO_REASONS: &str = "[]";

impl Outcome {
    fn parse(word: &str) -> Self {
        match word {
            "rejected" => Self::Rejected,
            "empty" => Self::Empty,
            _ => Self::Taken,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Rejected => "rejected",
            Self::Empty => "empty",
        }
    }
}

impl Known {
    pub(super) fn add(&mut self, mut row: TagRow) {
        let repository = std::mem::take(&mut row.repository);
        let tag = KnownTag::of(row);
        match self.by_repository.get_mut(repository.as_str()) {
            Some(tags) => tags.push(tag),
            None => drop(self.by_repository.insert(repository.into_boxed_str(), vec![tag])),
        }
    }

    /// Rows come in an order of the database's own.
    pub(super) fn sort(&mut self) {
        for tags in self.by_repository.values_mut() {
            tags.sort_unstable_by(|a, b| a.tag.cmp(&b.tag));
            tags.shrink_to_fit();
        }
    }

    pub(super) fn get(&self, repository: &str, tag: &Tag) -> Option<&KnownTag> {
        let tags = self.by_repository.get(repository)?;
        let at = tags.binary_search_by(|known| (*known.tag).cmp(tag.as_str())).ok()?;
        Some(&tags[at])
    }

    pub(super) fn repositories(&self) -> impl Iterator<Item = (&str, &[KnownTag])> {
        self.by_repository.iter().map(|(name, tags)| (&**name, tags.as_slice()))
    }
}

impl KnownTag {
    pub(super) fn of(row: TagRow) -> Self {
        Self {
            tag: row.tag.into_boxed_str(),
            digest: Sha256::of(&row.digest),
            reader: row.reader,
            outcome: Outcome::parse(&row.outcome),
            reasons: (row.reasons != NO_REASONS).then(|| row.reasons.into_boxed_str()),
            pack_uid: row.pack_uid.as_deref().map(Uid::of),
        }
    }

    pub(super) fn tag(&self) -> &str {
        &self.tag
    }

    /// It was read.
    pub(super) fn has_digest(&self) -> bool {
        !self.digest.is_empty()
    }

    pub(super) fn is(&self, digest: &Digest) -> bool {
        self.digest == Sha256::of(digest.as_str())
    }

    /// It holds what it should, and there is nothing to say about it.
    pub(super) fn is_plain(&self) -> bool {
        self.outcome != Outcome::Rejected && self.reasons.is_none()
    }

    pub(super) fn row(&self, repository: &str) -> TagRow {
        TagRow {
            repository: repository.to_owned(),
            tag: self.tag.to_string(),
            digest: self.digest.text(),
            reader: self.reader,
            outcome: self.outcome.as_str().to_owned(),
            reasons: self.reasons.as_deref().unwrap_or(NO_REASONS).to_owned(),
            pack_uid: self.pack_uid.as_ref().map(Uid::text),
            // Only lists of Helm repositories say more.
            listed: String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(repository: &str, tag: &str, outcome: &str, reasons: &str) -> TagRow {
        let pack_uid = (outcome == "taken").then(|| "64eaff5630402973c4e1856a".to_owned());
        let digest = if outcome == "empty" { String::new() } else { format!("sha256:{}", "ab".repeat(32)) };
        let (repository, tag) = (repository.to_owned(), tag.to_owned());
        TagRow {
            repository,
            tag,
            digest,
            reader: 1,
            outcome: outcome.to_owned(),
            reasons: reasons.to_owned(),
            pack_uid,
            listed: String::new(),
        }
    }

    #[test]
    fn rows_come_back_as_they_were() {
        let rows = [
            row("a/b", "2", "taken", "[]"),
            row("a/b", "1", "rejected", r#"[{"code":"x"}]"#),
            row("a/b", "V1", "empty", "[]"),
            row("c", "1", "taken", r#"[{"code":"y"}]"#),
        ];
        let mut known = Known::default();
        rows.iter().cloned().for_each(|row| known.add(row));
        known.sort();
        for row in &rows {
            let found = known.get(&row.repository, &row.tag.parse().unwrap()).unwrap();
            assert_eq!(found.row(&row.repository), *row);
            assert_eq!(found.is_plain(), row.outcome != "rejected" && row.reasons == "[]");
            assert_eq!(found.has_digest(), row.outcome != "empty");
        }
        assert_eq!(known.repositories().map(|(_, tags)| tags.len()).sum::<usize>(), rows.len());
        assert!(known.get("a", &"1".parse().unwrap()).is_none());
    }
}
