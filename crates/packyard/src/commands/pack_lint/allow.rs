//! Findings that a pack's author has looked at and lets be: a file beside pack.json, or given with `--config`, allows codes
//! for a reason. An error is never allowed: the pack would be refused all the same.

use anyhow::{Context, bail};
use packyard_pack::lint::{self, Finding, Severity};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Names of the file in a pack's folder; one of the two.
const FILES: [&str; 2] = [".packlint.toml", "packlint.toml"];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    allow: Vec<Allow>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Allow {
    code: String,
    reason: String,
    /// Only in this file of the pack.
    file: Option<String>,
}

/// What one configuration file allows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Allowed {
    path: PathBuf,
    allow: Vec<Allow>,
}

impl Allowed {
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        Self::parse(path, &text).with_context(|| format!("the file `{}` is wrong", path.display()))
    }

    /// The file in a pack's folder; nothing allowed where there is none.
    pub(crate) fn beside(pack: &Path) -> anyhow::Result<Self> {
        let mut files = FILES.iter().map(|name| pack.join(name)).filter(|path| path.is_file());
        let Some(path) = files.next() else { return Ok(Self::default()) };
        if let Some(other) = files.next() {
            bail!("there are `{}` and `{}`; keep one of the two", path.display(), other.display());
        }
        Self::read(&path)
    }

    fn parse(path: &Path, text: &str) -> anyhow::Result<Self> {
        let file: File = toml::from_str(text)?;
        for allow in &file.allow {
            let code = &allow.code;
            let Some(rule) = lint::rule(code) else { bail!("there is no finding `{code}`; docs/packs.md lists them") };
            if rule.severity == Severity::Error {
                bail!("`{code}` is an error, which refuses the pack; only what is less can be allowed");
            }
            if allow.reason.trim().is_empty() {
                bail!("`{code}` is allowed without a reason");
            }
        }
        Ok(Self { path: path.to_owned(), allow: file.allow })
    }

    /// The reason for which a finding is allowed.
    pub(crate) fn reason(&self, finding: &Finding) -> Option<&str> {
        self.allow.iter().find(|allow| allow.is_for(finding)).map(|allow| allow.reason.trim())
    }

    /// The findings that nothing allows.
    pub(crate) fn left(&self, findings: Vec<Finding>) -> Vec<Finding> {
        findings.into_iter().filter(|finding| self.reason(finding).is_none()).collect()
    }

    /// What is allowed in vain, as notes: what was mended should not stay allowed.
    pub(crate) fn idle<'a>(&'a self, findings: &'a [Finding]) -> impl Iterator<Item = String> + 'a {
        // What is asked for only sometimes is not said to be idle.
        let is_asked = |allow: &&Allow| lint::rule(&allow.code).is_some_and(|rule| !rule.is_pedantic());
        let idle =
            self.allow.iter().filter(is_asked).filter(|allow| !findings.iter().any(|finding| allow.is_for(finding)));
        idle.map(|allow| format!("`{}` allows {}, which is not found", self.path.display(), allow.code))
    }
}

impl Allow {
    fn is_for(&self, finding: &Finding) -> bool {
        let same_file = |file: &String| finding.place.as_ref().is_some_and(|place| place.file == *file);
        self.code == finding.code && self.file.as_ref().is_none_or(same_file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_allowed_is_an_error() {
        let parse = |text: &str| Allowed::parse(Path::new("x"), text).map_err(|error| format!("{error:#}"));
        assert!(parse("[[allow]]\ncode = 'PACK102'\nreason = 'as upstream'\nfile = 'pack.json'\n").is_ok());
        for (text, part) in [
            ("[[allow]]\ncode = 'PACK102'\n", "reason"),
            ("[[allow]]\ncode = 'PACK102'\nreason = ' '\n", "without a reason"),
            ("[[allow]]\ncode = 'PACK999'\nreason = 'x'\n", "no finding `PACK999`"),
            ("[[allow]]\ncode = 'PACK007'\nreason = 'x'\n", "is an error"),
            ("allowed = []\n", "unknown field"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
