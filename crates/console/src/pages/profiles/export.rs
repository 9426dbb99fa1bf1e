//! A profile as a file to save: what is edited now, the defaults of sensitive variables masked.

use super::failure;
use crate::ConsoleState;
use crate::failure::Failure;
use crate::visit::Visit;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use packyard_profile::FileFormat;
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    format: String,
}

pub(super) async fn download(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let format = if asked.format == "json" { FileFormat::Json } else { FileFormat::Yaml };
    let file = state.profiles.export(visit.caller(), &uid).await.map_err(failure)?;
    let disposition = format!("attachment; filename=\"{}\"", file.name(format));
    let disposition = HeaderValue::try_from(disposition).map_err(Failure::while_doing("name an exported file"))?;
    let kind = HeaderValue::from_static("application/octet-stream");
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)], file.write(format)).into_response())
}
