//! A chart's archive as the chart and the charts inside it, as far as a pack is made from them. Read as a stream under the
//! limits of packs; charts inside may be folders or archives of their own.

use crate::archive::{ArchiveError, Compression, Decompressed, Kind, Member, Members};
use crate::images;
use crate::limits::ReadLimits;
use crate::logo::Logo;
use std::collections::BTreeMap;
use std::io::Read;

/// Archives inside archives that are opened.
const DEPTH: u32 = 6;
/// Longer templates are data.
const TEMPLATE_BYTES: u64 = 1 << 20;

/// What is kept of one chart.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) chart_yaml: Option<String>,
    pub(super) values: Option<String>,
    /// Where charts of the first format name the charts below them.
    pub(super) requirements: Option<String>,
    pub(super) json_schema: Option<String>,
    pub(super) readme: Option<String>,
    /// Images in its root, by name.
    pub(super) pictures: BTreeMap<String, Logo>,
    /// Its templates write a `v` before the version of the application.
    pub(super) prefixes_version: bool,
    /// Images that its templates write out.
    pub(super) written_images: Vec<String>,
    /// By the folder or archive below `charts/`.
    pub(super) inner: BTreeMap<String, Tree>,
    /// Texts that were too large or no UTF-8, by name.
    pub(super) unread: Vec<String>,
}

/// Memory and work that all charts of one archive share.
struct Budget {
    limits: ReadLimits,
    kept_left: u64,
    depth_left: u32,
}

/// Reads a chart's archive. Like Helm, takes gzip only.
pub(super) fn read(input: &mut dyn Read, limits: &ReadLimits) -> Result<Tree, ArchiveError> {
    let mut budget = Budget { limits: *limits, kept_left: limits.kept_bytes, depth_left: DEPTH };
    read_archive(input, &mut budget, limits.unpacked_bytes.min(limits.chart_bytes)).map(|(tree, _)| tree)
}

fn read_archive(input: &mut dyn Read, budget: &mut Budget, bytes: u64) -> Result<(Tree, u64), ArchiveError> {
    let limits = ReadLimits { unpacked_bytes: bytes, ..budget.limits };
    let stream = Decompressed::new(input, &limits)?;
    if stream.compression == Compression::Zstd {
        return Err(ArchiveError::NotAnArchive("it is packed with zstd, which Helm does not read".to_owned()));
    }
    let mut members = Members::new(stream, &limits);
    let mut tree = Tree::default();
    while let Some(member) = members.next()? {
        let Some((_, path)) = member.path.split_once('/').filter(|_| member.kind == Kind::File) else { continue };
        let path = path.to_owned();
        let left = bytes.saturating_sub(members.input().unpacked_bytes());
        tree.take(&path, &member, &mut members.body(), budget, left)?;
    }
    let used = members.input().unpacked_bytes();
    Ok((tree, used))
}

impl Tree {
    fn take(
        &mut self,
        path: &str,
        member: &Member,
        body: &mut dyn Read,
        budget: &mut Budget,
        bytes: u64,
    ) -> Result<(), ArchiveError> {
        if let Some(below) = path.strip_prefix("charts/") {
            return self.take_below(below, member, body, budget, bytes);
        }
        let limits = budget.limits;
        match path {
            "Chart.yaml" => self.chart_yaml = self.text(path, member.size, limits.text_bytes, body, budget),
            "values.yaml" => self.values = self.text(path, member.size, limits.text_bytes, body, budget),
            "requirements.yaml" => self.requirements = self.text(path, member.size, limits.text_bytes, body, budget),
            "values.schema.json" => self.json_schema = self.text(path, member.size, limits.text_bytes, body, budget),
            _ if path.eq_ignore_ascii_case("README.md") => {
                self.readme = self.text(path, member.size, limits.text_bytes, body, budget);
            }
            _ if is_picture(path) && member.size <= limits.logo_bytes.min(budget.kept_left) => {
                let mut bytes = Vec::new();
                body.read_to_end(&mut bytes).map_err(ArchiveError::from_read)?;
                budget.kept_left = budget.kept_left.saturating_sub(bytes.len() as u64);
                self.pictures.extend(Logo::sniff(bytes).map(|logo| (path.to_owned(), logo)));
            }
            // What `helm test` runs is not deployed.
            _ if path.starts_with("templates/")
                && !path.starts_with("templates/tests/")
                && member.size <= TEMPLATE_BYTES =>
            {
                let mut text = String::new();
                if body.read_to_string(&mut text).is_ok() {
                    self.prefixes_version |= text.lines().any(prefixes_version);
                    self.written_images.extend(images::of_manifest(&text).into_iter().map(|(image, _)| image));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Helm passes over what starts with `_` or a dot.
    fn take_below(
        &mut self,
        below: &str,
        member: &Member,
        body: &mut dyn Read,
        budget: &mut Budget,
        bytes: u64,
    ) -> Result<(), ArchiveError> {
        if below.starts_with(['_', '.']) {
            return Ok(());
        }
        if let Some((folder, path)) = below.split_once('/') {
            return self.inner.entry(folder.to_owned()).or_default().take(path, member, body, budget, bytes);
        }
        if !below.ends_with(".tgz") || budget.depth_left == 0 {
            return Ok(());
        }
        budget.depth_left -= 1;
        let read = read_archive(body, budget, bytes);
        budget.depth_left += 1;
        match read {
            Ok((tree, _)) => drop(self.inner.insert(below.to_owned(), tree)),
            Err(error @ ArchiveError::Limit { .. }) => return Err(error),
            // Helm will say so when it is asked to install; the pack's own chart is sound.
            Err(_) => self.unread.push(format!("charts/{below}")),
        }
        Ok(())
    }

    fn text(&mut self, path: &str, size: u64, limit: u64, body: &mut dyn Read, budget: &mut Budget) -> Option<String> {
        let mut text = String::new();
        let fits = size <= limit.min(budget.kept_left);
        if !fits || body.read_to_string(&mut text).is_err() {
            self.unread.push(path.to_owned());
            return None;
        }
        budget.kept_left -= size.min(budget.kept_left);
        Some(text)
    }
}

fn prefixes_version(line: &str) -> bool {
    line.contains(".Chart.AppVersion") && (line.contains("\"v%s\"") || line.contains(":v{{") || line.contains("\"v{{"))
}

fn is_picture(path: &str) -> bool {
    !path.contains('/')
        && [".png", ".jpg", ".jpeg", ".gif", ".webp"].iter().any(|end| path.to_lowercase().ends_with(end))
}
