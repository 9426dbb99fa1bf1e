//! Lists: tags, catalogue, referrers. Pages are followed by `Link` under limits, and only on the registry itself:
//! page addresses are text from outside.

use super::auth::Scope;
use super::error::{ClientError, Hop};
use super::link::next_link;
use super::{Client, Reply, Request};
use crate::{Descriptor, Digest, Manifest, RepoName, Tag, media};
use http::{HeaderValue, Method, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::HashSet;
use std::str::FromStr;
use std::sync::Arc;

/// Asked for per page. ECR and distribution refuse more.
const PAGE: usize = 1000;

#[derive(Deserialize)]
struct TagPage {
    #[serde(default)]
    tags: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct CatalogPage {
    #[serde(default)]
    repositories: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct IndexPage {
    #[serde(default)]
    manifests: Option<Vec<Descriptor>>,
}

impl Client {
    /// All tags of a repository, in the registry's order; `None` when it does not exist. Entries that are no tags are
    /// left out.
    pub async fn tags(&self, repository: &RepoName) -> Result<Option<Vec<Tag>>, ClientError> {
        let doing = format!("list the tags of {}/{repository}", self.endpoint().authority());
        let path = format!("/v2/{repository}/tags/list?n={PAGE}");
        let first = self.list_request(&path, Scope::pull(repository), doing.into())?;
        let mut found = Vec::new();
        let known = self
            .pages(first, |page: TagPage| page.tags.unwrap_or_default(), &mut |entry| found.extend(keep(entry)))
            .await?;
        Ok(known.then_some(found))
    }

    /// The repositories of the registry whose name `wanted` says yes to, in the registry's order. Registries that do
    /// not offer the list answer 401, 403 or 404: an error with that hop.
    pub async fn catalog(
        &self,
        wanted: impl Fn(&RepoName) -> bool + Send + Sync,
    ) -> Result<Vec<RepoName>, ClientError> {
        let doing: Arc<str> = format!("list the repositories of {}", self.endpoint().authority()).into();
        let first = self.list_request(&format!("/v2/_catalog?n={PAGE}"), Scope::catalog(), doing.clone())?;
        let mut found = Vec::new();
        let known = self
            .pages(first, |page: CatalogPage| page.repositories.unwrap_or_default(), &mut |entry| {
                found.extend(keep::<RepoName>(entry).filter(|name| wanted(name)));
            })
            .await?;
        if known {
            Ok(found)
        } else {
            Err(ClientError::new(Hop::Path, doing, "the registry does not offer the list (404)"))
        }
    }

    /// The manifests that name `subject`, with the fallback tag of registries before OCI 1.1.
    pub async fn referrers(
        &self,
        repository: &RepoName,
        subject: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Vec<Descriptor>, ClientError> {
        let doing = format!("list the referrers of {}/{repository}@{subject}", self.endpoint().authority());
        let query = artifact_type.map(|t| format!("?artifactType={}", utf8_percent_encode(t, NON_ALPHANUMERIC)));
        let path = format!("/v2/{repository}/referrers/{subject}{}", query.unwrap_or_default());
        let mut first = self.list_request(&path, Scope::pull(repository), doing.into())?;
        first.headers.insert(header::ACCEPT, HeaderValue::from_static(media::OCI_INDEX));
        let mut found = Vec::new();
        let known =
            self.pages(first, |page: IndexPage| page.manifests.unwrap_or_default(), &mut |d| found.push(d)).await?;
        if !known {
            found = self.referrers_by_tag(repository, subject).await?;
        }
        // A registry may ignore the filter; who asked must not have to know.
        found.retain(|d| artifact_type.is_none_or(|wanted| d.artifact_type.as_deref() == Some(wanted)));
        Ok(found)
    }

    /// The index under the tag `sha256-<hex>` (distribution-spec 1.1, "Referrers Tag Schema").
    async fn referrers_by_tag(&self, repository: &RepoName, subject: &Digest) -> Result<Vec<Descriptor>, ClientError> {
        let Ok(tag) = subject.as_str().replace(':', "-").parse::<Tag>() else { return Ok(Vec::new()) };
        let Some(fetched) = self.get_manifest(repository, &crate::Reference::Tag(tag)).await? else {
            return Ok(Vec::new());
        };
        Ok(fetched.parse().ok().filter(Manifest::is_index).map(|index| index.children).unwrap_or_default())
    }

    fn list_request(&self, path: &str, scope: Scope, doing: Arc<str>) -> Result<Request, ClientError> {
        Ok(Request { accept: &[200, 404], ..self.request(Method::GET, path, scope, doing)? })
    }

    /// Walks the pages; `false` when the first one is not there.
    async fn pages<P: DeserializeOwned, E>(
        &self,
        mut request: Request,
        entries_of: impl Fn(P) -> Vec<E>,
        take: &mut (impl FnMut(E) + Send),
    ) -> Result<bool, ClientError> {
        let limits = self.options().limits;
        let (doing, mut seen, mut count) = (request.doing.clone(), HashSet::new(), 0);
        let over = |what: &str, limit: usize, name: &str| {
            ClientError::new(
                Hop::Limit,
                &doing,
                format!("the list does not end within {limit} {what} (limit `{name}`)"),
            )
        };
        for page in 0..limits.pages {
            let current = request.url.clone();
            let reply = self.call(request.again()).await?;
            if reply.status.as_u16() == 404 {
                return if page == 0 { Ok(false) } else { Err(reply.into_error().await) };
            }
            let next = next_page(&reply, &current)?;
            let entries = entries_of(reply.json(limits.reply_bytes).await?);
            count += entries.len();
            if count > limits.entries {
                return Err(over("entries", limits.entries, "entries"));
            }
            entries.into_iter().for_each(&mut *take);
            let Some(next) = next else { return Ok(true) };
            if !seen.insert(current) || seen.contains(&next) {
                return Err(ClientError::new(Hop::Protocol, &doing, "the pages of the list lead in a circle"));
            }
            request.url = next;
        }
        Err(over("pages", limits.pages, "pages"))
    }
}

impl Request {
    /// The same request once more. List requests have no body, so this is cheap.
    fn again(&self) -> Self {
        Self {
            method: self.method.clone(),
            url: self.url.clone(),
            headers: self.headers.clone(),
            payload: self.payload.clone(),
            scope: self.scope.clone(),
            timeout: self.timeout,
            doing: self.doing.clone(),
            accept: self.accept,
        }
    }
}

fn next_page(reply: &Reply, current: &Url) -> Result<Option<Url>, ClientError> {
    let Some(target) = reply.header("link").and_then(next_link) else { return Ok(None) };
    let next = current.join(target).map_err(|_| reply.odd("the link to the next page is not a URL"))?;
    // Behind a proxy a registry may think it is on http: the page is asked for where the first one was.
    if next.host_str() != current.host_str() {
        let host = next.host_str().unwrap_or_default().to_owned();
        return Err(reply.odd(format!("the link to the next page leads to another host, {host}")));
    }
    let mut on_origin = current.clone();
    on_origin.set_path(next.path());
    on_origin.set_query(next.query());
    Ok(Some(on_origin))
}

fn keep<T: FromStr>(entry: String) -> Option<T> {
    let kept = entry.parse().ok();
    if kept.is_none() {
        tracing::debug!(entry = %super::error::quoted(&entry, 80), "an entry of a list is not a name and was left out");
    }
    kept
}
