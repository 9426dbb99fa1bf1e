//! Harbor's own API (v2.0), where a registry is one: `_catalog` is for its administrators only, and its list of artifacts
//! has digests, which a list of tags by `/v2` has not.
//!
//! As documented by Harbor: pages by `page` and `page_size` (100 at most), errors as `{"errors":[..]}`, and the slashes of a
//! repository's name encoded twice.

use super::auth::basic_header;
use super::error::{ClientError, Hop};
use super::payload::Payload;
use super::transport::Call;
use super::{Client, Credentials, Probe, Reply, with_retries};
use crate::{Digest, RepoName, Tag};
use http::{HeaderMap, Method, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// Largest page that Harbor gives.
const PAGE: usize = 100;
/// The service that Harbor's challenges name.
const SERVICE: &str = "harbor-registry";

#[derive(Deserialize)]
struct SystemInfo {
    harbor_version: Option<String>,
    auth_mode: Option<String>,
}

#[derive(Deserialize)]
struct Repository {
    name: String,
}

#[derive(Deserialize)]
struct Artifact {
    digest: String,
    tags: Option<Vec<ArtifactTag>>,
}

#[derive(Deserialize)]
struct ArtifactTag {
    name: String,
}

impl Probe {
    /// The challenge is one that Harbor makes.
    pub fn is_harbor(&self) -> bool {
        self.challenges.iter().any(|challenge| {
            matches!(challenge, super::Challenge::Bearer { service: Some(service), .. } if service == SERVICE)
        })
    }
}

impl Client {
    /// Whether Harbor's API answers. What else answers there, or fails, is no Harbor.
    pub async fn is_harbor(&self) -> bool {
        let doing: Arc<str> = format!("look for Harbor's API at {}", self.endpoint().origin()).into();
        let Ok(reply) = self.harbor("/api/v2.0/systeminfo", &doing).await else { return false };
        let info: Result<SystemInfo, _> = reply.json(self.options().limits.reply_bytes).await;
        info.is_ok_and(|info| info.harbor_version.is_some() || info.auth_mode.is_some())
    }

    /// The repositories of a project, by their whole names; none when there is no such project.
    pub async fn harbor_repositories(&self, project: &str) -> Result<Vec<String>, ClientError> {
        let doing = format!("list the repositories of Harbor's project {project} at {}", self.endpoint().origin());
        let path = format!("/api/v2.0/projects/{}/repositories?", encoded(project));
        let found: Option<Vec<Repository>> = self.harbor_pages(&path, doing.into()).await?;
        Ok(found.unwrap_or_default().into_iter().map(|repository| repository.name).collect())
    }

    /// The tags of a repository with their digests; `None` when it is not there.
    pub async fn harbor_tags(&self, repository: &RepoName) -> Result<Option<Vec<(Tag, Digest)>>, ClientError> {
        let Some((project, name)) = repository.as_str().split_once('/') else { return Ok(None) };
        let doing = format!("list the artifacts of {}/{repository}", self.endpoint().authority());
        // Once for its place in a path, and once more because Harbor's proxy decodes it once.
        let name = encoded(&encoded(name));
        let path = format!(
            "/api/v2.0/projects/{}/repositories/{name}/artifacts?with_tag=true&q=tags%3D%2A&",
            encoded(project)
        );
        let found: Option<Vec<Artifact>> = self.harbor_pages(&path, doing.into()).await?;
        let tags_of = |artifact: Artifact| {
            let digest = artifact.digest.parse::<Digest>().ok();
            let tags = artifact.tags.unwrap_or_default().into_iter().filter_map(|tag| tag.name.parse().ok());
            tags.filter_map(move |tag| Some((tag, digest.clone()?))).collect::<Vec<_>>()
        };
        Ok(found.map(|artifacts| artifacts.into_iter().flat_map(tags_of).collect()))
    }

    /// Follows the pages; `None` when the first one is not there.
    async fn harbor_pages<T: DeserializeOwned>(
        &self,
        path: &str,
        doing: Arc<str>,
    ) -> Result<Option<Vec<T>>, ClientError> {
        let limits = self.options().limits;
        let mut found = Vec::new();
        for page in 1..=limits.pages {
            let reply = match self.harbor(&format!("{path}page={page}&page_size={PAGE}"), &doing).await {
                Err(error) if page == 1 && error.status == Some(404) => return Ok(None),
                other => other?,
            };
            let entries: Vec<T> = reply.json(limits.reply_bytes).await?;
            let is_last = entries.len() < PAGE;
            found.extend(entries);
            if found.len() > limits.entries {
                let seen = format!("the list does not end within {} entries (limit `entries`)", limits.entries);
                return Err(ClientError::new(Hop::Limit, &doing, seen));
            }
            if is_last {
                return Ok(Some(found));
            }
        }
        let seen = format!("the list does not end within {} pages (limit `pages`)", limits.pages);
        Err(ClientError::new(Hop::Limit, &doing, seen))
    }

    /// One call. Harbor's API takes the user name and password themselves, also where `/v2` wants tokens; it is on the
    /// registry's own origin, and not followed elsewhere.
    async fn harbor(&self, path: &str, doing: &Arc<str>) -> Result<Reply, ClientError> {
        let mut headers = HeaderMap::new();
        if let Credentials::Basic { user, password } = self.0.authorizer.credentials() {
            headers.insert(header::AUTHORIZATION, basic_header(user, password));
        }
        let call = Call {
            method: Method::GET,
            url: self.url(doing, path)?,
            headers,
            payload: Payload::Empty,
            timeout: self.options().timeouts.request,
            doing: doing.clone(),
            follow_redirects: false,
        };
        with_retries(&self.options().retry, || async {
            let reply = self.0.transport.exchange(call.clone()).await?;
            if reply.status.as_u16() == 200 { Ok(reply) } else { Err(reply.into_error().await) }
        })
        .await
    }
}

fn encoded(text: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(text, KEPT).to_string()
}
