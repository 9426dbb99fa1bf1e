//! Who is calling, who else there is, and what they may do.

mod change;
mod directory;
mod foreign_roles;
mod grants;
mod roles;

pub(crate) use grants::{UserRoleMap, members};

use crate::ApiState;
use crate::auth::Auth;
use crate::body::Reply;
use crate::error::ApiError;
use crate::operation::{Operations, get};
use axum::extract::State;
use http::StatusCode;
use packyard_access::iam::{IamError, IamFault};
use packyard_store::{Store, new_uid};
use serde::Serialize;
use utoipa::ToSchema;

/// The installation's fact that holds the uid of its one tenant.
const TENANT_UID: &str = "tenant-uid";
/// Lists of users and of their rights are IAM's, so the right to them is too.
const LIST: &str = "iam:ListUsers";

pub(crate) fn operations(all: Operations) -> Operations {
    let all = all.on(get("/v1/users/info", "v1UsersInfoGet", "The caller's own uids").gives::<UserInfo>(), info);
    let all = change::operations(directory::operations(all));
    foreign_roles::operations(grants::operations(roles::operations(all)))
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UserInfo {
    org_name: String,
    tenant_uid: String,
    user_uid: String,
}

async fn info(State(state): State<ApiState>, Auth(caller): Auth) -> Result<Reply<UserInfo>, ApiError> {
    Ok(Reply(UserInfo {
        org_name: state.config.organization.clone(),
        tenant_uid: tenant_uid(&state.store).await?,
        user_uid: caller.principal.uid.clone(),
    }))
}

/// Made when it is first asked for; replicas that ask together get the same.
pub(crate) async fn tenant_uid(store: &Store) -> Result<String, ApiError> {
    let journal = store.journal();
    match journal.fact(TENANT_UID).await.map_err(ApiError::internal)? {
        Some(uid) => Ok(uid),
        None => journal.fact_or(TENANT_UID, &new_uid()).await.map_err(ApiError::internal),
    }
}

impl From<IamError> for ApiError {
    fn from(error: IamError) -> Self {
        let text = error.to_string();
        match error.fault {
            IamFault::AccessDenied => Self::new(StatusCode::FORBIDDEN, "Forbidden", text),
            IamFault::EntityAlreadyExists => Self::conflict("UserAlreadyExists", text),
            IamFault::DeleteConflict | IamFault::UnmodifiableEntity => Self::conflict("Conflict", text),
            IamFault::LimitExceeded => Self::new(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", text),
            IamFault::NoSuchEntity => Self::new(StatusCode::NOT_FOUND, "ResourceNotFound", text),
            IamFault::ServiceFailure => Self::internal(error),
            _ => Self::bad_request("InvalidField", text),
        }
    }
}
