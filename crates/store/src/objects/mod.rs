//! Where the bytes of large blobs are. An object has a random key, is written once, and is never renamed or
//! overwritten; which digest it holds is known to the database only. Callers name objects by key, never by path, so
//! that another kind of storage fits behind the same calls.

mod disk;
mod draft;
mod read;

pub use disk::{ObjectKey, Objects, StrayObject};
pub use draft::{AppendError, Draft, SealRefused, Sealed};
pub use read::ObjectStream;

/// Blobs of at most this many bytes are kept in the database: one commit makes them durable, instead of a file, its
/// folder and a commit.
pub const INLINE_LIMIT: usize = 16 * 1024;

/// Bytes handed to the disk and the hash at once.
const BATCH: usize = 1024 * 1024;
