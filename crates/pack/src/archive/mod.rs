//! Pack archives: written reproducibly, read as a stream. Spec: palette.md section 1.5; POSIX pax and GNU tar formats.
//!
//! Reading keeps only the files a pack is made of; only [`unpack()`] writes to disk. Each thing an archive can do to a reader
//! that unpacks has its own error in [`ArchiveError`].

mod decompress;
mod error;
mod ignore;
mod members;
pub(crate) mod names;
mod read;
mod streams;
mod unpack;
mod write;

use crate::pack::Pack;
use serde::Serialize;

pub use error::{ArchiveError, Link};
pub(crate) use error::{RENAME, first_error};
pub use read::read;
pub use unpack::{LeftOut, UnpackError, Unpacked, unpack};
pub use write::{WriteError, WriteOptions, Written, write, write_chart};

pub(crate) use decompress::Decompressed;
pub(crate) use ignore::{IGNORE_FILE, IgnoreRules};
pub(crate) use members::{Kind, Member, Members, looks_like};
use read::is_leftover;

/// How an archive is packed, as its first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    None,
    Gzip,
    Zstd,
}

/// A pack read from an archive.
#[derive(Debug, Clone)]
pub struct ArchivedPack {
    pub pack: Pack,
    /// The folder all files lie in; None when they lie at the archive's root. It may have any name.
    pub top_folder: Option<String>,
    pub compression: Compression,
    /// Bytes of the archive as it travelled.
    pub packed_bytes: u64,
    /// Bytes of the tar inside.
    pub unpacked_bytes: u64,
}
