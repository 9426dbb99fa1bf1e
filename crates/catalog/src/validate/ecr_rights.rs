//! What ECR allows. Each action a sync needs is tried by itself, on a repository that need not exist: AWS refuses a caller
//! without the right before it looks for the repository, so an empty registry can be checked too.

use super::{Ended, Walk};
use crate::connect::Connection;
use crate::hops::hop;
use crate::paths::ARCHIVE;
use crate::source::is_denied;
use crate::{Hop, HopResult, RegistrySpec};
use packyard_oci::aws::{EcrApi, ImageId};
use packyard_oci::client::{self, ClientError};
use packyard_oci::{Digest, RepoName, Tag};
use serde_json::json;

/// Stands for a pack in the repository that rights are tried on.
const PROBE: &str = "packyard-validate";

impl<F: FnMut(&HopResult) + Send> Walk<F> {
    /// Tries each action that a sync needs.
    pub(super) async fn ecr_rights(
        &mut self,
        spec: &RegistrySpec,
        connection: &Connection,
        api: &EcrApi,
    ) -> Result<(), Ended> {
        let Some(repository) = probe_repository(connection) else {
            return self.fail(Hop::Path, "the base content path is too long to hold a pack's repository".to_owned());
        };
        let mut missing = Vec::new();
        let mut known = false;
        for action in ACTIONS {
            match verdict(action.attempt(api, &repository).await) {
                Verdict::Allowed => known = true,
                Verdict::Denied => {
                    known = true;
                    missing.push(action.name());
                }
                Verdict::Broken(error)
                    if !known && matches!(error.hop, client::Hop::Auth | client::Hop::Permission) =>
                {
                    return self.refused(spec, &error);
                }
                Verdict::Broken(error) => return self.fail_with(hop(error.hop).max(Hop::Registry), &error),
            }
        }
        self.ok(Hop::Credentials, "the key is known".to_owned());
        if missing.is_empty() {
            return Ok(());
        }
        self.report.missing_actions = missing.iter().map(|name| (*name).to_owned()).collect();
        self.report.statement = Some(statement(connection, &missing));
        self.fail(Hop::Permission, format!("the credentials lack {}", missing.join(", ")))
    }
}

/// The actions of a sync, in the order they are met.
#[derive(Debug, Clone, Copy)]
enum Action {
    GetAuthorizationToken,
    DescribeRepositories,
    /// Or DescribeImages: one of the two is enough.
    ListImages,
    BatchGetImage,
    GetDownloadUrlForLayer,
}

const ACTIONS: [Action; 5] = [
    Action::GetAuthorizationToken,
    Action::DescribeRepositories,
    Action::ListImages,
    Action::BatchGetImage,
    Action::GetDownloadUrlForLayer,
];

impl Action {
    fn name(self) -> &'static str {
        match self {
            Self::GetAuthorizationToken => "ecr:GetAuthorizationToken",
            Self::DescribeRepositories => "ecr:DescribeRepositories",
            Self::ListImages => "ecr:ListImages",
            Self::BatchGetImage => "ecr:BatchGetImage",
            Self::GetDownloadUrlForLayer => "ecr:GetDownloadUrlForLayer",
        }
    }

    async fn attempt(self, api: &EcrApi, repository: &RepoName) -> Result<(), ClientError> {
        match self {
            Self::GetAuthorizationToken => api.get_authorization_token().await.map(drop),
            Self::DescribeRepositories => api.describe_repositories().await.map(drop),
            Self::ListImages => match api.list_images(repository).await {
                Err(error) if is_denied(&error) => api.describe_images(repository).await.map(drop),
                other => other.map(drop),
            },
            Self::BatchGetImage => {
                let tag: Option<Tag> = PROBE.parse().ok();
                let ids: Vec<ImageId> = tag.iter().map(ImageId::tag).collect();
                api.batch_get_image(repository, &ids).await.map(drop)
            }
            Self::GetDownloadUrlForLayer => {
                api.get_download_url_for_layer(repository, &Digest::sha256(PROBE.as_bytes())).await.map(drop)
            }
        }
    }
}

enum Verdict {
    Allowed,
    Denied,
    Broken(ClientError),
}

/// That the repository, image or layer is not there shows that the action is allowed.
fn verdict(attempt: Result<(), ClientError>) -> Verdict {
    match attempt {
        Ok(()) => Verdict::Allowed,
        // The role was not to be had: nothing is known about ECR.
        Err(error) if error.missing_action().is_some_and(|action| action.starts_with("sts:")) => Verdict::Broken(error),
        Err(error) if is_denied(&error) => Verdict::Denied,
        Err(error) if matches!(error.hop, client::Hop::Path | client::Hop::Rejected) => Verdict::Allowed,
        Err(error) => Verdict::Broken(error),
    }
}

/// A repository under the first base path that rights can be tried on.
fn probe_repository(connection: &Connection) -> Option<RepoName> {
    match connection.paths.all_named() {
        Some(named) => named.into_iter().next(),
        None => {
            let searched = connection.paths.searched();
            let prefix = searched.iter().find(|path| path.ends_with('/'))?;
            format!("{prefix}{PROBE}").parse().ok()
        }
    }
}

/// The policy document that adds what is missing. Two actions know no repository and need `*`.
fn statement(connection: &Connection, missing: &[&str]) -> String {
    let (registry, repository): (Vec<&str>, Vec<&str>) =
        missing.iter().partition(|name| matches!(**name, "ecr:GetAuthorizationToken" | "ecr:DescribeRepositories"));
    let prefix = connection.ecr_arn_prefix();
    let mut statements = Vec::new();
    if !registry.is_empty() {
        statements.push(json!({ "Effect": "Allow", "Action": registry, "Resource": "*" }));
    }
    if !repository.is_empty() {
        let arn = |path: &String| {
            let all = if path.ends_with(&format!("{ARCHIVE}/")) { "*" } else { "" };
            format!("{prefix}:repository/{path}{all}")
        };
        let resources: Vec<String> = connection.paths.searched().iter().map(arn).collect();
        statements.push(json!({ "Effect": "Allow", "Action": repository, "Resource": resources }));
    }
    let document = json!({ "Version": "2012-10-17", "Statement": statements });
    serde_json::to_string_pretty(&document).unwrap_or_default()
}
