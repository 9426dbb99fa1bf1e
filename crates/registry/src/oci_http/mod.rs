//! The distribution face, `/v2/...` (distribution-spec 1.1). It parses a request, asks whether the caller may, calls one
//! service, and writes the answer; the table of routes and `ecr:` actions is in docs/registry.md.

mod blob;
mod body;
mod error;
mod list;
mod login;
mod manifest;
mod range;
mod referrers;
mod route;
mod upload;

use crate::{Error, Registry, Repository};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use body::Unread;
use error::OciError;
use http::header::{
    CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, EXPECT, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{Method, StatusCode};
use http_body::Body as _;
use packyard_access::Peer;
use packyard_oci::{Digest, RepoName};
use route::{Query, Route};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

type Answer = Result<Response, OciError>;

/// A request whose caller is known.
struct Ask {
    registry: Registry,
    login: login::Login,
    head: Parts,
    query: Query,
}

pub(crate) async fn serve(State(registry): State<Registry>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let (method, path) = (head.method.clone(), head.uri.path().to_owned());
    let waits_for_our_word = head.headers.contains_key(EXPECT);
    let body = Unread::new(body);
    let mut response = match answer(registry, head, &body).await {
        Ok(response) => response,
        Err(error) => {
            if !waits_for_our_word {
                body.drain().await;
            }
            let (code, message) = error.log_text();
            tracing::debug!(%method, path, status = error.status.as_u16(), code, message, "refused");
            if error.status == StatusCode::FORBIDDEN {
                tracing::info!(%method, path, message, "denied");
            }
            error.into_response()
        }
    };
    finish(&method, &mut response);
    response
}

/// A blob for somebody whose right to it was shown otherwise: by a presigned address.
pub(crate) async fn serve_blob(registry: &Registry, name: &RepoName, digest: &Digest, head: &Parts) -> Response {
    let content = async {
        let repository = registry.repository(name).await?;
        blob::content(registry, &repository, digest, &head.headers).await
    };
    let mut response = content.await.unwrap_or_else(IntoResponse::into_response);
    finish(&head.method, &mut response);
    response
}

/// What every answer has: content of users is never a page of this origin, and a HEAD has no body.
fn finish(method: &Method, response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(API_VERSION, HeaderValue::from_static("registry/2.0"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    if method == Method::HEAD {
        let body = std::mem::replace(response.body_mut(), Body::empty());
        if let (false, Some(length)) = (response.headers().contains_key(CONTENT_LENGTH), body.size_hint().exact()) {
            response.headers_mut().insert(CONTENT_LENGTH, length.into());
        }
    }
}

async fn answer(registry: Registry, head: Parts, body: &Unread) -> Answer {
    let nobody = Peer { addr: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)), secure: false };
    let peer = head.extensions.get::<Peer>().copied().unwrap_or(nobody);
    let login = login::login(&registry, &head.headers, peer).await?;
    let route = Route::parse(head.uri.path())?;
    let query = Query::parse(head.uri.query()).printable()?;
    let ask = Ask { registry, login, head, query };
    match route {
        Route::Base => ask.base(),
        Route::Catalog => ask.only_get("GET")?.catalog().await,
        Route::Tags { name } => ask.only_get("GET")?.tags(&repo_name(&name)?).await,
        Route::Referrers { name, digest } => {
            ask.only_get("GET")?.list_referrers(&repo_name(&name)?, &parse_digest(&digest)?).await
        }
        Route::Manifest { name, reference } => ask.on_manifest(&repo_name(&name)?, &reference, body).await,
        Route::Blob { name, digest } => ask.on_blob(&repo_name(&name)?, &parse_digest(&digest)?).await,
        Route::Uploads { name } => ask.on_uploads(&repo_name(&name)?, body).await,
        Route::Upload { name, id } => ask.on_upload(&repo_name(&name)?, &id, body).await,
    }
}

fn repo_name(text: &str) -> Result<RepoName, OciError> {
    text.parse().map_err(|error: packyard_oci::InvalidName| OciError::bad("NAME_INVALID", error.to_string()))
}

fn parse_digest(text: &str) -> Result<Digest, OciError> {
    text.parse().map_err(|error: packyard_oci::InvalidDigest| OciError::bad("DIGEST_INVALID", error.to_string()))
}

impl Ask {
    fn method(&self) -> &Method {
        &self.head.method
    }

    fn header(&self, name: HeaderName) -> Option<&str> {
        self.head.headers.get(name).and_then(|value| value.to_str().ok())
    }

    fn actor(&self) -> &str {
        self.login.caller.arn()
    }

    fn only_get(self, allowed: &'static str) -> Result<Self, OciError> {
        match *self.method() {
            Method::GET | Method::HEAD => Ok(self),
            _ => Err(OciError::method_not_allowed(allowed)),
        }
    }

    /// `GET /v2/`: any valid credential will do.
    fn base(self) -> Answer {
        self.only_get("GET").map(|_| ([(CONTENT_TYPE, "application/json")], "{}").into_response())
    }

    /// The repository, if the caller may do `action` to it. Whether it exists is told only to those who may.
    async fn repository(&self, name: &RepoName, action: &str) -> Result<Arc<Repository>, OciError> {
        self.repository_for_any(name, &[action]).await
    }

    /// The same, with any one of the actions being enough.
    async fn repository_for_any(&self, name: &RepoName, actions: &[&str]) -> Result<Arc<Repository>, OciError> {
        let found = self.registry.find_repository(name).await?;
        let target = self.registry.target(name, found.as_deref());
        self.registry.access().may_any(&self.login.caller, actions, &target).await?;
        found.ok_or_else(|| self.registry.repository_unknown(name).into())
    }

    async fn may(&self, name: &RepoName, repository: Option<&Repository>, action: &str) -> Result<(), OciError> {
        let target = self.registry.target(name, repository);
        Ok(self.registry.access().may(&self.login.caller, action, &target).await?)
    }

    /// The same for what is tried beside the request: that the caller may not is no refusal, and the log is spared.
    async fn could(&self, name: &RepoName, repository: Option<&Repository>, action: &str) -> bool {
        let target = self.registry.target(name, repository);
        self.registry.access().could(&self.login.caller, action, &target).await
    }

    /// The repository a push goes to. One that is missing is made for a registry login that may, as Harbor does; an ECR
    /// token is told what ECR says.
    async fn repository_to_push(&self, name: &RepoName, action: &str) -> Result<Arc<Repository>, OciError> {
        if let Some(found) = self.registry.find_repository(name).await? {
            self.may(name, Some(&found), action).await?;
            return Ok(found);
        }
        self.may(name, None, action).await?;
        let may_create = !self.login.with_ecr_token && self.could(name, None, "ecr:CreateRepository").await;
        if !may_create {
            return Err(self.registry.repository_unknown(name).into());
        }
        match self.registry.create_repository(self.actor(), crate::CreateRepository::named(name.clone())).await {
            // Another request of the same push was faster.
            Err(Error::RepositoryExists { .. }) => Ok(self.registry.repository(name).await?),
            made => Ok(made?),
        }
    }
}
