//! Which crate gets what: the services, their background work, and the router over their faces.

use super::folder::DataFolder;
use super::traffic::{self, Traffic};
use super::{operations, panics, until};
use crate::settings::{EndpointPolicy, Settings};
use anyhow::Context;
use axum::Router;
use packyard_access::Access;
use packyard_api::{ApiConfig, ApiState};
use packyard_catalog::{Catalog, CatalogConfig};
use packyard_console::{ConsoleConfig, ConsoleState};
use packyard_profile::Profiles;
use packyard_registry::{Registry, RegistryConfig};
use packyard_store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

pub(super) struct Wiring<'a> {
    pub(super) settings: &'a Settings,
    pub(super) store: &'a Store,
    pub(super) access: &'a Access,
    pub(super) folder: &'a DataFolder,
    pub(super) public_url: &'a str,
    pub(super) instance_id: String,
}

impl Wiring<'_> {
    pub(super) async fn run(
        self,
        hosts: Arc<[String]>,
        stopped: &watch::Receiver<bool>,
        tasks: &mut JoinSet<()>,
    ) -> anyhow::Result<Router> {
        tasks.spawn(self.access.clone().run_audit_retention(until(stopped)));
        let registry = self.registry().await?;
        tasks.spawn(registry.clone().run_collector(until(stopped)));
        let catalog = self.catalog().await?;
        tasks.spawn(catalog.clone().run_workers(until(stopped)));
        let profiles =
            Profiles::open(self.store, self.access, &catalog).await.context("could not open the cluster profiles")?;
        let profiles = profiles.limited(self.settings.limits.profiles.clone());
        let api = packyard_api::router(ApiState {
            access: self.access.clone(),
            catalog: catalog.clone(),
            profiles: profiles.clone(),
            store: self.store.clone(),
            config: ApiConfig {
                allowed_hosts: hosts.clone(),
                public_url: self.public_url.to_owned(),
                ..ApiConfig::default()
            },
        });
        let console = packyard_console::router(ConsoleState {
            access: self.access.clone(),
            catalog,
            profiles,
            clock: self.store.core.clock.clone(),
            config: Arc::new(ConsoleConfig {
                allowed_hosts: hosts,
                public_url: self.public_url.to_owned(),
                account_id: self.settings.account_id.clone(),
                region: self.settings.region.clone(),
                form_limit: ConsoleConfig::FORM_LIMIT,
            }),
        });
        let counted = Traffic::default();
        let doors = operations::router(self.store.clone(), self.access.clone(), counted.clone())
            .merge(packyard_registry::router(&registry))
            .merge(api)
            .merge(packyard_registry::with_presigned_calls(&registry, console));
        // A panic is counted as the failure that it is answered with.
        Ok(panics::answered(doors).layer(axum::middleware::from_fn_with_state(counted, traffic::count)))
    }

    async fn registry(&self) -> anyhow::Result<Registry> {
        let settings = self.settings;
        for (limit, value) in settings.limits.changed() {
            tracing::info!(limit, value, "a limit is not the default");
        }
        let mut config = RegistryConfig::new(
            self.folder.path(),
            self.public_url,
            settings.account_id.as_str(),
            settings.region.as_str(),
            self.instance_id.as_str(),
        );
        config.limits = settings.limits.registry.clone();
        if let Some(blobs) = &settings.blobs {
            config.blobs_dir = super::folder::shared_blobs(blobs, &self.instance_id)?;
        }
        Registry::open(self.store, self.access, config).await.context("could not open the registry")
    }

    async fn catalog(&self) -> anyhow::Result<Catalog> {
        let config = CatalogConfig {
            endpoint_policy: match self.settings.endpoint_policy {
                EndpointPolicy::Any => packyard_oci::client::EndpointPolicy::Any,
                EndpointPolicy::Public => packyard_oci::client::EndpointPolicy::Public,
            },
            first_sync_wait: Duration::from_secs(self.settings.first_sync_wait_s),
            sync_interval: Duration::from_secs(self.settings.sync_interval_s),
            server_aws_identity: self.settings.allow_server_aws_identity,
            recheck_tags: Duration::from_secs(self.settings.recheck_tags_s),
            limits: self.settings.limits.sync.clone(),
            ..CatalogConfig::default()
        };
        Catalog::open(self.store, self.access, config).await.context("could not open the catalogue")
    }
}
