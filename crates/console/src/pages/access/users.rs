//! Everybody, with their roles.

use super::user_form::Form;
use super::{LIST_USERS, Tabs, USERS, failure, rights, tabs};
use crate::ConsoleState;
use crate::dialog::Dialog;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::parts::Status;
use crate::visit::Visit;
use crate::words::When;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use packyard_access::iam::{Directory, DirectoryUser, OneTimePassword, User};
use packyard_profile::Project;
use secrecy::ExposeSecret;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "access/users.html")]
pub(super) struct UsersPage {
    pub(super) frame: Frame,
    tabs: Tabs,
    can: Rights,
    query: String,
    /// Before the search.
    total: usize,
    rows: Vec<Row>,
    pub(super) made: Option<Made>,
    pub(super) form: Option<Form>,
    pub(super) dialog: Option<Dialog>,
}

/// What the visitor may do with users.
struct Rights {
    add: bool,
    edit: bool,
    reset_password: bool,
    delete: bool,
}

impl Rights {
    async fn of(visit: &Visit) -> Self {
        Self {
            add: visit.may(rights::ADD).await,
            edit: visit.may(rights::EDIT).await,
            reset_password: visit.may(rights::RESET_PASSWORD).await,
            delete: visit.may(rights::DELETE).await,
        }
    }

    /// Of what a user's menu has.
    fn any(&self) -> bool {
        self.edit || self.reset_password || self.delete
    }
}

struct Row {
    uid: String,
    name: String,
    email: String,
    is_self: bool,
    is_active: bool,
    status: Status,
    roles: Vec<&'static str>,
    /// Project and what the user is there.
    projects: Vec<(String, String)>,
    last_login: Option<When>,
}

/// A one-time password; nobody will see it again.
pub(super) struct Made {
    /// What happened, as in "User ann made."
    said: String,
    password: String,
    login: String,
    address: String,
    expires: Option<When>,
}

impl Made {
    pub(super) fn new(state: &ConsoleState, said: String, issued: &OneTimePassword) -> Self {
        Self {
            said,
            password: issued.password.expose_secret().to_owned(),
            login: issued.user.name.clone(),
            address: format!("{}/login", state.config.public_url),
            expires: issued.expires_at_ms.map(|at| When::new(at, state.clock.now_ms())),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
}

pub(super) async fn list(
    State(state): State<ConsoleState>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visit.page(&page(&state, &visit, asked.q.trim()).await?)
}

pub(super) async fn page(state: &ConsoleState, visit: &Visit, query: &str) -> Result<UsersPage, Failure> {
    let users = directory(state, visit).await?;
    let projects = state.profiles.projects().list(visit.caller()).await.unwrap_or_default();
    let wanted = query.to_lowercase();
    let total = users.len();
    let rows: Vec<Row> = users.into_iter().map(|known| row(visit, &projects, known)).collect();
    let fits = |row: &Row| row.name.to_lowercase().contains(&wanted) || row.email.to_lowercase().contains(&wanted);
    Ok(UsersPage {
        frame: visit.frame("Users", Section::Access),
        tabs: tabs(visit, USERS).await,
        can: Rights::of(visit).await,
        query: query.to_owned(),
        total,
        rows: rows.into_iter().filter(fits).collect(),
        made: None,
        form: None,
        dialog: None,
    })
}

pub(super) async fn directory(state: &ConsoleState, visit: &Visit) -> Result<Directory, Failure> {
    visit.require(LIST_USERS).await?;
    state.access.iam(visit.caller()).directory().await.map_err(failure)
}

pub(super) async fn one(state: &ConsoleState, visit: &Visit, uid: &str) -> Result<DirectoryUser, Failure> {
    let found = directory(state, visit).await?.into_iter().find(|known| known.user.uid == uid);
    found.ok_or_else(|| Failure::NotFound("This user".to_owned()))
}

/// What people call them: first and last name, else the name they log in with.
pub(super) fn shown_name(user: &User) -> String {
    let full = format!("{} {}", user.first_name, user.last_name);
    if full.trim().is_empty() { user.name.clone() } else { full.trim().to_owned() }
}

fn row(visit: &Visit, projects: &[Project], known: DirectoryUser) -> Row {
    let held = |project: &Project| {
        let roles = known.roles_in(&project.uid);
        let words: Vec<_> = roles.iter().map(|role| super::project_word(role)).collect();
        (!words.is_empty()).then(|| (project.name.clone(), words.join(", ")))
    };
    let projects = projects.iter().filter_map(held).collect();
    let user = &known.user;
    Row {
        name: shown_name(user),
        email: user.email.clone().unwrap_or_else(|| user.name.clone()),
        is_self: user.uid == visit.caller().principal.uid,
        is_active: !user.disabled,
        status: if user.disabled { Status::idle("Inactive") } else { Status::good("Active") },
        roles: known.policies.iter().map(|role| role.name).collect(),
        projects,
        last_login: user.last_login_at_ms.map(|at| visit.when(at)),
        uid: known.user.uid,
    }
}
