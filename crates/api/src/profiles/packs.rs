//! The packs of a profile as packs, and what is wrong with them.

use super::input::TemplateInput;
use super::shape::PackMeta;
use super::{READ, catalogued};
use crate::ApiState;
use crate::auth::Auth;
use crate::body::{Payload, Reply};
use crate::error::ApiError;
use crate::meta::Items;
use crate::operation::{Operations, get, post};
use crate::packs::PackSummary;
use crate::page::Query;
use crate::path::Path;
use axum::extract::State;
use packyard_profile::PackReport;
use serde::Serialize;
use utoipa::ToSchema;

pub(super) fn operations(all: Operations) -> Operations {
    let summary = "What is wrong with packs, all at once";
    all.on(
        get("/v1/clusterprofiles/{uid}/packs", "v1ClusterProfilesUidPacksGet", "The packs of a profile, in order")
            .needs(READ)
            .query("includePackMeta", "string", "Comma list of `schema`, `presets`: give these of each pack too.")
            .gives_items::<PackSummary>(),
        list,
    )
    .on(
        post("/v1/clusterprofiles/validate/packs", "v1ClusterProfilesValidatePacks", summary)
            .needs(READ)
            .status(200)
            .takes::<TemplateInput>()
            .gives::<ValidatorResponse>(),
        validate,
    )
    .on(
        post("/v1/clusterprofiles/{uid}/validate/packs", "v1ClusterProfilesUidValidatePacks", summary)
            .needs(READ)
            .status(200)
            .takes::<TemplateInput>()
            .gives::<ValidatorResponse>(),
        validate_in,
    )
}

async fn list(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    query: Query,
) -> Result<Reply<Items<PackSummary>>, ApiError> {
    let meta = PackMeta::parse(query.text("includePackMeta"), true);
    let profile = state.profiles.get(&caller, &uid).await?;
    let known = catalogued(&state, &caller, &profile).await?;
    let packs = profile.current().packs.iter();
    let items = packs.map(|pack| PackSummary::in_profile(pack, known.get(&pack.pack_uid), meta.schema, meta.presets));
    Ok(Reply(Items { items: items.collect() }))
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClusterProfileValidatorResponse)]
struct ValidatorResponse {
    packs: ConstraintValidatorResponse,
}

#[derive(Debug, Serialize, ToSchema)]
struct ConstraintValidatorResponse {
    results: Vec<ConstraintValidatorResult>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ConstraintValidatorResult {
    name: String,
    display_name: String,
    /// Empty for a pack that is sound.
    errors: Vec<ConstraintError>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ConstraintError {
    code: &'static str,
    message: String,
}

impl From<Vec<PackReport>> for ValidatorResponse {
    fn from(reports: Vec<PackReport>) -> Self {
        let result = |report: PackReport| ConstraintValidatorResult {
            name: report.name,
            display_name: report.display_name,
            errors: report
                .problems
                .into_iter()
                .map(|one| ConstraintError { code: one.code, message: one.message })
                .collect(),
        };
        Self { packs: ConstraintValidatorResponse { results: reports.into_iter().map(result).collect() } }
    }
}

async fn validate(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Payload(body): Payload<TemplateInput>,
) -> Result<Reply<ValidatorResponse>, ApiError> {
    let (kind, packs) = body.parse()?;
    Ok(Reply(state.profiles.check_packs(&caller, kind, &packs).await?.into()))
}

async fn validate_in(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    Payload(body): Payload<TemplateInput>,
) -> Result<Reply<ValidatorResponse>, ApiError> {
    let (_, packs) = body.parse()?;
    Ok(Reply(state.profiles.check_packs_of(&caller, &uid, &packs).await?.into()))
}
