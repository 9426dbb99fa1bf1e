//! Logging in for a token, and what login pages ask before.

use crate::ApiState;
use crate::auth::{Credential, peer, refused};
use crate::body::{Reply, of_a_stranger};
use crate::error::ApiError;
use crate::operation::{Operations, get, post};
use crate::path::Path;
use axum::body::Body;
use axum::extract::State;
use http::Extensions;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What comes after it is a token.
pub(crate) const REFRESH: &str = "/v1/auth/refresh/";

pub(crate) fn operations(all: Operations) -> Operations {
    all.on(
        post("/v1/auth/authenticate", "v1Authenticate", "Log in with e-mail and password for a token")
            .open()
            .status(200)
            .takes::<AuthLogin>()
            .gives::<UserToken>(),
        authenticate,
    )
    .on(
        get("/v1/auth/refresh/{token}", "v1AuthRefresh", "A new token for one that has not expired")
            .open()
            .gives::<UserToken>(),
        refresh,
    )
    .on(
        get("/v1/auth/org", "v1AuthOrg", "How to log in")
            .open()
            .query("orgName", "string", "Name of the organization.")
            .gives::<LoginResponse>(),
        org,
    )
    .on(get("/v1/auth/orgs", "V1AuthOrgs", "The organizations one can log in to").open().gives::<Organizations>(), orgs)
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AuthLogin {
    #[serde(default)]
    email_id: String,
    #[serde(default)]
    password: String,
    /// Ignored: an installation has one organization.
    #[allow(dead_code, reason = "part of the documented body")]
    #[serde(default)]
    org: String,
}

#[derive(Serialize, ToSchema)]
struct UserToken {
    /// For the header of the same name.
    #[serde(rename = "Authorization")]
    authorization: String,
    #[serde(rename = "isMfa")]
    is_mfa: bool,
}

impl UserToken {
    fn new(authorization: String) -> Self {
        Self { authorization, is_mfa: false }
    }
}

async fn authenticate(
    State(state): State<ApiState>,
    extensions: Extensions,
    body: Body,
) -> Result<Reply<UserToken>, ApiError> {
    let login: AuthLogin = of_a_stranger(body).await?;
    let session = state.access.login(&login.email_id, &login.password, peer(&extensions)).await?;
    let token = state.access.issue_jwt(&session.caller).await;
    // The token stands by itself; a session would be a second credential that nobody asked for.
    state.access.logout(session.token.expose_secret()).await;
    Ok(Reply(UserToken::new(token)))
}

async fn refresh(
    State(state): State<ApiState>,
    extensions: Extensions,
    Path(token): Path<String>,
) -> Result<Reply<UserToken>, ApiError> {
    let caller = state.access.jwt(&token, peer(&extensions)).await.map_err(|e| refused(e, Credential::Token))?;
    Ok(Reply(UserToken::new(state.access.issue_jwt(&caller).await)))
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LoginResponse {
    app_env: &'static str,
    auth_type: &'static str,
    org_name: String,
    redirect_url: &'static str,
    root_domain: &'static str,
    total_tenants: u32,
}

#[derive(Serialize, ToSchema)]
struct Organizations {
    organizations: Vec<Organization>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Organization {
    auth_type: &'static str,
    name: String,
    redirect_url: &'static str,
}

async fn org(State(state): State<ApiState>) -> Reply<LoginResponse> {
    Reply(LoginResponse {
        app_env: "self-hosted",
        auth_type: "password",
        org_name: state.config.organization,
        redirect_url: "",
        root_domain: "",
        total_tenants: 1,
    })
}

async fn orgs(State(state): State<ApiState>) -> Reply<Organizations> {
    let organization = Organization { auth_type: "password", name: state.config.organization, redirect_url: "" };
    Reply(Organizations { organizations: vec![organization] })
}
