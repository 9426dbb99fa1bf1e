//! From packs as a caller gives them to a template: what is absent is filled in, what was given stays as it is.

use crate::model::{Kind, Manifest, ManifestInput, PackInput, PackRef, PackType, Template};
use crate::{Error, Result, uids};
use packyard_catalog::PackRow;
use packyard_store::new_uid;

const ADDON: &str = "addon";
const LAYERS: [&str; 6] = ["kernel", "os", "k8s", "cni", "csi", ADDON];

/// The pack's own name: a pack that stands twice in a profile is called `<any>--<pack>`.
pub fn pack_name(name: &str) -> &str {
    name.rsplit_once("--").map_or(name, |(_, own)| own)
}

/// `facts` has what the catalogue knows of each pack, in the same order.
pub(crate) fn template(
    packs: Vec<PackInput>,
    facts: &[Option<PackRow>],
    before: &Template,
    kind: Kind,
) -> Result<Template> {
    let packs = packs.into_iter().zip(facts).map(|(input, row)| {
        let pack = pack(input, row.as_ref(), before);
        allowed(&pack, kind).map(|()| pack)
    });
    let mut packs = packs.collect::<Result<Vec<_>>>()?;
    uids::made_unique(&mut packs, before);
    Ok(Template { packs })
}

/// Whether a profile of this kind may hold the pack.
pub(crate) fn allowed(pack: &PackRef, kind: Kind) -> Result<()> {
    let PackRef { name, layer, .. } = pack;
    if name.trim().is_empty() {
        return Err(Error::invalid("packs", "a pack of the profile has no name"));
    }
    if !LAYERS.contains(&layer.as_str()) {
        return Err(Error::invalid(
            "packs",
            format!("pack {name} has the layer `{layer}`, which is none of {}", LAYERS.join(", ")),
        ));
    }
    if kind == Kind::AddOn && layer != ADDON {
        return Err(Error::invalid(
            "packs",
            format!(
                "pack {name} is of layer {layer}, which belongs to infrastructure profiles; an add-on profile takes addon packs"
            ),
        ));
    }
    Ok(())
}

/// The pack as a profile that was `before` would hold it.
pub(crate) fn pack(input: PackInput, row: Option<&PackRow>, before: &Template) -> PackRef {
    let pack_type = input.pack_type.unwrap_or(PackType::Spectro);
    let layer = input.layer.or_else(|| row.map(|row| row.layer.clone())).unwrap_or_else(|| ADDON.to_owned());
    let pack_uid = match pack_type {
        PackType::Manifest if input.uid.is_empty() => {
            let known = before.packs.iter().find(|old| old.pack_type == PackType::Manifest && old.name == input.name);
            known.map_or_else(new_uid, |old| old.pack_uid.clone())
        }
        _ if input.uid.is_empty() => row.map(|row| row.uid.clone()).unwrap_or_default(),
        _ => input.uid,
    };
    let manifests = input.manifests.into_iter().map(|given| manifest(given, before)).collect();
    PackRef {
        name: input.name,
        pack_uid,
        registry_uid: input.registry_uid,
        tag: input.tag,
        pack_type,
        layer,
        values: input.values,
        manifests,
        version: row.map(|row| row.version.clone()).unwrap_or_default(),
        digest: row.map(|row| row.digest.clone()).unwrap_or_default(),
    }
}

/// A uid that the profile knows stays; every other one is new.
fn manifest(given: ManifestInput, before: &Template) -> Manifest {
    let mut known = before.packs.iter().flat_map(|pack| &pack.manifests);
    let uid = if known.any(|old| old.uid == given.uid) { given.uid } else { new_uid() };
    Manifest { uid, name: given.name, content: given.content }
}
