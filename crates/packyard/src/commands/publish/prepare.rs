//! From a folder to an archive that is ready to travel: parse, check, compress. No network.

use crate::commands::pack_lint::allow::Allowed;
use crate::terminal::counted;
use anyhow::Context;
use packyard_oci::pack_artifact::ArchiveLayer;
use packyard_oci::{Digest, Tag};
use packyard_pack::archive::{self, WriteOptions};
use packyard_pack::lint::{self, Finding, Severity};
use packyard_pack::{OpenError, Pack, ReadLimits};
use std::collections::HashMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

/// A pack that passed the checks, with its archive in a file.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) dir: PathBuf,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) tag: Tag,
    pub(crate) archive: PathBuf,
    pub(crate) layer: ArchiveLayer,
    /// Warnings only.
    pub(crate) findings: Vec<Finding>,
}

/// A pack that is not sent, and why.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) dir: PathBuf,
    pub(crate) why: String,
    pub(crate) findings: Vec<Finding>,
}

/// A pack that passed the checks, before it has an archive.
pub(super) struct Judged {
    pub(super) name: String,
    pub(super) version: String,
    tag: Tag,
    findings: Vec<Finding>,
}

impl Judged {
    pub(super) fn archived(self, dir: &Path, archive: &Path, layer: ArchiveLayer) -> Prepared {
        let Self { name, version, tag, findings } = self;
        Prepared { dir: dir.to_owned(), name, version, tag, archive: archive.to_owned(), layer, findings }
    }
}

impl Refusal {
    pub(super) fn new(dir: &Path, why: impl Into<String>, findings: Vec<Finding>) -> Self {
        Self { dir: dir.to_owned(), why: why.into(), findings }
    }

    fn denied(dir: &Path, findings: Vec<Finding>) -> Self {
        let why = format!("it has {}, and --deny warnings was given", counted(findings.len(), "warning"));
        Self::new(dir, why, findings)
    }
}

/// The inner error is the pack's fault, the outer one this machine's.
pub(crate) fn prepare(
    dir: &Path,
    archive: &Path,
    deny_warnings: bool,
    limits: &ReadLimits,
) -> anyhow::Result<Result<Prepared, Refusal>> {
    let pack = match Pack::open_with(dir, limits) {
        Ok(pack) => pack,
        Err(error @ (OpenError::Io { .. } | OpenError::NotAFolder(_))) => {
            return Ok(Err(Refusal::new(dir, error.to_string(), Vec::new())));
        }
        Err(error) => return Ok(Err(Refusal::new(dir, "it is not a pack that can be read", error.findings()))),
    };
    // What the author allowed counts here as it does for `packyard pack lint`.
    let findings = Allowed::beside(dir)?.left(lint::check(&pack));
    let judged = match judge(dir, pack, findings, deny_warnings) {
        Ok(judged) => judged,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let written = write_archive(dir, archive, limits)?;
    let written = match written {
        Ok(written) => written,
        // Of a folder that could be read: its archive is too large for those who will read it.
        Err(archive::WriteError::Folder(error)) => {
            let findings = judged.findings.into_iter().chain(error.findings()).collect();
            return Ok(Err(Refusal::new(dir, "it cannot be archived", findings)));
        }
        Err(error) => return Ok(Err(Refusal::new(dir, error.to_string(), judged.findings))),
    };
    let digest: Digest = format!("sha256:{}", written.sha256).parse()?;
    let file_name = format!("{}-{}.tar.gz", judged.name, judged.version);
    let layer = ArchiveLayer { digest, size: written.packed_bytes, file_name };
    Ok(Ok(judged.archived(dir, archive, layer)))
}

/// What is found in it, and whether it can have its tag.
pub(super) fn judge(dir: &Path, pack: Pack, findings: Vec<Finding>, deny_warnings: bool) -> Result<Judged, Refusal> {
    let errors = findings.iter().filter(|f| f.severity == Severity::Error).count();
    if errors > 0 {
        return Err(Refusal::new(dir, format!("it has {}", counted(errors, "error")), findings));
    }
    if deny_warnings && !findings.is_empty() {
        return Err(Refusal::denied(dir, findings));
    }
    let tag = pack.metadata.tag().parse::<Tag>();
    let (name, version) = (pack.metadata.name, pack.metadata.version);
    let Ok(tag) = tag else {
        let why = format!("its version `{version}` cannot be a tag: a tag is letters, digits, `_`, `.` and `-`");
        return Err(Refusal::new(dir, why, findings));
    };
    Ok(Judged { name, version, tag, findings })
}

impl Prepared {
    /// The same under another tag, which is worth a warning: sync shows packs by version, and says when the tag differs.
    pub(super) fn retagged(mut self, tag: &Tag, deny_warnings: bool) -> Result<Self, Refusal> {
        self.tag = tag.clone();
        self.findings.extend(lint::check_tag(&self.version, tag.as_str()));
        if deny_warnings && !self.findings.is_empty() {
            return Err(Refusal::denied(&self.dir, self.findings));
        }
        Ok(self)
    }
}

fn write_archive(
    dir: &Path,
    archive: &Path,
    limits: &ReadLimits,
) -> anyhow::Result<Result<archive::Written, archive::WriteError>> {
    let doing = || format!("could not write the archive {}", archive.display());
    let out = BufWriter::new(File::create(archive).with_context(doing)?);
    match archive::write(dir, out, &WriteOptions { limits: *limits, ..WriteOptions::default() }) {
        Err(archive::WriteError::Write(error)) => Err(error).with_context(doing),
        other => Ok(other),
    }
}

/// Two folders with the same name and tag would fight for it; `1.0.0+5` and `1.0.0_5` have one tag.
pub(super) fn refuse_duplicates(packs: &mut [Result<Prepared, Refusal>]) {
    let mut first: HashMap<(String, String), (PathBuf, String)> = HashMap::new();
    for pack in packs {
        let Ok(one) = pack else { continue };
        let key = (one.name.clone(), one.tag.to_string());
        if let Some((other, version)) = first.get(&key) {
            let why = if *version == one.version {
                format!("{} is {} {version} too", other.display(), key.0)
            } else {
                format!("{} is {} {version}, which has the same tag `{}`", other.display(), key.0, key.1)
            };
            *pack = Err(Refusal::new(&one.dir, why, std::mem::take(&mut one.findings)));
        } else {
            first.insert(key, (one.dir.clone(), one.version.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(dir: &Path, json: &str) {
        std::fs::create_dir_all(dir).unwrap();
        std::fs::write(dir.join("pack.json"), json).unwrap();
        std::fs::write(dir.join("values.yaml"), "").unwrap();
    }

    const GOOD: &str =
        r#"{"name":"hello","displayName":"Hello","version":"1.0.0","layer":"addon","cloudTypes":["all"],"charts":[]}"#;

    #[test]
    fn equal_folders_give_equal_archives_wherever_they_are() {
        let work = tempfile::tempdir().unwrap();
        let mut digests = Vec::new();
        for name in ["a", "b/c"] {
            let dir = work.path().join(name);
            pack(&dir, GOOD);
            let prepared = prepare(&dir, &work.path().join("out.tar.gz"), false, &ReadLimits::PACK).unwrap().unwrap();
            let bytes = std::fs::read(&prepared.archive).unwrap();
            assert_eq!(
                (Digest::sha256(&bytes), bytes.len() as u64),
                (prepared.layer.digest.clone(), prepared.layer.size)
            );
            digests.push(prepared.layer);
        }
        assert_eq!(digests[0], digests[1]);
        assert_eq!(digests[0].file_name, "hello-1.0.0.tar.gz");
    }

    #[test]
    fn what_is_no_pack_is_refused_with_the_reason() {
        let work = tempfile::tempdir().unwrap();
        let out = work.path().join("out.tar.gz");
        let missing = prepare(&work.path().join("none"), &out, false, &ReadLimits::PACK).unwrap().unwrap_err();
        assert!(missing.why.contains("none"), "{missing:?}");
        let broken = work.path().join("broken");
        pack(&broken, "{\"name\":");
        let refusal = prepare(&broken, &out, false, &ReadLimits::PACK).unwrap().unwrap_err();
        assert!(refusal.findings.iter().any(|f| f.severity == Severity::Error), "{refusal:?}");
    }

    #[test]
    fn what_the_author_allowed_denies_nothing() {
        let work = tempfile::tempdir().unwrap();
        let dir = work.path().join("odd");
        pack(&dir, &GOOD.replace("1.0.0", "1.5"));
        let prepared = |deny| prepare(&dir, &work.path().join("out"), deny, &ReadLimits::PACK);
        let codes: Vec<_> = prepared(false).unwrap().unwrap().findings.iter().map(|f| f.code).collect();
        assert_eq!(codes, ["PACK102"]);
        assert!(prepared(true).unwrap().is_err());
        let allow = |code: &str| format!("[[allow]]\ncode = \"{code}\"\nreason = \"as upstream numbers it\"\n");
        std::fs::write(dir.join(".packlint.toml"), allow("PACK102")).unwrap();
        assert_eq!(prepared(true).unwrap().unwrap().findings, []);
        // An error cannot be allowed, and says where.
        std::fs::write(dir.join(".packlint.toml"), allow("PACK007")).unwrap();
        assert!(format!("{:#}", prepared(true).unwrap_err()).contains(".packlint.toml"));
    }

    #[test]
    fn one_name_and_version_is_published_once() {
        let work = tempfile::tempdir().unwrap();
        let mut packs: Vec<_> = ["a", "b"]
            .iter()
            .map(|name| {
                pack(&work.path().join(name), GOOD);
                prepare(&work.path().join(name), &work.path().join("out"), false, &ReadLimits::PACK).unwrap()
            })
            .collect();
        refuse_duplicates(&mut packs);
        assert!(packs[0].is_ok() && packs[1].is_err());
    }

    #[test]
    fn versions_with_one_tag_are_published_once() {
        let work = tempfile::tempdir().unwrap();
        let mut packs: Vec<_> = ["1.0.0+5", "1.0.0_5"]
            .iter()
            .map(|version| {
                pack(&work.path().join(version), &GOOD.replace("1.0.0", version));
                prepare(&work.path().join(version), &work.path().join("out"), false, &ReadLimits::PACK).unwrap()
            })
            .collect();
        refuse_duplicates(&mut packs);
        let why = &packs[1].as_ref().unwrap_err().why;
        assert!(packs[0].is_ok() && why.contains("the same tag `1.0.0_5`"), "{why}");
    }
}
