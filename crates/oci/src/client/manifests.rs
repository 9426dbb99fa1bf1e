//! Manifests: HEAD, GET, PUT. The bytes are the identity; a reply whose bytes are not the digest asked for is refused.

use super::auth::Scope;
use super::error::{ClientError, Hop};
use super::payload::Payload;
use super::{Client, Request};
use crate::{Algorithm, Digest, Manifest, Reference, RepoName};
use bytes::Bytes;
use http::{HeaderValue, Method, header};

/// What ORAS 1.0 asks for, in its order.
const ACCEPT_MANIFESTS: &str = "application/vnd.docker.distribution.manifest.v2+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, \
     application/vnd.oci.image.index.v1+json, application/vnd.oci.artifact.manifest.v1+json";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestHead {
    /// Missing when the registry does not send `Docker-Content-Digest`.
    pub digest: Option<Digest>,
    pub media_type: Option<String>,
    pub size: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedManifest {
    /// Computed from the bytes, never taken from a header.
    pub digest: Digest,
    pub media_type: Option<String>,
    pub bytes: Bytes,
}

impl FetchedManifest {
    pub fn parse(&self) -> Result<Manifest, crate::ManifestError> {
        Manifest::parse(self.media_type.as_deref(), &self.bytes)
    }
}

impl Client {
    /// `None` when the repository or the reference is not there.
    pub async fn head_manifest(
        &self,
        repository: &RepoName,
        reference: &Reference,
    ) -> Result<Option<ManifestHead>, ClientError> {
        let mut request = self.manifest_request(Method::HEAD, repository, reference, "look for")?;
        request.accept = &[200, 404];
        let reply = self.call(request).await?;
        if reply.status.as_u16() == 404 {
            return Ok(None);
        }
        reply.refuse_html()?;
        Ok(Some(ManifestHead {
            digest: reply.docker_content_digest(),
            media_type: reply.media_type(),
            size: reply.content_length(),
        }))
    }

    /// `None` when the repository or the reference is not there.
    pub async fn get_manifest(
        &self,
        repository: &RepoName,
        reference: &Reference,
    ) -> Result<Option<FetchedManifest>, ClientError> {
        let mut request = self.manifest_request(Method::GET, repository, reference, "read")?;
        request.accept = &[200, 404];
        let doing = request.doing.clone();
        let reply = self.call(request).await?;
        if reply.status.as_u16() == 404 {
            return Ok(None);
        }
        reply.refuse_html()?;
        let promised = match reference {
            Reference::Digest(digest) => Some(digest.clone()),
            Reference::Tag(_) => reply.docker_content_digest(),
        };
        let media_type = reply.media_type();
        let bytes = reply.bytes(self.options().limits.manifest_bytes, "manifest_bytes").await?;
        let algorithm = promised.as_ref().map_or(Algorithm::Sha256, Digest::algorithm);
        let digest = Digest::of(algorithm, &bytes);
        if let Some(promised) = promised.filter(|promised| *promised != digest) {
            let seen = format!("the bytes that came have the digest {digest}, not {promised}");
            return Err(ClientError::new(Hop::Content, doing, seen));
        }
        Ok(Some(FetchedManifest { digest, media_type, bytes }))
    }

    /// Puts the manifest under `reference` and checks that the registry understood the same digest.
    pub async fn put_manifest(
        &self,
        repository: &RepoName,
        reference: &Reference,
        media_type: &str,
        bytes: Bytes,
    ) -> Result<Digest, ClientError> {
        let digest = match reference {
            Reference::Digest(digest) => Digest::of(digest.algorithm(), &bytes),
            Reference::Tag(_) => Digest::sha256(&bytes),
        };
        let mut request = self.manifest_request(Method::PUT, repository, reference, "write")?;
        let content_type = HeaderValue::from_str(media_type)
            .map_err(|_| ClientError::new(Hop::Local, &request.doing, "the media type cannot be sent in a header"))?;
        request.headers.remove(header::ACCEPT);
        request.headers.insert(header::CONTENT_TYPE, content_type);
        request.payload = Payload::Bytes(bytes);
        request.accept = &[201, 200];
        request.scope = Scope::push(repository);
        let doing = request.doing.clone();
        let reply = self.call(request).await?;
        match reply.docker_content_digest() {
            Some(theirs) if theirs != digest => {
                let seen = format!("the registry says it stored {theirs}, but {digest} was sent");
                Err(ClientError::new(Hop::Content, doing, seen))
            }
            _ => Ok(digest),
        }
    }

    fn manifest_request(
        &self,
        method: Method,
        repository: &RepoName,
        reference: &Reference,
        verb: &str,
    ) -> Result<Request, ClientError> {
        let separator = if matches!(reference, Reference::Tag(_)) { ':' } else { '@' };
        let doing = format!("{verb} the manifest {}/{repository}{separator}{reference}", self.endpoint().authority());
        let path = format!("/v2/{repository}/manifests/{reference}");
        let mut request = self.request(method, &path, Scope::pull(repository), doing.into())?;
        request.headers.insert(header::ACCEPT, HeaderValue::from_static(ACCEPT_MANIFESTS));
        Ok(request)
    }
}
