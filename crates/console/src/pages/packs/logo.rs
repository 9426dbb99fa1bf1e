//! Logos come from whoever made the pack. They are served as what their bytes are, never as a page: sandboxed, not
//! sniffed, and useless outside an `img`.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::pages::packs::failure;
use crate::visit::Visit;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};

const TYPES: [&str; 5] = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"];

pub(super) async fn serve(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
    asked: HeaderMap,
) -> Result<Response, Failure> {
    let logo = state.catalog.logo(visit.caller(), &uid).await.map_err(failure)?;
    let Some(media_type) = TYPES.into_iter().find(|known| *known == logo.media_type) else {
        return Err(Failure::NotFound("A logo that a browser can show".to_owned()));
    };
    let digest = ring::digest::digest(&ring::digest::SHA256, &logo.bytes);
    let etag: String = digest.as_ref().iter().take(10).map(|byte| format!("{byte:02x}")).collect();
    let etag = HeaderValue::from_str(&format!("\"{etag}\"")).unwrap_or(HeaderValue::from_static("\"\""));
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    );
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600"));
    headers.insert(header::ETAG, etag.clone());
    if asked.get(header::IF_NONE_MATCH) == Some(&etag) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    Ok((headers, logo.bytes).into_response())
}
