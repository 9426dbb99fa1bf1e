//! From a file to a profile. Whatever is missing here is said at once, and then nothing is made.

use super::export::described;
use super::matching::{Found, Origin};
use super::{FilePack, FileRegistry, MASK, Missing, ProfileFile};
use crate::model::{Kind, ManifestInput, NewProfile, PackInput};
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
        let found = self.find_packs(caller, &file).await?;
        let mut missing = Vec::new();
        let mut packs = Vec::with_capacity(file.spec.template.packs.len());
        for pack in &file.spec.template.packs {
            match found.origin(pack) {
                Ok(origin) => packs.push(input(pack, &origin)?),
                Err(absent) => missing.push(absent),
            }
        }
        let known = self.macros().visible_names(scope.project_uid()).await?;
        missing.extend(undefined_macros(&file, &known));
        if !missing.is_empty() {
            return Err(Error::ImportIncomplete(missing));
        }
        self.create(caller, new_profile(file, packs, scope, publish)?).await
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

fn matching(found: &Found, pack: &FilePack) -> Vec<super::FileRegistryMetadata> {
    let uids: BTreeSet<&str> = found.rows(pack).map(|row| row.registry_uid.as_str()).collect();
    uids.into_iter().filter_map(|uid| found.registries.get(uid)).map(described).collect()
}

fn input(pack: &FilePack, origin: &Origin<'_>) -> Result<PackInput> {
    let pack_type = match pack.pack_type.as_str() {
        "" => None,
        word => {
            Some(word.parse().map_err(|why| Error::invalid("packs", format!("type of pack {}: {why}", pack.name)))?)
        }
    };
    let (uid, registry_uid) = match origin {
        Origin::Profile => (String::new(), String::new()),
        Origin::Catalogue(row) => (row.uid.clone(), row.registry_uid.clone()),
        Origin::Kept(registry) => (String::new(), registry.uid.clone()),
    };
    let manifests = pack.manifests.iter();
    Ok(PackInput {
        name: pack.name.clone(),
        uid,
        registry_uid,
        tag: if pack.tag.is_empty() { pack.version.clone() } else { pack.tag.clone() },
        pack_type,
        layer: Some(pack.layer.clone()).filter(|layer| !layer.is_empty()),
        values: pack.values.clone(),
        manifests: manifests
            .map(|manifest| ManifestInput {
                uid: String::new(),
                name: manifest.name.clone(),
                content: manifest.content.clone(),
            })
            .collect(),
    })
}

fn new_profile(file: ProfileFile, packs: Vec<PackInput>, scope: Scope, publish: bool) -> Result<NewProfile> {
    let template = file.spec.template;
    let kind = match template.kind.as_str() {
        "" => Kind::Cluster,
        word => word.parse().map_err(|why| Error::invalid("type", format!("spec.template.type: {why}")))?,
    };
    let cloud = if template.cloud_type.is_empty() && kind == Kind::AddOn {
        EVERY_CLOUD.to_owned()
    } else {
        template.cloud_type
    };
    Ok(NewProfile {
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
    })
}

/// A mask is no value: the secret has to be given again.
fn without_mask(mut variable: Variable) -> Variable {
    if variable.is_sensitive && variable.default_value == MASK {
        variable.default_value.clear();
    }
    variable
}

fn undefined_macros(file: &ProfileFile, known: &BTreeSet<String>) -> Vec<Missing> {
    let packs = &file.spec.template.packs;
    let texts = packs
        .iter()
        .flat_map(|pack| std::iter::once(&pack.values).chain(pack.manifests.iter().map(|manifest| &manifest.content)));
    let used: BTreeSet<String> = texts
        .flat_map(|text| macros::find(text).macros)
        .filter(|one| !one.in_comment)
        .flat_map(|one| one.references)
        .filter(|reference| reference.scope == macros::Scope::Macro)
        .map(|reference| reference.path)
        .collect();
    let absent = used.into_iter().filter(|name| !known.contains(name));
    absent
        .map(|name| Missing {
            what: format!("macro {name}"),
            hint: "values use it: add it to the macros of the project or the tenant first".to_owned(),
        })
        .collect()
}
