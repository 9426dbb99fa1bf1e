//! Import: a profile of a file that was exported here or by Palette. First what it would make, with everything that is
//! wrong at its place; then the deed.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::form::Fields;
use crate::frame::{Frame, Section};
use crate::pages::profiles::checks::{self, CheckView};
use crate::pages::profiles::editor::seen;
use crate::pages::profiles::scopes::{self, ScopeChoice};
use crate::pages::profiles::stack::{self, LayerView};
use crate::pages::profiles::{MANAGE, capitalised, kind_word, list, problem, under_list};
use crate::parts::{ErrorSlot, FieldErrors};
use crate::visit::{Post, Visit};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use packyard_profile::{ImportPlan, Profile, ProfileFile, Scope};

#[derive(Template)]
#[template(path = "profiles/import.html")]
struct ImportPage {
    frame: Frame,
    /// As it was uploaded or pasted.
    file: String,
    errors: FieldErrors,
    plan: Option<PlanView>,
}

impl ImportPage {
    fn error<'a>(&'a self, field: &'a str) -> ErrorSlot<'a> {
        self.errors.slot(field)
    }
}

/// What would be made.
struct PlanView {
    /// The file it was made of: what is chosen on the page counts for that one only.
    of: String,
    name: String,
    version: String,
    scopes: Vec<ScopeChoice>,
    kind: &'static str,
    description: String,
    tags: Vec<String>,
    layers: Vec<PlannedLayer>,
    variables: Vec<String>,
    /// Of these the secret has to be given again.
    secrets: String,
    refusals: Vec<CheckView>,
    checks: Vec<CheckView>,
    is_possible: bool,
}

struct PlannedLayer {
    layer: LayerView,
    /// Registries to choose from, where several have the pack: the field's name; uid, name, whether it is chosen.
    field: String,
    registries: Vec<(String, String, bool)>,
    is_chosen: bool,
}

fn page(visit: &Visit, file: String, errors: FieldErrors, plan: Option<PlanView>) -> Result<Response, Failure> {
    let frame = under_list(visit.frame("Import Cluster Profile", Section::Profiles));
    visit.page(&ImportPage { frame, file, errors, plan })
}

pub(super) async fn ask(visit: Visit) -> Result<Response, Failure> {
    visit.require(MANAGE).await?;
    page(&visit, String::new(), FieldErrors::default(), None)
}

/// Shows the plan; with `make`, and nothing in its way, does it.
pub(super) async fn import(State(state): State<ConsoleState>, post: Post) -> Result<Response, Failure> {
    let visit = &post.visit;
    visit.require(MANAGE).await?;
    let text = post.fields.long_text("file", "");
    let mut errors = FieldErrors::default();
    if text.trim().is_empty() {
        errors.add("file", "Choose an exported file, or paste its text.");
        return page(visit, text, errors, None);
    }
    let mut file = match ProfileFile::parse(&text) {
        Ok(file) => file,
        Err(error) => {
            errors.add("file", format!("{}.", capitalised(&error.to_string())));
            return page(visit, text, errors, None);
        }
    };
    let scope = scopes::asked(&visit.scopes, &post.fields);
    let of = seen(&text);
    if post.fields.text("of") == of {
        adjust(&mut file, &post.fields);
    }
    let asked = state.profiles.plan_import(visit.caller(), file.clone(), scope.clone()).await;
    let plan = match asked {
        Ok(plan) => plan,
        Err(error) => {
            errors.add("file", problem(error)?);
            return page(visit, text, errors, None);
        }
    };
    if post.fields.is_checked("make") && post.fields.text("of") == of && plan.is_possible() {
        match make(&state, visit, file, scope, &plan.profile).await {
            Ok(reply) => return Ok(reply),
            Err(error) => errors.add("file", problem(error)?),
        }
    }
    for found in &plan.problems {
        if let Some(field) = field(found.field) {
            errors.add(field, format!("{}.", capitalised(&found.message)));
        }
    }
    let view = view(&state, visit, of, plan).await;
    page(visit, text, errors, Some(view))
}

async fn make(
    state: &ConsoleState,
    visit: &Visit,
    file: ProfileFile,
    scope: Scope,
    profile: &Profile,
) -> Result<Response, packyard_profile::Error> {
    let uid = state.profiles.import(visit.caller(), file, scope, false).await?;
    let toast = format!("Cluster profile {} {} imported as a draft", profile.name, profile.version);
    Ok(visit.done(&format!("/profiles/{uid}"), &toast))
}

/// Takes over what was chosen on the page in place of what the file says.
fn adjust(file: &mut ProfileFile, fields: &Fields) {
    if fields.is_checked("name") {
        file.metadata.name = fields.text("name");
    }
    if fields.is_checked("version") {
        file.spec.version = fields.text("version");
    }
    for (at, pack) in file.spec.template.packs.iter_mut().enumerate() {
        let chosen = fields.text(&registry_field(at));
        if !chosen.is_empty() {
            let registry = pack.registry.get_or_insert_default();
            registry.metadata.name.clear();
            registry.metadata.uid = chosen;
        }
    }
}

fn registry_field(at: usize) -> String {
    format!("registry-{at}")
}

/// The field of the page that has this part of the file; what has none is listed with the layers' problems.
fn field(name: &str) -> Option<&'static str> {
    ["name", "version", "scope"].into_iter().find(|known| *known == name)
}

async fn view(state: &ConsoleState, visit: &Visit, of: String, plan: ImportPlan) -> PlanView {
    let is_possible = plan.is_possible();
    let whole = plan.problems.iter().filter(|found| field(found.field).is_none());
    let mut refusals: Vec<CheckView> = whole.map(|found| CheckView::error(&found.message)).collect();
    refusals.extend(checks::views(plan.refusals, |_, _| None));
    let profile = plan.profile;
    let packs = &profile.current().packs;
    let layers = stack::layers(state, visit, profile.current()).await;
    let layers =
        layers.into_iter().zip(packs).zip(plan.registries).enumerate().map(|(at, ((layer, pack), registries))| {
            let choice = |registry: packyard_profile::FileRegistryMetadata| {
                let is_on = registry.uid == pack.registry_uid;
                (registry.uid, registry.name, is_on)
            };
            let registries: Vec<_> = registries.into_iter().map(choice).collect();
            PlannedLayer {
                field: registry_field(at),
                is_chosen: registries.iter().any(|(.., is_on)| *is_on),
                registries,
                layer,
            }
        });
    PlanView {
        of,
        layers: layers.collect(),
        scopes: scopes::choices(&visit.scopes, &profile.scope),
        kind: kind_word(profile.kind),
        tags: list::tags(&profile.labels),
        variables: profile.variables.iter().map(|variable| variable.name.clone()).collect(),
        secrets: plan.secrets.join(", "),
        refusals,
        checks: checks::views(plan.remarks, |_, _| None),
        is_possible,
        name: profile.name,
        version: profile.version,
        description: profile.description,
    }
}
