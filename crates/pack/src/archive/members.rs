//! The members of a tar stream, header by header. Written out rather than left to a library that unpacks, because every
//! place where two tar readers may disagree (two sizes, two names, data in a folder's entry) has to be an error here.
//! Spec: POSIX.1-2017 pax interchange format; GNU tar manual, "Basic Tar Format".

mod extended;
mod looks;

use super::error::ArchiveError;
use super::{Decompressed, names};
use crate::limits::ReadLimits;
use extended::{Extended, pax_records};
use std::io::{self, Read};
use tar::Header;

pub(crate) use looks::looks_like;

const BLOCK: u64 = 512;

/// Bytes of one extended header: names of 1 KiB and a few attributes fit many times.
const EXTENDED_BYTES: u64 = 64 << 10;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Folder,
    Symlink(String),
    /// The target as a path inside the archive.
    HardLink(String),
}

#[derive(Debug)]
pub(crate) struct Member {
    /// Normalised; empty for the root itself.
    pub(crate) path: String,
    pub(crate) kind: Kind,
    pub(crate) size: u64,
    /// By its owner; the rest of the mode does not count.
    pub(crate) executable: bool,
}

/// The stream, standing between two headers or inside one member's body.
pub(crate) struct Members<R: Read> {
    input: Decompressed<R>,
    limits: ReadLimits,
    entries: u32,
    body_left: u64,
    padding: u64,
}

/// The rest of the current member's content.
pub(crate) struct Body<'a, R: Read>(&'a mut Members<R>);

impl<R: Read> Read for Body<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let members = &mut *self.0;
        let count = members.input.by_ref().take(members.body_left).read(buf)?;
        members.body_left -= count as u64;
        Ok(count)
    }
}

impl<R: Read> Members<R> {
    pub(crate) fn new(input: Decompressed<R>, limits: &ReadLimits) -> Self {
        Self { input, limits: *limits, entries: 0, body_left: 0, padding: 0 }
    }

    pub(crate) fn body(&mut self) -> Body<'_, R> {
        Body(self)
    }

    /// The stream, to ask for its counts.
    pub(crate) fn input(&self) -> &Decompressed<R> {
        &self.input
    }

    /// The next member; what was not read of the one before is skipped. None at the end, which has been checked.
    pub(crate) fn next(&mut self) -> Result<Option<Member>, ArchiveError> {
        let mut extended = Extended::default();
        loop {
            let left = self.body_left + self.padding;
            self.skip(left)?;
            (self.body_left, self.padding) = (0, 0);
            let Some(header) = self.header()? else {
                if extended.any {
                    return Err(ArchiveError::Damaged("an extended header describes nothing".to_owned()));
                }
                return Ok(None);
            };
            let size = header.entry_size().map_err(|e| ArchiveError::Damaged(e.to_string()))?;
            match header.as_bytes()[156] {
                b'x' => self.pax(size, &mut extended)?,
                b'g' => self.global_pax(size)?,
                b'L' => extended.set_path(self.gnu_long(size)?)?,
                b'K' => extended.set_link(self.gnu_long(size)?)?,
                kind => return self.member(&header, kind, size, extended).map(Some),
            }
        }
    }

    fn header(&mut self) -> Result<Option<Header>, ArchiveError> {
        let mut block = [0_u8; BLOCK as usize];
        let count = self.fill(&mut block)?;
        if count == 0 && self.entries > 0 {
            return Err(ArchiveError::Truncated("the mark that ends a tar archive is missing"));
        }
        if count < block.len() {
            return Err(if self.entries == 0 { self.not_an_archive() } else { ArchiveError::Truncated("in a header") });
        }
        if block.iter().all(|b| *b == 0) {
            self.end()?;
            return Ok(None);
        }
        let header = Header::from_byte_slice(&block).clone();
        let sum: u32 =
            block.iter().enumerate().map(|(i, b)| if (148..156).contains(&i) { 32 } else { u32::from(*b) }).sum();
        if header.cksum().ok() != Some(sum) {
            let first = self.entries == 0;
            let damaged =
                || ArchiveError::Damaged(format!("the checksum of header {} does not match", self.entries + 1));
            return Err(if first { self.not_an_archive() } else { damaged() });
        }
        self.entries += 1;
        if self.entries > self.limits.entries {
            let what = "it has more entries".to_owned();
            return Err(ArchiveError::Limit { limit: "entries", value: u64::from(self.limits.entries), what });
        }
        Ok(Some(header))
    }

    /// After the end there may be zeros only.
    fn end(&mut self) -> Result<(), ArchiveError> {
        let mut buffer = [0_u8; 8 << 10];
        loop {
            match self.fill(&mut buffer)? {
                0 => return Ok(()),
                count if buffer[..count].iter().any(|b| *b != 0) => return Err(ArchiveError::TrailingData),
                _ => {}
            }
        }
    }

    fn member(&mut self, header: &Header, kind: u8, size: u64, extended: Extended) -> Result<Member, ArchiveError> {
        let raw = match extended.path {
            Some(path) => path,
            None => utf8(header.path_bytes().to_vec())?,
        };
        if extended.sparse || kind == b'S' {
            return Err(ArchiveError::Sparse(raw));
        }
        if let Some(said) = extended.size.filter(|said| *said != size) {
            return Err(ArchiveError::SizeMismatch { path: raw, header: size, extended: said });
        }
        let path = names::normalise(&raw, &self.limits)?;
        let link = |link: Option<String>| match link {
            Some(link) => Ok(link),
            None => utf8(header.link_name_bytes().unwrap_or_default().to_vec()),
        };
        let kind = match kind {
            // Old archives mark folders by the slash alone.
            b'0' | b'\0' | b'7' if raw.ends_with('/') && size == 0 => Kind::Folder,
            b'0' | b'\0' | b'7' if raw.ends_with('/') || path.is_empty() => {
                return Err(ArchiveError::BadName { path: raw, reason: "is a folder's but has content" });
            }
            b'0' | b'\0' | b'7' => Kind::File,
            b'5' => Kind::Folder,
            b'2' => Kind::Symlink(link(extended.link)?),
            b'1' => Kind::HardLink(link(extended.link)?),
            other => return Err(ArchiveError::SpecialFile { path: raw, kind: special(other) }),
        };
        if size > 0 && kind != Kind::File {
            return Err(ArchiveError::Damaged(format!(
                "entry `{}` is no file but has content",
                crate::shown::shown(&raw)
            )));
        }
        if size > self.limits.file_bytes {
            let what = format!("entry `{}` has {size} bytes", crate::shown::shown(&raw));
            return Err(ArchiveError::Limit { limit: "file_bytes", value: self.limits.file_bytes, what });
        }
        self.body_left = size;
        self.padding = padding(size);
        Ok(Member { path, kind, size, executable: header.mode().is_ok_and(|mode| mode & 0o100 != 0) })
    }

    fn pax(&mut self, size: u64, extended: &mut Extended) -> Result<(), ArchiveError> {
        if extended.any {
            return Err(ArchiveError::Damaged("two extended headers describe one entry".to_owned()));
        }
        extended.any = true;
        let bytes = self.extension(size)?;
        for (key, value) in pax_records(&bytes)? {
            match key {
                "path" => extended.set_path(utf8(value.to_vec())?)?,
                "linkpath" => extended.set_link(utf8(value.to_vec())?)?,
                "size" => {
                    let number = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
                    let number =
                        number.ok_or_else(|| ArchiveError::Damaged("an extended size is no number".to_owned()))?;
                    if extended.size.replace(number).is_some() {
                        return Err(ArchiveError::Damaged("an extended header has two sizes".to_owned()));
                    }
                }
                key if key.starts_with("GNU.sparse.") => extended.sparse = true,
                _ => {}
            }
        }
        Ok(())
    }

    /// `git archive` writes one with a comment; one that names or sizes every entry is no honest archive.
    fn global_pax(&mut self, size: u64) -> Result<(), ArchiveError> {
        let bytes = self.extension(size)?;
        let overrides = pax_records(&bytes)?.into_iter().any(|(key, _)| matches!(key, "path" | "linkpath" | "size"));
        if overrides {
            return Err(ArchiveError::Damaged("a global extended header names or sizes entries".to_owned()));
        }
        Ok(())
    }

    fn gnu_long(&mut self, size: u64) -> Result<String, ArchiveError> {
        let mut bytes = self.extension(size)?;
        if bytes.last() == Some(&0) {
            bytes.pop();
        }
        utf8(bytes)
    }

    fn extension(&mut self, size: u64) -> Result<Vec<u8>, ArchiveError> {
        if size > EXTENDED_BYTES {
            let what = "an extended header is longer".to_owned();
            return Err(ArchiveError::Limit { limit: "extended_header_bytes", value: EXTENDED_BYTES, what });
        }
        let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
        if self.fill(&mut bytes)? < bytes.len() {
            return Err(ArchiveError::Truncated("in an extended header"));
        }
        self.padding = padding(size);
        Ok(bytes)
    }

    fn skip(&mut self, count: u64) -> Result<(), ArchiveError> {
        let skipped =
            io::copy(&mut self.input.by_ref().take(count), &mut io::sink()).map_err(ArchiveError::from_read)?;
        if skipped < count {
            return Err(ArchiveError::Truncated("in the content of an entry"));
        }
        Ok(())
    }

    fn fill(&mut self, buf: &mut [u8]) -> Result<usize, ArchiveError> {
        let mut filled = 0;
        while filled < buf.len() {
            match self.input.read(&mut buf[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ArchiveError::from_read(error)),
            }
        }
        Ok(filled)
    }

    fn not_an_archive(&self) -> ArchiveError {
        ArchiveError::NotAnArchive(looks_like(&self.input.head))
    }
}

fn utf8(bytes: Vec<u8>) -> Result<String, ArchiveError> {
    String::from_utf8(bytes).map_err(|e| ArchiveError::BadName {
        path: String::from_utf8_lossy(e.as_bytes()).into_owned(),
        reason: "is not UTF-8",
    })
}

fn padding(size: u64) -> u64 {
    (BLOCK - size % BLOCK) % BLOCK
}

fn special(kind: u8) -> &'static str {
    match kind {
        b'3' => "character device",
        b'4' => "block device",
        b'6' => "named pipe",
        b'M' => "part of a file on several volumes",
        b'V' => "volume label",
        b'D' => "incremental dump of a folder",
        _ => "thing of unknown kind",
    }
}
