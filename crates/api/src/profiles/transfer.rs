//! Profiles as files.

use super::{MANAGE, READ, scope};
use crate::ApiState;
use crate::auth::{Auth, ProjectScope};
use crate::body::{Created, Payload, Reply, Uid, too_large};
use crate::error::ApiError;
use crate::operation::{Operations, get, post};
use crate::page::Query;
use crate::path::Path;
use axum::extract::multipart::{Multipart, MultipartError, MultipartRejection};
use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use packyard_access::Caller;
use packyard_profile::{FileFormat, ProfileFile};
use serde_json::Value;

/// The part of a form that has the file.
const PART: &str = "importFile";
const HOW: &str = "Send the exported file as multipart/form-data, in a part named importFile";
const BYTES: &str = "application/octet-stream";

pub(super) fn operations(all: Operations) -> Operations {
    let publish = "Publish it in the same transaction.";
    all.on(
        post("/v1/clusterprofiles/import", "v1ClusterProfilesImport", "Make a profile of an exported one")
            .needs(MANAGE)
            .project_scoped()
            .query("publish", "boolean", publish)
            .takes_any()
            .gives::<Uid>(),
        import,
    )
    .on(
        post("/v1/clusterprofiles/import/file", "v1ClusterProfilesImportFile", "Make a profile of an exported file")
            .needs(MANAGE)
            .project_scoped()
            .query("publish", "boolean", publish)
            .query("format", "string", "Ignored: the file shows whether it is JSON or YAML.")
            .takes_file(PART)
            .gives::<Uid>(),
        import_file,
    )
    .on(
        post(
            "/v1/clusterprofiles/import/validate",
            "v1ClusterProfilesImportValidate",
            "The same profile, with the registries that have each pack",
        )
        .needs(READ)
        .status(200)
        .takes_any()
        .gives_any(),
        validate,
    )
    .on(
        get(
            "/v1/clusterprofiles/{uid}/export",
            "V1ClusterProfilesUidExport",
            "A profile as a file; secrets are masked",
        )
        .needs(READ)
        .query("format", "string", "json, which is the default, or yaml.")
        .gives_bytes(BYTES),
        export,
    )
    .on(
        get(
            "/v1/clusterprofiles/{uid}/export/terraform",
            "V1ClusterProfilesUidExportTerraform",
            "A profile as a resource of the Terraform provider",
        )
        .needs(READ)
        .query("format", "string", "Ignored: it is HCL.")
        .gives_bytes(BYTES),
        export_terraform,
    )
}

async fn make(
    state: &ApiState,
    caller: &Caller,
    project: Option<String>,
    query: &Query,
    file: ProfileFile,
) -> Result<Created<Uid>, ApiError> {
    let publish = query.flag("publish")?;
    Ok(Created::uid(state.profiles.import(caller, file, scope(project), publish).await?))
}

/// A body that is a file; the nulls in it are gone already.
fn parsed(body: Value) -> Result<ProfileFile, ApiError> {
    crate::json::typed(body, "the body is no exported cluster profile")
}

async fn import(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    ProjectScope(project): ProjectScope,
    query: Query,
    Payload(body): Payload<Value>,
) -> Result<Created<Uid>, ApiError> {
    make(&state, &caller, project, &query, parsed(body)?).await
}

async fn import_file(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    ProjectScope(project): ProjectScope,
    query: Query,
    File(text): File,
) -> Result<Created<Uid>, ApiError> {
    make(&state, &caller, project, &query, ProfileFile::parse(&text)?).await
}

async fn validate(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Payload(body): Payload<Value>,
) -> Result<Reply<ProfileFile>, ApiError> {
    Ok(Reply(state.profiles.match_registries(&caller, parsed(body)?).await?))
}

async fn export(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    query: Query,
) -> Result<Response, ApiError> {
    let format = match query.text("format") {
        "" | "json" => FileFormat::Json,
        "yaml" => FileFormat::Yaml,
        other => {
            return Err(ApiError::bad_request("InvalidQuery", format!("format is json or yaml, not `{other}`")));
        }
    };
    let file = state.profiles.export(&caller, &uid).await?;
    download(&file.name(format), file.write(format))
}

async fn export_terraform(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Response, ApiError> {
    download("cluster-profile.tf", state.profiles.export_terraform(&caller, &uid).await?)
}

fn download(name: &str, content: String) -> Result<Response, ApiError> {
    let disposition = format!("attachment; filename=\"{name}\"");
    let disposition = HeaderValue::from_str(&disposition).map_err(ApiError::internal)?;
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(BYTES)), (header::CONTENT_DISPOSITION, disposition)];
    Ok((headers, content).into_response())
}

/// The text of the part that has the file, or of the first part with a file name.
struct File(String);

impl<S: Send + Sync> FromRequest<S> for File {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let too_large = too_large(request.extensions());
        let unreadable = |status: StatusCode, why: String| match status {
            StatusCode::PAYLOAD_TOO_LARGE => too_large.clone(),
            status => ApiError::new(status, "InvalidBody", format!("the form cannot be read: {why}. {HOW}")),
        };
        let mut form = Multipart::from_request(request, state)
            .await
            .map_err(|rejection: MultipartRejection| unreadable(rejection.status(), rejection.body_text()))?;
        let broken = |error: MultipartError| unreadable(error.status(), error.body_text());
        while let Some(part) = form.next_field().await.map_err(broken)? {
            if part.name() == Some(PART) || part.file_name().is_some() {
                let bytes = part.bytes().await.map_err(broken)?;
                let text = String::from_utf8(bytes.to_vec());
                if bytes.trim_ascii().is_empty() {
                    return Err(unreadable(StatusCode::BAD_REQUEST, "the file is empty".to_owned()));
                }
                let refused = || unreadable(StatusCode::BAD_REQUEST, "the file is no UTF-8 text".to_owned());
                return text.map(Self).map_err(|_| refused());
            }
        }
        Err(ApiError::bad_request("InvalidBody", format!("the form has no part {PART}: that is the exported file")))
    }
}
