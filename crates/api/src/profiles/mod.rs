//! Cluster profiles.
//!
//! What decides whether a Terraform plan stays clean: order, type, tag, uid and values of a pack come back exactly as
//! sent, `spec.published` is never null, and no label of ours stands among the client's.

mod copy;
mod input;
mod list;
mod packs;
mod shape;
mod transfer;
mod variables;

use crate::ApiState;
use crate::auth::{Auth, ProjectScope};
use crate::body::{Created, Done, Payload, Reply, Uid};
use crate::error::ApiError;
use crate::meta::Items;
use crate::operation::{Operations, delete, get, patch, post, put};
use crate::page::Query;
use crate::path::Path;
use axum::extract::State;
use input::{ProfileEntity, ProfileMetaEntity, ProfileUpdateEntity};
use packyard_access::Caller;
use packyard_catalog::PackDetail;
use packyard_profile::{Profile, Scope};
use shape::{ManifestEntity, PackMeta, ProfileReply};
use std::collections::HashMap;

const READ: &str = "packyard:ReadProfiles";
const MANAGE: &str = "packyard:ManageProfiles";
const UID: &str = "/v1/clusterprofiles/{uid}";

pub(crate) fn operations(all: Operations) -> Operations {
    let all = all
        .on(
            post("/v1/clusterprofiles", "v1ClusterProfilesCreate", "Create a cluster profile")
                .needs(MANAGE)
                .project_scoped()
                .query("publish", "boolean", "Publish it in the same transaction.")
                .takes::<ProfileEntity>()
                .gives::<Uid>(),
            create,
        )
        .on(
            get(
                "/v1/clusterprofiles/validate/name",
                "v1ClusterProfilesValidateNameVersion",
                "Whether a name and version are free",
            )
            .needs(READ)
            .project_scoped()
            .query("name", "string", "Name of the profile.")
            .query("version", "string", "Its version; 1.0.0 when absent.")
            .status(204),
            validate_name,
        )
        .on(
            get(UID, "v1ClusterProfilesGet", "A cluster profile")
                .needs(READ)
                .query("includePackMeta", "string", "Comma list of `schema`, `presets`: give these of each pack too.")
                .query("includePackAnnotations", "boolean", "Give the annotations of each pack too.")
                .gives::<ProfileReply>(),
            read,
        )
        .on(
            put(UID, "v1ClusterProfilesUpdate", "Replace the draft").needs(MANAGE).takes::<ProfileUpdateEntity>(),
            update,
        )
        .on(delete(UID, "v1ClusterProfilesDelete", "Delete a version").needs(MANAGE), remove)
        .on(
            patch(
                "/v1/clusterprofiles/{uid}/metadata",
                "v1ClusterProfilesUidMetadataUpdate",
                "Change name, labels, description",
            )
            .needs(MANAGE)
            .takes::<ProfileMetaEntity>(),
            update_metadata,
        )
        .on(
            patch("/v1/clusterprofiles/{uid}/publish", "v1ClusterProfilesPublish", "Make the draft what is published")
                .needs(MANAGE),
            publish,
        )
        .on(
            get(
                "/v1/clusterprofiles/{uid}/packs/{packName}/manifests",
                "v1ClusterProfilesUidPacksUidManifests",
                "Manifests of a pack",
            )
            .needs(READ)
            .gives_items::<ManifestEntity>(),
            manifests,
        );
    let all = transfer::operations(packs::operations(copy::operations(all)));
    list::operations(variables::operations(all))
}

async fn create(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    ProjectScope(project): ProjectScope,
    query: Query,
    Payload(body): Payload<ProfileEntity>,
) -> Result<Created<Uid>, ApiError> {
    let publish = query.flag("publish")?;
    let new = body.into_new(scope(project), publish)?;
    Ok(Created::uid(state.profiles.create(&caller, new).await?))
}

fn scope(project: Option<String>) -> Scope {
    project.map_or(Scope::Tenant, Scope::Project)
}

async fn validate_name(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    ProjectScope(project): ProjectScope,
    query: Query,
) -> Result<Done, ApiError> {
    let version = match query.text("version") {
        "" => input::FIRST_VERSION,
        version => version,
    };
    state.profiles.validate_name(&caller, &scope(project), query.text("name"), version).await?;
    Ok(Done)
}

async fn read(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    query: Query,
) -> Result<Reply<ProfileReply>, ApiError> {
    let meta = PackMeta::parse(query.text("includePackMeta"), query.flag("includePackAnnotations")?);
    let profile = state.profiles.get(&caller, &uid).await?;
    let packs = catalogued(&state, &caller, &profile).await?;
    Ok(Reply(ProfileReply::new(profile, &packs, meta)))
}

/// What the catalogue knows of the profile's packs, by uid.
async fn catalogued(
    state: &ApiState,
    caller: &Caller,
    profile: &Profile,
) -> Result<HashMap<String, PackDetail>, ApiError> {
    let packs = profile.draft.iter().chain(&profile.published).flat_map(|template| &template.packs);
    let uids: Vec<&str> = packs.map(|pack| pack.pack_uid.as_str()).filter(|uid| !uid.is_empty()).collect();
    Ok(state.catalog.packs_by_uid(caller, &uids).await?)
}

async fn update(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    Payload(body): Payload<ProfileUpdateEntity>,
) -> Result<Done, ApiError> {
    state.profiles.update(&caller, &uid, body.into_draft()?).await?;
    Ok(Done)
}

async fn remove(State(state): State<ApiState>, Auth(caller): Auth, Path(uid): Path<String>) -> Result<Done, ApiError> {
    state.profiles.delete(&caller, &uid).await?;
    Ok(Done)
}

async fn update_metadata(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    Payload(body): Payload<ProfileMetaEntity>,
) -> Result<Done, ApiError> {
    state.profiles.update_metadata(&caller, &uid, body.into()).await?;
    Ok(Done)
}

async fn publish(State(state): State<ApiState>, Auth(caller): Auth, Path(uid): Path<String>) -> Result<Done, ApiError> {
    state.profiles.publish(&caller, &uid).await?;
    Ok(Done)
}

/// Of every pack that has this name in the profile, drafts first where both exist.
async fn manifests(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path((uid, name)): Path<(String, String)>,
) -> Result<Reply<Items<ManifestEntity>>, ApiError> {
    let profile = state.profiles.get(&caller, &uid).await?;
    let items = ManifestEntity::of(&profile, &name).ok_or_else(|| ApiError::not_found("pack", &name))?;
    Ok(Reply(Items { items }))
}
