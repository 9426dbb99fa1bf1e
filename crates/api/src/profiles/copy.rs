//! Clones, and deletions of many.

use super::{MANAGE, READ, input};
use crate::ApiState;
use crate::auth::Auth;
use crate::body::{Created, Done, Payload, Reply, Uid};
use crate::error::ApiError;
use crate::operation::{Operations, delete, post};
use crate::path::Path;
use axum::extract::State;
use packyard_profile::{CopyTarget, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(super) fn operations(all: Operations) -> Operations {
    all.on(
        post("/v1/clusterprofiles/{uid}/clone", "v1ClusterProfilesUidClone", "Copy a version")
            .needs(MANAGE)
            .takes::<CloneEntity>()
            .gives::<Uid>(),
        clone,
    )
    .on(
        post(
            "/v1/clusterprofiles/{uid}/clone/validate",
            "v1ClusterProfilesUidCloneValidate",
            "Whether a copy could be called so",
        )
        .needs(READ)
        .status(204)
        .takes::<CloneMeta>(),
        validate,
    )
    .on(
        delete("/v1/clusterprofiles/bulk", "v1ClusterProfilesBulkDelete", "Delete several versions")
            .needs(MANAGE)
            .status(200)
            .takes::<BulkDelete>()
            .gives::<BulkDeleted>(),
        delete_many,
    )
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = ClusterProfileCloneEntity)]
struct CloneEntity {
    #[serde(default)]
    metadata: CloneMeta,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = ClusterProfileCloneMetaInputEntity)]
struct CloneMeta {
    /// The name of the original when absent.
    #[serde(default)]
    name: String,
    /// 1.0.0 when absent.
    #[serde(default)]
    version: String,
    /// The scope of the original when absent.
    #[serde(default)]
    target: Option<CloneTarget>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ClusterProfileCloneTarget)]
struct CloneTarget {
    /// tenant or project.
    #[serde(default)]
    scope: String,
    #[serde(default)]
    project_uid: String,
}

impl CloneTarget {
    fn scope(self) -> Result<Scope, ApiError> {
        match self.scope.as_str() {
            "tenant" => Ok(Scope::Tenant),
            "project" if !self.project_uid.is_empty() => Ok(Scope::Project(self.project_uid)),
            "project" => {
                Err(ApiError::bad_request("InvalidField", "target.projectUid is missing: it says which project"))
            }
            other => Err(ApiError::bad_request(
                "InvalidField",
                format!("target.scope `{other}` is neither tenant nor project"),
            )),
        }
    }
}

impl CloneMeta {
    fn parse(self) -> Result<CopyTarget, ApiError> {
        Ok(CopyTarget {
            name: input::given(self.name),
            version: input::given(self.version).unwrap_or_else(|| input::FIRST_VERSION.to_owned()),
            scope: self.target.map(CloneTarget::scope).transpose()?,
        })
    }
}

async fn clone(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    Payload(body): Payload<CloneEntity>,
) -> Result<Created<Uid>, ApiError> {
    Ok(Created::uid(state.profiles.copy(&caller, &uid, body.metadata.parse()?).await?))
}

async fn validate(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    Payload(body): Payload<CloneMeta>,
) -> Result<Done, ApiError> {
    let target = body.parse()?;
    let original = state.profiles.get(&caller, &uid).await?;
    let (scope, name) = (target.scope.unwrap_or(original.scope), target.name.unwrap_or(original.name));
    state.profiles.validate_name(&caller, &scope, &name, &target.version).await?;
    Ok(Done)
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = BulkDeleteRequest)]
struct BulkDelete {
    #[serde(default)]
    uids: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BulkDeleteResponse)]
struct BulkDeleted {
    deleted_count: usize,
    is_succeeded: bool,
    message: String,
    failures: Vec<BulkDeleteFailure>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BulkDeleteFailure {
    uid: String,
    name: String,
    err_msg: String,
}

async fn delete_many(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Payload(body): Payload<BulkDelete>,
) -> Result<Reply<BulkDeleted>, ApiError> {
    let left = state.profiles.delete_all(&caller, &body.uids).await?;
    let deleted_count = body.uids.len() - left.len();
    let failures = left.into_iter().map(|(uid, name, error)| {
        let err_msg = ApiError::from(error).message.into_owned();
        BulkDeleteFailure { uid, name, err_msg }
    });
    let failures: Vec<_> = failures.collect();
    let message = match failures.len() {
        0 => String::new(),
        count => format!("{count} of {} cluster profiles were not deleted", body.uids.len()),
    };
    Ok(Reply(BulkDeleted { deleted_count, is_succeeded: failures.is_empty(), message, failures }))
}
