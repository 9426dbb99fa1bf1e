//! The way to a Helm repository: its index, and the archives that the index names, wherever they are.

use super::document::Content;
use crate::connect::{Unusable, options};
use crate::hops::told;
use crate::hosts::Hosts;
use crate::source::Meter;
use crate::watched::Watched;
use crate::{Auth, CatalogConfig, Hop, Reason, RegistrySpec, SyncLimits};
use packyard_oci::client::{
    Client, ClientError, ClientOptions, Credentials, Downloads, Endpoint, NotAFolder, ProxyOptions, Wanted, WebFolder,
};
use packyard_oci::{Algorithm, Hasher};
use packyard_pack::helm::{ChartArchive, ChartArchiveError, read_chart};
use secrecy::SecretString;
use std::io::{self, Read};
use std::sync::Arc;

/// Everything needed to read one Helm repository. Clones share connections.
#[derive(Clone)]
pub(crate) struct Repository {
    pub(crate) folder: WebFolder,
    pub(super) downloads: Downloads,
    pub(crate) meter: Meter,
    pub(super) limits: Arc<SyncLimits>,
    hosts: Hosts,
    options: ClientOptions,
}

/// Why an archive gave no chart, as the catalogue shows it.
pub(crate) struct NotRead {
    pub(crate) reason: Reason,
    /// The transport's part in it: the server may be the reason, and not this one file.
    pub(crate) error: Option<Box<ClientError>>,
}

impl NotRead {
    fn new(code: &str, reason: impl Into<String>, hint: &str) -> Self {
        let reason = Reason { code: code.to_owned(), reason: reason.into(), hint: hint.to_owned() };
        Self { reason, error: None }
    }

    fn transport(error: ClientError) -> Self {
        let reason = Reason {
            code: "archive-not-read".to_owned(),
            reason: told(&error),
            hint: "it is tried again when somebody opens the chart".to_owned(),
        };
        Self { reason, error: Some(Box::new(error)) }
    }
}

/// A chart that cannot be read, as a reason.
pub(crate) fn unusable(error: &ChartArchiveError) -> Reason {
    Reason {
        code: error.code().to_owned(),
        reason: format!("the archive of the chart cannot be used: {error}"),
        hint: "package the chart again with `helm package`, and publish it".to_owned(),
    }
}

impl Repository {
    pub(crate) fn new(spec: &RegistrySpec, config: &CatalogConfig, hosts: &Hosts) -> Result<Self, Unusable> {
        let folder = folder(&spec.endpoint)?;
        let options = options(spec, config)?;
        let downloads = downloads(spec, folder.server(), options.clone())?;
        let limits = &config.limits;
        let meter = Meter::new(hosts.gate(&folder.server().origin(), limits.host_parallel, limits.host_rate));
        let (limits, hosts) = (Arc::new(limits.clone()), hosts.clone());
        Ok(Self { folder, downloads, meter, limits, hosts, options })
    }

    /// The same with counts of its own, for another run.
    pub(crate) fn counted_anew(&self) -> Self {
        Self { meter: self.meter.anew(), ..self.clone() }
    }

    pub(crate) fn shown(&self) -> String {
        self.folder.shown()
    }

    pub(crate) fn proxy(&self) -> Option<&ProxyOptions> {
        self.options.proxy.as_ref()
    }

    /// A client of the registry that may answer at the same server; with nobody's credentials.
    pub(super) fn as_registry(&self) -> Option<Client> {
        Client::new(self.folder.server().clone(), Credentials::Anonymous, self.options.clone()).ok()
    }

    /// Reads the archive that the index promises. Each host is asked in its own turn.
    pub(crate) async fn chart(
        &self,
        name: &str,
        version: &str,
        urls: &[String],
        digest: &str,
    ) -> Result<Content, NotRead> {
        let url = self.address(urls)?;
        let what = format!("the chart {name} {version}");
        let most = self.limits.pack.archive_bytes;
        let wanted = Wanted { url: &url, what: &what, limit: most, limit_name: "pack.archive_bytes" };
        let reading = async {
            let download = self.downloads.get_unless(wanted, &packyard_oci::client::Validators::default()).await;
            let Some(download) = download.map_err(NotRead::transport)? else {
                return Err(NotRead::new("archive-not-read", "304 came, which nobody asked for", ""));
            };
            let (reader, limits) = (download.into_reader(), self.limits.pack);
            let read = tokio::task::spawn_blocking(move || read_whole(reader, &limits)).await;
            read.unwrap_or_else(|_| {
                Err(NotRead::new("unreadable", "reading the archive failed on our side", "please report this chart"))
            })
        };
        let time = self.limits.tag_time;
        let read = tokio::time::timeout(time, self.meter_of(&url).ask(reading)).await.unwrap_or_else(|_| {
            let text = format!("reading it took longer than {time:?} (limit tag_time)");
            Err(NotRead::new("too-slow", text, "it is tried again when somebody opens the chart"))
        });
        let Whole { chart, digest: seen, size } = read?;
        self.meter.bytes(size);
        if !digest.is_empty() && seen != digest {
            return Err(NotRead::new(
                "digest-mismatch",
                format!("the archive has the digest {seen}, not {digest} as the index says"),
                "write the index again with `helm repo index`, or publish the archive again",
            ));
        }
        let chart = chart.map_err(|error| NotRead { reason: unusable(&error), error: None })?;
        if chart.name != name || chart.version != version {
            return Err(NotRead::new(
                "chart-differs",
                format!("the archive holds {} {}, not what the index says", chart.name, chart.version),
                "write the index again with `helm repo index`",
            ));
        }
        Ok(Content::of(chart, size))
    }

    fn address(&self, urls: &[String]) -> Result<String, NotRead> {
        let Some(url) = urls.iter().find(|url| !url.starts_with("oci://")) else {
            return Err(match urls.first() {
                Some(url) => NotRead::new(
                    "archive-in-a-registry",
                    format!("the index has it in an OCI registry: {url}"),
                    "register that registry too, with provider type Helm, to have its values and README",
                ),
                None => NotRead::new("no-address", "the index has no address of its archive", ""),
            });
        };
        self.folder.resolve(url).ok_or_else(|| {
            NotRead::new("no-address", format!("`{url}`, which the index has for it, is no address"), "mend the index")
        })
    }

    fn meter_of(&self, url: &str) -> Meter {
        match WebFolder::parse(url) {
            Ok(other) if other.server().origin() != self.folder.server().origin() => {
                let gate = self.hosts.gate(&other.server().origin(), self.limits.host_parallel, self.limits.host_rate);
                self.meter.at(gate)
            }
            _ => self.meter.clone(),
        }
    }
}

fn folder(endpoint: &str) -> Result<WebFolder, Unusable> {
    let typed = endpoint.trim();
    if typed.is_empty() {
        let text = "it is empty; give the repository's address, such as https://charts.example.com/stable";
        return Err(Unusable::new("endpoint", Hop::Endpoint, text));
    }
    // Whoever copied the address of the index itself means its folder.
    let typed = typed.strip_suffix("/index.yaml").unwrap_or(typed);
    WebFolder::parse_lenient(typed).map_err(|error| {
        let text = match error {
            NotAFolder::Registry => {
                "oci:// is an OCI registry, which has no index; register it as an OCI registry with provider type Helm"
                    .to_owned()
            }
            NotAFolder::Credentials => {
                "credentials do not belong into the address; give user name and password beside it".to_owned()
            }
            other => format!("it is not the address of a Helm repository: {other}"),
        };
        Unusable::new("endpoint", Hop::Endpoint, text)
    })
}

fn downloads(spec: &RegistrySpec, server: &Endpoint, options: ClientOptions) -> Result<Downloads, Unusable> {
    let local = |e: ClientError| Unusable::new("endpoint", crate::hops::hop(e.hop), e.to_string());
    let none = SecretString::default();
    let login = |user: &str, secret: &Option<SecretString>| Credentials::Basic {
        user: user.to_owned(),
        password: secret.as_ref().unwrap_or(&none).clone(),
    };
    let credentials = match &spec.auth {
        Auth::Basic { username, password } => {
            if username.is_empty() && password.is_none() {
                let text = "user name and password are both empty; give them, or choose no authentication";
                return Err(Unusable::new("auth", Hop::Credentials, text));
            }
            login(username, password)
        }
        Auth::Token { username, token } if !username.is_empty() => login(username, token),
        Auth::Token { token: Some(token), .. } => {
            let made = Downloads::new(server, &Credentials::Anonymous, options).map_err(local)?;
            return Ok(made.with_bearer(token));
        }
        _ => Credentials::Anonymous,
    };
    Downloads::new(server, &credentials, options).map_err(local)
}

struct Whole {
    chart: Result<ChartArchive, ChartArchiveError>,
    digest: String,
    size: u64,
}

/// Reads to the end, so that the digest is that of the whole file, whatever the parser made of it.
fn read_whole(reader: impl Read, limits: &packyard_pack::ReadLimits) -> Result<Whole, NotRead> {
    let mut counted = Counted { inner: Watched::new(reader), hasher: Hasher::new(Algorithm::Sha256), size: 0 };
    let chart = read_chart(&mut counted, limits);
    let rest = io::copy(&mut counted, &mut io::sink());
    if let Some(error) = counted.inner.failed {
        return Err(NotRead::transport(error));
    }
    if let Err(error) = rest {
        return Err(NotRead::new("archive-not-read", error.to_string(), ""));
    }
    Ok(Whole { chart, digest: counted.hasher.finish().to_string(), size: counted.size })
}

struct Counted<R> {
    inner: R,
    hasher: Hasher,
    size: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        self.hasher.update(&out[..count]);
        self.size += count as u64;
        Ok(count)
    }
}
