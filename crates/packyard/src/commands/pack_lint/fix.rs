//! `--fix`: files of a pack's folder rewritten in one step each, so that a reader sees the old text or the new one.

use anyhow::Context;
use packyard_pack::compare::text_diff;
use packyard_pack::lint::fix::{self, Fixes};
use packyard_pack::{Finding, Pack};
use serde::Serialize;
use std::fs;
use std::io::Write;
use std::path::Path;
use tempfile::NamedTempFile;

/// What is mended in one pack.
#[derive(Debug, Default, Serialize)]
pub(super) struct Changes {
    pub(super) fixed: Vec<Fixed>,
    /// As `diff -u` would show them.
    pub(super) diff: String,
    #[serde(skip)]
    texts: Vec<(&'static str, String)>,
}

#[derive(Debug, Serialize)]
pub(super) struct Fixed {
    pub(super) code: &'static str,
    pub(super) file: &'static str,
    pub(super) message: String,
}

impl Changes {
    pub(super) fn of(pack: &Pack, findings: &[Finding]) -> Self {
        let Fixes { texts, fixed } = fix::fix(pack, findings);
        let diff =
            texts.iter().filter_map(|(file, text)| text_diff(pack.text_of(file).unwrap_or_default(), text, file));
        let fixed = fixed.into_iter().map(|fix| Fixed { code: fix.code, file: fix.file, message: fix.message });
        Self { fixed: fixed.collect(), diff: diff.collect(), texts }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fixed.is_empty()
    }

    pub(super) fn write(&self, dir: &Path) -> anyhow::Result<()> {
        for (file, text) in &self.texts {
            let path = dir.join(file);
            replace(&path, text).with_context(|| format!("cannot change `{}`", path.display()))?;
        }
        Ok(())
    }
}

/// A link stays one: the file that it leads to is replaced.
fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let path = fs::canonicalize(path)?;
    let mut file = NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(fs::metadata(&path)?.permissions())?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    Ok(())
}
