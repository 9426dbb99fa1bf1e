//! `tags/list` and `_catalog`: pages by `n` and `last`, with a Link to the next one.

use super::error::OciError;
use super::{Answer, Ask};
use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_TYPE, HeaderValue, LINK};
use packyard_oci::RepoName;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Longer than any name or tag.
const LAST_LIMIT: usize = 512;

/// Which page is asked for.
struct Page<'a> {
    limit: usize,
    after: &'a str,
}

impl Ask {
    pub(super) async fn tags(self, name: &RepoName) -> Answer {
        let repository = self.repository(name, "ecr:ListImages").await?;
        let page = self.page()?;
        let mut tags: Vec<String> = Vec::new();
        if page.limit > 0 {
            let rows = self.registry.tags(&repository, page.after, page.limit + 1).await?;
            tags = rows.into_iter().map(|row| row.name).collect();
        }
        let next =
            cut(&mut tags, page.limit).map(|last| next_page(&format!("/v2/{name}/tags/list"), page.limit, &last));
        json(&serde_json::json!({ "name": name, "tags": tags }), next)
    }

    /// Only what the caller may describe.
    pub(super) async fn catalog(self) -> Answer {
        const LOOK_AT: usize = 500;
        let page = self.page()?;
        let mut names: Vec<String> = Vec::new();
        let mut after = page.after.to_owned();
        while page.limit > 0 && names.len() <= page.limit {
            let repositories = self.registry.repositories(&after, LOOK_AT).await?;
            let Some(last) = repositories.last() else { break };
            after = last.name.to_string();
            for repository in &repositories {
                if self.registry.could(&self.login.caller, "ecr:DescribeRepositories", repository).await {
                    names.push(repository.name.to_string());
                }
            }
        }
        let next = cut(&mut names, page.limit).map(|last| next_page("/v2/_catalog", page.limit, &last));
        json(&serde_json::json!({ "repositories": names }), next)
    }

    fn page(&self) -> Result<Page<'_>, OciError> {
        let most = self.registry.config().limits.page;
        let limit = match self.query.get("n") {
            None => most,
            Some(text) => match text.parse::<u64>() {
                Ok(wanted) => usize::try_from(wanted).unwrap_or(most).min(most),
                Err(_) => {
                    return Err(OciError::bad("PAGINATION_NUMBER_INVALID", "n must be a whole number, 0 or more"));
                }
            },
        };
        let after = self.query.get("last").unwrap_or_default();
        if after.len() > LAST_LIMIT {
            return Err(OciError::bad("PAGINATION_NUMBER_INVALID", format!("last is longer than {LAST_LIMIT} bytes")));
        }
        Ok(Page { limit, after })
    }
}

/// Cuts a list that was read one entry too far; returns the last entry of the page when there are more.
fn cut(list: &mut Vec<String>, limit: usize) -> Option<String> {
    if list.len() <= limit {
        return None;
    }
    list.truncate(limit);
    list.last().cloned()
}

fn next_page(path: &str, limit: usize, last: &str) -> String {
    format!("<{path}?n={limit}&last={}>; rel=\"next\"", utf8_percent_encode(last, NON_ALPHANUMERIC))
}

fn json(value: &serde_json::Value, next: Option<String>) -> Answer {
    let mut response = Response::new(Body::from(value.to_string()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(link) = next.and_then(|link| HeaderValue::from_str(&link).ok()) {
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}
