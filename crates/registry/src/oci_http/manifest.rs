//! `manifests/<reference>`.

use super::body::Unread;
use super::error::OciError;
use super::{Answer, Ask, CONTENT_DIGEST};
use crate::{DeleteImage, Deleted, ImageId, PutManifest, StoredManifest};
use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH, LOCATION};
use http::{HeaderMap, Method, StatusCode};
use packyard_oci::{Reference, RepoName, Tag};

const OCI_SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
const OCI_TAG: HeaderName = HeaderName::from_static("oci-tag");
/// Knowing that a manifest exists reveals little, so any of these is enough for a HEAD; a push needs it.
const HEAD_ACTIONS: [&str; 3] = ["ecr:BatchGetImage", "ecr:DescribeImages", "ecr:PutImage"];
/// Tags set together with one push by digest.
const TAGS_AT_ONCE: usize = 32;

impl Ask {
    pub(super) async fn on_manifest(self, name: &RepoName, reference: &str, body: &Unread) -> Answer {
        let reference = parse(reference)?;
        match *self.method() {
            Method::GET => self.get_manifest(name, &reference, &["ecr:BatchGetImage"]).await,
            Method::HEAD => self.get_manifest(name, &reference, &HEAD_ACTIONS).await,
            Method::PUT => self.put_manifest(name, reference, body).await,
            Method::DELETE => self.delete_manifest(name, &reference).await,
            _ => Err(OciError::method_not_allowed("GET, HEAD, PUT, DELETE")),
        }
    }

    async fn get_manifest(self, name: &RepoName, reference: &Reference, actions: &[&str]) -> Answer {
        let repository = self.repository_for_any(name, actions).await?;
        let manifest = self.registry.manifest(&repository, reference).await?;
        let unchanged = self.head.headers.get(IF_NONE_MATCH).is_some_and(|tags| lists(tags, &manifest.etag));
        let mut response = if unchanged {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        } else {
            let is_get = *self.method() == Method::GET;
            if is_get {
                self.registry.pulled(&repository, &manifest);
            }
            let body = if is_get { Body::from(manifest.content.clone()) } else { Body::empty() };
            let mut response = Response::new(body);
            response.headers_mut().insert(CONTENT_LENGTH, manifest.content.len().into());
            response
        };
        describe(response.headers_mut(), &manifest);
        Ok(response)
    }

    async fn put_manifest(self, name: &RepoName, reference: Reference, body: &Unread) -> Answer {
        let repository = self.repository_to_push(name, "ecr:PutImage").await?;
        let limits = &self.registry.config().limits;
        let content = body.whole(limits.manifest_bytes, limits.body_idle).await?;
        let (tags, digest) = match reference {
            Reference::Tag(tag) => (vec![tag], None),
            Reference::Digest(digest) => (self.tags_of_query()?, Some(digest)),
        };
        let by_digest = digest.is_some();
        let media_type = self.header(CONTENT_TYPE).map(str::to_owned);
        let put = PutManifest { content, media_type, tags: tags.clone(), digest, refuse_known: false };
        let done = self.registry.put_manifest(self.actor(), &repository, put).await?;

        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::CREATED;
        let headers = response.headers_mut();
        set(headers, LOCATION, &format!("/v2/{name}/manifests/{}", done.digest));
        set(headers, CONTENT_DIGEST, done.digest.as_str());
        if let Some(subject) = &done.subject {
            set(headers, OCI_SUBJECT, subject.as_str());
        }
        for tag in tags.iter().filter(|_| by_digest) {
            if let Ok(value) = HeaderValue::from_str(tag.as_str()) {
                headers.append(OCI_TAG, value);
            }
        }
        Ok(response)
    }

    /// `?tag=a&tag=b` of a push by digest (distribution-spec, draft of 1.2).
    fn tags_of_query(&self) -> Result<Vec<Tag>, OciError> {
        let tags: Vec<Tag> = self.query.all("tag").map(parse_tag).collect::<Result<_, _>>()?;
        if tags.len() > TAGS_AT_ONCE {
            return Err(OciError::bad("TAG_INVALID", format!("at most {TAGS_AT_ONCE} tags can be set at once")));
        }
        Ok(tags)
    }

    async fn delete_manifest(self, name: &RepoName, reference: &Reference) -> Answer {
        let repository = self.repository(name, "ecr:BatchDeleteImage").await?;
        let id = match reference {
            Reference::Tag(tag) => ImageId { tag: Some(tag.to_string()), digest: None },
            Reference::Digest(digest) => ImageId { tag: None, digest: Some(digest.to_string()) },
        };
        let target = DeleteImage { id, with_last_tag: false, spare_children: true };
        let outcomes = self.registry.delete_images(self.actor(), &repository, &[target]).await?;
        match outcomes.into_iter().next() {
            Some(Deleted::Gone(_)) => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::ACCEPTED;
                Ok(response)
            }
            Some(Deleted::ReferredBy(parents)) => Err(OciError::new(
                StatusCode::CONFLICT,
                "DENIED",
                format!("the image is part of {}: delete that first", parents.join(", ")),
            )),
            _ => Err(crate::Error::ManifestUnknown { reference: reference.to_string() }.into()),
        }
    }
}

fn parse(text: &str) -> Result<Reference, OciError> {
    if text.contains(':') {
        return super::parse_digest(text).map(Reference::Digest);
    }
    parse_tag(text).map(Reference::Tag)
}

fn parse_tag(text: &str) -> Result<Tag, OciError> {
    text.parse().map_err(|error: packyard_oci::InvalidTag| OciError::bad("TAG_INVALID", error.to_string()))
}

fn describe(headers: &mut HeaderMap, manifest: &StoredManifest) {
    headers.insert(CONTENT_TYPE, manifest.content_type.clone());
    headers.insert(CONTENT_DIGEST, manifest.digest_header.clone());
    headers.insert(ETAG, manifest.etag.clone());
}

/// Whether an If-None-Match names the entity tag.
pub(super) fn lists(header: &HeaderValue, etag: &HeaderValue) -> bool {
    let (Ok(header), Ok(etag)) = (header.to_str(), etag.to_str()) else { return false };
    header.split(',').map(|tag| tag.trim().trim_start_matches("W/")).any(|tag| tag == etag || tag == "*")
}

/// Digests, names and ids are always fit for a header.
pub(super) fn set(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}
