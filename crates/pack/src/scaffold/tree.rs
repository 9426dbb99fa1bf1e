//! A chart's archive as the chart and the charts inside it, as far as a pack is made from them. Read as a stream under the
//! limits of packs; charts inside may be folders or archives of their own.

use crate::archive::{ArchiveError, Compression, Decompressed, Kind, Member, Members, looks_like};
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
    /// What archives that were read to their end unpacked to.
    unpacked: u64,
}

/// Reads a chart's archive. Like Helm, takes gzip only.
pub(super) fn read(input: &mut dyn Read, limits: &ReadLimits) -> Result<Tree, ArchiveError> {
    let mut budget = Budget { limits: *limits, kept_left: limits.kept_bytes, depth_left: DEPTH, unpacked: 0 };
    read_archive(input, &mut budget, limits.unpacked_bytes.min(limits.chart_bytes))
}

/// Reads an archive that may unpack to so many bytes, with all that is in it.
fn read_archive(input: &mut dyn Read, budget: &mut Budget, bytes: u64) -> Result<Tree, ArchiveError> {
    let limits = ReadLimits { unpacked_bytes: bytes, ..budget.limits };
    let stream = Decompressed::new(input, &limits)?;
    if stream.compression != Compression::Gzip {
        let what = match stream.compression {
            Compression::Zstd => "it is packed with zstd, and Helm reads gzip only".to_owned(),
            _ if stream.head.get(257..262) == Some(b"ustar") => "it is not packed, and Helm reads gzip only".to_owned(),
            _ => looks_like(&stream.head),
        };
        return Err(ArchiveError::NotAnArchive(what));
    }
    let mut members = Members::new(stream, &limits);
    let read = read_members(&mut members, budget, bytes);
    budget.unpacked += members.input().unpacked_bytes();
    read
}

fn read_members<R: Read>(members: &mut Members<R>, budget: &mut Budget, bytes: u64) -> Result<Tree, ArchiveError> {
    let before = budget.unpacked;
    let mut tree = Tree::default();
    while let Some(member) = members.next()? {
        let Some((_, path)) = member.path.split_once('/').filter(|_| member.kind == Kind::File) else { continue };
        let used = members.input().unpacked_bytes() + budget.unpacked - before;
        tree.take(path, &member, &mut members.body(), budget, bytes.saturating_sub(used))?;
    }
    Ok(tree)
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
            Ok(tree) => drop(self.inner.insert(below.to_owned(), tree)),
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn tgz(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
        for (path, content) in files {
            let mut header = tar::Header::new_ustar();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, path, *content).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap()
    }

    const CHART: (&str, &[u8]) = ("web/Chart.yaml", b"name: web\nversion: 1.0.0\n");

    #[test]
    fn charts_inside_are_found_as_folders_and_as_archives() {
        let inner = tgz(&[("sub/Chart.yaml", b"name: sub\n"), ("sub/values.yaml", b"a: 1\n")]);
        let files: [(&str, &[u8]); 5] = [
            CHART,
            ("web/charts/sub-1.tgz", &inner),
            ("web/charts/other/values.yaml", b"b: 2\n"),
            ("web/charts/_hidden/values.yaml", b"c: 3\n"),
            ("web/charts/broken.tgz", b"no archive"),
        ];
        let tree = read(&mut &tgz(&files)[..], &ReadLimits::PACK).unwrap();
        let names: Vec<_> = tree.inner.keys().collect();
        assert_eq!(names, ["other", "sub-1.tgz"]);
        assert_eq!(tree.inner["sub-1.tgz"].values.as_deref(), Some("a: 1\n"));
        assert_eq!(tree.unread, ["charts/broken.tgz"]);
    }

    /// However many small bombs there are, together they unpack to what one archive may.
    #[test]
    fn all_archives_share_one_limit() {
        let zeros = vec![0; 1 << 20];
        let bomb = tgz(&[("sub/data", &zeros)]);
        let limits = ReadLimits { chart_bytes: 5 << 19, ..ReadLimits::PACK };
        let bombs = |count: usize| {
            let names: Vec<String> = (0..count).map(|at| format!("web/charts/{at}.tgz")).collect();
            let mut files = vec![CHART];
            files.extend(names.iter().map(|name| (name.as_str(), bomb.as_slice())));
            read(&mut &tgz(&files)[..], &limits)
        };
        assert!(bombs(2).is_ok());
        assert!(matches!(bombs(3), Err(ArchiveError::Limit { limit: "unpacked_bytes", .. })));
        // And one in the other, deeper than is looked.
        let mut nested = bomb;
        for _ in 0..20 {
            nested = tgz(&[("web/charts/next.tgz", &nested)]);
        }
        assert!(read(&mut &nested[..], &limits).is_ok());
    }

    #[test]
    fn what_helm_does_not_read_is_refused() {
        let mut plain = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_ustar();
        header.set_size(0);
        header.set_mode(0o644);
        plain.append_data(&mut header, "web/Chart.yaml", std::io::empty()).unwrap();
        let plain = plain.into_inner().unwrap();
        let error = read(&mut &plain[..], &ReadLimits::PACK).unwrap_err().to_string();
        assert!(error.contains("Helm reads gzip only"), "{error}");
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&plain).unwrap();
        assert!(read(&mut &gzip.finish().unwrap()[..], &ReadLimits::PACK).is_ok());
    }
}
