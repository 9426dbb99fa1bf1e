//! What a browser loads beside the pages. Invariant: an asset's address holds the digest of its bytes, so it may be
//! kept for ever; a new build has new addresses. Compressed once, when first asked for.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use std::io::Write;
use std::sync::LazyLock;

struct Asset {
    name: &'static str,
    media_type: &'static str,
    plain: Bytes,
    gzip: Bytes,
    address: String,
    etag: HeaderValue,
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let js = "text/javascript; charset=utf-8";
    vec![
        Asset::new("app.css", "text/css; charset=utf-8", include_bytes!("../static/app.css")),
        Asset::new("app.js", js, include_bytes!("../static/app.js")),
        Asset::new("htmx.js", js, include_bytes!("../static/vendor/htmx.min.js")),
        Asset::new("yaml-editor.js", js, include_bytes!("../static/vendor/yaml-editor.min.js")),
        Asset::new("logo.svg", "image/svg+xml", include_bytes!("../static/logo.svg")),
    ]
});

impl Asset {
    fn new(name: &'static str, media_type: &'static str, bytes: &'static [u8]) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
        let hex: String = digest.as_ref().iter().take(10).map(|byte| format!("{byte:02x}")).collect();
        Self {
            name,
            media_type,
            plain: Bytes::from_static(bytes),
            gzip: compressed(bytes),
            address: format!("/assets/{hex}/{name}"),
            etag: HeaderValue::from_str(&format!("\"{hex}\"")).unwrap_or(HeaderValue::from_static("\"\"")),
        }
    }
}

fn compressed(bytes: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail; were it to, the plain bytes are served.
    match encoder.write_all(bytes).and_then(|()| encoder.finish()) {
        Ok(gzip) => gzip.into(),
        Err(_) => Bytes::new(),
    }
}

/// Compresses everything now, so that no visitor waits for it.
pub(crate) fn prepare() {
    LazyLock::force(&ASSETS);
}

/// The address of an asset, for templates. An unknown name gives an address that answers 404; a test knows all.
pub(crate) fn url(name: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.name == name).map_or("/assets/missing", |asset| asset.address.as_str())
}

pub(crate) async fn serve(Path((digest, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let address = format!("/assets/{digest}/{name}");
    let Some(asset) = ASSETS.iter().find(|asset| asset.address == address) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    answer(asset, &headers)
}

/// Browsers ask for this address by themselves.
pub(crate) async fn favicon(headers: HeaderMap) -> Response {
    ASSETS
        .iter()
        .find(|asset| asset.name == "logo.svg")
        .map_or(StatusCode::NOT_FOUND.into_response(), |asset| answer(asset, &headers))
}

fn answer(asset: &Asset, asked: &HeaderMap) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::ETAG, asset.etag.clone());
    if asked.get(header::IF_NONE_MATCH) == Some(&asset.etag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    if !asset.gzip.is_empty() && takes_gzip(asked) {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        return (headers, asset.gzip.clone()).into_response();
    }
    (headers, asset.plain.clone()).into_response()
}

fn takes_gzip(asked: &HeaderMap) -> bool {
    let offers = asked.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    offers.split(',').any(|offer| {
        let mut parts = offer.split(';').map(str::trim);
        parts.next() == Some("gzip") && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_load_is_under_100_kb_and_the_editor_under_200_kb_compressed() {
        let size = |name: &str| ASSETS.iter().find(|asset| asset.name == name).unwrap().gzip.len();
        let first: usize = ["app.css", "app.js", "htmx.js", "logo.svg"].into_iter().map(size).sum();
        assert!(first < 100_000, "the first load is {first} bytes");
        assert!(size("yaml-editor.js") < 200_000, "the editor is {} bytes", size("yaml-editor.js"));
    }

    #[test]
    fn vendored_files_are_the_ones_that_the_list_describes() {
        let list = include_str!("../static/vendor/VENDORED.md");
        let files: [(&str, &[u8]); 2] = [
            ("htmx.min.js", include_bytes!("../static/vendor/htmx.min.js")),
            ("yaml-editor.min.js", include_bytes!("../static/vendor/yaml-editor.min.js")),
        ];
        for (name, bytes) in files {
            let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
            let hex: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
            let row = list.lines().find(|line| line.starts_with(&format!("| {name} "))).unwrap();
            assert!(row.contains(&hex), "{name} is {hex}, the list says {row}");
        }
    }

    #[tokio::test]
    async fn an_address_is_served_for_ever_and_another_digest_is_not_served() {
        let mut parts = url("app.css").split('/').skip(2).map(str::to_owned);
        let (digest, name) = (parts.next().unwrap(), parts.next().unwrap());
        let reply = serve(Path((digest, name.clone())), HeaderMap::new()).await;
        assert_eq!(reply.status(), StatusCode::OK);
        assert_eq!(reply.headers()[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert!(reply.headers().get(header::CONTENT_ENCODING).is_none());
        assert_eq!(serve(Path(("00".to_owned(), name)), HeaderMap::new()).await.status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn gzip_is_sent_only_to_those_who_take_it() {
        let asked =
            |value: &'static str| HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]);
        assert!(takes_gzip(&asked("br, gzip")));
        assert!(takes_gzip(&asked("gzip;q=0.5")));
        assert!(!takes_gzip(&asked("gzip;q=0, br")));
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
