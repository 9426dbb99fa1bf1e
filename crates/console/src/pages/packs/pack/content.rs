//! What is in the archive of a pack: charts, manifests, images, and the files by folder.

use crate::words::{counted, size};
use packyard_catalog::{PackContent, PackFile};
use std::collections::BTreeMap;

pub(super) struct ContentView {
    pub(super) charts: Vec<packyard_catalog::PackChart>,
    pub(super) manifests: Vec<(String, String)>,
    pub(super) images: Vec<String>,
    pub(super) files: usize,
    pub(super) folders: Vec<FolderView>,
}

/// The files of one folder, by name.
pub(super) struct FolderView {
    pub(super) name: String,
    pub(super) count: String,
    pub(super) size: String,
    pub(super) is_open: bool,
    pub(super) files: Vec<(String, String)>,
}

/// Files that are listed without opening their folder first.
const OPEN_FILES: usize = 12;

/// A chart's archive has `Chart.yaml` where a pack's has `pack.json`.
pub(super) fn content(content: &PackContent, is_chart: bool) -> ContentView {
    let beside = if is_chart { "Beside Chart.yaml" } else { "Beside pack.json" };
    let mut by_folder: BTreeMap<&str, Vec<&PackFile>> = BTreeMap::new();
    for file in &content.files {
        by_folder.entry(file.path.rsplit_once('/').map_or("", |(folder, _)| folder)).or_default().push(file);
    }
    let few = content.files.len() <= OPEN_FILES;
    let folder = |(name, files): (&str, Vec<&PackFile>)| FolderView {
        is_open: few || name.is_empty(),
        count: counted(files.len() as i64, "file"),
        size: size(files.iter().map(|file| file.size).sum()),
        files: files.iter().map(|file| (file.path.clone(), size(file.size))).collect(),
        name: if name.is_empty() { beside.to_owned() } else { format!("{name}/") },
    };
    ContentView {
        charts: content.charts.clone(),
        manifests: content.manifests.iter().map(|manifest| (manifest.path.clone(), manifest.content.clone())).collect(),
        images: content.images.clone(),
        files: content.files.len(),
        folders: by_folder.into_iter().map(folder).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_listed_by_folder_and_many_are_folded() {
        let file = |path: String| PackFile { path, size: 500 };
        let many = (0..20).map(|n| file(format!("charts/app/templates/{n}.yaml")));
        let files = many.chain([file("pack.json".to_owned())]).collect();
        let view = content(&PackContent { files, ..PackContent::default() }, false);
        let folders: Vec<_> = view.folders.iter().map(|f| (f.name.as_str(), f.count.as_str(), f.is_open)).collect();
        assert_eq!(folders, [("Beside pack.json", "1 file", true), ("charts/app/templates/", "20 files", false)]);
        assert_eq!(view.folders[1].size, "10 KB");
        let chart = PackContent { files: vec![file("Chart.yaml".to_owned())], ..PackContent::default() };
        assert_eq!(content(&chart, true).folders[0].name, "Beside Chart.yaml");
    }
}
