//! The values of one layer on a page of their own: of a pack that is about to be added, or of a layer that is there;
//! and what the editor asks as one types.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::packs;
use crate::pages::profiles::editor::{self, Editor, Open, Problem, Texts};
use crate::pages::profiles::head::editable;
use crate::pages::profiles::{
    Step, capitalised, guard, home, in_wizard, layer_address, layer_home, stack, steps_of, under_profile,
};
use crate::visit::{Post, PostText, Visit};
use askama::Template;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use packyard_catalog::{PackDetail, PackKind, PackRow};
use packyard_pack::Preset;
use packyard_pack::values::Values;
use packyard_profile::{PackInput, PackType, Profile, broken_rules};
use serde::Serialize;

#[derive(Template)]
#[template(path = "profiles/values.html")]
struct ValuesPage {
    frame: Frame,
    steps: Vec<Step>,
    editor: Editor,
}

pub(super) fn page(visit: &Visit, profile: &Profile, editor: Editor) -> Result<Response, Failure> {
    let mut frame = under_profile(visit.frame(editor.pack.name.as_str(), Section::Profiles), profile);
    if in_wizard(profile) {
        frame = frame.under("Profile layers", format!("/profiles/{}/layers", profile.uid));
    }
    visit.page(&ValuesPage { frame, steps: steps_of(profile, 1), editor })
}

pub(super) async fn new(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path((uid, pack_uid)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let profile = editable(&visit, &uid).await?;
    let pack = state.catalog.pack(visit.caller(), &pack_uid).await.map_err(packs::failure)?;
    let problem = twice(&profile, &pack.row).map(Problem::from);
    let texts = Texts::untouched(pack.values.clone(), Some(pack.values.clone()));
    new_page(&state, &visit, &profile, &pack, texts, problem).await
}

async fn new_page(
    state: &ConsoleState,
    visit: &Visit,
    profile: &Profile,
    pack: &PackDetail,
    texts: Texts,
    problem: Option<Problem>,
) -> Result<Response, Failure> {
    let editor = editor::of_new(state, visit, profile, pack, texts).await?;
    page(visit, profile, Editor { problem, ..editor })
}

/// A second layer of one pack would overwrite what the first one made.
fn twice(profile: &Profile, row: &PackRow) -> Option<String> {
    let at = stack::place_of(profile.current(), &row.name, None)?;
    Some(format!(
        "{} is layer {at} of this profile already. Change its values there, or remove that layer first.",
        row.display_name.trim()
    ))
}

pub(super) async fn add(
    State(state): State<ConsoleState>,
    Path((uid, pack_uid)): Path<(String, String)>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let profile = editable(&visit, &uid).await?;
    let pack = state.catalog.pack(visit.caller(), &pack_uid).await.map_err(packs::failure)?;
    let values = post.fields.long_text("values", &pack.values);
    let texts = |values| Texts { values, saved: pack.values.clone(), default: Some(pack.values.clone()) };
    if let Some(problem) = twice(&profile, &pack.row) {
        return new_page(&state, &visit, &profile, &pack, texts(values), Some(problem.into())).await;
    }
    let mut packs = stack::inputs(&profile);
    let at = stack::place_for(profile.current(), &pack.row.layer);
    let layer = PackInput {
        name: pack.row.name.clone(),
        uid: pack.row.uid.clone(),
        registry_uid: pack.row.registry_uid.clone(),
        tag: pack.row.tag.clone(),
        pack_type: Some(if pack.row.kind == PackKind::HelmChart { PackType::Helm } else { PackType::Oci }),
        layer: Some(pack.row.layer.clone()),
        values: values.clone(),
        manifests: Vec::new(),
    };
    packs.insert(at, layer);
    match save(&state, &visit, &profile, packs, &values).await? {
        None => Ok(visit.done(&layer_home(&profile, at), &format!("{} added", pack.row.display_name.trim()))),
        Some(problem) => new_page(&state, &visit, &profile, &pack, texts(values), Some(problem)).await,
    }
}

pub(super) async fn edit(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path((uid, at)): Path<(String, usize)>,
    Query(open): Query<Open>,
) -> Result<Response, Failure> {
    let profile = editable(&visit, &uid).await?;
    page(&visit, &profile, editor::of_layer(&state, &visit, &profile, at, &open).await?)
}

pub(super) async fn change(
    State(state): State<ConsoleState>,
    Path((uid, at)): Path<(String, usize)>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let profile = editable(&visit, &uid).await?;
    let mut packs = stack::inputs(&profile);
    let at = stack::find(profile.current(), at, &post.fields.text("layer"))?;
    let values = post.fields.long_text("values", &packs[at].values);
    let stale = guard::overtaken_text(&post.fields.text("seen"), &packs[at].values, &values).map(Problem::from);
    packs[at].values.clone_from(&values);
    let (name, pack_type) = (packs[at].name.clone(), packs[at].pack_type);
    let refused = match stale {
        Some(problem) => Some(problem),
        None => save(&state, &visit, &profile, packs, &values).await?,
    };
    match refused {
        // A layer of manifests opens with one of those.
        None if pack_type == Some(PackType::Manifest) => {
            Ok(visit.done(&layer_address(&profile, at, Some(editor::VALUES)), &format!("Values of {name} saved")))
        }
        None => Ok(visit.done(&layer_home(&profile, at), &format!("Values of {name} saved"))),
        Some(problem) => {
            let open = Open { file: Some(editor::VALUES.to_owned()), line: None };
            let mut editor = editor::of_layer(&state, &visit, &profile, at, &open).await?;
            editor.texts.values = values;
            editor.problem = Some(problem);
            editor.back = home(&profile);
            page(&visit, &profile, editor)
        }
    }
}

/// Saves the draft, or says what a person must mend first. Values that are no YAML would fail only when a cluster is
/// made, so they are refused here, with the line.
pub(super) async fn save(
    state: &ConsoleState,
    visit: &Visit,
    profile: &Profile,
    packs: Vec<PackInput>,
    values: &str,
) -> Result<Option<Problem>, Failure> {
    if let Err(error) = packyard_pack::yaml::parse(values) {
        let text = format!("The values are not YAML: {error}.");
        return Ok(Some(Problem { text, line: Some(error.mark.line) }));
    }
    stack::save(state, visit, profile, packs).await
}

/// One remark of the editor, at a place in the text.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Remark {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) severity: &'static str,
    pub(super) message: String,
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

/// The same with what the pack's schema asks for.
pub(super) async fn check_of_pack(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(pack_uid): Path<String>,
    body: PostText,
) -> Json<Vec<Remark>> {
    let mut found = remarks(&body.text);
    // A pack that is gone asks for nothing.
    if let (Ok(pack), Ok(values)) = (state.catalog.pack(visit.caller(), &pack_uid).await, Values::parse(&body.text)) {
        let broken = broken_rules(&values, &pack.values, &pack.schema).into_iter();
        found.extend(broken.map(|rule| Remark { line: rule.line, column: 1, severity: "error", message: rule.text }));
    }
    Json(found)
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
