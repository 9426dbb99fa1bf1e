//! The values of one layer, in an editor: of a pack that is about to be added, or of a layer that is there.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::packs;
use crate::pages::profiles::basics::draft;
use crate::pages::profiles::{MANAGE, Step, capitalised, problem, stack, steps, under_draft};
use crate::parts::Logo;
use crate::visit::{Post, PostText, Visit};
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use packyard_catalog::{Field, Filter, PackDetail, PackPreset, PackQuery, PackRow, PackState};
use packyard_pack::Preset;
use packyard_profile::{Draft, PackInput, PackType, Profile};
use serde::Serialize;

#[derive(Template)]
#[template(path = "profiles/values.html")]
struct ValuesPage {
    frame: Frame,
    steps: Vec<Step>,
    action: String,
    back: String,
    verb: &'static str,
    pack: PackHead,
    versions: Vec<(String, String, bool)>,
    texts: Texts,
    presets: Vec<PresetGroup>,
    problem: Option<Problem>,
}

/// Presets of which one may be on.
struct PresetGroup {
    name: String,
    /// Name for people, `Group:preset` as the values record it, and where it is applied.
    presets: Vec<(String, String, String)>,
}

fn preset_groups(pack_uid: &str, presets: &[PackPreset]) -> Vec<PresetGroup> {
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
struct Texts {
    /// As typed, where that was refused; else what is saved.
    values: String,
    /// What the layer has now; for a new one the pack's own.
    saved: String,
    /// The pack's own values; absent when the catalogue has the pack no more.
    default: Option<String>,
}

struct Problem {
    text: String,
    /// Of the values, where the text speaks of one.
    line: Option<usize>,
}

impl From<String> for Problem {
    fn from(text: String) -> Self {
        Self { text, line: None }
    }
}

struct PackHead {
    name: String,
    version: String,
    registry: String,
    logo: Logo,
}

fn pack_head(row: &PackRow) -> PackHead {
    PackHead {
        name: row.display_name.trim().to_owned(),
        version: row.version.clone(),
        registry: row.registry_name.clone(),
        logo: Logo::new(&row.uid, row.has_logo, &row.display_name),
    }
}

pub(super) async fn new(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path((uid, pack_uid)): Path<(String, String)>,
) -> Result<Response, Failure> {
    visit.require(MANAGE).await?;
    let profile = draft(&state, &visit, &uid).await?;
    let pack = state.catalog.pack(visit.caller(), &pack_uid).await.map_err(packs::failure)?;
    let problem = twice(&profile, &pack.row).map(Problem::from);
    new_page(&state, &visit, &profile, &pack, Texts::untouched(pack.values.clone(), Some(pack.values.clone())), problem)
        .await
}

async fn new_page(
    state: &ConsoleState,
    visit: &Visit,
    profile: &Profile,
    pack: &PackDetail,
    texts: Texts,
    problem: Option<Problem>,
) -> Result<Response, Failure> {
    let uid = &profile.uid;
    let row = &pack.row;
    let filter = Filter::All(vec![
        Filter::eq(Field::Name, row.name.as_str()),
        Filter::eq(Field::RegistryUid, row.registry_uid.as_str()),
    ]);
    let states = vec![PackState::Active, PackState::Deprecated];
    let query = PackQuery { filter, states, ..PackQuery::default() };
    let versions = state.catalog.packs(visit.caller(), &query).await.map_err(packs::failure)?.items;
    let page = ValuesPage {
        frame: frame(visit, profile, &row.display_name),
        steps: steps(Some(uid), 1),
        action: format!("/profiles/{uid}/layers/add/{}", row.uid),
        back: format!("/profiles/{uid}/layers/add?registry={}", row.registry_uid),
        verb: "Confirm & Create",
        pack: pack_head(row),
        versions: versions
            .iter()
            .map(|other| {
                (other.version.clone(), format!("/profiles/{uid}/layers/add/{}", other.uid), other.uid == row.uid)
            })
            .collect(),
        texts,
        presets: preset_groups(&row.uid, &pack.presets),
        problem,
    };
    visit.page(&page)
}

fn frame(visit: &Visit, profile: &Profile, title: &str) -> Frame {
    under_draft(visit.frame(title.trim(), Section::Profiles), profile)
        .under("Profile layers", format!("/profiles/{}/layers", profile.uid))
}

/// A second layer of one pack would overwrite what the first one made.
fn twice(profile: &Profile, row: &PackRow) -> Option<String> {
    let at = stack::place_of(profile.current(), &row.name)?;
    Some(format!(
        "{} is layer {at} of this profile already. Change its values there, or remove that layer first.",
        row.display_name.trim()
    ))
}

impl Texts {
    fn untouched(saved: String, default: Option<String>) -> Self {
        Self { values: saved.clone(), saved, default }
    }

    /// What Reset brings back, where that is not what is saved.
    fn other_default(&self) -> Option<&str> {
        self.default.as_deref().filter(|default| *default != self.saved)
    }
}

pub(super) async fn add(
    State(state): State<ConsoleState>,
    Path((uid, pack_uid)): Path<(String, String)>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    visit.require(MANAGE).await?;
    let profile = draft(&state, &visit, &uid).await?;
    let pack = state.catalog.pack(visit.caller(), &pack_uid).await.map_err(packs::failure)?;
    let values = post.fields.long_text("values", &pack.values);
    let texts = |values| Texts { values, saved: pack.values.clone(), default: Some(pack.values.clone()) };
    if let Some(problem) = twice(&profile, &pack.row) {
        return new_page(&state, &visit, &profile, &pack, texts(values), Some(problem.into())).await;
    }
    let mut packs: Vec<PackInput> = profile.current().packs.iter().map(stack::as_input).collect();
    packs.push(PackInput {
        name: pack.row.name.clone(),
        uid: pack.row.uid.clone(),
        registry_uid: pack.row.registry_uid.clone(),
        tag: pack.row.tag.clone(),
        pack_type: Some(PackType::Oci),
        layer: Some(pack.row.layer.clone()),
        values: values.clone(),
        manifests: Vec::new(),
    });
    match save(&state, &visit, &uid, packs, &values).await? {
        None => Ok(visit.done(&format!("/profiles/{uid}/layers"), &format!("{} added", pack.row.display_name.trim()))),
        Some(problem) => new_page(&state, &visit, &profile, &pack, texts(values), Some(problem)).await,
    }
}

pub(super) async fn edit(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path((uid, at)): Path<(String, usize)>,
) -> Result<Response, Failure> {
    visit.require(MANAGE).await?;
    let profile = draft(&state, &visit, &uid).await?;
    edit_page(&state, &visit, &profile, at, None, None).await
}

async fn edit_page(
    state: &ConsoleState,
    visit: &Visit,
    profile: &Profile,
    at: usize,
    typed: Option<String>,
    problem: Option<Problem>,
) -> Result<Response, Failure> {
    let uid = &profile.uid;
    let layer = profile.current().packs.get(at).ok_or_else(|| Failure::NotFound("This layer".to_owned()))?;
    let known = state.catalog.pack(visit.caller(), &layer.pack_uid).await.ok();
    let presets = known.as_ref().map_or_else(Vec::new, |pack| preset_groups(&pack.row.uid, &pack.presets));
    let (row, default) = known.map(|pack| (pack.row, pack.values)).unzip();
    let pack = row.as_ref().map_or_else(
        || PackHead {
            name: layer.name.clone(),
            version: layer.tag.clone(),
            registry: "Not in the catalogue".to_owned(),
            logo: Logo::new("", false, &layer.name),
        },
        pack_head,
    );
    let page = ValuesPage {
        frame: frame(visit, profile, &pack.name),
        steps: steps(Some(uid), 1),
        action: format!("/profiles/{uid}/layers/{at}"),
        back: format!("/profiles/{uid}/layers"),
        verb: "Confirm Updates",
        pack,
        versions: Vec::new(),
        texts: Texts { values: typed.unwrap_or_else(|| layer.values.clone()), saved: layer.values.clone(), default },
        presets,
        problem,
    };
    visit.page(&page)
}

pub(super) async fn change(
    State(state): State<ConsoleState>,
    Path((uid, at)): Path<(String, usize)>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    visit.require(MANAGE).await?;
    let profile = draft(&state, &visit, &uid).await?;
    let mut packs: Vec<PackInput> = profile.current().packs.iter().map(stack::as_input).collect();
    let layer = packs.get_mut(at).ok_or_else(|| Failure::NotFound("This layer".to_owned()))?;
    let values = post.fields.long_text("values", &layer.values);
    layer.values.clone_from(&values);
    let name = layer.name.clone();
    match save(&state, &visit, &uid, packs, &values).await? {
        None => Ok(visit.done(&format!("/profiles/{uid}/layers"), &format!("Values of {name} saved"))),
        Some(problem) => edit_page(&state, &visit, &profile, at, Some(values), Some(problem)).await,
    }
}

/// Saves the draft, or says what a person must mend first. Values that are no YAML would fail only when a cluster is
/// made, so they are refused here, with the line.
async fn save(
    state: &ConsoleState,
    visit: &Visit,
    uid: &str,
    packs: Vec<PackInput>,
    values: &str,
) -> Result<Option<Problem>, Failure> {
    if let Err(error) = packyard_pack::yaml::parse(values) {
        let text = format!("The values are not YAML: {error}.");
        return Ok(Some(Problem { text, line: Some(error.mark.line) }));
    }
    match state.profiles.update(visit.caller(), uid, Draft { packs, ..Draft::default() }).await {
        Ok(()) => Ok(None),
        Err(error) => problem(error).map(|text| Some(text.into())),
    }
}

/// One remark of the editor, at a place in the text.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Remark {
    line: usize,
    column: usize,
    severity: &'static str,
    message: String,
}

/// The values with a preset on, or why it cannot be switched on.
#[derive(Debug, Serialize)]
pub(super) struct Applied {
    values: Option<String>,
    problem: Option<String>,
}

/// For the editor: the text with a preset of the pack switched on. Nothing is saved.
pub(super) async fn apply_preset(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path((pack_uid, at)): Path<(String, usize)>,
    body: PostText,
) -> Result<Json<Applied>, Failure> {
    let pack = state.catalog.pack(visit.caller(), &pack_uid).await.map_err(packs::failure)?;
    let preset = pack.presets.into_iter().nth(at).ok_or_else(|| Failure::NotFound("This preset".to_owned()))?;
    let preset = Preset {
        name: preset.name,
        display_name: preset.display_name,
        group: preset.group,
        remove: preset.remove,
        add: preset.add,
        line: 0,
    };
    Ok(Json(match packyard_pack::values::edit::apply(&body.text, &preset) {
        Ok(values) => Applied { values: Some(values), problem: None },
        Err(error) => Applied { values: None, problem: Some(capitalised(&error.to_string())) },
    }))
}

/// For the editor, as one types.
pub(super) async fn check(body: PostText) -> Json<Vec<Remark>> {
    Json(remarks(&body.text))
}

fn remarks(text: &str) -> Vec<Remark> {
    let remark = |mark: packyard_pack::yaml::Mark, severity, message| Remark {
        line: mark.line,
        column: mark.column,
        severity,
        message,
    };
    match packyard_pack::yaml::parse(text) {
        Err(error) => vec![remark(error.mark, "error", error.message)],
        Ok(document) => {
            let doubled = document.duplicates.iter().map(|(key, mark)| {
                remark(*mark, "warning", format!("`{key}` stands twice in this map; the later one wins"))
            });
            let second = document
                .second_document
                .iter()
                .map(|mark| remark(*mark, "warning", "a second document starts here; it is not read".to_owned()));
            doubled.chain(second).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_editor_is_told_the_line_of_what_is_wrong() {
        assert_eq!(remarks("pack:\n  namespace: x\n"), []);
        let broken = remarks("pack:\n  namespace: \"x\n");
        assert_eq!(broken.len(), 1);
        assert_eq!(broken[0].severity, "error");
        let doubled = remarks("a: 1\nb: 2\na: 3\n");
        assert_eq!((doubled[0].line, doubled[0].severity), (3, "warning"));
    }
}
