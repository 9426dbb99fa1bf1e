//! A Helm repository on the fake web server: charts are put into it, and its index is written as `helm repo index` does.

use crate::fake::Fake;
use crate::world::{append, archive};
use axum::body::Bytes;
use futures_util::{Stream, StreamExt, stream};
use packyard_catalog::{Auth, RegistryKind, RegistrySpec};
use packyard_oci::Digest;
use std::fmt::Write;

/// What the index has at its end.
pub(crate) const END: &str = "generated: \"2026-11-25T12:00:00Z\"\n";

pub(crate) struct ChartRepository {
    pub(crate) fake: Fake,
    versions: Vec<Version>,
}

#[derive(Clone)]
pub(crate) struct Version {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) description: String,
    pub(crate) digest: String,
    pub(crate) url: String,
    pub(crate) more: String,
}

/// The archive that `helm package` makes of a small chart.
pub(crate) fn chart(name: &str, version: &str, values: &str) -> Vec<u8> {
    archive(|tar| {
        let chart_yaml = format!("apiVersion: v2\nname: {name}\nversion: {version}\nappVersion: \"9\"\n");
        append(tar, &format!("{name}/Chart.yaml"), chart_yaml.as_bytes());
        append(tar, &format!("{name}/values.yaml"), values.as_bytes());
        append(tar, &format!("{name}/README.md"), format!("# {name}\n\nA zebrafish in {version}.\n").as_bytes());
    })
}

impl ChartRepository {
    pub(crate) async fn start() -> Self {
        Self { fake: Fake::start().await, versions: Vec::new() }
    }

    /// With `web` 1.0.0 and 1.10.0 and `db` 0.1.0, published.
    pub(crate) async fn with_charts() -> Self {
        let mut repository = Self::start().await;
        for (name, version) in [("web", "1.0.0"), ("web", "1.10.0"), ("db", "0.1.0")] {
            repository.put(name, version, &format!("# {name}\nversion: \"{version}\"\n"));
        }
        repository.publish();
        repository
    }

    pub(crate) fn url(&self) -> String {
        format!("{}/stable", self.fake.url())
    }

    pub(crate) fn spec(&self) -> RegistrySpec {
        RegistrySpec::other(RegistryKind::Helm, self.url(), Auth::Anonymous)
    }

    pub(crate) fn put(&mut self, name: &str, version: &str, values: &str) -> &mut Version {
        let bytes = chart(name, version, values);
        let url = format!("{name}-{version}.tgz");
        self.fake.put_file(&format!("/stable/{url}"), bytes.clone());
        self.remove(name, version);
        self.versions.push(Version {
            name: name.to_owned(),
            version: version.to_owned(),
            description: format!("The chart {name}"),
            digest: Digest::sha256(&bytes).hex().to_owned(),
            url,
            more: String::new(),
        });
        self.versions.last_mut().unwrap()
    }

    pub(crate) fn version(&mut self, name: &str, version: &str) -> &mut Version {
        self.versions.iter_mut().find(|known| known.name == name && known.version == version).unwrap()
    }

    pub(crate) fn remove(&mut self, name: &str, version: &str) {
        self.versions.retain(|known| known.name != name || known.version != version);
    }

    pub(crate) fn index(&self) -> String {
        let mut names: Vec<&str> = self.versions.iter().map(|version| version.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let mut text = "apiVersion: v1\nentries:\n".to_owned();
        for name in names {
            writeln!(text, "  {name}:").unwrap();
            for version in self.versions.iter().filter(|version| version.name == name) {
                let Version { version, description, digest, url, more, .. } = version;
                writeln!(text, "  - appVersion: \"9\"\n    created: \"2026-11-25T12:00:00Z\"").unwrap();
                writeln!(text, "    description: {description}\n    digest: \"{digest}\"").unwrap();
                write!(text, "    name: {name}\n    urls:\n    - {url}\n    version: {version}\n{more}").unwrap();
            }
        }
        text + END
    }

    pub(crate) fn publish(&self) {
        self.fake.put_file("/stable/index.yaml", self.index().into_bytes());
    }
}

/// Versions without end, of which no two are alike.
pub(crate) fn endless_index() -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static {
    let version = |minor: u32| {
        let digest = Digest::sha256(&minor.to_be_bytes());
        let digest = digest.hex();
        format!("  - {{version: 1.{minor}.0, digest: {digest}, urls: [{digest}.tgz]}}\n")
    };
    let start = stream::iter(["entries:\n  web:\n".to_owned()]);
    start.chain(stream::iter((0..).map(version))).map(|text| Ok(Bytes::from(text)))
}
