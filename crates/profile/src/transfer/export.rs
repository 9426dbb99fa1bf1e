//! From a profile to a file.

use super::{FileManifest, FileMetadata, FilePack, FileRegistry, FileRegistryMetadata, FileSpec, FileTemplate};
use super::{MASK, ProfileFile, terraform};
use crate::{InputType, PackRef, Profile, Profiles, Result, Variable};
use packyard_access::Caller;
use packyard_catalog::Registry;
use std::collections::HashMap;

impl Profiles {
    /// What an editor shows of a profile, as a file. Secrets are masked.
    pub async fn export(&self, caller: &Caller, uid: &str) -> Result<ProfileFile> {
        let profile = self.get(caller, uid).await?;
        let registries = self.known_registries(caller).await?;
        Ok(file(&profile, &registries))
    }

    /// The same as a resource of the Terraform provider.
    pub async fn export_terraform(&self, caller: &Caller, uid: &str) -> Result<String> {
        let profile = self.get(caller, uid).await?;
        Ok(terraform::resource(&profile))
    }
}

fn file(profile: &Profile, registries: &HashMap<String, Registry>) -> ProfileFile {
    let packs = profile.current().packs.iter().map(|pack| of_pack(pack, registries.get(&pack.registry_uid)));
    ProfileFile {
        metadata: FileMetadata {
            name: profile.name.clone(),
            description: profile.description.clone(),
            labels: profile.labels.clone(),
        },
        spec: FileSpec {
            version: profile.version.clone(),
            template: FileTemplate {
                kind: profile.kind.as_str().to_owned(),
                cloud_type: profile.cloud.clone(),
                packs: packs.collect(),
            },
            variables: profile.variables.iter().map(without_secret).collect(),
        },
    }
}

fn of_pack(pack: &PackRef, registry: Option<&Registry>) -> FilePack {
    let manifests = pack.manifests.iter();
    FilePack {
        name: pack.name.clone(),
        pack_type: pack.pack_type.as_str().to_owned(),
        layer: pack.layer.clone(),
        version: if pack.version.is_empty() { pack.tag.clone() } else { pack.version.clone() },
        tag: pack.tag.clone(),
        values: pack.values.clone(),
        manifests: manifests
            .map(|manifest| FileManifest { name: manifest.name.clone(), content: manifest.content.clone() })
            .collect(),
        registry: registry
            .map(|registry| FileRegistry { metadata: described(registry), matching_registries: Vec::new() }),
    }
}

pub(super) fn described(registry: &Registry) -> FileRegistryMetadata {
    let kind = registry.spec.kind;
    FileRegistryMetadata {
        uid: registry.uid.clone(),
        name: registry.name.clone(),
        kind: if kind.is_oci() { "oci" } else { kind.as_str() }.to_owned(),
        is_private: registry.spec.is_private,
        is_sync_supported: registry.sync.is_sync_supported,
        provider_type: registry.spec.provider_type.clone(),
    }
}

/// Who reads the file need not be who may read the profile. One of the options is the secret, so they are left out too, and
/// what has none is no dropdown.
pub(super) fn without_secret(variable: &Variable) -> Variable {
    let mut shown = variable.clone();
    if !shown.is_sensitive {
        return shown;
    }
    if !shown.default_value.is_empty() || !shown.options.is_empty() {
        MASK.clone_into(&mut shown.default_value);
    }
    shown.options.clear();
    shown.input_type = shown.input_type.filter(|input| *input != InputType::Dropdown);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_options_of_a_masked_dropdown_are_in_no_file() {
        let options = json!([{ "value": "s3cret-a", "default": true }, { "value": "s3cret-b" }]);
        let variable = json!({ "name": "token", "isSensitive": true, "inputType": "dropdown", "options": options });
        let variable: Variable = serde_json::from_value(variable).unwrap();
        let shown = without_secret(&variable);
        assert_eq!((shown.default_value.as_str(), shown.input_type), (MASK, None));
        assert!(shown.options.is_empty() && shown.problems().is_empty(), "{:?}", shown.problems());
        let open = Variable { is_sensitive: false, ..variable };
        assert_eq!(without_secret(&open), open);
    }
}
