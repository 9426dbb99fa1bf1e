//! The addresses of the form.

use super::super::syncing::Choice;
use super::super::way_back::WayBack;
use super::super::{LIST, MANAGE, Overlay, failure, list, validating};
use super::{Form, joined};
use crate::ConsoleState;
use crate::failure::Failure;
use crate::visit::{Post, Visit};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use packyard_catalog::{Registry, RegistryKind, RegistrySpec};
use serde::Deserialize;

#[derive(Deserialize)]
pub(in super::super) struct Asked {
    /// A near miss in the history leads here with the base path that it is about.
    use_paths: Option<String>,
    /// `helm` for the drawer of a Helm repository.
    holds: Option<String>,
}

async fn show(state: &ConsoleState, visit: &Visit, mut form: Form) -> Result<Response, Failure> {
    form.note_errors();
    let title = form.title.clone();
    let mut page = list::page(state, visit, &WayBack::default(), Overlay::Form(Box::new(form))).await?;
    page.frame = page.frame.under("OCI Registries", LIST);
    page.frame.title = title;
    visit.page(&page)
}

pub(in super::super) async fn new(
    State(state): State<ConsoleState>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visit.require(MANAGE).await?;
    let form = match asked.holds.as_deref() {
        Some("helm") => Form::repository(&state, &visit),
        _ => Form::blank(&state, &visit),
    };
    show(&state, &visit, form).await
}

/// The first sync is started and not waited for: the list follows it.
pub(in super::super) async fn create(State(state): State<ConsoleState>, post: Post) -> Result<Response, Failure> {
    let Post { visit, fields } = post;
    visit.require(MANAGE).await?;
    let (mut form, spec) = Form::sent(&state, &visit, &fields).filled(&fields, visit.now_ms());
    form.need_name();
    if form.errors.is_empty() {
        match state.catalog.create_registry_at_once(visit.caller(), &form.name, spec).await {
            Ok(registry) => return Ok(visit.done(LIST, &format!("Registry {} added", registry.name))),
            Err(error) => form.refused(error)?,
        }
    }
    show(&state, &visit, form).await
}

pub(in super::super) async fn validate_new(State(state): State<ConsoleState>, post: Post) -> Result<Response, Failure> {
    let Post { visit, fields } = post;
    visit.require(MANAGE).await?;
    let (form, spec) = Form::sent(&state, &visit, &fields).filled(&fields, visit.now_ms());
    validated(state, visit, form, spec, None).await
}

/// The form would make something else of a pack registry from before OCI.
async fn editable(state: &ConsoleState, visit: &Visit, uid: &str) -> Result<Registry, Failure> {
    let registry = state.catalog.registry(visit.caller(), uid).await.map_err(failure)?;
    if registry.spec.kind != RegistryKind::Pack {
        return Ok(registry);
    }
    Err(Failure::Refused(format!(
        "{} is a pack registry from before OCI. It is kept for Terraform and other clients of /v1; change it with them",
        registry.name
    )))
}

pub(in super::super) async fn edit(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
    Query(asked): Query<Asked>,
    Query(back): Query<WayBack>,
) -> Result<Response, Failure> {
    visit.require(MANAGE).await?;
    let registry = editable(&state, &visit, &uid).await?;
    let mut form = Form::for_registry(&state, &visit, &registry, &back);
    if let Some(base) = asked.use_paths {
        form.paths = joined(&form.paths, &base, registry.version_count > 0);
    }
    show(&state, &visit, form).await
}

pub(in super::super) async fn change(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    Query(back): Query<WayBack>,
    post: Post,
) -> Result<Response, Failure> {
    let Post { visit, fields } = post;
    visit.require(MANAGE).await?;
    let registry = editable(&state, &visit, &uid).await?;
    let (mut form, spec) = Form::for_registry(&state, &visit, &registry, &back).filled(&fields, visit.now_ms());
    form.need_name();
    if form.errors.is_empty() {
        match state.catalog.update_registry(visit.caller(), &uid, &form.name, kept(spec, &registry.spec), false).await {
            Ok(saved) => {
                let chosen = form.intervals.iter().find(|choice| choice.is_chosen).map(Choice::interval);
                if let Some(interval) = chosen.filter(|interval| *interval != registry.sync.interval) {
                    state.catalog.set_sync_interval(visit.caller(), &uid, interval).await.map_err(failure)?;
                }
                return Ok(visit.done(&back.address(&uid), &format!("Registry {} saved", saved.name)));
            }
            Err(error) => form.refused(error)?,
        }
    }
    show(&state, &visit, form).await
}

/// What the form does not show stays as it is.
fn kept(mut spec: RegistrySpec, before: &RegistrySpec) -> RegistrySpec {
    spec.base_path.clone_from(&before.base_path);
    spec.labels.clone_from(&before.labels);
    spec.annotations.clone_from(&before.annotations);
    spec.provider_type.clone_from(&before.provider_type);
    spec.is_sync_supported = before.is_sync_supported;
    spec
}

pub(in super::super) async fn validate_changed(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    Query(back): Query<WayBack>,
    post: Post,
) -> Result<Response, Failure> {
    let Post { visit, fields } = post;
    visit.require(MANAGE).await?;
    let registry = editable(&state, &visit, &uid).await?;
    let (form, spec) = Form::for_registry(&state, &visit, &registry, &back).filled(&fields, visit.now_ms());
    let spec = kept(spec, &registry.spec);
    validated(state, visit, form, spec, Some(uid)).await
}

/// As a page, or live for a client that reads events.
async fn validated(
    state: ConsoleState,
    visit: Visit,
    mut form: Form,
    spec: RegistrySpec,
    existing: Option<String>,
) -> Result<Response, Failure> {
    if visit.takes_events {
        return Ok(validating::reply(validating::Validation { state, visit, form, spec, existing }));
    }
    if form.errors.is_empty() {
        let found = state.catalog.validate_registry(visit.caller(), &spec, existing.as_deref()).await;
        form.take(found, &spec)?;
    }
    show(&state, &visit, form).await
}
