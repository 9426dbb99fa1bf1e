//! The new pack's files, put in their place: all of them or none.
//!
//! A folder that is not there is made by one rename. One that is there stays the same folder (a shell may stand in it):
//! what is new is moved into it, entry by entry, and back again when that fails.

use anyhow::{Context, bail};
use packyard_pack::scaffold::Draft;
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The place was looked at, and nothing stands in the way.
#[derive(Debug)]
pub(super) struct Place {
    target: PathBuf,
    exists: bool,
}

/// A written pack that is not in its place yet; goes when this does.
#[derive(Debug)]
pub(super) struct Waiting {
    place: Place,
    folder: TempDir,
}

impl Place {
    /// Refuses a folder that holds something, unless forced.
    pub(super) fn check(target: &Path, force: bool) -> anyhow::Result<Self> {
        let shown = target.display();
        let place = |exists| Self { target: target.to_owned(), exists };
        match fs::symlink_metadata(target) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(place(false)),
            Err(error) => return Err(error).with_context(|| format!("`{shown}` cannot be looked at")),
            Ok(_) if !target.is_dir() => bail!("`{shown}` is there and is no folder; --out makes the pack elsewhere"),
            Ok(_) => {}
        }
        let empty = fs::read_dir(target).with_context(|| format!("`{shown}` cannot be read"))?.next().is_none();
        if !empty && !force {
            bail!("`{shown}` is there and not empty; --out makes the pack elsewhere, --force writes into it");
        }
        Ok(place(true))
    }

    /// Writes the files into a temporary folder on the same file system.
    pub(super) fn write(self, draft: &Draft, archive: Option<&Path>) -> anyhow::Result<Waiting> {
        let parent = if self.exists { self.target.clone() } else { parent_of(&self.target) };
        let doing = |path: &Path| format!("could not write `{}`", path.display());
        fs::create_dir_all(&parent).with_context(|| doing(&parent))?;
        let folder = TempDir::with_prefix_in(".packyard-init-", &parent).with_context(|| doing(&parent))?;
        let root = folder.path().join("pack");
        fs::create_dir(&root).with_context(|| doing(&root))?;
        for (path, content) in &draft.files {
            let path = root.join(path);
            make_parent(&path)
                .and_then(|()| OpenOptions::new().write(true).create_new(true).open(&path))
                .and_then(|mut file| file.write_all(content))
                .with_context(|| doing(&path))?;
        }
        if let (Some(path), Some(archive)) = (&draft.chart_path, archive) {
            let path = root.join(path);
            let copy = || {
                make_parent(&path)?;
                let mut out = OpenOptions::new().write(true).create_new(true).open(&path)?;
                std::io::copy(&mut fs::File::open(archive)?, &mut out)
            };
            copy().with_context(|| doing(&path))?;
        }
        Ok(Waiting { place: self, folder })
    }
}

fn make_parent(path: &Path) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

fn parent_of(target: &Path) -> PathBuf {
    match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

impl Waiting {
    pub(super) fn root(&self) -> PathBuf {
        self.folder.path().join("pack")
    }

    pub(super) fn put(self) -> anyhow::Result<()> {
        let target = &self.place.target;
        let doing = || format!("could not put the pack in its place, `{}`", target.display());
        if !self.place.exists {
            return fs::rename(self.root(), target).with_context(doing);
        }
        let aside = self.folder.path().join("replaced");
        fs::create_dir(&aside).with_context(doing)?;
        let mut moves = Vec::new();
        let outcome = move_all(&self.root(), target, &aside, &mut moves);
        if outcome.is_err() {
            for (from, to) in moves.iter().rev() {
                // What cannot be moved back is still in the temporary folder; the first error says most.
                let _ = fs::rename(to, from);
            }
        }
        outcome.with_context(doing)
    }
}

/// Moves each entry to its place, and what is there aside; `moves` are those that were made, from and to.
fn move_all(root: &Path, target: &Path, aside: &Path, moves: &mut Vec<(PathBuf, PathBuf)>) -> std::io::Result<()> {
    let mut move_one = |from: PathBuf, to: PathBuf| {
        fs::rename(&from, &to)?;
        moves.push((from, to));
        Ok::<_, std::io::Error>(())
    };
    let names: Result<Vec<OsString>, _> =
        fs::read_dir(root)?.map(|entry| entry.map(|entry| entry.file_name())).collect();
    let mut names = names?;
    names.sort();
    for name in names {
        if fs::symlink_metadata(target.join(&name)).is_ok() {
            move_one(target.join(&name), aside.join(&name))?;
        }
        move_one(root.join(&name), target.join(&name))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn draft(files: &[(&str, &str)]) -> Draft {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
        Draft { files: BTreeMap::from_iter(files), chart_path: None, images: Vec::new(), fields: 0, notes: Vec::new() }
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_not_the_packs_stays_and_what_is_replaced_goes() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("pack");
        fs::create_dir_all(target.join("charts")).unwrap();
        fs::write(target.join("charts/old.tgz"), "old").unwrap();
        fs::write(target.join("notes.txt"), "mine").unwrap();
        assert!(Place::check(&target, false).is_err());
        let new = draft(&[("pack.json", "{}"), ("charts/new.tgz", "new")]);
        Place::check(&target, true).unwrap().write(&new, None).unwrap().put().unwrap();
        assert_eq!(names(&target), ["charts", "notes.txt", "pack.json"]);
        assert_eq!(names(&target.join("charts")), ["new.tgz"]);
    }

    #[test]
    fn what_fails_midway_leaves_the_folder_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("pack");
        fs::create_dir(&target).unwrap();
        fs::write(target.join("pack.json"), "old").unwrap();
        fs::create_dir(target.join("values.yaml")).unwrap();
        let new = draft(&[("pack.json", "new"), ("values.yaml", "new"), ("README.md", "new")]);
        let waiting = Place::check(&target, true).unwrap().write(&new, None).unwrap();
        // A folder that is not empty, where the one that is replaced would go.
        let aside = waiting.folder.path().join("replaced");
        fs::create_dir_all(aside.join("values.yaml/in the way")).unwrap();
        let mut moves = Vec::new();
        assert!(move_all(&waiting.root(), &target, &aside, &mut moves).is_err() && moves.len() == 3);
        moves.iter().rev().for_each(|(from, to)| fs::rename(to, from).unwrap());
        assert_eq!(fs::read_to_string(target.join("pack.json")).unwrap(), "old");
        assert!(waiting.put().is_err());
        assert_eq!(names(&target), ["pack.json", "values.yaml"]);
        assert_eq!(fs::read_to_string(target.join("pack.json")).unwrap(), "old");
        // A part of a draft that cannot be written.
        let new = draft(&[("a", "file"), ("a/b", "below a file")]);
        let target = folder.path().join("other");
        assert!(Place::check(&target, false).unwrap().write(&new, None).is_err());
        assert_eq!(names(folder.path()), ["pack"]);
    }
}
