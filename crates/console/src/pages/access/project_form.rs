//! Making a project, and what one is called.

use super::projects::{MANAGE, page};
use super::{PROJECTS, project_failure};
use crate::ConsoleState;
use crate::failure::Failure;
use crate::parts::{ErrorSlot, FieldErrors};
use crate::visit::{Post, Visit};
use crate::words::capitalised;
use axum::extract::{Path, State};
use axum::response::Response;
use packyard_profile::{Error, NewProject, Project, Scope};

pub(super) struct Form {
    pub(super) csrf: String,
    pub(super) title: String,
    pub(super) action: String,
    pub(super) name: String,
    pub(super) description: String,
    errors: FieldErrors,
}

impl Form {
    fn new(visit: &Visit, title: String, action: String) -> Self {
        let csrf = visit.session.csrf.clone();
        Self { csrf, title, action, name: String::new(), description: String::new(), errors: FieldErrors::default() }
    }

    fn about(visit: &Visit, project: &Project) -> Self {
        let action = format!("{PROJECTS}/{}/edit", project.uid);
        Self {
            name: project.name.clone(),
            description: project.description.clone(),
            ..Self::new(visit, format!("Edit project {}", project.name), action)
        }
    }

    pub(super) fn error<'a>(&'a self, field: &'a str) -> ErrorSlot<'a> {
        self.errors.slot(field)
    }

    pub(super) fn is_wrong(&self, field: &str) -> bool {
        self.errors.has(field)
    }

    fn filled(mut self, post: &Post) -> Self {
        self.name = post.fields.text("name");
        self.description = post.fields.text("description");
        self
    }

    fn refused(&mut self, error: Error) -> Result<(), Failure> {
        match error {
            Error::Invalid(found) => self.errors.add("name", format!("{}.", capitalised(&found.message))),
            Error::ProjectExists(_) => self.errors.add("name", "Another project has this name. Choose another."),
            other => return Err(project_failure(other)),
        }
        Ok(())
    }
}

async fn show(state: &ConsoleState, visit: &Visit, form: Form) -> Result<Response, Failure> {
    let mut page = page(state, visit).await?;
    page.frame = page.frame.under("Projects", PROJECTS);
    page.frame.title.clone_from(&form.title);
    page.form = Some(form);
    visit.page(&page)
}

pub(super) async fn new(State(state): State<ConsoleState>, visit: Visit) -> Result<Response, Failure> {
    visit.require_in(MANAGE, &Scope::Tenant).await?;
    show(&state, &visit, Form::new(&visit, "Add Project".to_owned(), format!("{PROJECTS}/new"))).await
}

pub(super) async fn create(State(state): State<ConsoleState>, post: Post) -> Result<Response, Failure> {
    let mut form = Form::new(&post.visit, "Add Project".to_owned(), format!("{PROJECTS}/new")).filled(&post);
    let visit = post.visit;
    let new = NewProject { name: form.name.clone(), description: form.description.clone(), ..NewProject::default() };
    match state.profiles.projects().create(visit.caller(), new).await {
        Ok(uid) => Ok(visit.done(&format!("{PROJECTS}/{uid}"), &format!("Project {} made", form.name))),
        Err(error) => {
            form.refused(error)?;
            show(&state, &visit, form).await
        }
    }
}

pub(super) async fn edit(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
) -> Result<Response, Failure> {
    visit.require_in(MANAGE, &Scope::Project(uid.clone())).await?;
    let project = state.profiles.projects().get(visit.caller(), &uid).await.map_err(project_failure)?;
    show(&state, &visit, Form::about(&visit, &project)).await
}

pub(super) async fn change(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let project = state.profiles.projects().get(post.visit.caller(), &uid).await.map_err(project_failure)?;
    let mut form = Form::about(&post.visit, &project).filled(&post);
    let visit = post.visit;
    let new =
        NewProject { name: form.name.clone(), description: form.description.clone(), labels: project.labels.clone() };
    match state.profiles.projects().update(visit.caller(), &uid, new).await {
        Ok(()) => Ok(visit.done(&format!("{PROJECTS}/{uid}"), &format!("Project {} saved", form.name))),
        Err(error) => {
            form.refused(error)?;
            show(&state, &visit, form).await
        }
    }
}
