//! All projects, and the end of one.

use super::project_form::Form;
use super::{PROJECTS, Tabs, project_failure, tabs};
use crate::ConsoleState;
use crate::dialog::Dialog;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::visit::{Post, Visit};
use crate::words::{When, counted};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use packyard_profile::{Project, Scope};

pub(super) const MANAGE: &str = "packyard:ManageProjects";

#[derive(Template)]
#[template(path = "access/projects.html")]
pub(super) struct ProjectsPage {
    pub(super) frame: Frame,
    tabs: Tabs,
    /// Projects are made and deleted by the tenant.
    can_add: bool,
    rows: Vec<Row>,
    pub(super) form: Option<Form>,
    pub(super) dialog: Option<Dialog>,
}

struct Row {
    uid: String,
    name: String,
    description: String,
    is_default: bool,
    can_edit: bool,
    profiles: i64,
    members: i64,
    changed: When,
}

pub(super) async fn list(State(state): State<ConsoleState>, visit: Visit) -> Result<Response, Failure> {
    visit.page(&page(&state, &visit).await?)
}

pub(super) async fn page(state: &ConsoleState, visit: &Visit) -> Result<ProjectsPage, Failure> {
    let projects = state.profiles.projects().list(visit.caller()).await.map_err(project_failure)?;
    let mut rows = Vec::with_capacity(projects.len());
    for project in projects {
        rows.push(row(state, visit, project).await?);
    }
    Ok(ProjectsPage {
        frame: visit.frame("Projects", Section::Access),
        tabs: tabs(visit, PROJECTS).await,
        can_add: state.access.could(visit.caller(), MANAGE, &state.access.tenant()).await,
        rows,
        form: None,
        dialog: None,
    })
}

async fn row(state: &ConsoleState, visit: &Visit, project: Project) -> Result<Row, Failure> {
    let contents = state.profiles.projects().contents(visit.caller(), &project.uid).await.map_err(project_failure)?;
    Ok(Row {
        can_edit: state.access.could(visit.caller(), MANAGE, &state.access.project(&project.uid)).await,
        profiles: contents.profile_versions,
        members: contents.members,
        changed: visit.when(project.updated_at_ms),
        is_default: project.is_default,
        uid: project.uid,
        name: project.name,
        description: project.description,
    })
}

pub(super) async fn ask_delete(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
) -> Result<Response, Failure> {
    visit.require_in(MANAGE, &Scope::Tenant).await?;
    let projects = state.profiles.projects();
    let project = projects.get(visit.caller(), &uid).await.map_err(project_failure)?;
    let contents = projects.contents(visit.caller(), &uid).await.map_err(project_failure)?;
    let mut page = page(&state, &visit).await?;
    page.frame = page.frame.under("Projects", PROJECTS);
    page.frame.title = format!("Delete {}", project.name);
    let (mut why, mut links) = (Vec::new(), Vec::new());
    if project.is_default {
        why.push("It is the default project, which stays.".to_owned());
    }
    if contents.profile_versions > 0 {
        let count = counted(contents.profile_versions, "cluster profile version");
        why.push(format!("It still holds {count}. Clone what is needed elsewhere, and delete what is here."));
        links.push((format!("Cluster profiles of {}", project.name), format!("/profiles?scope={uid}")));
    }
    if contents.members > 0 {
        let them = if contents.members == 1 { "it" } else { "them" };
        why.push(format!("It still has {}. Remove {them} first.", counted(contents.members, "member")));
        links.push((format!("Members of {}", project.name), format!("{PROJECTS}/{uid}")));
    }
    let is_possible = why.is_empty();
    let consequences = vec!["It is empty. Its macros are erased with it.".to_owned()];
    page.dialog = Some(Dialog {
        title: if is_possible {
            format!("Delete project {}?", project.name)
        } else {
            format!("Project {} cannot be deleted yet", project.name)
        },
        consequences: if is_possible { consequences } else { why },
        links,
        action: format!("{PROJECTS}/{uid}/delete"),
        back: PROJECTS.to_owned(),
        csrf: visit.session.csrf.clone(),
        verb: if is_possible { "Delete project" } else { "" },
    });
    visit.page(&page)
}

pub(super) async fn delete(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let project = state.profiles.projects().get(visit.caller(), &uid).await.map_err(project_failure)?;
    state.profiles.projects().delete(visit.caller(), &uid, false).await.map_err(project_failure)?;
    Ok(visit.done(PROJECTS, &format!("Project {} deleted", project.name)))
}
