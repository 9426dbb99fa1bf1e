//! From kept files to a pack: parses the texts, orders charts and manifests by their declaration, notes what is odd.

use crate::chart::Chart;
use crate::contents::{Contents, FileEntry, LOGO, README};
use crate::lint::{Finding, rules};
use crate::logo::Logo;
use crate::metadata::{self, Metadata};
use crate::pack::{ManifestFile, Pack, Unread, UnreadReason};
use crate::place::Place;
use crate::{presets, schema, values};
use std::collections::BTreeMap;

/// Makes the pack whose files lie below `prefix` (empty, or a folder with its slash).
pub(crate) fn assemble(contents: Contents, prefix: &str) -> Result<Pack, Vec<Finding>> {
    let mut parts = Parts::below(contents, prefix);
    let mut errors = parts.absent_texts();
    let metadata = parts.metadata().map_err(|found| errors.extend(found));
    let values = parts.take_text(values::FILE).unwrap_or_else(|place| {
        errors.push(Finding::new(&rules::VALUES_NOT_UTF8, "values.yaml is not UTF-8 text").at(place));
        None
    });
    let Ok((metadata, noticed)) = metadata else { return Err(errors) };
    if !errors.is_empty() {
        errors.extend(noticed);
        return Err(errors);
    }
    parts.noticed = noticed;
    Ok(parts.finish(metadata, values.unwrap_or_default()))
}

struct Parts {
    files: Vec<FileEntry>,
    kept: BTreeMap<String, Vec<u8>>,
    charts: BTreeMap<String, crate::chart::ChartFiles>,
    unread: Vec<Unread>,
    noticed: Vec<Finding>,
}

impl Parts {
    fn below(contents: Contents, prefix: &str) -> Self {
        let inner = |path: &str| path.strip_prefix(prefix).map(str::to_owned);
        let mut files: Vec<FileEntry> = contents
            .files
            .into_iter()
            .filter_map(|file| Some(FileEntry { path: inner(&file.path)?, size: file.size }))
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Self {
            files,
            kept: contents.kept.into_iter().filter_map(|(path, bytes)| Some((inner(&path)?, bytes))).collect(),
            charts: contents.charts.into_iter().filter_map(|(path, chart)| Some((inner(&path)?, chart))).collect(),
            unread: contents
                .unread
                .into_iter()
                .filter_map(|unread| Some(Unread { path: inner(&unread.path)?, reason: unread.reason }))
                .collect(),
            noticed: Vec::new(),
        }
    }

    /// Texts without which the pack would be taken for something else, and which are not here.
    fn absent_texts(&self) -> Vec<Finding> {
        let essential = |path: &str| matches!(path, metadata::FILE | values::FILE | schema::FILE | presets::FILE);
        let absent = self.unread.iter().filter(|unread| essential(&unread.path));
        let finding = |unread: &Unread| match &unread.reason {
            UnreadReason::TooLarge { limit } => {
                let message = format!("{} is larger than {limit} bytes (limit text_bytes)", unread.path);
                Some(Finding::new(&rules::OVER_LIMIT, message).at(Place::file(&unread.path)))
            }
            UnreadReason::Link { .. } => {
                let message = format!("{} {}", unread.path, unread.reason);
                Some(Finding::new(&rules::UNSAFE_LINK, message).at(Place::file(&unread.path)))
            }
            UnreadReason::NotUtf8 | UnreadReason::BadChart(_) => None,
        };
        absent.filter_map(finding).collect()
    }

    fn metadata(&mut self) -> Result<(Metadata, Vec<Finding>), Vec<Finding>> {
        match self.take_text(metadata::FILE) {
            Ok(Some(text)) => Metadata::parse(&text),
            Ok(None) => {
                Err(vec![Finding::new(&rules::NO_PACK_JSON, "pack.json is missing").at(Place::file(metadata::FILE))])
            }
            Err(place) => Err(vec![Finding::new(&rules::NOT_JSON, "pack.json is not UTF-8 text").at(place)]),
        }
    }

    /// The text of a file, or the place of the first byte that is no UTF-8.
    fn take_text(&mut self, path: &str) -> Result<Option<String>, Place> {
        let Some(bytes) = self.kept.remove(path) else { return Ok(None) };
        String::from_utf8(bytes).map(Some).map_err(|error| {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line_start = valid.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
            let line = valid.iter().filter(|b| **b == b'\n').count() + 1;
            Place::at(path, line, String::from_utf8_lossy(&valid[line_start..]).chars().count() + 1)
        })
    }

    /// A text the pack can do without: one that is no UTF-8 becomes a note.
    fn optional_text(&mut self, path: &str) -> Option<String> {
        self.take_text(path).unwrap_or_else(|_| {
            self.unread.push(Unread { path: path.to_owned(), reason: UnreadReason::NotUtf8 });
            None
        })
    }

    fn finish(mut self, metadata: Metadata, values: String) -> Pack {
        let readme_path = self.kept.keys().find(|path| path.eq_ignore_ascii_case(README)).cloned();
        let readme = readme_path.and_then(|path| self.optional_text(&path)).or_else(|| metadata.readme.clone());
        let logo = self.logo();
        let schema_text = self.optional_text(schema::FILE);
        let presets_text = self.optional_text(presets::FILE);
        let schema = schema_text.as_deref().map(|text| schema::parse(text, &mut self.noticed)).unwrap_or_default();
        let presets = presets_text.as_deref().map(|text| presets::parse(text, &mut self.noticed)).unwrap_or_default();
        let charts = self.charts(&metadata);
        let manifests = self.manifests(&metadata);
        Pack {
            metadata,
            values,
            readme,
            logo,
            schema,
            presets,
            charts,
            manifests,
            files: self.files,
            unread: self.unread,
            schema_text,
            presets_text,
            noticed: self.noticed,
        }
    }

    fn logo(&mut self) -> Option<Logo> {
        let logo = Logo::sniff(self.kept.remove(LOGO)?);
        if logo.is_none() {
            let finding = Finding::new(&rules::LOGO_UNKNOWN, "logo.png is no PNG, JPEG, GIF or WebP image");
            self.noticed.push(finding.at(Place::file(LOGO)));
        }
        logo
    }

    fn charts(&mut self, metadata: &Metadata) -> Vec<Chart> {
        let mut out = Vec::new();
        let declared: Vec<String> = metadata.charts.iter().map(|path| plain(path)).collect();
        let order = declared.iter().cloned().chain(self.charts.keys().cloned().collect::<Vec<_>>());
        for path in order {
            let Some(files) = self.charts.remove(&path) else { continue };
            match Chart::parse(&path, declared.contains(&path), files) {
                Ok(chart) => out.push(chart),
                Err(problem) => self.unread.push(Unread { path, reason: UnreadReason::BadChart(problem) }),
            }
        }
        out
    }

    fn manifests(&mut self, metadata: &Metadata) -> Vec<ManifestFile> {
        let mut out = Vec::new();
        let declared: Vec<String> = metadata.kube_manifests.iter().map(|path| plain(path)).collect();
        let order: Vec<String> = declared.iter().cloned().chain(self.kept.keys().cloned()).collect();
        for path in order {
            let is_declared = declared.contains(&path);
            if !is_declared && !path.starts_with("manifests/") {
                continue;
            }
            if let Some(text) = self.optional_text(&path) {
                out.push(ManifestFile { path, text, declared: is_declared });
            }
        }
        out
    }
}

/// A declared path as it is listed: `./charts/a.tgz` is `charts/a.tgz`.
pub(crate) fn plain(path: &str) -> String {
    path.split('/').filter(|part| !matches!(*part, "" | ".")).collect::<Vec<_>>().join("/")
}
