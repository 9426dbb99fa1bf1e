//! `referrers/<digest>` (distribution-spec 1.1, "Listing Referrers"). A digest nobody knows has none; so has one in a
//! repository that does not exist.

use super::error::OciError;
use super::{Answer, Ask};
use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, LINK};
use packyard_oci::{Digest, RepoName, media};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

const FILTERS_APPLIED: HeaderName = HeaderName::from_static("oci-filters-applied");

impl Ask {
    pub(super) async fn list_referrers(self, name: &RepoName, subject: &Digest) -> Answer {
        let repository = self.registry.find_repository(name).await?;
        self.may(name, repository.as_deref(), "ecr:BatchGetImage").await?;
        let filter = self.query.get("artifactType").filter(|filter| !filter.is_empty());
        let limit = match self.query.get("n").map(str::parse::<usize>) {
            None => None,
            Some(Ok(limit)) if limit > 0 => Some(limit),
            Some(_) => return Err(OciError::bad("PAGINATION_NUMBER_INVALID", "n must be a whole number above 0")),
        };
        let after = match self.query.get("last") {
            None => String::new(),
            Some(last) => super::parse_digest(last)?.to_string(),
        };
        let list = match &repository {
            Some(repository) => self.registry.referrers(repository, subject, filter, &after, limit).await?,
            None => crate::ReferrerList::default(),
        };
        let body = format!(
            "{{\"schemaVersion\":2,\"mediaType\":\"{}\",\"manifests\":[{}]}}",
            media::OCI_INDEX,
            list.descriptors.join(",")
        );
        let mut response = Response::new(Body::from(body));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media::OCI_INDEX));
        if filter.is_some() {
            headers.insert(FILTERS_APPLIED, HeaderValue::from_static("artifactType"));
        }
        if let Some(next) = list.next {
            super::manifest::set(headers, LINK, &next_page(name, subject, filter, limit, &next));
        }
        Ok(response)
    }
}

fn next_page(name: &RepoName, subject: &Digest, filter: Option<&str>, limit: Option<usize>, last: &str) -> String {
    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let filter = filter.map(|filter| format!("&artifactType={}", encode(filter))).unwrap_or_default();
    let limit = limit.map(|limit| format!("&n={limit}")).unwrap_or_default();
    format!("</v2/{name}/referrers/{subject}?last={}{filter}{limit}>; rel=\"next\"", encode(last))
}
