//! A folder of packs stands for the packs in it, for every verb that takes several.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub(crate) fn is_pack(folder: &Path) -> bool {
    folder.join("pack.json").is_file()
}

/// What is said to whoever names the pack.json of a pack and means the pack.
pub(crate) fn meant_by(file: &Path) -> Option<String> {
    file.file_name().filter(|name| *name == "pack.json")?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(format!("it is one file of a pack; give the pack's folder, `{}`", folder.display()))
}

/// By name; one level down and no further, so that what is meant is what a listing of the folder shows.
pub(crate) fn packs_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries: io::Result<Vec<PathBuf>> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect();
    let mut packs: Vec<PathBuf> = entries?.into_iter().filter(|path| is_pack(path)).collect();
    packs.sort();
    Ok(packs)
}
