//! Users as Palette's clients read them.

use super::LIST;
use crate::ApiState;
use crate::auth::Auth;
use crate::body::{Payload, Reply};
use crate::error::ApiError;
use crate::meta::{Items, ObjectEntity, ObjectMeta, Page, time};
use crate::operation::{Operations, get, post};
use crate::packs::search::{FilterString, SortOrder};
use crate::page::Query;
use crate::path::Path;
use axum::extract::State;
use packyard_access::iam::{DirectoryUser, User};
use packyard_profile::Project;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(super) fn operations(all: Operations) -> Operations {
    all.on(
        get("/v1/users", "v1UsersList", "Users by name")
            .needs(LIST)
            .query("limit", "integer", "Most rows of the reply; 50 when absent, 0 for all.")
            .query("offset", "integer", "Where the page starts.")
            .query("continue", "string", "Token of the page before, from listmeta.")
            .gives_page::<UserReply>(),
        list,
    )
    .on(
        get("/v1/users/meta", "v1UsersMetadata", "Uids, names and addresses of all users")
            .needs(LIST)
            .gives_items::<UserMeta>(),
        metadata,
    )
    .on(
        post("/v1/users/summary", "v1UsersSummaryGet", "Users by filter")
            .needs(LIST)
            .status(200)
            .takes::<UsersSummarySpec>()
            .gives_items::<UserSummary>(),
        summaries,
    )
    .on(get("/v1/users/{uid}", "v1UsersUidGet", "A user").needs(LIST).gives::<UserReply>(), read)
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
struct UserReply {
    metadata: ObjectMeta,
    spec: UserSpec,
    status: UserStatus,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UserSpec {
    email_id: String,
    first_name: String,
    last_name: String,
    /// Names of the attached policies.
    roles: Vec<&'static str>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UserStatus {
    is_active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_sign_in: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UserMeta {
    email_id: String,
    name: String,
    uid: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct UserSummary {
    metadata: ObjectMeta,
    spec: UserSpecSummary,
    status: UserStatus,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UserSpecSummary {
    email_id: String,
    first_name: String,
    last_name: String,
    roles: Vec<ObjectEntity>,
    /// In which the user has roles of its own, as far as the caller may see them.
    projects: Vec<ObjectEntity>,
    projects_count: usize,
    /// None: there are no teams here.
    teams: Vec<ObjectEntity>,
}

/// What people call them: first and last name, else the name they log in with.
fn shown_name(user: &User) -> String {
    let full = format!("{} {}", user.first_name, user.last_name);
    if full.trim().is_empty() { user.name.clone() } else { full.trim().to_owned() }
}

fn email(user: &User) -> String {
    user.email.clone().unwrap_or_default()
}

fn meta(user: &User) -> ObjectMeta {
    let mut meta = ObjectMeta::new(user.uid.as_str(), shown_name(user));
    meta.creation_timestamp = Some(time(user.created_at_ms));
    meta
}

fn status(user: &User) -> UserStatus {
    UserStatus { is_active: !user.disabled, last_sign_in: user.last_login_at_ms.map(time) }
}

impl From<&DirectoryUser> for UserReply {
    fn from(known: &DirectoryUser) -> Self {
        let user = &known.user;
        Self {
            metadata: meta(user),
            spec: UserSpec {
                email_id: email(user),
                first_name: user.first_name.clone(),
                last_name: user.last_name.clone(),
                roles: known.policies.iter().map(|policy| policy.name).collect(),
            },
            status: status(user),
        }
    }
}

impl UserSummary {
    fn new(known: &DirectoryUser, all: &[Project]) -> Self {
        let user = &known.user;
        let projects = all.iter().filter(|project| !known.roles_in(&project.uid).is_empty());
        let projects: Vec<_> =
            projects.map(|project| ObjectEntity { uid: project.uid.clone(), name: project.name.clone() }).collect();
        let roles = known.policies.iter().map(|policy| super::roles::entity(policy));
        Self {
            metadata: meta(user),
            spec: UserSpecSummary {
                email_id: email(user),
                first_name: user.first_name.clone(),
                last_name: user.last_name.clone(),
                roles: roles.collect(),
                projects_count: projects.len(),
                projects,
                teams: Vec::new(),
            },
            status: status(user),
        }
    }
}

async fn list(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    query: Query,
) -> Result<Reply<Page<UserReply>>, ApiError> {
    let users = state.access.iam(&caller).directory().await?;
    let (users, listmeta) = query.window_or_all()?.cut(users);
    Ok(Reply(Page { items: users.iter().map(UserReply::from).collect(), listmeta }))
}

async fn metadata(State(state): State<ApiState>, Auth(caller): Auth) -> Result<Reply<Items<UserMeta>>, ApiError> {
    let users = state.access.iam(&caller).directory().await?;
    let meta = |DirectoryUser { user, .. }: &DirectoryUser| UserMeta {
        email_id: email(user),
        name: shown_name(user),
        uid: user.uid.clone(),
    };
    Ok(Reply(Items { items: users.iter().map(meta).collect() }))
}

async fn read(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Reply<UserReply>, ApiError> {
    Ok(Reply(UserReply::from(&one(&state, &caller, &uid).await?)))
}

pub(super) async fn one(
    state: &ApiState,
    caller: &packyard_access::Caller,
    uid: &str,
) -> Result<DirectoryUser, ApiError> {
    let users = state.access.iam(caller).directory().await?;
    users.into_iter().find(|known| known.user.uid == uid).ok_or_else(|| ApiError::not_found("user", uid))
}

#[derive(Debug, Default, Deserialize, ToSchema)]
struct UsersSummarySpec {
    #[serde(default)]
    filter: UsersFilterSpec,
    #[serde(default)]
    sort: Vec<UserSortSpec>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UsersFilterSpec {
    #[serde(default)]
    email_id: FilterString,
    #[serde(default)]
    name: FilterString,
}

#[derive(Debug, Deserialize, ToSchema)]
struct UserSortSpec {
    field: UserSortField,
    #[serde(default)]
    order: SortOrder,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum UserSortField {
    Name,
    Email,
    LastSignIn,
    CreationTimestamp,
}

impl UserSortSpec {
    fn compare(&self, a: &User, b: &User) -> std::cmp::Ordering {
        let ascending = match self.field {
            UserSortField::Name => shown_name(a).cmp(&shown_name(b)),
            UserSortField::Email => a.email.cmp(&b.email),
            UserSortField::LastSignIn => a.last_login_at_ms.cmp(&b.last_login_at_ms),
            UserSortField::CreationTimestamp => a.created_at_ms.cmp(&b.created_at_ms),
        };
        if self.order == SortOrder::Asc { ascending } else { ascending.reverse() }
    }
}

async fn summaries(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Payload(body): Payload<UsersSummarySpec>,
) -> Result<Reply<Items<UserSummary>>, ApiError> {
    let mut users = state.access.iam(&caller).directory().await?;
    let filter = &body.filter;
    users.retain(|known| filter.email_id.matches(&email(&known.user)) && filter.name.matches(&shown_name(&known.user)));
    for sort in body.sort.iter().rev() {
        users.sort_by(|a, b| sort.compare(&a.user, &b.user));
    }
    let projects = state.profiles.projects().list(&caller).await.unwrap_or_default();
    Ok(Reply(Items { items: users.iter().map(|known| UserSummary::new(known, &projects)).collect() }))
}
