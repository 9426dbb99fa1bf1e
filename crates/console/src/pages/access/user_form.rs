//! Adding a user, and what an existing one is called and may do.

use super::users::{Made, one, page};
use super::{Choice, KEEP, RoleChoice, USERS, problem, role, role_choices, tenant_roles};
use crate::ConsoleState;
use crate::failure::Failure;
use crate::form::Fields;
use crate::parts::{ErrorSlot, FieldErrors};
use crate::visit::{Post, Visit};
use axum::extract::{Path, State};
use axum::response::Response;
use packyard_access::iam::{DirectoryUser, IamError, IamFault, Membership, NewPerson};
use packyard_access::policy::ManagedPolicy;
use packyard_profile::Project;

pub(super) struct Form {
    pub(super) csrf: String,
    pub(super) title: String,
    pub(super) action: String,
    /// Chosen once: it is what the user logs in with.
    pub(super) is_new: bool,
    pub(super) email: String,
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) roles: Vec<RoleChoice>,
    pub(super) projects: Vec<InProject>,
    errors: FieldErrors,
    pub(super) problem: Option<String>,
}

/// What the user may be in one project.
pub(super) struct InProject {
    pub(super) uid: String,
    pub(super) name: String,
    pub(super) choices: Vec<Choice>,
}

impl Form {
    pub(super) fn error<'a>(&'a self, field: &'a str) -> ErrorSlot<'a> {
        self.errors.slot(field)
    }

    pub(super) fn is_wrong(&self, field: &str) -> bool {
        self.errors.has(field)
    }

    fn empty(visit: &Visit, projects: &[Project]) -> Self {
        Self {
            csrf: visit.session.csrf.clone(),
            title: "Add User".to_owned(),
            action: format!("{USERS}/new"),
            is_new: true,
            email: String::new(),
            first_name: String::new(),
            last_name: String::new(),
            roles: tenant_roles(&[]),
            projects: in_projects(projects, |_| Vec::new()),
            errors: FieldErrors::default(),
            problem: None,
        }
    }

    fn about(visit: &Visit, projects: &[Project], known: &DirectoryUser) -> Self {
        let user = &known.user;
        Self {
            title: format!("Edit {}", super::users::shown_name(user)),
            action: format!("{USERS}/{}/edit", user.uid),
            is_new: false,
            email: user.email.clone().unwrap_or_else(|| user.name.clone()),
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            roles: tenant_roles(&known.policies),
            projects: in_projects(projects, |uid| known.roles_in(uid)),
            ..Self::empty(visit, &[])
        }
    }

    /// As it was sent, for whoever has to send it again.
    fn filled(mut self, fields: &Fields) -> Self {
        if self.is_new {
            self.email = fields.text("email");
        }
        self.first_name = fields.text("first_name");
        self.last_name = fields.text("last_name");
        self.roles = tenant_roles(&chosen(fields));
        for project in &mut self.projects {
            let sent = fields.text(&field_of(&project.uid));
            project.choices.iter_mut().for_each(|choice| choice.is_on = choice.value == sent);
        }
        self
    }

    fn refused(&mut self, error: IamError) -> Result<(), Failure> {
        let is_of_email =
            self.is_new && matches!(error.fault, IamFault::EntityAlreadyExists | IamFault::ValidationError);
        let text = problem(error)?;
        if is_of_email && (text.contains("email") || text.contains("already")) {
            self.errors.add("email", text);
        } else {
            self.problem = Some(text);
        }
        Ok(())
    }
}

fn in_projects(projects: &[Project], held: impl Fn(&str) -> Vec<&'static ManagedPolicy>) -> Vec<InProject> {
    let each = |project: &Project| InProject {
        uid: project.uid.clone(),
        name: project.name.clone(),
        choices: role_choices(&held(&project.uid), true),
    };
    projects.iter().map(each).collect()
}

fn field_of(project_uid: &str) -> String {
    format!("project-{project_uid}")
}

fn chosen(fields: &Fields) -> Vec<&'static ManagedPolicy> {
    fields.all("role").into_iter().filter_map(role).collect()
}

/// The projects in which the form asks for something else than what is held.
fn memberships(
    fields: &Fields,
    projects: &[Project],
    user_uid: &str,
    known: Option<&DirectoryUser>,
) -> Vec<Membership> {
    let mut wanted = Vec::new();
    for project in projects {
        let Some(sent) = fields.get(&field_of(&project.uid)).filter(|sent| *sent != KEEP) else { continue };
        let roles: Vec<_> = role(sent).into_iter().collect();
        if known.map(|known| known.roles_in(&project.uid)).unwrap_or_default() != roles {
            wanted.push(Membership { user_uid: user_uid.to_owned(), project_uid: project.uid.clone(), roles });
        }
    }
    wanted
}

async fn projects(state: &ConsoleState, visit: &Visit) -> Vec<Project> {
    state.profiles.projects().list(visit.caller()).await.unwrap_or_default()
}

pub(super) async fn new(State(state): State<ConsoleState>, visit: Visit) -> Result<Response, Failure> {
    visit.require(super::rights::ADD).await?;
    let form = Form::empty(&visit, &projects(&state, &visit).await);
    show(&state, &visit, form).await
}

async fn show(state: &ConsoleState, visit: &Visit, form: Form) -> Result<Response, Failure> {
    let mut page = page(state, visit, "").await?;
    page.frame = page.frame.under("Users", USERS);
    page.frame.title.clone_from(&form.title);
    page.form = Some(form);
    visit.page(&page)
}

/// Answers with the page that shows the password: there is no address where it could be seen again.
pub(super) async fn create(State(state): State<ConsoleState>, post: Post) -> Result<Response, Failure> {
    let visit = post.visit;
    let projects = projects(&state, &visit).await;
    let mut form = Form::empty(&visit, &projects).filled(&post.fields);
    let new = NewPerson {
        email: form.email.clone(),
        first_name: form.first_name.clone(),
        last_name: form.last_name.clone(),
        roles: chosen(&post.fields),
    };
    let iam = state.access.iam(visit.caller());
    let issued = match iam.create_person(new).await {
        Ok(issued) => issued,
        Err(error) => {
            form.refused(error)?;
            return show(&state, &visit, form).await;
        }
    };
    let mut said = format!("User {} made.", issued.user.name);
    let wanted = memberships(&post.fields, &projects, &issued.user.uid, None);
    if let Err(error) = iam.set_memberships(wanted).await {
        said = format!("{said} The roles in projects were not given: {}", problem(error)?);
    }
    let mut page = page(&state, &visit, "").await?;
    page.made = Some(Made::new(&state, said, &issued));
    visit.page(&page)
}

pub(super) async fn edit(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
) -> Result<Response, Failure> {
    visit.require(super::rights::EDIT).await?;
    let known = one(&state, &visit, &uid).await?;
    let form = Form::about(&visit, &projects(&state, &visit).await, &known);
    show(&state, &visit, form).await
}

pub(super) async fn change(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let known = one(&state, &visit, &uid).await?;
    let projects = projects(&state, &visit).await;
    let mut form = Form::about(&visit, &projects, &known).filled(&post.fields);
    let wanted = memberships(&post.fields, &projects, &uid, Some(&known));
    match save(&state, &visit, &known, &form, &chosen(&post.fields), wanted).await {
        Ok(()) => Ok(visit.done(USERS, &format!("User {} saved", form.email))),
        Err(error) => {
            form.refused(error)?;
            show(&state, &visit, form).await
        }
    }
}

/// Only what is different, so that the log tells what was changed. What may be refused comes first.
async fn save(
    state: &ConsoleState,
    visit: &Visit,
    known: &DirectoryUser,
    form: &Form,
    roles: &[&'static ManagedPolicy],
    wanted: Vec<Membership>,
) -> Result<(), IamError> {
    let iam = state.access.iam(visit.caller());
    let user = &known.user;
    let is_same = roles.len() == known.policies.len() && roles.iter().all(|role| known.policies.contains(role));
    if !is_same {
        iam.set_roles(&user.uid, roles).await?;
    }
    if !wanted.is_empty() {
        iam.set_memberships(wanted).await?;
    }
    if (&user.first_name, &user.last_name) != (&form.first_name, &form.last_name) {
        iam.rename(&user.uid, &form.first_name, &form.last_name).await?;
    }
    Ok(())
}
