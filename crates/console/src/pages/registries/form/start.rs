//! What the form holds when it is opened: nothing yet, or a registry's settings.

use super::super::way_back::WayBack;
use super::super::{LIST, certificate, row, syncing};
use super::{Connection, Form, Provider};
use crate::ConsoleState;
use crate::form::Fields;
use crate::visit::Visit;
use packyard_catalog::{Auth, Registry, RegistryKind};

impl Form {
    pub(super) fn blank(state: &ConsoleState, visit: &Visit) -> Self {
        let config = &state.config;
        Self {
            title: "Add New OCI Registry".to_owned(),
            action: format!("{LIST}/new"),
            validate_action: format!("{LIST}/validate"),
            back: LIST.to_owned(),
            csrf: visit.session.csrf.clone(),
            this_server: config.public_url.clone(),
            endpoint_example: format!("{}.dkr.ecr.{}.amazonaws.com", config.account_id, config.region),
            trust_policy: trust_policy("<the ARN of the key's user>", "<external id>"),
            auth: "ecr".to_owned(),
            aws: "keys".to_owned(),
            lends_identity: state.catalog.lends_aws_identity(),
            ..Self::default()
        }
    }

    pub(super) fn repository(state: &ConsoleState, visit: &Visit) -> Self {
        Self {
            title: "Add New Helm Registry".to_owned(),
            endpoint_example: "https://charts.example.com/stable".to_owned(),
            auth: "none".to_owned(),
            provider: Provider::REPOSITORY,
            ..Self::blank(state, visit)
        }
    }

    /// A new one as its drawer sent it.
    pub(super) fn sent(state: &ConsoleState, visit: &Visit, fields: &Fields) -> Self {
        match Provider::asked(&fields.text("provider")).unwrap_or_default() {
            Provider::REPOSITORY => Self::repository(state, visit),
            provider => Self { provider, ..Self::blank(state, visit) },
        }
    }

    pub(super) fn for_registry(state: &ConsoleState, visit: &Visit, registry: &Registry, back: &WayBack) -> Self {
        let spec = &registry.spec;
        let mut form = Self {
            title: format!("Edit {}", registry.name),
            action: format!("{LIST}/{}/edit{}", registry.uid, back.query()),
            validate_action: format!("{LIST}/{}/validate{}", registry.uid, back.query()),
            back: back.address(&registry.uid),
            existing: Some(spec.kind),
            has_secret: registry.has_secret,
            name: registry.name.clone(),
            endpoint: spec.endpoint.clone(),
            region: spec.default_region.clone(),
            paths: row::paths(&spec.base_content_path).join(", "),
            provider: Provider::of(spec),
            connection: Connection::of(registry, visit.now_ms()),
            intervals: match registry.why_not_synced() {
                None => syncing::choices(registry.sync.interval, state.catalog.server_sync_interval()),
                Some(_) => Vec::new(),
            },
            ..Self::blank(state, visit)
        };
        if let Some(tls) = &spec.tls {
            form.certificate = tls.authority().unwrap_or_default().to_owned();
            form.skip_verify = tls.insecure_skip_verify;
        }
        form.certificates = certificate::read(&form.certificate, visit.now_ms());
        match &spec.auth {
            Auth::Anonymous => form.auth = if spec.kind == RegistryKind::Ecr { "ecr" } else { "none" }.to_owned(),
            Auth::Basic { username, .. } => {
                form.auth = "basic".to_owned();
                form.username.clone_from(username);
            }
            Auth::Token { username, .. } => {
                form.auth = "basic".to_owned();
                form.username.clone_from(username);
                form.token_username = Some(username.clone());
            }
            Auth::AwsKeys { access_key, .. } => form.access_key.clone_from(access_key),
            Auth::AwsServer => {
                form.aws = "server".to_owned();
                form.lends_identity = true;
            }
            Auth::AwsRole { role_arn, external_id, access_key, .. } => {
                form.aws = "sts".to_owned();
                form.role_arn.clone_from(role_arn);
                form.external_id.clone_from(external_id);
                form.access_key.clone_from(access_key);
            }
        }
        form
    }
}

fn trust_policy(principal: &str, external_id: &str) -> String {
    let policy = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": principal },
            "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": { "sts:ExternalId": external_id } },
        }],
    });
    serde_json::to_string_pretty(&policy).unwrap_or_default()
}
