//! Small packs for tests, sound unless a test makes them odd.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A 1x1 PNG.
pub const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8,
    6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 0x0d, b'I', b'D', b'A', b'T', 0x78, 0x9c, 0x63, 0x60, 0x60, 0x60,
    0xf8, 0x0f, 0, 1, 4, 1, 0, 0x5f, 0xe5, 0xc3, 0x4b, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];

/// Builds the folder of a pack. [`PackBuilder::new`] gives one that no check complains of; the other methods change it.
#[derive(Debug, Clone)]
pub struct PackBuilder {
    metadata: Map<String, Value>,
    files: BTreeMap<String, Vec<u8>>,
}

/// A pack's folder, removed when dropped.
pub struct PackFolder {
    _parent: tempfile::TempDir,
    path: PathBuf,
}

impl PackBuilder {
    /// An add-on with one manifest, README, logo and values.
    pub fn new(name: &str, version: &str) -> Self {
        let metadata = json!({
            "name": name,
            "displayName": name,
            "version": version,
            "layer": "addon",
            "addonType": "app services",
            "cloudTypes": ["all"],
            "annotations": {"source": "community"},
            "kubeManifests": ["manifests/app.yaml"],
        });
        let Value::Object(metadata) = metadata else { unreachable!("an object was written above") };
        let values = format!(
            "pack:\n  namespace: \"{name}\"\n  content:\n    images:\n      - image: example.org/{name}:{version}\nmanifests:\n  app:\n    replicas: 1\n"
        );
        let builder = Self { metadata, files: BTreeMap::new() };
        builder
            .values(&values)
            .file("README.md", format!("# {name}\n"))
            .file("logo.png", PNG)
            .file("manifests/app.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app\n")
    }

    /// Sets a field of pack.json.
    #[must_use]
    pub fn set(mut self, field: &str, value: Value) -> Self {
        self.metadata.insert(field.to_owned(), value);
        self
    }

    #[must_use]
    pub fn unset(mut self, field: &str) -> Self {
        self.metadata.shift_remove(field);
        self
    }

    #[must_use]
    pub fn values(self, text: &str) -> Self {
        self.file("values.yaml", text)
    }

    #[must_use]
    pub fn file(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.files.insert(path.to_owned(), content.as_ref().to_vec());
        self
    }

    #[must_use]
    pub fn without(mut self, path: &str) -> Self {
        self.files.remove(path);
        self
    }

    /// Adds and declares the archive of a chart, `charts/<name>-<version>.tgz`.
    #[must_use]
    pub fn chart(self, name: &str, version: &str) -> Self {
        let path = format!("charts/{name}-{version}.tgz");
        let mut charts = self.metadata.get("charts").and_then(Value::as_array).cloned().unwrap_or_default();
        charts.push(json!(path));
        self.set("charts", Value::Array(charts)).file(&path, chart_archive(name, version))
    }

    /// Writes the files into `folder`, which is made.
    pub fn write_to(&self, folder: &Path) {
        let metadata = serde_json::to_vec_pretty(&self.metadata).expect("JSON can be written");
        let own = self.files.get("pack.json").cloned().unwrap_or(metadata);
        let all = self.files.iter().map(|(path, content)| (path.as_str(), content));
        for (path, content) in all.chain([("pack.json", &own)]) {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder can be made");
            std::fs::write(path, content).expect("a file can be written");
        }
    }

    /// The folder, in a temporary place of its own.
    pub fn folder(&self) -> PackFolder {
        let parent = tempfile::tempdir().expect("a temporary folder can be made");
        let name = self.metadata.get("name").and_then(Value::as_str).unwrap_or("pack");
        let path = parent.path().join(name);
        self.write_to(&path);
        PackFolder { _parent: parent, path }
    }

    /// The archive as this project makes it.
    pub fn archive(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let options = packyard_pack::WriteOptions { top_folder: Some("pack".to_owned()), ..Default::default() };
        packyard_pack::archive::write(self.folder().path(), &mut out, &options).expect("the pack can be archived");
        out
    }

    /// The archive as the guide makes it: `tar -czf` of the folder.
    pub fn gnu_tar(&self) -> Vec<u8> {
        gnu_tar(self.folder().path())
    }
}

impl PackFolder {
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// `tar -czf - FOLDER` in the folder's parent.
pub fn gnu_tar(folder: &Path) -> Vec<u8> {
    let parent = folder.parent().expect("the folder has a parent");
    let name = folder.file_name().expect("the folder has a name");
    let output =
        Command::new("tar").arg("-czf").arg("-").arg(name).current_dir(parent).output().expect("GNU tar is installed");
    assert!(output.status.success(), "tar: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn chart_archive(name: &str, version: &str) -> Vec<u8> {
    let parent = tempfile::tempdir().expect("a temporary folder can be made");
    let folder = parent.path().join(name);
    std::fs::create_dir_all(folder.join("templates")).expect("a folder can be made");
    let chart = format!("apiVersion: v2\nname: {name}\nversion: {version}\nappVersion: \"1\"\n");
    std::fs::write(folder.join("Chart.yaml"), chart).expect("a file can be written");
    std::fs::write(folder.join("values.yaml"), "replicas: 1\n").expect("a file can be written");
    gnu_tar(&folder)
}

/// The folders of real packs beside this workspace, `../shared/packs`, or where `PACKYARD_TEST_PACKS` says. None where they
/// are absent; tests that need them then say so and end.
pub fn real_packs() -> Option<Vec<PathBuf>> {
    let place = match std::env::var_os("PACKYARD_TEST_PACKS") {
        Some(place) => PathBuf::from(place),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/packs"),
    };
    let entries = std::fs::read_dir(place).ok()?;
    let mut folders: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.join("pack.json").is_file()).collect();
    folders.sort();
    (!folders.is_empty()).then_some(folders)
}
