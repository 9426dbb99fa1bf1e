//! Validate: walks from us to the packs, one hop after the other, and says where the walk ends and what to do.
//!
//! For ECR each action a sync needs is tried by itself, on a repository that need not exist: AWS refuses a caller
//! without the right before it looks for the repository, so an empty registry can be checked too.

use crate::connect::{Connection, Unusable};
use crate::error::Error;
use crate::hops::{hop, sentence};
use crate::paths::ARCHIVE;
use crate::registries::checked_provider;
use crate::secrets::SecretChanges;
use crate::source::{Source, is_denied};
use crate::{Auth, Catalog, Hop, HopResult, HopState, RegistrySpec, ValidateReport};
use packyard_access::Caller;
use packyard_oci::aws::{EcrApi, ImageId};
use packyard_oci::client::{self, ClientError, Scheme};
use packyard_oci::{Digest, RepoName, Tag};
use serde_json::json;

/// Stands for a pack in the repository that rights are tried on.
const PROBE: &str = "packyard-validate";

impl Catalog {
    /// Checks `spec` without storing anything. `existing` is the registry being edited, whose stored secret is used
    /// where none is given. A failed walk is a report, not an error.
    pub async fn validate_registry(
        &self,
        caller: &Caller,
        spec: &RegistrySpec,
        existing: Option<&str>,
    ) -> Result<ValidateReport, Error> {
        self.validate_registry_with(caller, spec, existing, |_| {}).await
    }

    /// The same; `tell` hears of each hop as soon as it is known.
    pub async fn validate_registry_with(
        &self,
        caller: &Caller,
        spec: &RegistrySpec,
        existing: Option<&str>,
        tell: impl FnMut(&HopResult) + Send,
    ) -> Result<ValidateReport, Error> {
        self.may(caller, "packyard:ManageRegistries").await?;
        let mut spec = spec.clone();
        if let Some(uid) = existing {
            let before = self.spec_with_secret(uid).await?;
            SecretChanges::of_edit(&mut spec, &before)?;
        }
        checked_provider(&spec)?;
        let mut walk = Walk { report: ValidateReport::default(), hops: Hop::of(&spec), tell };
        walk.all(&spec, self).await;
        walk.skip_rest();
        Ok(walk.report)
    }
}

struct Walk<F> {
    report: ValidateReport,
    /// All that there are on this way.
    hops: Vec<Hop>,
    tell: F,
}

/// The walk ended; the report says where.
struct Ended;

impl<F: FnMut(&HopResult) + Send> Walk<F> {
    async fn all(&mut self, spec: &RegistrySpec, catalog: &Catalog) {
        if !spec.kind.is_oci() {
            return self.only_written(spec);
        }
        let connection = match catalog.checked_connection(spec) {
            Ok(connection) => connection,
            Err(unusable) => return self.unusable(&unusable),
        };
        self.ok(Hop::Endpoint, connection.endpoint.to_string());
        let walked = async {
            self.reach(spec, &connection, catalog).await?;
            match &connection.ecr {
                Some(api) => self.ecr_rights(spec, &connection, api).await?,
                None => self.log_in(spec, &connection).await?,
            }
            match spec.why_not_synced() {
                None => self.look(&connection).await,
                Some(_) => Ok(()),
            }
        };
        let _: Result<(), Ended> = walked.await;
    }

    /// Nothing is read from such a registry, so nothing is tried; the report says so.
    fn only_written(&mut self, spec: &RegistrySpec) {
        match crate::connect::endpoint(spec) {
            Err(unusable) => self.unusable(&unusable),
            Ok(endpoint) => {
                let why = spec.why_not_synced().unwrap_or_default();
                self.add(Hop::Endpoint, HopState::Warning, format!("{endpoint} was not contacted: {why}"));
            }
        }
    }

    fn unusable(&mut self, unusable: &Unusable) {
        for before in self.hops.clone().into_iter().take_while(|hop| *hop < unusable.hop) {
            self.add(before, HopState::Skipped, String::new());
        }
        let field = matches!(unusable.hop, Hop::Tls | Hop::Proxy).then_some(unusable.field);
        self.note(HopResult::new(unusable.hop, HopState::Failed, &unusable.message).about(field));
    }

    /// DNS to "a registry answers": one unauthenticated request, whose error says how far it came.
    async fn reach(&mut self, spec: &RegistrySpec, connection: &Connection, catalog: &Catalog) -> Result<(), Ended> {
        let endpoint = &connection.endpoint;
        let (probe, is_this_server) = match catalog.probe(connection).await {
            Ok(probed) => probed,
            Err(error) => {
                let at = hop(error.hop);
                // The policy speaks after DNS: it is about addresses. Of later hops nothing is known to have passed.
                let before = Hop::Proxy..if at > Hop::Registry { Hop::Proxy } else { at };
                for hop in self.hops.clone().into_iter().filter(|hop| before.contains(hop)) {
                    self.passed(hop, spec, connection);
                }
                if at == Hop::Endpoint {
                    self.report.hops.clear();
                }
                return self.fail_with(at.min(Hop::Registry), &error);
            }
        };
        for hop in self.hops.clone().into_iter().filter(|hop| (Hop::Proxy..Hop::Registry).contains(hop)) {
            self.passed(hop, spec, connection);
        }
        self.report.is_this_server = is_this_server;
        if !probe.is_registry && probe.status != 200 {
            let text = format!("{} answers GET /v2/ with {}, not as a registry does", endpoint.origin(), probe.status);
            return self.fail(Hop::Registry, text);
        }
        let what = if self.report.is_this_server {
            "this very server answers: pushes show within a second"
        } else {
            "an OCI registry answers"
        };
        self.ok(Hop::Registry, what.to_owned());
        Ok(())
    }

    fn passed(&mut self, hop: Hop, spec: &RegistrySpec, connection: &Connection) {
        let endpoint = &connection.endpoint;
        let used = connection.proxy.as_ref().filter(|proxy| proxy.covers(endpoint.host(), endpoint.port()));
        let (state, detail) = match (hop, used) {
            (Hop::Proxy, Some(proxy)) => (HopState::Ok, format!("the proxy {} lets us through", proxy.authority())),
            (Hop::Proxy, None) => (HopState::Skipped, "this host is reached without the proxy".to_owned()),
            (Hop::Dns | Hop::Tcp, Some(_)) => (HopState::Skipped, "the proxy does that".to_owned()),
            (Hop::Dns, None) if endpoint.ip().is_some() => (HopState::Skipped, "an address was given".to_owned()),
            (Hop::Dns, None) => (HopState::Ok, format!("the name {} resolves", endpoint.host())),
            (Hop::Tcp, None) => (HopState::Ok, format!("port {} is open", endpoint.port())),
            _ if endpoint.scheme == Scheme::Http => (HopState::Skipped, "plain HTTP".to_owned()),
            _ if spec.tls.as_ref().is_some_and(|tls| tls.insecure_skip_verify) => {
                (HopState::Warning, "the certificate is not verified (Insecure Skip TLS Verify)".to_owned())
            }
            _ => (HopState::Ok, "the certificate is trusted".to_owned()),
        };
        self.add(hop, state, detail);
    }

    async fn log_in(&mut self, spec: &RegistrySpec, connection: &Connection) -> Result<(), Ended> {
        match connection.client.ping().await {
            Ok(()) => {
                self.ok(Hop::Credentials, taken(spec).to_owned());
                Ok(())
            }
            // Some registries refuse the bare ping to users who may read; the list decides.
            Err(error) if error.hop == client::Hop::Permission => {
                self.ok(Hop::Credentials, taken(spec).to_owned());
                Ok(())
            }
            Err(error) if error.hop == client::Hop::Auth => self.refused(spec, &error),
            Err(error) => self.fail_with(hop(error.hop).clamp(Hop::Registry, Hop::Credentials), &error),
        }
    }

    /// Tries each action that a sync needs.
    async fn ecr_rights(&mut self, spec: &RegistrySpec, connection: &Connection, api: &EcrApi) -> Result<(), Ended> {
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

    /// What is under the base paths. Nothing is not a failure.
    async fn look(&mut self, connection: &Connection) -> Result<(), Ended> {
        let source = connection.source();
        self.report.searched = connection.paths.searched();
        let repositories = match connection.paths.all_named() {
            Some(named) => named,
            None => match source.repositories().await {
                Ok(all) => {
                    let found = connection.paths.find(all.iter().map(String::as_str));
                    self.report.near_misses = found.near_misses;
                    found.repositories
                }
                Err(error) => return self.fail_with(hop(error.hop).max(Hop::Credentials), &error),
            },
        };
        for name in &repositories {
            match source.tags(name).await {
                Ok(tags) => {
                    self.report.repositories_found += u32::from(tags.is_some());
                    self.report.packs_found += u32::try_from(tags.map_or(0, |tags| tags.len())).unwrap_or(u32::MAX);
                }
                Err(error) => return self.fail_with(hop(error.hop).max(Hop::Credentials), &error),
            }
        }
        self.ok(Hop::Permission, "listing and reading are allowed".to_owned());
        let searched = self.report.searched.join("`, `");
        if self.report.packs_found == 0 {
            self.add(Hop::Path, HopState::Warning, format!("reachable, no packs under `{searched}` yet"));
        } else {
            let (packs, repositories) = (self.report.packs_found, self.report.repositories_found);
            let tags = if packs == 1 { "tag" } else { "tags" };
            let places = if repositories == 1 { "repository" } else { "repositories" };
            self.ok(Hop::Path, format!("{packs} {tags} in {repositories} {places} under `{searched}`"));
        }
        Ok(())
    }

    fn ok(&mut self, hop: Hop, detail: String) {
        self.add(hop, HopState::Ok, detail);
    }

    fn fail(&mut self, hop: Hop, detail: String) -> Result<(), Ended> {
        self.add(hop, HopState::Failed, detail);
        Err(Ended)
    }

    /// What was seen and what to do are told apart: pages show them in two places.
    fn fail_with(&mut self, hop: Hop, error: &ClientError) -> Result<(), Ended> {
        let field = match error.hop {
            client::Hop::ClientCertificate => Some("tls.key"),
            client::Hop::Proxy if error.status == Some(407) => Some("proxy.username"),
            _ => None,
        };
        let advice = error.hint().map(sentence);
        self.note(HopResult { advice, ..HopResult::new(hop, HopState::Failed, &error.seen).about(field) });
        Err(Ended)
    }

    /// The credentials were not taken.
    fn refused(&mut self, spec: &RegistrySpec, error: &ClientError) -> Result<(), Ended> {
        let (seen, advice) = not_taken(spec, error);
        let failed = HopResult::new(Hop::Credentials, HopState::Failed, &seen);
        self.note(HopResult { advice: Some(advice.to_owned()), ..failed });
        Err(Ended)
    }

    fn add(&mut self, hop: Hop, state: HopState, detail: String) {
        self.note(HopResult::new(hop, state, &detail));
    }

    fn note(&mut self, result: HopResult) {
        // A later finding about the same hop replaces the earlier one.
        self.report.hops.retain(|known| known.hop != result.hop);
        (self.tell)(&result);
        self.report.hops.push(result);
        self.report.hops.sort_by_key(|known| known.hop);
    }

    fn skip_rest(&mut self) {
        for hop in self.hops.clone() {
            if !self.report.hops.iter().any(|known| known.hop == hop) {
                self.add(hop, HopState::Skipped, String::new());
            }
        }
    }
}

fn taken(spec: &RegistrySpec) -> &'static str {
    if matches!(spec.auth, Auth::Anonymous) { "nobody has to log in" } else { "the registry takes them" }
}

/// What a refusal of the credentials means, and what to do.
fn not_taken(spec: &RegistrySpec, error: &ClientError) -> (String, &'static str) {
    let code = error.codes.first().map_or("", |code| code.code.as_str());
    let because = |text: &str| if code.is_empty() { text.to_owned() } else { format!("{text} ({code})") };
    match &spec.auth {
        Auth::Anonymous => (
            because("the registry wants somebody to log in"),
            "Choose Basic or ECR as the authentication type, and give credentials.",
        ),
        Auth::Basic { .. } if error.status == Some(401) => {
            (because("the registry does not take this user name and password"), "Check user name and password.")
        }
        Auth::Basic { .. } | Auth::Token { .. } => (error.seen.clone(), "Check user name and password."),
        Auth::AwsServer => {
            (error.seen.clone(), "Check what this server's environment, pod or instance gives it, and its policies.")
        }
        Auth::AwsKeys { .. } | Auth::AwsRole { .. } => match code {
            "UnrecognizedClientException" | "InvalidClientTokenId" => (
                because("the registry does not know this access key"),
                "Check the access key; it may have been deleted or disabled.",
            ),
            "InvalidSignatureException" | "SignatureDoesNotMatch" => (
                because("the secret access key does not belong to this access key"),
                "Enter the secret access key again.",
            ),
            "ExpiredTokenException" | "ExpiredToken" => {
                (because("these temporary credentials have expired"), "Enter credentials that last.")
            }
            _ if matches!(spec.auth, Auth::AwsRole { .. }) => (
                error.seen.clone(),
                "Check the ARN of the role, who may assume it (its trust policy), and the external ID.",
            ),
            _ => (error.seen.clone(), "Check the access key and the secret access key."),
        },
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
