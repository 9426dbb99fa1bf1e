//! Reading a pack's archive as a stream.

use super::error::{ArchiveError, Link};
use super::members::{Kind, Member, Members};
use super::names::{self, Names, Taken};
use super::unpack::Disk;
use super::{ArchivedPack, Decompressed};
use crate::assemble;
use crate::contents::{Contents, Use, use_of};
use crate::limits::ReadLimits;
use crate::metadata;
use crate::pack::UnreadReason;
use std::io::Read;

/// Reads a pack from its archive: gzip, zstd or plain tar. Memory stays within the limits whatever comes.
pub fn read(input: impl Read, limits: &ReadLimits) -> Result<ArchivedPack, ArchiveError> {
    read_onto(input, limits, None)
}

/// As [`read`]; with a disk, each member is written there too.
pub(super) fn read_onto(
    input: impl Read,
    limits: &ReadLimits,
    disk: Option<&mut Disk>,
) -> Result<ArchivedPack, ArchiveError> {
    let members = Members::new(Decompressed::new(input, limits)?, limits);
    let mut reading = Reading {
        members,
        names: Names::default(),
        contents: Contents::new(*limits),
        links: Vec::new(),
        limits: *limits,
        disk,
    };
    while let Some(member) = reading.members.next()? {
        reading.take(&member)?;
    }
    reading.finish()
}

struct Reading<'a, R: Read> {
    members: Members<R>,
    names: Names,
    contents: Contents,
    links: Vec<SymbolicLink>,
    limits: ReadLimits,
    disk: Option<&'a mut Disk>,
}

/// A link whose target lies in the archive; whether it lies in the pack is known at the end.
pub(super) struct SymbolicLink {
    pub(super) path: String,
    pub(super) target: String,
    pub(super) resolved: String,
}

impl<R: Read> Reading<'_, R> {
    fn take(&mut self, member: &Member) -> Result<(), ArchiveError> {
        if member.path.is_empty() {
            return match member.kind {
                Kind::Folder => Ok(()),
                _ => Err(ArchiveError::BadName { path: ".".to_owned(), reason: "is the archive itself" }),
            };
        }
        match &member.kind {
            Kind::Folder => {
                self.names.add(&member.path, Taken::Folder)?;
                self.disk.as_mut().map_or(Ok(()), |disk| disk.folder(&member.path))
            }
            Kind::File => self.take_file(member),
            Kind::Symlink(target) => self.take_symlink(&member.path, target),
            Kind::HardLink(target) => self.take_hard_link(&member.path, target),
        }
    }

    fn take_file(&mut self, member: &Member) -> Result<(), ArchiveError> {
        self.names.add(&member.path, Taken::File)?;
        if is_leftover(&member.path) {
            return Ok(());
        }
        let mut body = self.members.body();
        let use_ = use_in_archive(&member.path);
        let contents = &mut self.contents;
        let mut take = |body: &mut dyn Read| contents.take(&member.path, use_, member.size, body);
        match &mut self.disk {
            None => take(&mut body).map_err(ArchiveError::from_read),
            Some(disk) => disk.file(&member.path, member.executable, &mut body, take),
        }
    }

    fn take_symlink(&mut self, path: &str, target: &str) -> Result<(), ArchiveError> {
        self.names.add(path, Taken::Link)?;
        let Some(resolved) = names::link_target(path, target) else {
            return Err(outside(path, Link::Symbolic, target));
        };
        self.contents.unread(path, UnreadReason::Link { target: target.to_owned() });
        self.links.push(SymbolicLink { path: path.to_owned(), target: target.to_owned(), resolved });
        Ok(())
    }

    /// GNU tar writes the second name of a file as a link to the first, which must have come before.
    fn take_hard_link(&mut self, path: &str, target: &str) -> Result<(), ArchiveError> {
        let resolved = names::normalise(target, &self.limits).map_err(|_| outside(path, Link::Hard, target))?;
        if self.names.taken(&resolved) != Some(Taken::File) {
            return Err(ArchiveError::HardLinkToNothing { path: path.to_owned(), target: target.to_owned() });
        }
        self.names.add(path, Taken::File)?;
        if !is_leftover(path) {
            self.contents.alias(path, use_in_archive(path), &resolved);
            if let Some(disk) = &mut self.disk {
                disk.copy(path, &resolved)?;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<ArchivedPack, ArchiveError> {
        let root = root(&self.contents)?;
        let prefix = root.as_ref().map(|folder| format!("{folder}/")).unwrap_or_default();
        for link in &self.links {
            let inside = format!("{}/", link.resolved).starts_with(&prefix);
            if link.path.starts_with(&prefix) && !inside {
                return Err(outside(&link.path, Link::Symbolic, &link.target));
            }
        }
        if let Some(disk) = self.disk {
            disk.links(&self.links)?;
        }
        let input = self.members.input();
        let (compression, packed_bytes, unpacked_bytes) =
            (input.compression, input.packed_bytes(), input.unpacked_bytes());
        let pack = assemble::assemble(self.contents, &prefix).map_err(ArchiveError::Invalid)?;
        Ok(ArchivedPack { pack, top_folder: root, compression, packed_bytes, unpacked_bytes })
    }
}

fn outside(path: &str, link: Link, target: &str) -> ArchiveError {
    ArchiveError::LinkOutside { path: path.to_owned(), link, target: target.to_owned() }
}

/// The root is known only once pack.json has been seen, so a file is kept when it matters under either.
fn use_in_archive(path: &str) -> Use {
    let below = path.split_once('/').map_or(Use::Listed, |(_, inner)| use_of(inner));
    below.max(use_of(path))
}

/// What Macs leave in archives.
pub(super) fn is_leftover(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name == ".DS_Store" || name.starts_with("._") || path.split('/').any(|part| part == "__MACOSX")
}

/// The folder with pack.json: the archive's root, or one folder in it.
fn root(contents: &Contents) -> Result<Option<String>, ArchiveError> {
    let mut near = None;
    let mut top = Vec::new();
    for file in &contents.files {
        match file.path.rsplit_once('/') {
            None if file.path == metadata::FILE => return Ok(None),
            Some((folder, metadata::FILE)) if !folder.contains('/') => top.push(folder.to_owned()),
            Some((_, metadata::FILE)) => near = near.or(Some(&file.path)),
            _ => {}
        }
    }
    match top.as_slice() {
        [] => Err(ArchiveError::NoPackJson { found: near.cloned() }),
        [one] => Ok(Some(one.clone())),
        [first, second, ..] => Err(ArchiveError::SeveralPacks { first: first.clone(), second: second.clone() }),
    }
}
