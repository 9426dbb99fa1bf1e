//! An archive that is there already: read as sync would read it, checked, and sent as it is.

use super::prepare::{Prepared, Refusal, judge};
use crate::commands::local::HashedFile;
use packyard_oci::pack_artifact::ArchiveLayer;
use packyard_pack::ReadLimits;
use packyard_pack::archive::{self, ArchivedPack, Compression};
use packyard_pack::lint;
use std::io;
use std::path::Path;

/// The inner error is the archive's fault, the outer one this machine's.
pub(super) fn prepare(
    file: &Path,
    deny_warnings: bool,
    limits: &ReadLimits,
) -> anyhow::Result<Result<Prepared, Refusal>> {
    let unreadable = |error: io::Error| Ok(Err(Refusal::new(file, format!("{}: {error}", file.display()), Vec::new())));
    let mut hashed = match HashedFile::open(file) {
        Ok(opened) => opened,
        Err(error) => return unreadable(error),
    };
    let read = match archive::read(&mut hashed, limits) {
        Ok(read) => read,
        Err(error) => return Ok(Err(Refusal::new(file, "it is not a pack that can be read", error.findings()))),
    };
    let (digest, size) = match hashed.finish() {
        Ok(whole) => whole,
        Err(error) => return unreadable(error),
    };
    if read.compression != Compression::Gzip {
        let why =
            "it is not packed with gzip, as readers of packs expect: pack it with `tar -czf`, or publish the folder";
        return Ok(Err(Refusal::new(file, why, Vec::new())));
    }
    let ArchivedPack { pack, .. } = read;
    let findings = lint::check(&pack);
    Ok(judge(file, pack, findings, deny_warnings).map(|judged| {
        let file_name = format!("{}-{}.tar.gz", judged.name, judged.version);
        judged.archived(file, file, ArchiveLayer { digest, size, file_name })
    }))
}
