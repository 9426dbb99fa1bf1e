//! Tenant Settings > Access: users, the roles there are, projects and their members.

mod members;
mod project_form;
mod projects;
mod roles;
mod user_change;
mod user_form;
mod users;

use crate::ConsoleState;
use crate::failure::Failure;
use crate::form::encode;
use crate::visit::Visit;
use crate::words::capitalised;
use axum::Router;
use axum::extract::Path;
use axum::response::Redirect;
use axum::routing::get;
use packyard_access::iam::{IamError, IamFault};
use packyard_access::policy::{ManagedPolicy, PROJECT_ADMIN, managed_policies};
use packyard_profile::Error;

pub(crate) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route(USERS, get(users::list))
        .route("/settings/users/new", get(user_form::new).post(user_form::create))
        .route("/settings/users/{uid}/edit", get(user_form::edit).post(user_form::change))
        .route("/settings/users/{uid}/password", get(user_change::ask_password).post(user_change::reset_password))
        .route("/settings/users/{uid}/deactivate", get(user_change::ask_deactivate).post(user_change::deactivate))
        .route("/settings/users/{uid}/activate", get(to_users).post(user_change::activate))
        .route("/settings/users/{uid}/delete", get(user_change::ask_delete).post(user_change::delete))
        .route("/settings/roles", get(roles::list))
        .route(PROJECTS, get(projects::list))
        .route("/settings/projects/new", get(project_form::new).post(project_form::create))
        .route("/settings/projects/{uid}", get(members::show))
        .route("/settings/projects/{uid}/edit", get(project_form::edit).post(project_form::change))
        .route("/settings/projects/{uid}/members", get(to_project).post(members::set))
        .route("/settings/projects/{uid}/members/{user}/remove", get(members::ask_remove).post(members::remove))
        .route("/settings/projects/{uid}/delete", get(projects::ask_delete).post(projects::delete))
}

const USERS: &str = "/settings/users";
const PROJECTS: &str = "/settings/projects";
const LIST_USERS: &str = "iam:ListUsers";

/// What the forms of users ask of whoever sends them.
mod rights {
    pub(super) const ADD: &str = "iam:CreateUser";
    pub(super) const EDIT: &str = "iam:UpdateUser";
    pub(super) const RESET_PASSWORD: &str = "iam:UpdateLoginProfile";
    pub(super) const DELETE: &str = "iam:DeleteUser";
}

/// Addresses that only take a form: whoever reloads one comes to the page with the form.
async fn to_users(Path(_): Path<String>) -> Redirect {
    Redirect::to(USERS)
}

async fn to_project(Path(uid): Path<String>) -> Redirect {
    Redirect::to(&format!("{PROJECTS}/{}", encode(&uid)))
}

/// The pages of this part that the visitor may see: word, address, whether it is this one.
type Tabs = Vec<(&'static str, &'static str, bool)>;

async fn tabs(visit: &Visit, here: &str) -> Tabs {
    let mut all = Vec::new();
    if visit.may(LIST_USERS).await {
        all.extend([("Users", USERS), ("Roles", "/settings/roles")]);
    }
    all.push(("Projects", PROJECTS));
    all.into_iter().map(|(word, address)| (word, address, address == here)).collect()
}

/// A role that can be chosen.
struct RoleChoice {
    uid: &'static str,
    name: &'static str,
    description: &'static str,
    is_on: bool,
}

/// Whose names begin so are about this server's own things; the others are AWS's.
const OWN: &str = "Packyard";

/// All roles, those with the most rights first, those for the registry's AWS face after them.
fn tenant_roles(chosen: &[&'static ManagedPolicy]) -> Vec<RoleChoice> {
    let mut all: Vec<&'static ManagedPolicy> = managed_policies().iter().collect();
    all.sort_by_key(|role| !role.name.starts_with(OWN));
    let choice = |role: &'static ManagedPolicy| RoleChoice {
        uid: role.id,
        name: role.name,
        description: role.description,
        is_on: chosen.contains(&role),
    };
    all.into_iter().map(choice).collect()
}

fn role(uid: &str) -> Option<&'static ManagedPolicy> {
    managed_policies().iter().find(|role| role.id == uid)
}

/// The roles that projects have, with the word for a list: the fewest rights first.
fn project_roles() -> Vec<(&'static ManagedPolicy, &'static str)> {
    let mut all: Vec<_> = managed_policies().iter().filter(|role| role.in_projects).collect();
    all.sort_by_key(|role| role.actions().len());
    all.into_iter().map(|role| (role, project_word(role))).collect()
}

fn project_word(role: &ManagedPolicy) -> &'static str {
    match role.name {
        _ if role.arn == PROJECT_ADMIN => "Project Admin",
        "PackyardProjectEditor" => "Project Editor",
        "PackyardViewer" => "Project Viewer",
        other => other,
    }
}

/// An option of a drop-down menu.
struct Choice {
    value: String,
    word: String,
    is_on: bool,
}

/// Stands in a form for roles that are several, so that saving the rest leaves them alone.
const KEEP: &str = "keep";

/// What somebody may be in a project; `held` is what they are.
fn role_choices(held: &[&'static ManagedPolicy], with_none: bool) -> Vec<Choice> {
    let mut all = Vec::new();
    let mut add = |value: &str, word: &str, is_on| all.push(Choice { value: value.into(), word: word.into(), is_on });
    if with_none {
        add("", "No access", held.is_empty());
    }
    if held.len() > 1 {
        let words: Vec<_> = held.iter().map(|role| project_word(role)).collect();
        add(KEEP, &words.join(" and "), true);
    }
    for (role, word) in project_roles() {
        add(role.id, word, held.len() == 1 && held[0] == role);
    }
    all
}

/// What a person can mend, as words for the form; anything else is a failure.
fn problem(error: IamError) -> Result<String, Failure> {
    match error.fault {
        IamFault::AccessDenied | IamFault::ServiceFailure | IamFault::NoSuchEntity => Err(failure(error)),
        _ => Ok(format!("{}.", capitalised(&error.to_string()))),
    }
}

fn failure(error: IamError) -> Failure {
    match error.fault {
        IamFault::AccessDenied => match error.denied() {
            Some(denied) => denied.clone().into(),
            None => Failure::Refused(capitalised(&error.to_string())),
        },
        IamFault::NoSuchEntity => Failure::NotFound("This user".to_owned()),
        IamFault::ServiceFailure => Failure::while_doing("read or change users")(error),
        _ => Failure::Refused(capitalised(&error.to_string())),
    }
}

fn project_failure(error: Error) -> Failure {
    match error {
        Error::ProjectNotFound(_) => Failure::NotFound("This project".to_owned()),
        Error::Denied(denied) => denied.into(),
        Error::Conflict(why) => Failure::Refused(capitalised(&why)),
        other => Failure::while_doing("read or change a project")(other),
    }
}
