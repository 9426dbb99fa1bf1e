//! Another version of a layer's pack, or the same of another registry: what its maker changed, what that means for the values of this profile, and the
//! editor with what would be saved.

use crate::ConsoleState;
use crate::diff::Diff;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::packs;
use crate::pages::profiles::editor::{self, Editor, Open, PackHead, Texts};
use crate::pages::profiles::head::editable;
use crate::pages::profiles::offers::Offers;
use crate::pages::profiles::{Step, guard, layer_home, stack, steps_of, under_profile, values};
use crate::visit::{Post, Visit};
use crate::words::counted;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use packyard_catalog::{PackDetail, PackRow};
use packyard_pack::values::{Carried, carry};
use packyard_profile::Profile;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "profiles/pack_version.html")]
struct PackVersionPage {
    frame: Frame,
    steps: Vec<Step>,
    editor: Editor,
    /// The layer that this was made of.
    was: String,
    from: String,
    to: String,
    /// Old and new default values; `None` while the old ones are not known.
    defaults: Option<Diff>,
    /// The layer's values and what the editor starts with.
    outcome: Diff,
    starts: Vec<(&'static str, String, bool)>,
    /// How the carrying over went.
    said: Option<Said>,
}

struct Said {
    kind: &'static str,
    text: String,
}

/// What the editor starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Start {
    /// The layer's values with the changes of the new defaults taken in.
    #[default]
    Carried,
    Mine,
    New,
}

impl Start {
    const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Carried, "carried", "Your values, with the new defaults taken in"),
        (Self::Mine, "mine", "Your values as they are"),
        (Self::New, "new", "The new default values"),
    ];
}

#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    start: Start,
}

type Place = (String, usize, String);

pub(super) async fn show(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path((uid, at, pack_uid)): Path<Place>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let profile = editable(&visit, &uid).await?;
    let pack = next_pack(&state, &visit, &profile, at, &pack_uid).await?;
    let page = page(&state, &visit, &profile, at, &pack, asked.start).await?;
    visit.page(&page)
}

/// The version asked for, which must be of the pack that the layer has.
async fn next_pack(
    state: &ConsoleState,
    visit: &Visit,
    profile: &Profile,
    at: usize,
    pack_uid: &str,
) -> Result<PackDetail, Failure> {
    let pack = state.catalog.pack(visit.caller(), pack_uid).await.map_err(packs::failure)?;
    let layer = profile.current().packs.get(at).filter(|layer| layer.pack_name() == pack.row.name);
    layer.map(|_| pack).ok_or_else(|| Failure::NotFound("This layer".to_owned()))
}

async fn page(
    state: &ConsoleState,
    visit: &Visit,
    profile: &Profile,
    at: usize,
    pack: &PackDetail,
    start: Start,
) -> Result<PackVersionPage, Failure> {
    let uid = &profile.uid;
    let own = &profile.current().packs[at];
    let open = Open { file: Some(editor::VALUES.to_owned()), line: None };
    let now = editor::of_layer(state, visit, profile, at, &open).await?;
    let to_pack = editor::pack_head(&pack.row);
    let (from, to) = (word(&now.pack, &to_pack), word(&to_pack, &now.pack));
    let old = now.texts.default.as_deref();
    let carried = carry(old.unwrap_or(&own.values), &pack.values, &own.values);
    let text = match start {
        Start::Carried => carried.text.clone(),
        Start::Mine => own.values.clone(),
        Start::New => pack.values.clone(),
    };
    let here = format!("/profiles/{uid}/layers/{at}/version/{}", pack.row.uid);
    let title = now.pack.name.clone();
    let address = |other: &PackRow| format!("/profiles/{uid}/layers/{at}/version/{}", other.uid);
    let (old_title, new_title) = (format!("{from} default values"), format!("{to} default values"));
    Ok(PackVersionPage {
        frame: under_profile(visit.frame(title.as_str(), Section::Profiles), profile),
        steps: steps_of(profile, 1),
        was: guard::layer(own),
        defaults: old
            .map(|old| Diff::new("Default values of both versions", (&old_title, old), (&new_title, &pack.values))),
        outcome: Diff::new("Your values, now and after", ("Your values now", &own.values), ("After", &text)),
        starts: Start::ALL
            .into_iter()
            .map(|(each, word, label)| (label, format!("{here}?start={word}"), each == start))
            .collect(),
        said: (start == Start::Carried && old.is_some()).then(|| said(&carried)),
        editor: Editor {
            title: now.title,
            base: now.base,
            files: Vec::new(),
            new_manifest: None,
            manifest: None,
            action: here.clone(),
            back: layer_home(profile, at),
            verb: "Confirm Updates",
            layer: now.layer,
            pack: to_pack,
            offers: Offers::beside(state, visit, &pack.row, address).await?,
            // What is offered was typed by nobody, so leaving the page loses nothing.
            texts: Texts::untouched(text, Some(pack.values.clone())),
            presets: editor::preset_groups(&pack.row.uid, &pack.presets),
            check: format!("/profiles/check-values/{}", pack.row.uid),
            problem: None,
            // The page begins with what the pack changes; an editor that takes the focus would scroll past it.
            line: None,
            is_fixed: false,
        },
        from,
        to,
    })
}

/// The version, with its registry where that changes.
fn word(pack: &PackHead, other: &PackHead) -> String {
    if pack.registry == other.registry {
        return pack.version.clone();
    }
    format!("{} ({})", pack.version, pack.registry)
}

fn said(carried: &Carried) -> Said {
    let lines: Vec<String> = carried.conflicts.iter().map(ToString::to_string).collect();
    let taken = match carried.taken {
        0 => "The new defaults change nothing that you left as it was.".to_owned(),
        n => format!("{} of the new defaults taken in.", counted(n as i64, "change")),
    };
    match lines.as_slice() {
        [] => Said { kind: "good", text: taken },
        [line] => Said {
            kind: "warn",
            text: format!(
                "{taken} At line {line} both you and the pack changed the values; yours are kept. Look at it."
            ),
        },
        _ => Said {
            kind: "warn",
            text: format!(
                "{taken} At lines {} both you and the pack changed the values; yours are kept. Look at them.",
                lines.join(", ")
            ),
        },
    }
}

pub(super) async fn change(
    State(state): State<ConsoleState>,
    Path((uid, at, pack_uid)): Path<Place>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let profile = editable(&visit, &uid).await?;
    let at = stack::find(profile.current(), at, &post.fields.text("layer"))?;
    let pack = next_pack(&state, &visit, &profile, at, &pack_uid).await?;
    let is_stale = guard::is_stale(&post.fields, &guard::layer(&profile.current().packs[at]));
    let mut layers = stack::inputs(&profile);
    let layer = &mut layers[at];
    let moves = layer.registry_uid != pack.row.registry_uid;
    let values = post.fields.long_text("values", &layer.values);
    layer.uid.clone_from(&pack.row.uid);
    layer.registry_uid.clone_from(&pack.row.registry_uid);
    layer.tag.clone_from(&pack.row.tag);
    layer.values.clone_from(&values);
    let refused = if is_stale {
        Some(guard::overtaken(&visit, &profile).await.into())
    } else {
        values::save(&state, &visit, &profile, layers, &values).await?
    };
    match refused {
        None => {
            let (name, version) = (pack.row.display_name.trim(), &pack.row.version);
            let toast = match moves {
                true => format!("{name} {version} is taken from {} now", pack.row.registry_name),
                false => format!("{name} is at {version} now"),
            };
            Ok(visit.done(&layer_home(&profile, at), &toast))
        }
        Some(problem) => {
            let mut page = page(&state, &visit, &profile, at, &pack, Start::Mine).await?;
            page.editor.line = problem.line;
            page.editor.problem = Some(problem);
            page.editor.texts.values = values;
            visit.page(&page)
        }
    }
}
