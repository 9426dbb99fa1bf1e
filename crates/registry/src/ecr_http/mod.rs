//! The ECR API: awsJson 1.1, `POST /` with `X-Amz-Target: AmazonEC2ContainerRegistry_V20150921.<Operation>`.
//!
//! Each call goes the same way: read the body under a bound, verify the signature over it, judge the input by its
//! table ([`mod@operation`]), ask whether the caller may, call one service, answer. Nothing but [`handle`] knows HTTP.
//! Both doors stand before the same services, so what one changes the other shows at once.

mod absent;
mod authorization;
mod body;
mod call;
mod download;
mod error;
mod identifier;
mod image;
mod input;
mod layer;
mod operation;
mod page;
mod part;
mod policy;
mod reply;
mod repository;
mod shape;
mod spool;
mod tags;
#[cfg(test)]
mod tests;

pub(crate) use download::{PATH as DOWNLOAD_PATH, serve as download};

use crate::Registry;
use crate::uuid::random_uuid;
use axum::body::Body;
use axum::response::Response;
use body::Received;
use call::Call;
use error::EcrError;
use http::HeaderMap;
use http::request::Parts;
use operation::{Operation, TARGET_PREFIX};
use packyard_access::{Peer, SignatureFault, SignedRequest, sigv4};
use serde_json::Value;

const TARGET: &str = "x-amz-target";

/// True for requests of this protocol, whether or not it has the operation they name.
pub(crate) fn is_for_us(headers: &HeaderMap) -> bool {
    headers.contains_key(TARGET)
}

/// Answers one call.
pub(crate) async fn handle(registry: &Registry, parts: Parts, body: Body) -> Response {
    let request_id = random_uuid();
    let name = target(&parts.headers);
    let outcome = match operation(name) {
        Ok(operation) => answer(registry, operation, &parts, body).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(body) => reply::success(&request_id, &body),
        Err(error) => reply::failure(&request_id, name, &error),
    }
}

fn target(headers: &HeaderMap) -> &str {
    headers.get(TARGET).and_then(|value| value.to_str().ok()).unwrap_or("")
}

fn operation(target: &str) -> Result<Operation, EcrError> {
    target.strip_prefix(TARGET_PREFIX).and_then(Operation::named).ok_or_else(|| absent::error(target))
}

async fn answer(registry: &Registry, operation: Operation, parts: &Parts, body: Body) -> Result<Value, EcrError> {
    let peer = *parts.extensions.get::<Peer>().ok_or_else(|| EcrError::server("the request came without its peer"))?;
    let mut turn = None;
    if body::is_large(operation) {
        if let Err(error) = known_key(registry, parts, peer).await {
            body::refuse(registry, body).await;
            return Err(error);
        }
        turn = Some(body::turn(registry).await?);
    }
    let received = body::receive(registry, operation, body).await?;
    let signed = SignedRequest::new(parts, &received.sha256, "ecr", peer);
    let caller = registry.access().verify_sigv4(&signed).await?;
    let call = Call { registry, caller, operation };
    let answer = dispatch(&call, received).await;
    drop(turn);
    answer
}

/// Refuses, before a large body is read, what no body could make right: no signature, or one by a key that does not
/// exist. Whether the signature matches is not known yet.
async fn known_key(registry: &Registry, parts: &Parts, peer: Peer) -> Result<(), EcrError> {
    let signed = SignedRequest::new(parts, sigv4::EMPTY_SHA256, "ecr", peer);
    match registry.access().verify_sigv4(&signed).await {
        Err(error) if error.fault != SignatureFault::Mismatch => Err(error.into()),
        _ => Ok(()),
    }
}

async fn dispatch(call: &Call<'_>, received: Received) -> Result<Value, EcrError> {
    let document = received.document()?;
    shape::check(call.operation.input(), &document)?;
    call.own_registry(&document)?;
    match call.operation {
        Operation::CreateRepository => repository::create(call, input::read(document)?).await,
        Operation::DescribeRepositories => repository::describe(call, input::read(document)?).await,
        Operation::DeleteRepository => repository::delete(call, input::read(document)?).await,
        Operation::PutImageTagMutability => repository::set_mutability(call, input::read(document)?).await,
        Operation::PutImageScanningConfiguration => repository::set_scanning(call, input::read(document)?).await,
        Operation::DescribeRegistry => repository::describe_registry(call).await,
        Operation::GetAuthorizationToken => authorization::get(call, input::read(document)?).await,
        Operation::BatchCheckLayerAvailability => layer::check(call, input::read(document)?).await,
        Operation::InitiateLayerUpload => layer::initiate(call, input::read(document)?).await,
        Operation::UploadLayerPart => {
            let blob = received.blob.ok_or_else(|| EcrError::server("a layer part was not taken apart"))?;
            layer::upload(call, input::read(document)?, blob).await
        }
        Operation::CompleteLayerUpload => layer::complete(call, input::read(document)?).await,
        Operation::GetDownloadUrlForLayer => layer::download_url(call, input::read(document)?).await,
        Operation::PutImage => image::put(call, input::read(document)?).await,
        Operation::BatchGetImage => image::get(call, input::read(document)?).await,
        Operation::ListImages => image::list(call, input::read(document)?).await,
        Operation::DescribeImages => image::describe(call, input::read(document)?).await,
        Operation::BatchDeleteImage => image::delete(call, input::read(document)?).await,
        Operation::ListImageReferrers => image::referrers(call, input::read(document)?).await,
        Operation::SetRepositoryPolicy => policy::set(call, input::read(document)?).await,
        Operation::GetRepositoryPolicy => policy::get(call, input::read(document)?).await,
        Operation::DeleteRepositoryPolicy => policy::delete(call, input::read(document)?).await,
        Operation::TagResource => tags::tag(call, input::read(document)?).await,
        Operation::UntagResource => tags::untag(call, input::read(document)?).await,
        Operation::ListTagsForResource => tags::list(call, input::read(document)?).await,
    }
}
