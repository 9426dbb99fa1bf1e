//! The layers of a profile as a page shows them: what each is, where it comes from, what became of it.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::pages::profiles::editor::Problem;
use crate::pages::profiles::{guard, problem};
use crate::parts::Logo;
use crate::visit::Visit;
use crate::words::counted;
use packyard_catalog::PackRow;
use packyard_pack::LooseVersion;
use packyard_profile::{Draft, PackInput, PackRef, PackType, Profile, Template, rank};

/// Saves layers as the draft of the version that was looked at, or says what a person must mend first.
pub(super) async fn save(
    state: &ConsoleState,
    visit: &Visit,
    profile: &Profile,
    packs: Vec<PackInput>,
) -> Result<Option<Problem>, Failure> {
    let draft = Draft { packs, ..Draft::default() };
    match state.profiles.at(profile.revision).update(visit.caller(), &profile.uid, draft).await {
        Ok(()) => Ok(None),
        Err(error) => problem(error).map(|text| Some(text.into())),
    }
}

/// The layers as they go back to the service, unchanged.
pub(super) fn inputs(profile: &Profile) -> Vec<PackInput> {
    profile.current().packs.iter().map(as_input).collect()
}

pub(super) struct LayerView {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) registry: String,
    /// The layer's word as packs write it; also chooses the colour.
    pub(super) kind: String,
    pub(super) note: String,
    /// A newer version, and where one goes to it.
    pub(super) newer: Option<(String, String)>,
    pub(super) logo: Logo,
    pub(super) address: Option<String>,
    /// The pack's own page, where the catalogue has it.
    pub(super) pack: Option<String>,
    pub(super) is_chosen: bool,
    pub(super) tools: Option<Tools>,
}

/// Buttons to reorder and remove.
pub(super) struct Tools {
    /// Of the layer, wherever it stands: the focus finds a moved layer's button by it.
    pub(super) id: String,
    pub(super) action: String,
    pub(super) csrf: String,
    /// Which layer it is, by its name.
    pub(super) layer: String,
    /// The layer that is open beside the stack, which stays so.
    pub(super) chosen: Option<String>,
    pub(super) is_first: bool,
    pub(super) is_last: bool,
    /// Where a layer of manifests is given another name.
    pub(super) rename: Option<String>,
    /// What is moved among, and what is removed.
    pub(super) order: String,
    pub(super) was: String,
}

/// Gives the layers their buttons, and the way to a newer version where there is one.
pub(super) async fn with_tools(
    state: &ConsoleState,
    visit: &Visit,
    profile: &Profile,
    layers: &mut [LayerView],
    chosen: Option<usize>,
) {
    let uid = &profile.uid;
    let packs = &profile.current().packs;
    let last = layers.len().saturating_sub(1);
    let order = guard::order(packs);
    let asked: Vec<_> = packs.iter().map(|pack| (pack.registry_uid.as_str(), pack.pack_name())).collect();
    let newest = state.catalog.newest(visit.caller(), &asked).await.unwrap_or_default();
    for (at, (layer, pack)) in layers.iter_mut().zip(packs).enumerate() {
        let id = id(packs, at);
        layer.tools = Some(Tools {
            id: id.replace(|c: char| !c.is_ascii_alphanumeric(), "-"),
            action: format!("/profiles/{uid}/layers/{at}/move"),
            csrf: visit.session.csrf.clone(),
            layer: id,
            chosen: chosen.map(|chosen| self::id(packs, chosen)),
            is_first: at == 0,
            is_last: at == last,
            rename: (pack.pack_type == PackType::Manifest).then(|| format!("/profiles/{uid}/layers/{at}/rename")),
            order: order.clone(),
            was: guard::layer(pack),
        });
        let key = (pack.registry_uid.clone(), pack.pack_name().to_owned());
        let is_newer = |row: &&PackRow| {
            LooseVersion::new(row.version.clone()).cmp_release(&LooseVersion::new(layer.version.clone())).is_gt()
        };
        layer.newer = newest
            .get(&key)
            .filter(is_newer)
            .map(|row| (row.version.clone(), format!("/profiles/{uid}/layers/{at}/version/{}", row.uid)));
    }
}

/// What a layer is found by when others come, go or move. A layer of manifests has a uid of its own, which it keeps when
/// it is renamed; of others the name counts.
pub(super) fn id(packs: &[PackRef], at: usize) -> String {
    packs[at].own_uid().map_or_else(|| by_name(packs, at), str::to_owned)
}

/// A pack may stand twice in a profile.
fn by_name(packs: &[PackRef], at: usize) -> String {
    let name = &packs[at].name;
    format!("{name}/{}", packs[..at].iter().filter(|earlier| earlier.name == *name).count())
}

/// Where the layer with that [`id`] or name stands now; without one, the one at this place.
pub(super) fn find(template: &Template, at: usize, name: &str) -> Result<usize, Failure> {
    let packs = &template.packs;
    let found = match name {
        "" => Some(at).filter(|at| *at < packs.len()),
        name => (0..packs.len()).find(|at| id(packs, *at) == name || by_name(packs, *at) == name),
    };
    found.ok_or_else(|| Failure::NotFound("This layer".to_owned()))
}

/// Where a pack of this layer comes in: infrastructure in the order it is installed, add-ons last.
pub(super) fn place_for(template: &Template, layer: &str) -> usize {
    let packs = &template.packs;
    packs.iter().rposition(|pack| rank(&pack.layer) <= rank(layer)).map_or(0, |at| at + 1)
}

pub(super) async fn layers(state: &ConsoleState, visit: &Visit, template: &Template) -> Vec<LayerView> {
    let uids: Vec<&str> = template.packs.iter().map(|pack| pack.pack_uid.as_str()).collect();
    let rows = state.catalog.rows_by_uid(visit.caller(), &uids).await.unwrap_or_default();
    template.packs.iter().map(|pack| layer(pack, rows.get(&pack.pack_uid))).collect()
}

fn layer(pack: &PackRef, row: Option<&PackRow>) -> LayerView {
    let name = row.map_or_else(|| pack.name.clone(), |row| row.display_name.trim().to_owned());
    let version = if pack.version.is_empty() { pack.tag.clone() } else { pack.version.clone() };
    LayerView {
        version,
        registry: origin(pack, row),
        kind: pack.layer.clone(),
        note: note(pack, row),
        newer: None,
        logo: Logo::new(&pack.pack_uid, row.is_some_and(|row| row.has_logo), &name).tiny(),
        address: None,
        pack: row.map(|row| format!("/packs/{}", row.uid)),
        is_chosen: false,
        tools: None,
        name,
    }
}

/// Where the layer comes from, and what is added to it by hand.
fn origin(pack: &PackRef, row: Option<&PackRow>) -> String {
    let manifests = counted(pack.manifests.len() as i64, "manifest");
    match (row, pack.pack_type) {
        (_, PackType::Manifest) => manifests,
        (row, _) if pack.manifests.is_empty() => registry(row),
        (row, _) => format!("{} · {manifests}", registry(row)),
    }
}

fn registry(row: Option<&PackRow>) -> String {
    match row {
        None => "Not in the catalogue".to_owned(),
        Some(row) if row.registry_name.is_empty() => "Registry removed".to_owned(),
        Some(row) => row.registry_name.clone(),
    }
}

fn note(pack: &PackRef, row: Option<&PackRow>) -> String {
    match row {
        Some(row) if row.is_gone && row.registry_name.is_empty() => {
            "its registry was removed; this profile keeps its values".to_owned()
        }
        Some(row) if row.is_gone => "its tag is no longer in the registry; this profile keeps its values".to_owned(),
        Some(row) if !pack.digest.is_empty() && row.digest != pack.digest => {
            "the tag has new content since it was added".to_owned()
        }
        _ => String::new(),
    }
}

/// The layer, but this one, that has this pack already, in any version, counted from 1. A pack that stands twice by
/// intent is called `<any>--<pack>` by those who write profiles through the API.
pub(super) fn place_of(template: &Template, name: &str, but: Option<usize>) -> Option<usize> {
    let own = |name: &'_ str| name.rsplit_once("--").map_or(name, |(_, own)| own).to_owned();
    let mut others = template.packs.iter().enumerate().filter(|(at, _)| Some(*at) != but);
    others.find(|(_, pack)| own(&pack.name) == own(name)).map(|(at, _)| at + 1)
}

fn as_input(pack: &PackRef) -> PackInput {
    PackInput {
        name: pack.name.clone(),
        uid: pack.pack_uid.clone(),
        registry_uid: pack.registry_uid.clone(),
        tag: pack.tag.clone(),
        pack_type: Some(pack.pack_type),
        layer: Some(pack.layer.clone()),
        values: pack.values.clone(),
        manifests: pack
            .manifests
            .iter()
            .map(|manifest| packyard_profile::ManifestInput {
                uid: manifest.uid.clone(),
                name: manifest.name.clone(),
                content: manifest.content.clone(),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(name: &str, layer: &str) -> PackRef {
        PackRef {
            name: name.to_owned(),
            pack_uid: String::new(),
            registry_uid: String::new(),
            tag: String::new(),
            pack_type: PackType::Oci,
            layer: layer.to_owned(),
            values: String::new(),
            manifests: Vec::new(),
            version: String::new(),
            digest: String::new(),
        }
    }

    #[test]
    fn a_pack_comes_in_where_it_is_installed() {
        let template = Template { packs: vec![layer("linux", "os"), layer("calico", "cni"), layer("web", "addon")] };
        for (kind, place) in [("kernel", 0), ("os", 1), ("k8s", 1), ("cni", 2), ("csi", 2), ("addon", 3)] {
            assert_eq!(place_for(&template, kind), place, "{kind}");
        }
        assert_eq!(place_for(&Template::default(), "addon"), 0);
    }

    #[test]
    fn a_layer_is_found_by_its_name_wherever_it_stands() {
        let template = Template { packs: vec![layer("a", "addon"), layer("b", "addon"), layer("a", "addon")] };
        assert_eq!(find(&template, 0, "a/1").ok(), Some(2));
        assert_eq!(find(&template, 1, "").ok(), Some(1));
        assert!(find(&template, 0, "c/0").is_err() && find(&template, 3, "").is_err());
    }
}
