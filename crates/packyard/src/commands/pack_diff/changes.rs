//! The differences of two packs on disk: section by section, and file by file.

use crate::commands::local::same_content;
use crate::commands::target::OnDisk;
use anyhow::Context;
use packyard_pack::compare::{Change, Comparison, Kind, Side, Texts, compare};
use serde::Serialize;
use std::fs;
use std::path::Path;

/// What differs; every section is empty where nothing does.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Differences {
    pub(super) a: String,
    pub(super) b: String,
    pub(super) same: bool,
    #[serde(flatten)]
    pub(super) sections: Comparison,
    /// Every file, those of the sections above too.
    pub(super) files: Vec<Change>,
    #[serde(skip)]
    pub(super) paints: bool,
}

impl Differences {
    pub(super) fn between(a: &OnDisk, b: &OnDisk, paints: bool) -> anyhow::Result<Self> {
        let files = files(a, b)?;
        let changed: Vec<&str> = files.iter().map(|change| change.name.as_str()).collect();
        let (old, new) = (Side::from(&a.loaded.pack), Side::from(&b.loaded.pack));
        Ok(Self {
            a: a.loaded.origin.place.clone(),
            b: b.loaded.origin.place.clone(),
            same: files.is_empty(),
            sections: Comparison::between(&old, &new, &changed),
            files,
            paints,
        })
    }
}

/// By content, and by the executable bit.
fn files(a: &OnDisk, b: &OnDisk) -> anyhow::Result<Vec<Change>> {
    let listed = |side: &OnDisk| -> Texts {
        let files = side.loaded.pack.files.iter().filter(|file| !is_left_out(side, &file.path));
        files.map(|file| (file.path.clone(), format!("{} bytes", file.size))).collect()
    };
    let (old, new) = (listed(a), listed(b));
    let mut changes = compare(&old, &new);
    for (path, size) in old.iter().filter(|(path, size)| new.get(*path) == Some(*size)) {
        let (from, to) = (a.root.join(path), b.root.join(path));
        let doing = || format!("could not compare `{}` with `{}`", from.display(), to.display());
        let (was, is) = (executable(&from).with_context(doing)?, executable(&to).with_context(doing)?);
        if was == is && same_content(&from, &to).with_context(doing)? {
            continue;
        }
        let said = |executable: bool| if executable { ", executable" } else { "" };
        let (from, to) = if was == is { ("", "") } else { (said(was), said(is)) };
        changes.push(Change {
            name: path.clone(),
            change: Kind::Changed,
            from: Some(format!("{size}{from}")),
            to: Some(format!("{size}{to}")),
            diff: None,
        });
    }
    changes.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(changes)
}

/// A link that led to no file of the pack was not unpacked.
fn is_left_out(side: &OnDisk, path: &str) -> bool {
    fs::metadata(side.root.join(path)).is_err()
}

#[cfg(unix)]
fn executable(path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::metadata(path)?.permissions().mode() & 0o100 != 0)
}

#[cfg(not(unix))]
fn executable(_: &Path) -> std::io::Result<bool> {
    Ok(false)
}
