//! Versions that are to be written, packed in memory until their index has been read whole: of one that breaks off nothing
//! is written. Versions of one chart are alike in all but a digest, so that they take a fraction of their text; and what
//! they take has a limit, which speaks while the index is still being read.

use super::super::record::Stopped;
use crate::charts::{IndexFailure, Listed};
use flate2::Compression;
use flate2::bufread::DeflateDecoder;
use flate2::write::DeflateEncoder;
use packyard_pack::helm::IndexEntry;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Write};

/// Of [`crate::SyncLimits::index_changes_bytes`], for messages.
pub(super) const LIMIT: &str = "index_changes_bytes";

pub(super) struct Changes {
    packed: DeflateEncoder<Vec<u8>>,
    limit: u64,
    line: Vec<u8>,
}

/// What the catalogue takes of an entry, as one line of JSON.
#[derive(Serialize, Deserialize)]
struct Line<'a>(
    Cow<'a, str>,
    Cow<'a, str>,
    Option<Cow<'a, str>>,
    Option<Cow<'a, str>>,
    Option<Cow<'a, str>>,
    Cow<'a, [String]>,
    bool,
);

impl Line<'_> {
    fn of(listed: &Listed) -> Line<'_> {
        let IndexEntry { name, version, app_version, description, urls, deprecated, .. } = &listed.entry;
        let digest = (!listed.digest.is_empty()).then_some(Cow::Borrowed(listed.digest.as_str()));
        Line(
            name.into(),
            version.into(),
            app_version.as_deref().map(Cow::Borrowed),
            description.as_deref().map(Cow::Borrowed),
            digest,
            urls.into(),
            *deprecated,
        )
    }

    fn listed(self) -> Listed {
        let Line(name, version, app_version, description, digest, urls, deprecated) = self;
        Listed::new(IndexEntry {
            name: name.into_owned(),
            version: version.into_owned(),
            app_version: app_version.map(Cow::into_owned),
            description: description.map(Cow::into_owned),
            digest: digest.map(Cow::into_owned),
            urls: urls.into_owned(),
            created: None,
            deprecated,
        })
    }
}

impl Changes {
    pub(super) fn new(limit: u64) -> Self {
        Self { packed: DeflateEncoder::new(Vec::new(), Compression::fast()), limit, line: Vec::new() }
    }

    pub(super) fn add(&mut self, listed: &Listed) -> Result<(), IndexFailure> {
        self.line.clear();
        let written = serde_json::to_writer(&mut self.line, &Line::of(listed)).map_err(io::Error::from);
        self.line.push(b'\n');
        written.and_then(|()| self.packed.write_all(&self.line)).map_err(|_| IndexFailure::Panicked)?;
        if self.packed.get_ref().len() as u64 > self.limit {
            return Err(IndexFailure::Limit { limit: LIMIT, value: self.limit });
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Packed, Stopped> {
        self.packed.finish().map(Packed).map_err(|error| lost(&error))
    }
}

/// All of them, to be read as often as is needed.
pub(super) struct Packed(Vec<u8>);

impl Packed {
    /// In the order of the index, unpacked one after the other.
    pub(super) fn iter(&self) -> impl Iterator<Item = Result<Listed, Stopped>> + Send {
        let mut lines = BufReader::new(DeflateDecoder::new(self.0.as_slice()));
        let mut line = Vec::new();
        std::iter::from_fn(move || {
            line.clear();
            match lines.read_until(b'\n', &mut line) {
                Ok(0) => None,
                Ok(_) => {
                    Some(serde_json::from_slice::<Line<'_>>(&line).map(Line::listed).map_err(|error| lost(&error)))
                }
                Err(error) => Some(Err(lost(&error))),
            }
        })
    }
}

fn lost(error: &dyn std::error::Error) -> Stopped {
    tracing::error!(%error, "what changed in an index cannot be unpacked");
    Stopped::new("what changed in the index was lost on our side; please report this repository")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(version: &str, description: &str) -> Listed {
        Listed::new(IndexEntry {
            name: "web".to_owned(),
            version: version.to_owned(),
            app_version: Some("9\n\"é\"".to_owned()),
            description: Some(description.to_owned()),
            digest: Some("AB".repeat(32)),
            urls: vec!["a.tgz".to_owned(), "b.tgz".to_owned()],
            created: None,
            deprecated: true,
        })
    }

    #[test]
    fn what_was_packed_comes_back() {
        let mut changes = Changes::new(1 << 20);
        let all = [listed("1.0.0", "One"), listed("1.1.0", &"long ".repeat(2000)), Listed::new(IndexEntry::default())];
        all.iter().for_each(|one| assert!(changes.add(one).is_ok()));
        let Ok(packed) = changes.finish() else { panic!("it is packed") };
        for _ in 0..2 {
            let read: Vec<Listed> = packed.iter().map(|one| one.unwrap_or_else(|_| panic!("it is there"))).collect();
            assert_eq!(read.len(), all.len());
            for (one, other) in read.iter().zip(&all) {
                let digest = Some(other.digest.clone()).filter(|digest| !digest.is_empty());
                assert_eq!(one.entry, IndexEntry { digest, ..other.entry.clone() });
                assert_eq!((&one.digest, &one.fingerprint), (&other.digest, &other.fingerprint));
            }
        }
    }

    #[test]
    fn versions_that_are_alike_take_little_and_the_limit_is_of_what_they_take() {
        let mut changes = Changes::new(64 << 10);
        for minor in 0..2000 {
            assert!(changes.add(&listed(&format!("1.{minor}.0"), &"The same text. ".repeat(20))).is_ok(), "{minor}");
        }
        let noise = |seed: u32| -> String {
            let step = |n: &u32| Some(n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
            std::iter::successors(Some(seed), step).take(500).map(|n| format!("{:08x}", n)).collect()
        };
        let over = (0..2000).find_map(|at| changes.add(&listed(&format!("2.{at}.0"), &noise(at))).err());
        assert!(matches!(over, Some(IndexFailure::Limit { limit: LIMIT, value: 65_536 })));
    }
}
