//! Paths of archive entries: parsed once into a form that cannot leave the folder, and kept apart from each other.

use super::error::ArchiveError;
use crate::limits::ReadLimits;
use crate::shown::is_bidi;
use std::collections::HashMap;

/// Bytes of all paths of an archive together, parents included.
const ALL_NAMES_BYTES: u64 = 8 << 20;

/// `./a//b/` becomes `a/b`; the root itself becomes the empty text.
pub(crate) fn normalise(raw: &str, limits: &ReadLimits) -> Result<String, ArchiveError> {
    if raw.is_empty() {
        return Err(ArchiveError::BadName { path: String::new(), reason: "is empty" });
    }
    if raw.len() > limits.path_bytes as usize {
        return Err(ArchiveError::Limit {
            limit: "path_bytes",
            value: u64::from(limits.path_bytes),
            what: format!("entry `{}` has a longer path", crate::shown::shown(raw)),
        });
    }
    check_characters(raw)?;
    let mut parts = raw.split('/').filter(|part| !matches!(*part, "" | "."));
    if raw.starts_with('/') || is_drive(parts.clone().next().unwrap_or_default()) {
        return Err(ArchiveError::AbsolutePath(raw.to_owned()));
    }
    if parts.clone().any(|part| part == "..") {
        return Err(ArchiveError::ParentPath(raw.to_owned()));
    }
    if parts.clone().count() > limits.depth as usize {
        return Err(ArchiveError::Limit {
            limit: "depth",
            value: u64::from(limits.depth),
            what: format!("entry `{}` lies deeper", crate::shown::shown(raw)),
        });
    }
    let mut out = String::with_capacity(raw.len());
    if let Some(first) = parts.next() {
        out.push_str(first);
    }
    for part in parts {
        out.push('/');
        out.push_str(part);
    }
    Ok(out)
}

fn check_characters(raw: &str) -> Result<(), ArchiveError> {
    let reason = if raw.contains('\\') {
        "holds a backslash"
    } else if raw.chars().any(char::is_control) {
        "holds a control character"
    } else if raw.chars().any(is_bidi) {
        "holds a mark that reorders text"
    } else {
        return Ok(());
    };
    Err(ArchiveError::BadName { path: raw.to_owned(), reason })
}

/// `C:` at the start is a drive to Windows.
fn is_drive(part: &str) -> bool {
    matches!(part.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

/// Where a symbolic link at `link` leads, by text alone: None when it leads out of the archive.
pub(super) fn link_target(link: &str, target: &str) -> Option<String> {
    if target.is_empty() || target.starts_with('/') || is_drive(target) || check_characters(target).is_err() {
        return None;
    }
    let mut parts: Vec<&str> = link.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// What a path was used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    Folder,
    File,
    Link,
}

/// All paths seen, so that none hides another.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// By lower-cased path: the path as it was, and what it is.
    seen: HashMap<String, (String, Taken)>,
    bytes: u64,
}

impl Names {
    pub(crate) fn add(&mut self, path: &str, taken: Taken) -> Result<(), ArchiveError> {
        for (at, _) in path.match_indices('/') {
            self.add_parent(&path[..at], path)?;
        }
        let folded = path.to_lowercase();
        match self.seen.get(&folded) {
            None => self.insert(folded, path, taken),
            Some((first, _)) if first != path => {
                Err(ArchiveError::CaseCollision { first: first.clone(), second: path.to_owned() })
            }
            Some((_, Taken::Folder)) if taken == Taken::Folder => Ok(()),
            Some(_) => Err(ArchiveError::Duplicate(path.to_owned())),
        }
    }

    pub(crate) fn taken(&self, path: &str) -> Option<Taken> {
        self.seen.get(&path.to_lowercase()).filter(|(as_was, _)| as_was == path).map(|(_, taken)| *taken)
    }

    fn add_parent(&mut self, parent: &str, path: &str) -> Result<(), ArchiveError> {
        let folded = parent.to_lowercase();
        match self.seen.get(&folded) {
            None => self.insert(folded, parent, Taken::Folder),
            Some((first, _)) if first != parent => {
                Err(ArchiveError::CaseCollision { first: first.clone(), second: parent.to_owned() })
            }
            Some((_, Taken::Folder)) => Ok(()),
            Some(_) => Err(ArchiveError::BelowNoFolder { path: path.to_owned(), below: parent.to_owned() }),
        }
    }

    fn insert(&mut self, folded: String, path: &str, taken: Taken) -> Result<(), ArchiveError> {
        self.bytes += path.len() as u64;
        if self.bytes > ALL_NAMES_BYTES {
            let what = "all paths together are longer".to_owned();
            return Err(ArchiveError::Limit { limit: "names_bytes", value: ALL_NAMES_BYTES, what });
        }
        self.seen.insert(folded, (path.to_owned(), taken));
        Ok(())
    }
}
