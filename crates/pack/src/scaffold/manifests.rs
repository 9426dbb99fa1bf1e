//! Kubernetes manifests as the source of a pack. They may be templates of values, so only what is plainly wrong is refused.

use crate::images;
use crate::limits::ReadLimits;
use crate::shown::shown;
use crate::yaml;

/// Manifests under the names they get in the pack.
#[derive(Debug)]
pub struct ManifestSource {
    /// What they are called together: the folder, or the one file.
    pub name: String,
    files: Vec<Manifest>,
    limits: ReadLimits,
    bytes: u64,
}

#[derive(Debug)]
pub(super) struct Manifest {
    /// `app.yaml`; the part before the dot is the key of its values.
    pub(super) file_name: String,
    pub(super) text: String,
}

#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error("`{}` is not UTF-8 text", shown(.0))]
    NotText(String),
    #[error("`{}` is not YAML: {error}", shown(.path))]
    NotYaml { path: String, error: yaml::Error },
    #[error("`{}` has {bytes} bytes, more than the {limit} of a manifest (limit pack.manifest_bytes)", shown(.path))]
    TooLarge { path: String, bytes: u64, limit: u64 },
    #[error("the manifests have more than {0} bytes together (limit pack.kept_bytes)")]
    TooMany(u64),
    #[error("`{}` and another manifest would both have their values under `{}`; rename one", shown(.path), shown(.key))]
    SameKey { path: String, key: String },
    #[error("`{}` is not a name for a manifest: use letters, digits, `.`, `-` and `_`", shown(.0))]
    Name(String),
}

impl Manifest {
    pub(super) fn key(&self) -> &str {
        stem(&self.file_name)
    }
}

impl ManifestSource {
    pub fn new(name: &str, limits: &ReadLimits) -> Self {
        Self { name: name.to_owned(), files: Vec::new(), limits: *limits, bytes: 0 }
    }

    /// Whether a file of this name is a manifest: YAML or JSON, but no file of a tool that makes manifests.
    pub fn is_manifest(name: &str) -> bool {
        let name = name.to_lowercase();
        let known = [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end));
        known && !name.starts_with('.') && !matches!(stem(&name), "kustomization" | "skaffold")
    }

    /// Takes one; `path` is relative to where they come from. Those of folders get the folder into their name, since a pack
    /// keeps all in one.
    pub fn add(&mut self, path: &str, content: Vec<u8>) -> Result<(), ManifestError> {
        let bytes = content.len() as u64;
        if bytes > self.limits.manifest_bytes {
            return Err(ManifestError::TooLarge { path: path.to_owned(), bytes, limit: self.limits.manifest_bytes });
        }
        self.bytes += bytes;
        if self.bytes > self.limits.kept_bytes {
            return Err(ManifestError::TooMany(self.limits.kept_bytes));
        }
        let text = String::from_utf8(content).map_err(|_| ManifestError::NotText(path.to_owned()))?;
        // A template may be YAML only once its values are in it.
        if let (Err(error), false) = (yaml::parse(&text), text.contains("{{")) {
            return Err(ManifestError::NotYaml { path: path.to_owned(), error });
        }
        let file_name = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect::<Vec<_>>().join("-");
        let usable = file_name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && file_name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
        if !usable {
            return Err(ManifestError::Name(path.to_owned()));
        }
        let manifest = Manifest { file_name, text };
        if self.files.iter().any(|other| other.key().eq_ignore_ascii_case(manifest.key())) {
            return Err(ManifestError::SameKey { path: path.to_owned(), key: manifest.key().to_owned() });
        }
        self.files.push(manifest);
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    pub(super) fn files(&self) -> &[Manifest] {
        &self.files
    }

    /// The images that they write out, each once.
    pub(super) fn images(&self) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for (image, _) in self.files.iter().flat_map(|manifest| images::of_manifest(&manifest.text)) {
            if !out.contains(&image) {
                out.push(image);
            }
        }
        out
    }
}

fn stem(file_name: &str) -> &str {
    file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem)
}
