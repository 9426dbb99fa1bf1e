//! A chart in a Helm repository on a web server: index.yaml says which versions there are and where.

use super::args::{InitArgs, RepositoryArgs};
use super::source::{Archive, Origin, blocking};
use crate::commands::remote::{Transfers, with_hint};
use crate::commands::{WrongArguments, login};
use crate::terminal::line;
use anyhow::{Context, anyhow, bail};
use packyard_oci::client::{ClientError, Credentials, Downloads, NotAFolder, WebFolder};
use packyard_oci::{Algorithm, Hasher};
use packyard_pack::ReadLimits;
use packyard_pack::helm::{FindError, IndexEntry, IndexError, IndexLimits, IndexReader, find};
use reqwest::Url;
use std::io::Write;

pub(super) async fn fetch(
    args: &InitArgs,
    typed: &str,
    chart: &str,
    limits: &ReadLimits,
    index_limits: IndexLimits,
    transfers: &Transfers,
) -> anyhow::Result<(Archive, Origin)> {
    let repository = Repository::parse(typed)?;
    let credentials = credentials(&args.repository)?;
    let access = args.registry.access(repository.0.server())?;
    let downloads = access.downloads(&credentials).map_err(with_hint)?;
    let spinner = transfers.spin(&format!("reading the index of {}", repository.shown()));
    let entry = repository.find(&downloads, chart, args.repository.chart_version.as_deref(), index_limits).await?;
    drop(spinner);
    let url = repository.archive_url(&entry)?;
    let what = format!("chart {} {}", line(&entry.name), line(&entry.version));
    let limit = limits.archive_bytes;
    let mut download = downloads.get(&url, &what, limit, "pack.archive_bytes").await.map_err(with_hint)?;
    let mut file = Archive::temporary()?;
    let mut hasher = Hasher::new(Algorithm::Sha256);
    let bar = transfers.download(&what, download.length.unwrap_or_default());
    let counted = bar.reads();
    while let Some(chunk) = download.chunk().await.map_err(with_hint)? {
        file.write_all(&chunk).context("could not write the chart's archive")?;
        hasher.update(&chunk);
        counted(chunk.len() as u64);
    }
    let digest = hasher.finish();
    let promised =
        entry.digest.as_deref().map(|text| text.strip_prefix("sha256:").unwrap_or(text).to_ascii_lowercase());
    if let Some(promised) = promised.as_ref().filter(|promised| *promised != digest.hex()) {
        bail!(
            "{what} from {} has the SHA-256 {}, not {} as the index says",
            repository.shown(),
            digest.hex(),
            line(promised)
        );
    }
    let origin = Origin::new("repository", format!("{} {} in {}", entry.name, entry.version, repository.shown()));
    let origin = Origin { digest: promised.map(|_| digest.to_string()), ..origin };
    Ok((Archive::Temporary(file), origin))
}

/// A password is never an argument, where every user of the machine could read it.
fn credentials(args: &RepositoryArgs) -> anyhow::Result<Credentials> {
    let Some(user) = &args.username else { return Ok(Credentials::Anonymous) };
    let password = login::password(args.password_stdin)?;
    Ok(Credentials::Basic { user: user.clone(), password })
}

struct Repository(WebFolder);

impl Repository {
    fn parse(typed: &str) -> anyhow::Result<Self> {
        WebFolder::parse(typed).map(Self).map_err(|error| {
            let why = match error {
                NotAFolder::Registry => "a registry has no index; give oci://HOST/PATH/CHART without --repo".to_owned(),
                NotAFolder::Credentials => {
                    "credentials do not belong into it; give --username and --password-stdin".to_owned()
                }
                other => other.to_string(),
            };
            let shown = match Url::parse(typed) {
                // What may be a password is not shown.
                Ok(url) if url.has_authority() => format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default()),
                _ => line(typed).into_owned(),
            };
            WrongArguments(anyhow!("--repo: `{shown}` is not the address of a Helm repository: {why}")).into()
        })
    }

    fn shown(&self) -> String {
        self.0.shown()
    }

    async fn find(
        &self,
        downloads: &Downloads,
        chart: &str,
        version: Option<&str>,
        limits: IndexLimits,
    ) -> anyhow::Result<IndexEntry> {
        let url = self.0.resolve("index.yaml").context("the address of the index is none")?;
        let download = downloads.get(&url, "index.yaml", limits.bytes, "helm.index_bytes").await.map_err(|error| {
            with_hint(error).context(format!("{} is no Helm repository that can be read", self.shown()))
        })?;
        let index = download.into_reader();
        let (chart, version, shown) = (chart.to_owned(), version.map(str::to_owned), self.shown());
        let search = move || {
            find(IndexReader::new(index, &limits), &chart, version.as_deref()).map_err(|error| explained(error, &shown))
        };
        blocking(search).await
    }

    fn archive_url(&self, entry: &IndexEntry) -> anyhow::Result<String> {
        let what = format!("chart {} {}", line(&entry.name), line(&entry.version));
        let address = entry.urls.first().with_context(|| format!("the index has no address for {what}"))?;
        if address.starts_with("oci://") {
            bail!("{what} is in a registry; run `packyard pack init {}`", line(address));
        }
        self.0
            .resolve(address)
            .with_context(|| format!("the address of {what} in the index, `{}`, is none", line(address)))
    }
}

/// A broken transfer says what it is; it came through the reader of the index.
fn explained(error: FindError, repository: &str) -> anyhow::Error {
    match error {
        FindError::Range(error) => WrongArguments(anyhow!("--version: {error}")).into(),
        FindError::Index(IndexError::Read(error)) => match error.downcast::<ClientError>() {
            Ok(error) => with_hint(error),
            Err(error) => anyhow!(error).context(format!("the index of {repository} cannot be read")),
        },
        other => anyhow!(other).context(format!("{repository} does not have that")),
    }
}
