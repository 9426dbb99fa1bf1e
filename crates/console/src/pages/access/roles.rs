//! The roles there are, with what each allows. They are built in: whoever needs another writes a policy.

use super::{LIST_USERS, Tabs, tabs};
use crate::ConsoleState;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::visit::Visit;
use crate::words::counted;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use packyard_access::policy::ManagedPolicy;

#[derive(Template)]
#[template(path = "access/roles.html")]
struct RolesPage {
    frame: Frame,
    tabs: Tabs,
    rows: Vec<Row>,
}

struct Row {
    name: &'static str,
    description: &'static str,
    scope: &'static str,
    /// How many users hold it, in the tenant or in a project.
    holders: usize,
    permissions: Vec<String>,
    permission_count: String,
}

pub(super) async fn list(State(state): State<ConsoleState>, visit: Visit) -> Result<Response, Failure> {
    visit.require(LIST_USERS).await?;
    let users = super::users::directory(&state, &visit).await?;
    let holders = |role: &'static ManagedPolicy| {
        let holds = |known: &&packyard_access::iam::DirectoryUser| {
            let here = known.policies.contains(&role);
            here || known.in_projects.iter().any(|held| held.role == role)
        };
        users.iter().filter(holds).count()
    };
    let rows = super::tenant_roles(&[]).into_iter().filter_map(|choice| super::role(choice.uid)).map(|role| Row {
        name: role.name,
        description: role.description,
        scope: if role.in_projects { "Tenant or project" } else { "Tenant" },
        holders: holders(role),
        permission_count: counted(role.actions().len() as i64, "permission"),
        permissions: role.actions(),
    });
    let page = RolesPage {
        frame: visit.frame("Roles", Section::Access),
        tabs: tabs(&visit, "/settings/roles").await,
        rows: rows.collect(),
    };
    visit.page(&page)
}
