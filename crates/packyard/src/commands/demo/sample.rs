//! The sample pack, part of the binary, written to a folder so that it is published like anybody's.

use std::path::{Path, PathBuf};

const FILES: [(&str, &[u8]); 7] = [
    ("pack.json", include_bytes!("../../../sample-pack/pack.json")),
    ("values.yaml", include_bytes!("../../../sample-pack/values.yaml")),
    ("README.md", include_bytes!("../../../sample-pack/README.md")),
    ("logo.png", include_bytes!("../../../sample-pack/logo.png")),
    ("presets.yaml", include_bytes!("../../../sample-pack/presets.yaml")),
    ("schema.yaml", include_bytes!("../../../sample-pack/schema.yaml")),
    ("manifests/harbour-lights.yaml", include_bytes!("../../../sample-pack/manifests/harbour-lights.yaml")),
];

/// Writes the pack below `parent` and gives its folder.
pub(super) fn write(parent: &Path) -> std::io::Result<PathBuf> {
    let folder = parent.join("sample-pack");
    for (name, content) in FILES {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(&folder))?;
        std::fs::write(path, content)?;
    }
    Ok(folder)
}
