//! A catalogue with its workers running, a caller who may everything, and packs as archives.

use packyard_access::{Access, AccessConfig, Caller, Peer};
use packyard_catalog::{
    Auth, Catalog, CatalogConfig, Filter, PackDetail, PackQuery, Registry, RegistrySpec, SyncRun, TagOutcome, Trigger,
};
use packyard_store::Store;
use packyard_testkit::TestStore;
use secrecy::SecretString;
use std::io::Write;
use std::time::Duration;

const EMAIL: &str = "admin@packyard.test";
const PASSWORD: &str = "correct-horse-battery-staple";

pub(crate) struct World {
    pub(crate) catalog: Catalog,
    pub(crate) caller: Caller,
    pub(crate) store: Store,
    access: Access,
    pub(crate) engine: &'static str,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    workers: Option<tokio::task::JoinHandle<()>>,
    _folder: tempfile::TempDir,
}

pub(crate) fn config() -> CatalogConfig {
    let mut config = CatalogConfig { first_sync_wait: Duration::from_secs(20), ..CatalogConfig::default() };
    config.retry.retries = 0;
    config
}

/// One world on each engine.
pub(crate) async fn worlds(configure: impl Fn(&mut CatalogConfig)) -> Vec<World> {
    let mut out = Vec::new();
    for test_store in packyard_testkit::stores().await {
        let mut config = config();
        configure(&mut config);
        out.push(World::open(test_store, config).await);
    }
    out
}

/// On SQLite alone, for what does not touch SQL of its own.
pub(crate) async fn world(configure: impl Fn(&mut CatalogConfig)) -> World {
    let mut config = config();
    configure(&mut config);
    let test_store = packyard_testkit::stores().await.into_iter().next().expect("SQLite is always there");
    World::open(test_store, config).await
}

impl World {
    async fn open(test_store: TestStore, config: CatalogConfig) -> Self {
        let TestStore { engine, store, folder, .. } = test_store;
        let access_config = AccessConfig {
            admin_email: Some(EMAIL.into()),
            admin_password: Some(SecretString::from(PASSWORD)),
            ..AccessConfig::default()
        };
        let (access, _) = Access::open(&store, access_config).await.unwrap();
        let peer = Peer { addr: "127.0.0.1:9".parse().unwrap(), secure: true };
        let caller = access.login(EMAIL, PASSWORD, peer).await.unwrap().caller;
        let catalog = Catalog::open(&store, &access, config).await.unwrap();
        let mut world = Self { catalog, caller, store, access, engine, stop: None, workers: None, _folder: folder };
        world.start_workers();
        world
    }

    /// The catalogue as another process would open it.
    pub(crate) async fn reopened(&self) -> Catalog {
        Catalog::open(&self.store, &self.access, config()).await.unwrap()
    }

    pub(crate) fn start_workers(&mut self) {
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let catalog = self.catalog.clone();
        self.workers = Some(tokio::spawn(catalog.run_workers(async move {
            let _ = stopped.await;
        })));
        self.stop = Some(stop);
    }

    pub(crate) async fn stop_workers(&mut self) {
        self.stop = None;
        if let Some(workers) = self.workers.take() {
            workers.await.unwrap();
        }
    }

    pub(crate) async fn register(&self, url: &str) -> Registry {
        self.register_as("team-packs", RegistrySpec::basic(url, "team", Auth::Anonymous)).await
    }

    pub(crate) async fn register_as(&self, name: &str, spec: RegistrySpec) -> Registry {
        self.catalog.create_registry(&self.caller, name, spec, false).await.unwrap()
    }

    /// Asks for a sync and waits for the end of the run that follows.
    pub(crate) async fn sync(&self, uid: &str, force: bool) -> SyncRun {
        let before = self.last_whole_run(uid).await.map_or(0, |run| run.id);
        self.catalog.sync_registry(&self.caller, uid, force).await.unwrap();
        self.ended_after(uid, before).await
    }

    /// Lets the schedule come round now, and waits for the end of its run.
    pub(crate) async fn scheduled(&self, uid: &str) -> SyncRun {
        let before = self.last_whole_run(uid).await.map_or(0, |run| run.id);
        self.store.catalog().schedule(uid, 0, "schedule").await.unwrap();
        self.ended_after(uid, before).await
    }

    async fn ended_after(&self, uid: &str, before: i64) -> SyncRun {
        for _ in 0..2400 {
            if let Some(run) = self.last_whole_run(uid).await.filter(|run| run.id > before && run.ended_ms.is_some()) {
                return run;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("no run ended in 60 s on {}", self.engine);
    }

    async fn last_whole_run(&self, uid: &str) -> Option<SyncRun> {
        let runs = self.catalog.sync_runs(&self.caller, uid, None, 100).await.unwrap();
        runs.into_iter().find(|run| run.trigger != Trigger::Push)
    }

    pub(crate) async fn last_run(&self, uid: &str) -> Option<SyncRun> {
        self.catalog.sync_runs(&self.caller, uid, None, 1).await.unwrap().into_iter().next()
    }

    pub(crate) async fn registry(&self, uid: &str) -> Registry {
        self.catalog.registry(&self.caller, uid).await.unwrap()
    }

    pub(crate) async fn outcomes(&self, run: &SyncRun) -> Vec<TagOutcome> {
        let uid = &run.registry_uid;
        self.catalog.sync_outcomes(&self.caller, uid, run.id, false, 0, 1000).await.unwrap()
    }

    /// `name version` of everything that is listed.
    pub(crate) async fn listed(&self) -> Vec<String> {
        self.packs(Filter::everything()).await.iter().map(|p| format!("{} {}", p.row.name, p.row.version)).collect()
    }

    pub(crate) async fn packs(&self, filter: Filter) -> Vec<PackDetail> {
        let query = PackQuery { filter, ..PackQuery::default() };
        self.catalog.pack_details(&self.caller, &query).await.unwrap().items
    }
}

/// The archive of a pack, as GNU tar makes it.
pub(crate) struct PackTar {
    files: Vec<(String, Vec<u8>)>,
    json: serde_json::Value,
}

pub(crate) fn pack(name: &str, version: &str) -> PackTar {
    let json = serde_json::json!({
        "name": name, "displayName": format!("Pack {name}"), "version": version, "layer": "addon",
        "addonType": "system app", "cloudTypes": ["all"], "annotations": {"source": "community"},
        "kubeManifests": ["manifests/app.yaml"],
    });
    PackTar { files: Vec::new(), json }
        .file("values.yaml", format!("pack:\n  namespace: {name}\nmanifests:\n  app:\n    v: \"{version}\"\n"))
        .file("manifests/app.yaml", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: x\n")
        .file("README.md", format!("# {name}\n\nA zebrafish in {version}.\n"))
}

impl PackTar {
    #[must_use]
    pub(crate) fn file(mut self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.retain(|(known, _)| known != path);
        self.files.push((path.to_owned(), content.into()));
        self
    }

    #[must_use]
    pub(crate) fn set(mut self, key: &str, value: serde_json::Value) -> Self {
        self.json[key] = value;
        self
    }

    pub(crate) fn tar_gz(&self) -> Vec<u8> {
        archive(|tar| {
            append(tar, "any-folder/pack.json", self.json.to_string().as_bytes());
            for (path, content) in &self.files {
                append(tar, &format!("any-folder/{path}"), content);
            }
        })
    }
}

pub(crate) fn append(tar: &mut tar::Builder<Vec<u8>>, path: &str, content: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, path, content).unwrap();
}

pub(crate) fn archive(fill: impl FnOnce(&mut tar::Builder<Vec<u8>>)) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    fill(&mut tar);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&tar.into_inner().unwrap()).unwrap();
    gzip.finish().unwrap()
}
