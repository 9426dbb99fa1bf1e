//! From a file to a profile. Whatever is missing here is said at once, and then nothing is made.

use super::export::described;
use super::matching::{Found, Origin};
use super::{FileManifest, FilePack, FileRegistry, MASK, Missing, ProfileFile};
use crate::model::{Kind, ManifestInput, NewProfile, PackInput, PackType};
use crate::service::MANAGE;
use crate::{Error, Profiles, Result, Scope, Variable};
use packyard_access::Caller;
use packyard_pack::macros;
use std::collections::BTreeSet;

/// Version of a file that says none.
const FIRST_VERSION: &str = "1.0.0";
const EVERY_CLOUD: &str = "all";

impl Profiles {
    /// Makes the profile of a file and returns its uid.
    pub async fn import(&self, caller: &Caller, file: ProfileFile, scope: Scope, publish: bool) -> Result<String> {
        // Before anything is said of what the scope has.
        self.may_in(caller, MANAGE, &scope).await?;
        let found = self.find_packs(caller, &file).await?;
        let mut missing = Vec::new();
        let mut packs = Vec::with_capacity(file.spec.template.packs.len());
        for pack in &file.spec.template.packs {
            let layer = layer(pack, &found);
            missing.extend(layer.absent);
            packs.push(PackInput { pack_type: layer.pack_type?, ..layer.input });
        }
        let known = self.macros().visible_names(scope.project_uid()).await?;
        let undefined = file.spec.template.packs.iter().flat_map(|pack| undefined_macros(pack, &known));
        missing.extend(undefined.collect::<BTreeSet<String>>().into_iter().map(missing_macro));
        if !missing.is_empty() {
            return Err(Error::ImportIncomplete(missing));
        }
        let kind = kind_of(&file)?;
        self.create(caller, new_profile(file, kind, packs, scope, publish)).await
    }

    /// The file with the registries that have each of its packs, for a client that lets somebody choose.
    pub async fn match_registries(&self, caller: &Caller, mut file: ProfileFile) -> Result<ProfileFile> {
        let found = self.find_packs(caller, &file).await?;
        for pack in &mut file.spec.template.packs {
            let matching = matching(&found, pack);
            let registry = pack.registry.get_or_insert_with(FileRegistry::default);
            registry.matching_registries = matching;
        }
        Ok(file)
    }
}

pub(super) fn matching(found: &Found, pack: &FilePack) -> Vec<super::FileRegistryMetadata> {
    let uids: BTreeSet<&str> = found.rows(pack).map(|row| row.registry_uid.as_str()).collect();
    uids.into_iter().filter_map(|uid| found.registries.get(uid)).map(described).collect()
}

/// A pack of a file as far as it is understood here.
pub(super) struct Layer {
    /// Without the type.
    pub(super) input: PackInput,
    pub(super) pack_type: Result<Option<PackType>>,
    pub(super) absent: Option<Missing>,
}

pub(super) fn layer(pack: &FilePack, found: &Found) -> Layer {
    let (uid, registry_uid, absent) = match found.origin(pack) {
        Ok(Origin::Profile) => (String::new(), String::new(), None),
        Ok(Origin::Catalogue(row)) => (row.uid.clone(), row.registry_uid.clone(), None),
        Ok(Origin::Kept(registry)) => (String::new(), registry.uid.clone(), None),
        Err(absent) => (String::new(), String::new(), Some(absent)),
    };
    let pack_type = match pack.pack_type.as_str() {
        "" => Ok(None),
        word => {
            word.parse().map(Some).map_err(|why| Error::invalid("packs", format!("type of pack {}: {why}", pack.name)))
        }
    };
    let manifest = |manifest: &FileManifest| ManifestInput {
        uid: String::new(),
        name: manifest.name.clone(),
        content: manifest.content.clone(),
    };
    let input = PackInput {
        name: pack.name.clone(),
        uid,
        registry_uid,
        tag: if pack.tag.is_empty() { pack.version.clone() } else { pack.tag.clone() },
        pack_type: None,
        layer: Some(pack.layer.clone()).filter(|layer| !layer.is_empty()),
        values: pack.values.clone(),
        manifests: pack.manifests.iter().map(manifest).collect(),
    };
    Layer { input, pack_type, absent }
}

pub(super) fn kind_of(file: &ProfileFile) -> Result<Kind> {
    match file.spec.template.kind.as_str() {
        "" => Ok(Kind::Cluster),
        word => word.parse().map_err(|why| Error::invalid("type", format!("spec.template.type: {why}"))),
    }
}

pub(super) fn new_profile(
    file: ProfileFile,
    kind: Kind,
    packs: Vec<PackInput>,
    scope: Scope,
    publish: bool,
) -> NewProfile {
    let template = file.spec.template;
    let cloud = if template.cloud_type.is_empty() && kind == Kind::AddOn {
        EVERY_CLOUD.to_owned()
    } else {
        template.cloud_type
    };
    NewProfile {
        scope,
        name: file.metadata.name,
        version: if file.spec.version.is_empty() { FIRST_VERSION.to_owned() } else { file.spec.version },
        description: file.metadata.description,
        labels: file.metadata.labels,
        annotations: crate::Labels::new(),
        kind,
        cloud,
        packs,
        variables: file.spec.variables.into_iter().map(without_mask).collect(),
        publish,
    }
}

/// A mask is no value: the secret has to be given again.
fn without_mask(mut variable: Variable) -> Variable {
    if variable.is_sensitive && variable.default_value == MASK {
        variable.default_value.clear();
    }
    variable
}

/// Macros of the project or the tenant that a pack uses and that are not there.
pub(super) fn undefined_macros(pack: &FilePack, known: &BTreeSet<String>) -> BTreeSet<String> {
    let texts = std::iter::once(&pack.values).chain(pack.manifests.iter().map(|manifest| &manifest.content));
    let used = texts.flat_map(|text| macros::find(text).macros).filter(|one| !one.in_comment);
    let of_user = used.flat_map(|one| one.references).filter(|reference| reference.scope == macros::Scope::Macro);
    of_user.map(|reference| reference.path).filter(|name| !known.contains(name)).collect()
}

pub(super) fn missing_macro(name: String) -> Missing {
    Missing {
        what: format!("macro {name}"),
        hint: "values use it: add it to the macros of the project or the tenant first".to_owned(),
    }
}
