//! Making, changing and deleting users, and their passwords. A one-time password is in the reply that makes it and
//! nowhere else.

use super::roles::roles_named;
use crate::ApiState;
use crate::auth::{Auth, peer};
use crate::body::{Created, Done, Payload, Reply};
use crate::error::ApiError;
use crate::operation::{Operations, delete, patch, post, put};
use crate::path::Path;
use axum::extract::State;
use http::Extensions;
use packyard_access::iam::{NewPerson, OneTimePassword};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const ONE: &str = "/v1/users/{uid}";

pub(super) fn operations(all: Operations) -> Operations {
    all.on(
        post("/v1/users", "v1UsersCreate", "Create a user with a one-time password")
            .needs("iam:CreateUser")
            .takes::<UserEntity>()
            .gives::<UserCreated>(),
        create,
    )
    .on(
        put(ONE, "v1UsersUidUpdate", "Rename a user, or give it other roles").needs(UPDATE).takes::<UserEntity>(),
        update,
    )
    .on(delete(ONE, "v1UsersUidDelete", "Delete a user with all credentials").needs("iam:DeleteUser"), remove)
    .on(
        put("/v1/users/{uid}/state", "v1UsersUidState", "Switch a user on or off").needs(UPDATE).takes::<UserState>(),
        set_state,
    )
    .on(
        patch("/v1/users/{uid}/password/reset", "v1UsersUidPasswordReset", "Give a user a one-time password")
            .needs("iam:UpdateLoginProfile")
            .status(200)
            .gives::<PasswordReset>(),
        reset_password,
    )
    .on(
        patch("/v1/users/{uid}/password/change", "v1UsersUidPasswordChange", "Change one's own password")
            .takes::<PasswordChange>(),
        change_password,
    )
}

const UPDATE: &str = "iam:UpdateUser";

#[derive(Debug, Default, Deserialize, ToSchema)]
struct UserEntity {
    #[serde(default)]
    spec: UserSpecEntity,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UserSpecEntity {
    /// What the user logs in with; it stays.
    #[serde(default)]
    email_id: String,
    #[serde(default)]
    first_name: Option<String>,
    #[serde(default)]
    last_name: Option<String>,
    /// Uids or names of roles in the tenant; absent leaves them.
    #[serde(default)]
    roles: Option<Vec<String>>,
    /// There are no teams here: refused when it names one.
    #[serde(default)]
    teams: Vec<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UserCreated {
    uid: String,
    /// Shown now and never again; it has to be changed at the first login.
    one_time_password: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PasswordReset {
    /// Shown now and never again; it has to be changed at the next login.
    one_time_password: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UserState {
    /// Clients leave it out where it is false.
    #[serde(default)]
    is_active: bool,
}

/// No `Debug`: both are secrets.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PasswordChange {
    #[serde(default)]
    current_password: String,
    #[serde(default)]
    new_password: String,
}

impl UserSpecEntity {
    fn has_no_teams(&self) -> Result<(), ApiError> {
        if self.teams.is_empty() {
            return Ok(());
        }
        Err(ApiError::bad_request(
            "InvalidField",
            "there are no teams here: leave spec.teams empty and give roles instead",
        ))
    }
}

fn shown(issued: &OneTimePassword) -> String {
    issued.password.expose_secret().to_owned()
}

async fn create(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Payload(body): Payload<UserEntity>,
) -> Result<Created<UserCreated>, ApiError> {
    body.spec.has_no_teams()?;
    let new = NewPerson {
        roles: roles_named(body.spec.roles.as_deref().unwrap_or_default())?,
        email: body.spec.email_id,
        first_name: body.spec.first_name.unwrap_or_default(),
        last_name: body.spec.last_name.unwrap_or_default(),
    };
    let issued = state.access.iam(&caller).create_person(new).await?;
    Ok(Created(UserCreated { one_time_password: shown(&issued), uid: issued.user.uid }))
}

async fn update(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    Payload(body): Payload<UserEntity>,
) -> Result<Done, ApiError> {
    let spec = body.spec;
    spec.has_no_teams()?;
    let iam = state.access.iam(&caller);
    let user = super::directory::one(&state, &caller, &uid).await?.user;
    let is_same = user.email.as_deref().is_none_or(|email| email.eq_ignore_ascii_case(&spec.email_id));
    if !spec.email_id.is_empty() && !is_same {
        let text =
            "the address of a user cannot be changed, since it is also the name: make another user and delete this one";
        return Err(ApiError::bad_request("InvalidField", text));
    }
    if let Some(roles) = &spec.roles {
        iam.set_roles(&uid, &roles_named(roles)?).await?;
    }
    let first = spec.first_name.unwrap_or(user.first_name);
    let last = spec.last_name.unwrap_or(user.last_name);
    iam.rename(&uid, &first, &last).await?;
    Ok(Done)
}

async fn remove(State(state): State<ApiState>, Auth(caller): Auth, Path(uid): Path<String>) -> Result<Done, ApiError> {
    state.access.iam(&caller).delete_person(&uid).await?;
    Ok(Done)
}

async fn set_state(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    Payload(body): Payload<UserState>,
) -> Result<Done, ApiError> {
    state.access.iam(&caller).set_active(&uid, body.is_active).await?;
    Ok(Done)
}

async fn reset_password(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Reply<PasswordReset>, ApiError> {
    let issued = state.access.iam(&caller).reset_password(&uid).await?;
    Ok(Reply(PasswordReset { one_time_password: shown(&issued) }))
}

async fn change_password(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    extensions: Extensions,
    Payload(body): Payload<PasswordChange>,
) -> Result<Done, ApiError> {
    if uid != caller.principal.uid {
        let text = "only one's own password can be changed; reset that of others";
        return Err(ApiError::new(http::StatusCode::FORBIDDEN, "Forbidden", text));
    }
    let new = SecretString::from(body.new_password);
    state.access.iam(&caller).change_own_password(&body.current_password, &new, peer(&extensions)).await?;
    Ok(Done)
}
