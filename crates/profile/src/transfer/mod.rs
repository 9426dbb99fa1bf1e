//! Profiles as files: what leaves one installation and comes into another. The form is Palette's own.

mod export;
mod import;
mod matching;
mod plan;
mod terraform;
mod yaml;

pub use matching::Missing;
pub use plan::ImportPlan;

use crate::{Error, Labels, Result, Variable, plain_json};
use serde::{Deserialize, Serialize};

/// How a file is written. Read is either, whatever the client says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    Json,
    Yaml,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProfileFile {
    pub metadata: FileMetadata,
    pub spec: FileSpec,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FileMetadata {
    pub name: String,
    pub description: String,
    pub labels: Labels,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FileSpec {
    pub version: String,
    pub template: FileTemplate,
    pub variables: Vec<Variable>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FileTemplate {
    #[serde(rename = "type")]
    pub kind: String,
    pub cloud_type: String,
    pub packs: Vec<FilePack>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FilePack {
    pub name: String,
    #[serde(rename = "type")]
    pub pack_type: String,
    pub layer: String,
    pub version: String,
    pub tag: String,
    pub values: String,
    pub manifests: Vec<FileManifest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry: Option<FileRegistry>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FileManifest {
    pub name: String,
    pub content: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FileRegistry {
    pub metadata: FileRegistryMetadata,
    /// Registries here that have the pack; filled in by [`crate::Profiles::match_registries`].
    pub matching_registries: Vec<FileRegistryMetadata>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FileRegistryMetadata {
    pub uid: String,
    pub name: String,
    /// oci, helm or pack.
    pub kind: String,
    pub is_private: bool,
    pub is_sync_supported: bool,
    pub provider_type: String,
}

/// What stands for a secret in a file.
const MASK: &str = "********";

impl ProfileFile {
    /// What the file is called where it is saved; ASCII that needs no quoting.
    pub fn name(&self, format: FileFormat) -> String {
        let ending = match format {
            FileFormat::Json => "json",
            FileFormat::Yaml => "yaml",
        };
        let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
        let name = format!("{}-{}.{ending}", self.metadata.name, self.spec.version);
        name.chars().map(|letter| if plain(letter) { letter } else { '_' }).collect()
    }

    /// Reads either format: clients call YAML JSON and the other way round.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong =
            |why: String| Error::invalid("importFile", format!("the file is no exported cluster profile: {why}"));
        let value = match plain_json(text.as_bytes()) {
            Ok(value) => value,
            Err(error) if text.trim_start().starts_with('{') => return Err(wrong(error.to_string())),
            Err(_) => yaml::read(text).map_err(wrong)?,
        };
        serde_json::from_value(value).map_err(|error| wrong(error.to_string()))
    }

    pub fn write(&self, format: FileFormat) -> String {
        let value = serde_json::to_value(self).unwrap_or_default();
        match format {
            FileFormat::Json => format!("{value:#}\n"),
            FileFormat::Yaml => yaml::write(&value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> ProfileFile {
        let text = "a: 1\n\n  b: '{{.spectro.var.x}}'\n# note \u{e4}\n\ttab\n\n";
        let pack = FilePack {
            name: "hello".to_owned(),
            pack_type: "oci".to_owned(),
            values: text.to_owned(),
            manifests: vec![
                FileManifest { name: "true".to_owned(), content: "kind: X\r\nb: 2\r\n".to_owned() },
                FileManifest { name: "m2".to_owned(), content: " leading\nno end".to_owned() },
            ],
            registry: Some(FileRegistry::default()),
            ..FilePack::default()
        };
        let variable = serde_json::from_str(r#"{"name":"x","required":true,"defaultValue":"true"}"#).unwrap();
        let mut file = ProfileFile::default();
        file.metadata.name = "1.0".to_owned();
        file.metadata.labels.insert("k".to_owned(), "#no: comment".to_owned());
        file.spec.version = "1.0.0".to_owned();
        file.spec.template.packs = vec![pack];
        file.spec.variables = vec![variable];
        file
    }

    #[test]
    fn both_formats_bring_back_every_byte() {
        for format in [FileFormat::Json, FileFormat::Yaml] {
            let text = sample().write(format);
            assert_eq!(ProfileFile::parse(&text).unwrap(), sample(), "{text}");
        }
        let yaml = sample().write(FileFormat::Yaml);
        assert!(yaml.contains("values: |2+\n") && yaml.contains("    b: '{{.spectro.var.x}}'\n"), "{yaml}");
    }

    #[test]
    fn aliases_make_neither_a_wide_nor_a_deep_file_of_a_small_one() {
        let wide: String = (1..40).map(|n| format!("a{n}: &a{n} [*a{0}, *a{0}]\n", n - 1)).collect();
        let deep: String = (1..20_000).map(|n| format!("a{n}: &a{n} [*a{}]\n", n - 1)).collect();
        for text in [wide, deep] {
            let error = ProfileFile::parse(&format!("a0: &a0 x\n{text}")).unwrap_err().to_string();
            assert!(error.contains("aliases"), "{error}");
        }
    }

    #[test]
    fn what_is_no_file_says_why() {
        let nulls = r#"{"metadata":{"name":"p","labels":null},"spec":{"variables":null,"template":{"packs":null}}}"#;
        assert_eq!(ProfileFile::parse(nulls).unwrap().metadata.name, "p");
        for bad in ["{", "a: [", "- a", "metadata: text", "{\"spec\": {\"version\": 1}}"] {
            let error = ProfileFile::parse(bad).unwrap_err().to_string();
            assert!(error.contains("no exported cluster profile"), "{bad}: {error}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused_with_its_line() {
        let yaml =
            "metadata:\n  name: a\n  labels:\n    x: '1'\n  name: b\nspec:\n  version: 1.0.0\n  version: 2.0.0\n";
        let json = "{\n  \"metadata\": {\n    \"name\": \"a\",\n    \"name\": \"b\"\n  }\n}";
        let documents = "metadata:\n  name: a\n---\nmetadata:\n  name: b\n";
        for (text, says) in [
            (yaml, "`name` at line 5, `version` at line 8"),
            (yaml, "twice in one map"),
            (json, "\"name\" stands twice in one object"),
            (json, "at line 4 "),
            (documents, "a second document begins at line 3"),
            (documents, "a file of its own"),
        ] {
            let error = ProfileFile::parse(text).unwrap_err().to_string();
            assert!(error.contains(says), "{says}: {error}");
        }
        // What begins and ends a document makes no second one.
        let single = "# exported\n---\nmetadata:\n  name: a\n...\n";
        assert_eq!(ProfileFile::parse(single).unwrap().metadata.name, "a");
    }
}
