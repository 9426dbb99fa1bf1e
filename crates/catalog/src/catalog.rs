//! The service: what the API, the console and profiles call.

use crate::charts::{Repository, Unread};
use crate::connect::{Connection, Connections, Unusable};
use crate::error::{Doing, Error};
use crate::hosts::Hosts;
use crate::notifications::RateLimit;
use crate::readmes::Readmes;
use crate::snapshot::Index;
use crate::source::Meter;
use crate::{CatalogConfig, RegistryKind, RegistrySpec};
use packyard_access::{Access, Caller, Target};
use packyard_oci::client::{ClientError, Probe};
use packyard_store::{CatalogStore, Store, new_uid};
use secrecy::SecretString;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// Registered registries and the packs in them. Cheap to clone.
#[derive(Clone)]
pub struct Catalog {
    pub(crate) store: Store,
    access: Access,
    pub(crate) config: Arc<CatalogConfig>,
    pub(crate) index: Index,
    pub(crate) readmes: Readmes,
    /// This process, as leases know it.
    pub(crate) holder: Arc<str>,
    /// Rung when a sync of this process ended, and when one is due.
    pub(crate) sync_ended: Arc<Notify>,
    pub(crate) due_bell: Arc<Notify>,
    /// Rung when a lease may have been taken from its holder on purpose.
    pub(crate) lease_bell: Arc<Notify>,
    pub(crate) connections: Connections<Connection>,
    pub(crate) repositories: Connections<Repository>,
    /// Charts whose archives could not be read a moment ago.
    pub(crate) unread: Unread,
    pub(crate) hosts: Hosts,
    /// How many notifications came.
    pub(crate) notification_rate: RateLimit,
    /// True when the process stops: runs let go.
    pub(crate) stopping: Arc<watch::Sender<bool>>,
}

/// To what is read.
pub(crate) enum Way {
    Registry(Box<Connection>),
    Repository(Box<Repository>),
}

impl Way {
    pub(crate) fn meter(&self) -> &Meter {
        match self {
            Self::Registry(connection) => &connection.meter,
            Self::Repository(repository) => &repository.meter,
        }
    }

    /// What is searched there, for people.
    pub(crate) fn searched(&self) -> Vec<String> {
        match self {
            Self::Registry(connection) => connection.paths.searched(),
            Self::Repository(repository) => vec![repository.shown()],
        }
    }
}

/// How often a waiting reader looks again; syncs of this process wake it at once.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

impl Catalog {
    pub async fn open(store: &Store, access: &Access, config: CatalogConfig) -> Result<Self, Error> {
        let catalog = Self {
            store: store.clone(),
            access: access.clone(),
            config: Arc::new(config),
            index: Index::new(store.catalog()),
            readmes: Readmes::default(),
            holder: new_uid().into(),
            sync_ended: Arc::default(),
            due_bell: Arc::default(),
            lease_bell: Arc::default(),
            connections: Connections::default(),
            repositories: Connections::default(),
            unread: Unread::default(),
            hosts: Hosts::default(),
            notification_rate: RateLimit::default(),
            stopping: Arc::new(watch::channel(false).0),
        };
        catalog.index.current().await?;
        Ok(catalog)
    }

    /// Whether ECR registries may be read with this server's own AWS identity.
    pub fn lends_aws_identity(&self) -> bool {
        self.config.server_aws_identity
    }

    /// True once the process stops: whoever follows syncs lets go.
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    pub(crate) fn packs_store(&self) -> CatalogStore {
        self.store.catalog()
    }

    pub(crate) async fn may(&self, caller: &Caller, action: &str) -> Result<(), Error> {
        self.access.may(caller, action, &Target::any()).await.map_err(Error::Denied)
    }

    pub(crate) async fn registry_names(&self) -> Result<HashMap<String, String>, Error> {
        Ok(self.packs_store().registry_names().await.doing("read the names of the registries")?.into_iter().collect())
    }

    /// The settings with the secrets that are stored for them.
    pub(crate) async fn spec_with_secret(&self, uid: &str) -> Result<RegistrySpec, Error> {
        let store = self.packs_store();
        let row = store.registry(uid).await.doing("read a registry")?;
        let mut spec = crate::stored::registry(row.ok_or_else(|| Error::registry_not_found(uid))?)?.spec;
        let stored = store.registry_secrets(uid).await.doing("open the credentials of a registry")?;
        let text = |bytes: Option<Vec<u8>>| bytes.and_then(|it| String::from_utf8(it).ok()).map(SecretString::from);
        spec.auth.set_secret(text(stored.login));
        if let Some(pair) = &mut spec.client_certificate {
            pair.key = text(stored.client_key);
        }
        if let Some(proxy) = &mut spec.proxy {
            proxy.password = text(stored.proxy_password);
        }
        Ok(spec)
    }

    /// The way to a registry, by its settings as they are now.
    pub(crate) async fn connection(&self, uid: &str) -> Result<Result<Connection, Unusable>, Error> {
        self.kept_way(uid, &self.connections, Connection::new, Connection::counted_anew).await
    }

    /// The way to a Helm repository, by its settings as they are now.
    pub(crate) async fn repository(&self, uid: &str) -> Result<Result<Repository, Unusable>, Error> {
        self.kept_way(uid, &self.repositories, Repository::new, Repository::counted_anew).await
    }

    async fn kept_way<W: Clone>(
        &self,
        uid: &str,
        kept: &Connections<W>,
        make: impl FnOnce(&RegistrySpec, &CatalogConfig, &Hosts) -> Result<W, Unusable>,
        counted_anew: impl FnOnce(&W) -> W,
    ) -> Result<Result<W, Unusable>, Error> {
        let row = self.packs_store().registry(uid).await.doing("read a registry")?;
        let updated = row.ok_or_else(|| Error::registry_not_found(uid))?.updated;
        if let Some(known) = kept.kept(uid, updated) {
            return Ok(Ok(counted_anew(&known)));
        }
        let made = make(&self.spec_with_secret(uid).await?, &self.config, &self.hosts);
        if let Ok(way) = &made {
            kept.keep(uid, updated, way);
        }
        Ok(made)
    }

    /// The way to a registry of either kind.
    pub(crate) async fn way(&self, uid: &str, kind: RegistryKind) -> Result<Result<Way, Unusable>, Error> {
        Ok(match kind {
            RegistryKind::Helm => self.repository(uid).await?.map(|repository| Way::Repository(Box::new(repository))),
            _ => self.connection(uid).await?.map(|connection| Way::Registry(Box::new(connection))),
        })
    }

    /// What answers at the endpoint, and whether it is this very server, which only that can prove: neither an address
    /// nor an id is evidence.
    pub(crate) async fn probe(&self, connection: &Connection) -> Result<(Probe, bool), ClientError> {
        let challenge = format!("{}{}", new_uid(), new_uid());
        let probe = connection.meter.ask(connection.client.probe_with_challenge(&challenge)).await?;
        if probe.is_harbor() {
            connection.harbor.note(true);
        }
        let proof = probe.packyard_proof.as_deref();
        let is_self = proof.is_some_and(|proof| self.store.core.is_instance_proof(&challenge, proof));
        Ok((probe, is_self))
    }

    /// Waits until the first sync of each registry in `only` (of all, when empty) has ended, within `read_wait`, and
    /// never for registries whose time for it is long over.
    pub(crate) async fn wait_for_first_syncs(&self, only: &[String]) -> Result<(), Error> {
        let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX / 4);
        let patience = millis(self.config.read_wait);
        let first = millis(self.config.first_sync_wait);
        let deadline = tokio::time::Instant::now() + self.config.read_wait;
        loop {
            let ended = self.sync_ended.notified();
            let now = self.store.core.now_ms();
            let rows = self.packs_store().registries().await.doing("read the registries")?;
            let waiting = rows.iter().any(|row| {
                let runs = row.status == "InProgress" || row.next_run.is_some_and(|at| at <= now);
                row.first_done == 0
                    && runs
                    && (only.is_empty() || only.contains(&row.uid))
                    && now < row.created.saturating_add(first).saturating_add(patience)
            });
            if !waiting || tokio::time::Instant::now() >= deadline {
                return Ok(());
            }
            tokio::select! {
                () = ended => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }
}
