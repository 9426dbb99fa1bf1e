//! Everything that makes an archive unreadable. Each variant names the entry and what it tried.

use crate::lint::{Finding, rules};
use crate::shown::shown;
use std::fmt;
use std::io;

#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("the archive cannot be read: {0}")]
    Io(#[source] io::Error),
    #[error("this is no tar archive, neither plain nor with gzip or zstd: {0}")]
    NotAnArchive(String),
    #[error("the archive is damaged: {0}")]
    Damaged(String),
    #[error("the archive ends too early: {0}")]
    Truncated(&'static str),
    #[error("the archive is over the limit pack.{limit} = {value}: {what}")]
    Limit { limit: &'static str, value: u64, what: String },
    #[error("entry `{}` has an absolute path", shown(.0))]
    AbsolutePath(String),
    #[error("entry `{}` leads out of the folder with `..`", shown(.0))]
    ParentPath(String),
    #[error("entry `{}` has a name that {reason}", shown(.path))]
    BadName { path: String, reason: &'static str },
    #[error("entry `{}` is a {link} to `{}`, which is outside of the folder", shown(.path), shown(.target))]
    LinkOutside { path: String, link: Link, target: String },
    #[error("entry `{}` is a hard link to `{}`, which is no file before it", shown(.path), shown(.target))]
    HardLinkToNothing { path: String, target: String },
    #[error("entry `{}` lies below `{}`, which is not a folder", shown(.path), shown(.below))]
    BelowNoFolder { path: String, below: String },
    #[error("entry `{}` is a {kind}; a pack holds files and folders only", shown(.path))]
    SpecialFile { path: String, kind: &'static str },
    #[error("entry `{}` is a sparse file; make the archive without --sparse", shown(.0))]
    Sparse(String),
    #[error("entry `{}` is there twice", shown(.0))]
    Duplicate(String),
    #[error("entries `{}` and `{}` differ only in case, and cannot both be unpacked everywhere", shown(.first), shown(.second))]
    CaseCollision { first: String, second: String },
    #[error("entry `{}` says two sizes: {header} in its header, {extended} in its extended header", shown(.path))]
    SizeMismatch { path: String, header: u64, extended: u64 },
    #[error("there is data after the end of the archive")]
    TrailingData,
    #[error("there is no pack.json{}", near_miss(.found))]
    NoPackJson { found: Option<String> },
    #[error("there are several packs: `{}` and `{}`", shown(.first), shown(.second))]
    SeveralPacks { first: String, second: String },
    /// The files could be read, but they make no pack with an identity.
    #[error("{}", first_error(.0))]
    Invalid(Vec<Finding>),
}

/// How an archive is made does not matter for a name that is wrong in the folder already.
pub(crate) const RENAME: &str = "Rename the file; letters, digits, `.`, `-` and `_` are safe everywhere.";

/// The two kinds of link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    Symbolic,
    Hard,
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Symbolic => "symbolic link",
            Self::Hard => "hard link",
        })
    }
}

fn near_miss(found: &Option<String>) -> String {
    match found {
        Some(path) => format!(" in the archive's root or its top folder; there is `{}`", shown(path)),
        None => String::new(),
    }
}

pub(crate) fn first_error(findings: &[Finding]) -> String {
    let errors: Vec<_> = findings.iter().filter(|f| f.severity == crate::Severity::Error).collect();
    match errors.as_slice() {
        [] => "the pack is not valid".to_owned(),
        [one] => one.message.clone(),
        [first, rest @ ..] => format!("{} (and {} more)", first.message, rest.len()),
    }
}

impl ArchiveError {
    /// Advice that knows more than the rule's.
    fn better_hint(&self) -> Option<&'static str> {
        matches!(self, Self::BadName { .. }).then_some(RENAME)
    }

    /// The same as findings, so that one list can hold all that is wrong with a pack.
    pub fn findings(&self) -> Vec<Finding> {
        let rule = match self {
            Self::Invalid(findings) => return findings.clone(),
            Self::NoPackJson { .. } => &rules::NO_PACK_JSON,
            Self::SeveralPacks { .. } => &rules::SEVERAL_PACKS,
            Self::Limit { .. } => &rules::OVER_LIMIT,
            Self::AbsolutePath(_) | Self::ParentPath(_) | Self::BadName { .. } => &rules::UNSAFE_PATH,
            Self::LinkOutside { .. } | Self::HardLinkToNothing { .. } | Self::BelowNoFolder { .. } => {
                &rules::UNSAFE_LINK
            }
            Self::SpecialFile { .. } | Self::Sparse(_) => &rules::SPECIAL_FILE,
            Self::Duplicate(_) | Self::CaseCollision { .. } => &rules::COLLIDING_PATHS,
            Self::Io(_)
            | Self::NotAnArchive(_)
            | Self::Damaged(_)
            | Self::Truncated(_)
            | Self::SizeMismatch { .. }
            | Self::TrailingData => &rules::BAD_ARCHIVE,
        };
        let finding = Finding::new(rule, self.to_string());
        vec![match self.better_hint() {
            Some(hint) => finding.hint(hint),
            None => finding,
        }]
    }
}
