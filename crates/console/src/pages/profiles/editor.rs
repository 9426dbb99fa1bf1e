//! The values of one layer in an editor, with the pack's versions and presets above it.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::pages::profiles::offers::Offers;
use crate::pages::profiles::{home, layer_address, stack};
use crate::parts::Logo;
use crate::visit::Visit;
use packyard_catalog::{PackDetail, PackPreset, PackRow};
use packyard_profile::{Manifest, PackRef, PackType, Profile};
use serde::Deserialize;

/// What the address asks to open of a layer.
#[derive(Deserialize, Default, Clone)]
pub(super) struct Open {
    /// `values`, or a manifest's uid; absent for what opens by itself.
    pub(super) file: Option<String>,
    /// Of the text, to begin at.
    pub(super) line: Option<usize>,
}

/// The values among the texts of a layer.
pub(super) const VALUES: &str = "values";

pub(super) struct Editor {
    /// `Values of Vault Keeper`.
    pub(super) title: String,
    /// Words for what Reset brings back.
    pub(super) base: &'static str,
    /// The texts of a layer, where there are several: name, address, whether it is this one.
    pub(super) files: Vec<(String, String, bool)>,
    /// Where one more is added.
    pub(super) new_manifest: Option<String>,
    /// What the form has of a manifest beside its text.
    pub(super) manifest: Option<ManifestField>,
    pub(super) action: String,
    pub(super) back: String,
    pub(super) verb: &'static str,
    /// Which layer it is, wherever it stands by the time the form comes in; empty for a new one.
    pub(super) layer: String,
    pub(super) pack: PackHead,
    pub(super) offers: Offers,
    pub(super) texts: Texts,
    pub(super) presets: Vec<PresetGroup>,
    /// Where the editor has its text checked.
    pub(super) check: String,
    pub(super) problem: Option<Problem>,
    /// Of the values, to begin at.
    pub(super) line: Option<usize>,
    pub(super) is_fixed: bool,
}

pub(super) struct ManifestField {
    pub(super) name: String,
    pub(super) delete: String,
}

const PACK_DEFAULT: &str = "the pack's default values";
const SAVED: &str = "what is saved";

/// Presets of which one may be on.
pub(super) struct PresetGroup {
    pub(super) name: String,
    /// Name for people, `Group:preset` as the values record it, and where it is applied.
    pub(super) presets: Vec<(String, String, String)>,
}

pub(super) fn preset_groups(pack_uid: &str, presets: &[PackPreset]) -> Vec<PresetGroup> {
    let mut groups: Vec<PresetGroup> = Vec::new();
    for (at, preset) in presets.iter().enumerate() {
        let view = (
            preset.display_name.clone(),
            format!("{}:{}", preset.group, preset.name),
            format!("/profiles/presets/{pack_uid}/{at}"),
        );
        match groups.iter_mut().find(|group| group.name == preset.group) {
            Some(group) => group.presets.push(view),
            None => groups.push(PresetGroup { name: preset.group.clone(), presets: vec![view] }),
        }
    }
    groups
}

/// What the editor starts with and what it compares with.
pub(super) struct Texts {
    /// As typed, where that was refused; else what is saved.
    pub(super) values: String,
    /// What the layer has now; for a new one the pack's own.
    pub(super) saved: String,
    /// The pack's own values; absent when the catalogue has the pack no more.
    pub(super) default: Option<String>,
}

impl Texts {
    pub(super) fn untouched(saved: String, default: Option<String>) -> Self {
        Self { values: saved.clone(), saved, default }
    }

    /// Names the text that is saved, so that a form tells which one it was made of.
    pub(super) fn seen(&self) -> String {
        seen(&self.saved)
    }

    /// What Reset brings back, where that is not what is saved.
    pub(super) fn other_default(&self) -> Option<&str> {
        self.default.as_deref().filter(|default| *default != self.saved)
    }
}

pub(super) fn seen(text: &str) -> String {
    packyard_access::sha256_hex(text.as_bytes())
}

pub(super) struct Problem {
    pub(super) text: String,
    /// Of the values, where the text speaks of one.
    pub(super) line: Option<usize>,
}

impl From<String> for Problem {
    fn from(text: String) -> Self {
        Self { text, line: None }
    }
}

pub(super) struct PackHead {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) registry: String,
    pub(super) logo: Logo,
}

pub(super) fn pack_head(row: &PackRow) -> PackHead {
    PackHead {
        name: row.display_name.trim().to_owned(),
        version: row.version.clone(),
        registry: row.registry_name.clone(),
        logo: Logo::new(&row.uid, row.has_logo, &row.display_name),
    }
}

/// Of a pack that is about to become a layer.
pub(super) async fn of_new(
    state: &ConsoleState,
    visit: &Visit,
    profile: &Profile,
    pack: &PackDetail,
    texts: Texts,
) -> Result<Editor, Failure> {
    let uid = &profile.uid;
    let row = &pack.row;
    let address = |other: &PackRow| format!("/profiles/{uid}/layers/add/{}", other.uid);
    Ok(Editor {
        title: "Values".to_owned(),
        base: PACK_DEFAULT,
        files: Vec::new(),
        new_manifest: None,
        manifest: None,
        action: format!("/profiles/{uid}/layers/add/{}", row.uid),
        back: format!("/profiles/{uid}/layers/add?registry={}", row.registry_uid),
        verb: "Confirm & Create",
        layer: String::new(),
        pack: pack_head(row),
        offers: Offers::beside(state, visit, row, address).await?,
        texts,
        presets: preset_groups(&row.uid, &pack.presets),
        check: format!("/profiles/check-values/{}", row.uid),
        problem: None,
        line: None,
        is_fixed: false,
    })
}

/// Of a layer that is there.
pub(super) async fn of_layer(
    state: &ConsoleState,
    visit: &Visit,
    profile: &Profile,
    at: usize,
    open: &Open,
) -> Result<Editor, Failure> {
    let uid = &profile.uid;
    let packs = &profile.current().packs;
    let layer = packs.get(at).ok_or_else(|| Failure::NotFound("This layer".to_owned()))?;
    if let Some(manifest) = opened(layer, open)? {
        return Ok(of_manifest(profile, at, manifest, open));
    }
    let known = state.catalog.pack(visit.caller(), &layer.pack_uid).await.ok();
    let address = |other: &PackRow| format!("/profiles/{uid}/layers/{at}/version/{}", other.uid);
    let offers = match &known {
        Some(pack) => Offers::beside(state, visit, &pack.row, address).await?,
        None => Offers::default(),
    };
    let check = known.as_ref().map(|pack| format!("/profiles/check-values/{}", pack.row.uid));
    let presets = known.as_ref().map_or_else(Vec::new, |pack| preset_groups(&pack.row.uid, &pack.presets));
    let (row, default) = known.map(|pack| (pack.row, pack.values)).unzip();
    let pack = row.as_ref().map_or_else(|| unknown_head(layer), pack_head);
    Ok(Editor {
        title: format!("Values of {}", pack.name),
        base: if default.is_some() { PACK_DEFAULT } else { SAVED },
        files: files(profile, at, VALUES),
        new_manifest: Some(format!("/profiles/{uid}/layers/{at}/manifests/new")),
        manifest: None,
        action: format!("/profiles/{uid}/layers/{at}"),
        back: home(profile),
        verb: "Confirm Updates",
        layer: stack::id(packs, at),
        pack,
        offers,
        texts: Texts::untouched(layer.values.clone(), default),
        presets,
        check: check.unwrap_or_else(|| "/profiles/check-values".to_owned()),
        problem: None,
        line: open.line,
        is_fixed: false,
    })
}

/// The manifest that is asked for. A layer of manifests opens with its first one, every other layer with its values.
fn opened<'a>(layer: &'a PackRef, open: &Open) -> Result<Option<&'a Manifest>, Failure> {
    match open.file.as_deref() {
        Some(VALUES) => Ok(None),
        None if layer.pack_type == PackType::Manifest => Ok(layer.manifests.first()),
        None => Ok(None),
        Some(uid) => {
            let found = layer.manifests.iter().find(|manifest| manifest.uid == uid);
            found.map(Some).ok_or_else(|| Failure::NotFound("This manifest".to_owned()))
        }
    }
}

fn of_manifest(profile: &Profile, at: usize, manifest: &Manifest, open: &Open) -> Editor {
    let packs = &profile.current().packs;
    let action = format!("/profiles/{}/layers/{at}/manifests/{}", profile.uid, manifest.uid);
    Editor {
        title: format!("Manifest {} of {}", manifest.name, packs[at].name),
        base: SAVED,
        files: files(profile, at, &manifest.uid),
        new_manifest: Some(format!("/profiles/{}/layers/{at}/manifests/new", profile.uid)),
        manifest: Some(ManifestField { name: manifest.name.clone(), delete: format!("{action}/delete") }),
        action,
        back: home(profile),
        verb: "Confirm Updates",
        layer: stack::id(packs, at),
        pack: unknown_head(&packs[at]),
        offers: Offers::default(),
        texts: Texts::untouched(manifest.content.clone(), None),
        presets: Vec::new(),
        check: "/profiles/check-manifest".to_owned(),
        problem: None,
        line: open.line,
        is_fixed: false,
    }
}

/// Values and manifests of a layer; none where there is nothing to choose.
fn files(profile: &Profile, at: usize, here: &str) -> Vec<(String, String, bool)> {
    let layer = &profile.current().packs[at];
    if layer.manifests.is_empty() {
        return Vec::new();
    }
    let file = |name: &str, file: &str| (name.to_owned(), layer_address(profile, at, Some(file)), file == here);
    let manifests = layer.manifests.iter().map(|manifest| file(&manifest.name, &manifest.uid));
    std::iter::once(file("Values", VALUES)).chain(manifests).collect()
}

/// Of a layer that the catalogue has no pack for.
fn unknown_head(layer: &PackRef) -> PackHead {
    let registry = if layer.pack_type == PackType::Manifest { "Manifests" } else { "Not in the catalogue" };
    PackHead {
        name: layer.name.clone(),
        version: layer.tag.clone(),
        registry: registry.to_owned(),
        logo: Logo::new("", false, &layer.name),
    }
}
