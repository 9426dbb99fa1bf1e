//! The registry's tables: repositories, blobs, manifests, tags. Each method is one transaction; what may be done is
//! decided above, what happens when two do it at once is decided here.

mod blob;
mod collect;
mod image;
mod manifest;
mod referrer;
mod repository;

pub use blob::{BlobPlace, BlobRow, Blobs, NewBlob, Placed};
pub use collect::{Collected, Garbage};
pub use image::{DeleteImage, Deleted, ImageId, ImageRow, Images, TagRow, TagStatus};
pub use manifest::{ManifestRow, Manifests, NewManifest, PutOutcome, PutRefused, TagMove};
pub use referrer::{ReferrerPage, Referrers};
pub use repository::{DeleteRefused, NewRepository, Repositories, RepositoryChange, RepositoryRow};

/// Topic of the outbox: the manifests or tags of a repository changed; the object is its name.
pub const TOPIC_REPOSITORY: &str = "repository";

/// How often a unit is tried again when another transaction got in its way.
const ATTEMPTS: usize = 5;

/// True for what means "somebody else was faster" on PostgreSQL: a row that was referred to, or that an earlier
/// statement of the unit met, is gone, or two transactions waited for each other. The unit sees the new state when it
/// runs again.
fn lost_race(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::RowNotFound => true,
        sqlx::Error::Database(e) => {
            e.is_foreign_key_violation() || matches!(e.code().as_deref(), Some("40P01" | "40001"))
        }
        _ => false,
    }
}

/// Runs a unit again while it loses races.
macro_rules! settled {
    ($unit:expr) => {{
        let mut attempt = 1;
        loop {
            match $unit {
                Err(error) if attempt < $crate::registry::ATTEMPTS && error.lost_race() => attempt += 1,
                outcome => break outcome,
            }
        }
    }};
}
use settled;

impl crate::Error {
    fn lost_race(&self) -> bool {
        matches!(self, Self::Database(e) if lost_race(e))
    }
}
