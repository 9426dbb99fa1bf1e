//! A pack in memory: what was worth keeping of its folder or archive.

use crate::chart::Chart;
use crate::contents::FileEntry;
use crate::lint::Finding;
use crate::logo::Logo;
use crate::metadata::{self, Metadata};
use crate::presets::{self, Preset};
use crate::schema::{self, SchemaEntry};
use crate::values::{self, Values};
use crate::yaml;
use std::fmt;

/// A pack, from a folder or an archive. That it could be loaded says that it has an identity; whether it is sound says
/// [`crate::lint::check`].
#[derive(Debug, Clone)]
pub struct Pack {
    pub metadata: Metadata,
    /// values.yaml as it is, byte for byte; empty where the file is empty or missing.
    pub values: String,
    pub readme: Option<String>,
    pub logo: Option<Logo>,
    pub schema: Vec<SchemaEntry>,
    pub presets: Vec<Preset>,
    /// Declared charts in declared order, then those that lie there undeclared.
    pub charts: Vec<Chart>,
    /// Declared manifests in declared order, then those that lie there undeclared.
    pub manifests: Vec<ManifestFile>,
    /// Every file, sorted by path.
    pub files: Vec<FileEntry>,
    /// Files that were seen but whose content is not here, and why.
    pub unread: Vec<Unread>,
    pub(crate) schema_text: Option<String>,
    pub(crate) presets_text: Option<String>,
    /// What was noticed while reading; [`crate::lint::check`] starts from it.
    pub(crate) noticed: Vec<Finding>,
}

/// One file below `manifests/`, or declared in `kubeManifests`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestFile {
    pub path: String,
    pub text: String,
    pub declared: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    pub path: String,
    pub reason: UnreadReason,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnreadReason {
    TooLarge {
        limit: u64,
    },
    NotUtf8,
    /// A chart archive that cannot be read.
    BadChart(String),
    /// A link inside the pack; links are not followed.
    Link {
        target: String,
    },
}

impl fmt::Display for UnreadReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { limit } => write!(f, "is larger than the {limit} bytes that are kept"),
            Self::NotUtf8 => f.write_str("is not UTF-8 text"),
            Self::BadChart(problem) => write!(f, "is no readable chart: {problem}"),
            Self::Link { target } => {
                write!(f, "is a link to `{}`; links are not followed", crate::shown::shown(target))
            }
        }
    }
}

impl Pack {
    /// The parsed view of values.yaml.
    pub fn parsed_values(&self) -> Result<Values, yaml::Error> {
        Values::parse(&self.values)
    }

    pub fn has_file(&self, path: &str) -> bool {
        self.files.binary_search_by(|file| file.path.as_str().cmp(path)).is_ok()
    }

    /// The text that a finding's place speaks of, for showing its lines.
    pub fn text_of(&self, file: &str) -> Option<&str> {
        match file {
            metadata::FILE => Some(&self.metadata.text),
            values::FILE => Some(&self.values),
            schema::FILE => self.schema_text.as_deref(),
            presets::FILE => self.presets_text.as_deref(),
            _ => self.manifests.iter().find(|m| m.path == file).map(|m| m.text.as_str()),
        }
    }
}
