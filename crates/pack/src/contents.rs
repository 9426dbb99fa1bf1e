//! What is kept of a pack's files while reading, the same for folders and archives.
//!
//! Invariant: never more than [`ReadLimits::kept_bytes`] in memory for one pack, whatever it holds.

use crate::chart::{self, ChartFiles};
use crate::limits::ReadLimits;
use crate::pack::{Unread, UnreadReason};
use crate::{metadata, presets, schema, values};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Read};

/// One file of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileEntry {
    /// Path inside the pack, `/` between its parts.
    pub path: String,
    pub size: u64,
}

/// What a path inside a pack is kept for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Use {
    Listed,
    Manifest,
    Chart,
    Logo,
    Text,
}

pub(crate) const README: &str = "README.md";
pub(crate) const LOGO: &str = "logo.png";

/// The use of a path inside the pack's folder.
pub(crate) fn use_of(path: &str) -> Use {
    match path {
        metadata::FILE | values::FILE | schema::FILE | presets::FILE => Use::Text,
        LOGO => Use::Logo,
        _ if path.eq_ignore_ascii_case(README) => Use::Text,
        _ if chart::is_chart_archive(path) => Use::Chart,
        _ if is_manifest(path) => Use::Manifest,
        _ => Use::Listed,
    }
}

fn is_manifest(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.starts_with("manifests/")
        && !name.starts_with("._")
        && [".yaml", ".yml", ".json"].iter().any(|end| path.ends_with(end))
}

/// Collected while reading; [`crate::assemble`] makes the pack of it.
#[derive(Debug)]
pub(crate) struct Contents {
    limits: ReadLimits,
    kept_left: u64,
    chart_left: u64,
    pub(crate) files: Vec<FileEntry>,
    pub(crate) kept: BTreeMap<String, Vec<u8>>,
    pub(crate) charts: BTreeMap<String, ChartFiles>,
    pub(crate) unread: Vec<Unread>,
}

impl Contents {
    pub(crate) fn new(limits: ReadLimits) -> Self {
        Self {
            limits,
            kept_left: limits.kept_bytes,
            chart_left: limits.chart_bytes,
            files: Vec::new(),
            kept: BTreeMap::new(),
            charts: BTreeMap::new(),
            unread: Vec::new(),
        }
    }

    /// Takes one file under its path. What is not kept stays unread: the caller skips it.
    pub(crate) fn take(&mut self, path: &str, use_: Use, size: u64, body: &mut dyn Read) -> io::Result<()> {
        self.files.push(FileEntry { path: path.to_owned(), size });
        match use_ {
            Use::Listed => Ok(()),
            Use::Text => self.keep(path, size, self.limits.text_bytes, body),
            Use::Logo => self.keep(path, size, self.limits.logo_bytes, body),
            Use::Manifest => self.keep(path, size, self.limits.manifest_bytes, body),
            Use::Chart => {
                self.take_chart(path, body);
                Ok(())
            }
        }
    }

    /// A second name of a file that was taken before. Where that one's content was not kept but this one's is wanted, this
    /// name stays unread.
    pub(crate) fn alias(&mut self, path: &str, use_: Use, target: &str) {
        let Some(size) = self.files.iter().find(|f| f.path == target).map(|f| f.size) else { return };
        self.files.push(FileEntry { path: path.to_owned(), size });
        if let Some(chart) = self.charts.get(target).filter(|chart| chart.bytes() <= self.kept_left).cloned() {
            self.kept_left -= chart.bytes();
            self.charts.insert(path.to_owned(), chart);
        } else if let Some(bytes) = self.kept.get(target).filter(|bytes| bytes.len() as u64 <= self.kept_left).cloned()
        {
            self.kept_left -= bytes.len() as u64;
            self.kept.insert(path.to_owned(), bytes);
        } else if use_ != Use::Listed {
            self.unread(path, UnreadReason::Link { target: target.to_owned() });
        }
    }

    pub(crate) fn unread(&mut self, path: &str, reason: UnreadReason) {
        self.unread.push(Unread { path: path.to_owned(), reason });
    }

    fn keep(&mut self, path: &str, size: u64, limit: u64, body: &mut dyn Read) -> io::Result<()> {
        let limit = if size > limit { Some(limit) } else { (size > self.kept_left).then_some(self.limits.kept_bytes) };
        if let Some(limit) = limit {
            self.unread(path, UnreadReason::TooLarge { limit });
            return Ok(());
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        body.take(size).read_to_end(&mut bytes)?;
        self.kept_left -= bytes.len() as u64;
        self.kept.insert(path.to_owned(), bytes);
        Ok(())
    }

    /// A chart that cannot be read is a note, never a failure: the pack around it may be fine.
    fn take_chart(&mut self, path: &str, body: &mut dyn Read) {
        match chart::read_archive(body, &self.limits, &mut self.chart_left) {
            Ok(files) if files.bytes() <= self.kept_left => {
                self.kept_left -= files.bytes();
                self.charts.insert(path.to_owned(), files);
            }
            Ok(_) => self.unread(path, UnreadReason::TooLarge { limit: self.limits.kept_bytes }),
            Err(problem) => self.unread(path, UnreadReason::BadChart(problem.to_string())),
        }
    }
}
