//! The server: opens the data folder, wires the crates together, answers on one port until told to stop.

mod accept;
mod clients;
mod credentials;
mod folder;
mod host;
mod idle;
mod metrics;
mod operations;
mod owner;
mod panics;
mod patience;
mod rotation;
mod secret_key;
mod slots;
mod telemetry;
mod tls;
mod tls_files;
mod traffic;
mod wiring;

pub(crate) use credentials::FirstLoginNote;
pub(crate) use folder::{DataFolder, no_data};
pub(crate) use patience::ConnectionLimits;
pub(crate) use rotation::{RotateKey, Rotated, rotate_secret_key};
pub(crate) use telemetry::{init as init_telemetry, init_of_a_verb as init_log_of_a_verb};

use crate::settings::Settings;
use anyhow::{Context, bail};
use packyard_access::{Access, AccessConfig, FirstLogin, OpenError, Opening};
use packyard_store::{DbLocation, LockedStore, Store};
use secrecy::ExposeSecret;
use std::future::Future;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use wiring::Wiring;

/// A server that answers. Dropping it does not stop it; [`Server::stop`] does.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) public_url: String,
    /// The same server over https, when TLS is on.
    pub(crate) https_url: Option<String>,
    /// Credentials made on this very start.
    pub(crate) first_login: Option<FirstLogin>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    store: Store,
    pub(crate) folder: DataFolder,
}

/// Where credentials are good for: what clients need to know beside them.
pub(crate) struct Place<'a> {
    pub(crate) url: &'a str,
    pub(crate) region: &'a str,
}

/// Keeps the first start's credentials in the folder; see [`packyard_access::Keep`].
pub(crate) type KeepCredentials = fn(&DataFolder, &Place<'_>, &FirstLogin) -> anyhow::Result<()>;

/// Starts everything; when it returns, requests are answered.
pub(crate) async fn start(settings: &Settings, keep: KeepCredentials) -> anyhow::Result<Server> {
    let folder = DataFolder::open(&settings.data)?;
    let listener = TcpListener::bind(settings.listen).await;
    let listener = listener.map_err(|error| cannot_listen(settings.listen, error))?;
    let address = listener.local_addr().context("the listening socket has no address")?;
    let public_url = settings.public_url(address);
    let hosts = settings.allowed_hosts(&public_url);
    let tls = tls::set_up(settings, &folder, &hosts)?;
    let https_url = tls.as_ref().map(|_| https_form(&public_url));

    let store = open_store(settings, &folder).await?;
    let (access, first_login) = open_access(settings, &store, &folder, &public_url, keep).await?;
    folder.keep();
    let instance_id = store.journal().fact_or("instance-id", &packyard_store::new_uid()).await?;
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let wiring =
        Wiring { settings, store: &store, access: &access, folder: &folder, public_url: &public_url, instance_id };
    let router = wiring.run(hosts.into(), &stopped, &mut tasks).await?;
    let (acceptor, files) = tls.map_or((None, None), |tls| (Some(tls.acceptor), tls.files));
    if let Some(files) = files {
        tasks.spawn(files.follow(until(&stopped)));
    }
    tasks.spawn(accept::run(
        listener,
        accept::Doors {
            tls: acceptor,
            https_url: https_url.clone(),
            router,
            clients: std::sync::Arc::new(clients::Clients::behind(settings.trusted_proxies.clone())),
            drain: std::time::Duration::from_secs(settings.drain_wait_s),
            limits: settings.limits.connections,
            body_idle: settings.limits.registry.body_idle,
        },
        stopped,
    ));
    Ok(Server { address, public_url, https_url, first_login, stop, tasks, store, folder })
}

fn cannot_listen(address: SocketAddr, error: std::io::Error) -> anyhow::Error {
    let advice = match error.kind() {
        ErrorKind::AddrInUse => "another program is there; try --listen 127.0.0.1:0, which takes a free port",
        ErrorKind::PermissionDenied => {
            "ports below 1024 are for root, and for programs with CAP_NET_BIND_SERVICE; choose another with --listen"
        }
        ErrorKind::AddrNotAvailable => "this machine has no such address; 0.0.0.0 and [::] are all that it has",
        _ => "choose another address with --listen",
    };
    anyhow::Error::new(error).context(format!("could not listen on {address}: {advice}"))
}

async fn open_access(
    settings: &Settings,
    store: &Store,
    folder: &DataFolder,
    public_url: &str,
    keep: KeepCredentials,
) -> anyhow::Result<(Access, Option<FirstLogin>)> {
    let keep = |login: &FirstLogin| {
        keep(folder, &Place { url: public_url, region: &settings.region }, login).map_err(std::io::Error::other)?;
        folder.keep();
        Ok(())
    };
    // The lock of the folder is the lock of the database in it.
    let opening = Opening::Serve { alone: settings.database_url.is_none(), keep: &keep };
    Access::open_as(store, access_config(settings), opening).await.context("could not open users and keys")
}

/// Users and keys of an installation that is there, for maintenance.
pub(crate) async fn open_existing(settings: &Settings, folder: &DataFolder) -> anyhow::Result<(Store, Access)> {
    let locked = LockedStore::open(&location(settings, folder)).await.context("could not open the database")?;
    if !locked.has_secrets().await? {
        locked.close().await;
        return no_data(folder.path());
    }
    let store = unlock(settings, folder, locked).await?;
    match Access::open_as(&store, access_config(settings), Opening::Maintain).await {
        Ok((access, _)) => Ok((store, access)),
        Err(OpenError::NoInstallation) => no_data(folder.path()),
        Err(error) => Err(error).context("could not open users and keys"),
    }
}

impl Server {
    /// Stops accepting, lets requests under way finish (bounded by `drain_wait`), stops the workers, closes the store.
    pub(crate) async fn stop(&mut self) {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
        self.store.close().await;
    }
}

fn location(settings: &Settings, folder: &DataFolder) -> DbLocation {
    match &settings.database_url {
        Some(url) => DbLocation::Postgres(url.expose_secret().to_owned()),
        None => DbLocation::Sqlite(folder.path().join(folder::DATABASE)),
    }
}

async fn open_store(settings: &Settings, folder: &DataFolder) -> anyhow::Result<Store> {
    let location = location(settings, folder);
    let blobs = settings.blobs.clone().unwrap_or_else(|| folder.path().join(folder::BLOBS));
    // Before a file is made, which the next start would take for the database.
    if let DbLocation::Sqlite(path) = &location
        && !path.exists()
    {
        refuse_blobs_of_another(&blobs, &path.display().to_string())?;
    }
    let locked = LockedStore::open(&location).await.context("could not open the database")?;
    if !locked.has_secrets().await?
        && let Err(error) = refuse_blobs_of_another(&blobs, "the database that they belong to")
    {
        locked.close().await;
        return Err(error);
    }
    unlock(settings, folder, locked).await
}

/// For a database that is new: blobs that are there already belong to one that is not here, as when a backup was put back
/// in part. The collector would take them for leftovers, and remove them.
fn refuse_blobs_of_another(blobs: &Path, missing: &str) -> anyhow::Result<()> {
    if !folder::holds_blobs(blobs) {
        return Ok(());
    }
    bail!(
        "{} holds blobs, but {missing} is not there. Put it back from the backup; a server without it would take the blobs for leftovers and remove them. For a new installation give --data another folder",
        blobs.display()
    )
}

/// A key is made up only for a database in which nothing is sealed: what is, no other key opens.
async fn unlock(settings: &Settings, folder: &DataFolder, locked: LockedStore) -> anyhow::Result<Store> {
    let key = match secret_key::opening(settings, folder, &locked).await? {
        Some(key) => key,
        None if locked.has_secrets().await? => return key_missing(folder),
        None => secret_key::make(folder)?,
    };
    match locked.unlock(key).await {
        Err(packyard_store::Error::Unsealable) => another_key(folder),
        outcome => outcome.context("could not open the database"),
    }
}

fn key_missing<T>(folder: &DataFolder) -> anyhow::Result<T> {
    bail!("the key that this database's secrets were sealed with is missing; {}", secret_key::advice(folder))
}

fn another_key<T>(folder: &DataFolder) -> anyhow::Result<T> {
    bail!("this database was sealed with another key; {}", secret_key::advice(folder))
}

pub(crate) fn access_config(settings: &Settings) -> AccessConfig {
    AccessConfig {
        account_id: settings.account_id.clone(),
        region: settings.region.clone(),
        admin_email: settings.admin_email.clone(),
        admin_password: settings.admin_password.clone(),
        root_access_key: settings.root_access_key.clone(),
        session_idle_s: whole(settings.session_idle_s),
        one_time_password_life_s: whole(settings.one_time_password_life_s),
        audit_retention_s: whole(settings.audit_retention_s),
        ..AccessConfig::default()
    }
}

/// Times beyond every clock are as long as there are.
fn whole(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

/// Resolves when the server is told to stop.
fn until(stopped: &watch::Receiver<bool>) -> impl Future<Output = ()> + Send + 'static {
    let mut stopped = stopped.clone();
    async move {
        let _ = stopped.wait_for(|stop| *stop).await;
    }
}

fn https_form(public_url: &str) -> String {
    format!("https://{}", public_url.split_once("://").map_or(public_url, |(_, rest)| rest))
}
