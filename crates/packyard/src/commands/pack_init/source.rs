//! What a new pack is made from: found, fetched where it is elsewhere, and looked into.

use super::args::InitArgs;
use super::{helm_registry, helm_repository};
use crate::commands::WrongArguments;
use crate::commands::remote::Transfers;
use crate::printer::Printer;
use crate::terminal::line;
use anyhow::{Context, anyhow, bail};
use packyard_pack::helm::IndexLimits;
use packyard_pack::scaffold::{ChartSource, ManifestSource, Source};
use packyard_pack::{ReadLimits, archive, yaml};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Bytes of a Chart.yaml that is looked at for its name.
const CHART_YAML_BYTES: u64 = 1 << 20;

/// A chart's archive on this machine.
#[derive(Debug)]
pub(super) enum Archive {
    There(PathBuf),
    /// Fetched or made; goes when this does.
    Temporary(NamedTempFile),
}

impl Archive {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::There(path) => path,
            Self::Temporary(file) => file.path(),
        }
    }

    /// An empty one, to be written.
    pub(super) fn temporary() -> anyhow::Result<NamedTempFile> {
        NamedTempFile::with_prefix("packyard-init-").context("could not make a temporary file")
    }
}

/// Where the source was, for the report.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub(super) kind: &'static str,
    pub(super) place: String,
    /// Of the chart's archive, where somebody promised one and it was checked.
    pub(super) digest: Option<String>,
}

impl Origin {
    pub(super) fn new(kind: &'static str, place: impl Into<String>) -> Self {
        Self { kind, place: place.into(), digest: None }
    }
}

#[derive(Debug)]
pub(super) struct Found {
    pub(super) source: Source,
    pub(super) archive: Option<Archive>,
    pub(super) origin: Origin,
    /// What a person should know.
    pub(super) notes: Vec<String>,
}

/// Finds what the arguments mean. Whatever is made on the way goes when the future is dropped.
pub(super) async fn find(
    args: &InitArgs,
    limits: ReadLimits,
    index_limits: IndexLimits,
    printer: &Printer,
) -> anyhow::Result<Found> {
    let Some(chart) = &args.chart else {
        // Which clap does not ask for where the sources exclude each other.
        if args.repository.repo.is_some() || args.repository.chart_version.is_some() {
            return Err(WrongArguments(anyhow!("--repo and --version are about a chart, and none is given")).into());
        }
        if args.empty {
            return Ok(Found {
                source: Source::Empty,
                archive: None,
                origin: Origin::new("empty", ""),
                notes: Vec::new(),
            });
        }
        let paths = args.manifests.clone();
        return blocking(move || manifests(&paths, &limits)).await;
    };
    let transfers = Transfers::new(printer);
    let (archive, origin) = if let Some(repository) = &args.repository.repo {
        helm_repository::fetch(args, repository, chart, &limits, index_limits, &transfers).await?
    } else if chart.to_ascii_lowercase().starts_with("oci://") {
        helm_registry::fetch(args, chart, &limits, &transfers, printer).await?
    } else {
        local(args, chart, limits).await?
    };
    let path = archive.path().to_owned();
    let place = origin.place.clone();
    let read = move || {
        let mut file = File::open(&path).with_context(|| format!("`{}` cannot be read", path.display()))?;
        ChartSource::read(&mut file, &limits).with_context(|| format!("`{}` cannot be used", line(&place)))
    };
    let source = blocking(read).await?;
    Ok(Found { source: Source::Chart(Box::new(source)), archive: Some(archive), origin, notes: Vec::new() })
}

/// Parsing and compressing are work for a blocking thread.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await.context("the work on a pack crashed")?
}

/// A folder is archived as `helm package` would, but the same bytes for the same files; an archive is taken as it is.
async fn local(args: &InitArgs, typed: &str, limits: ReadLimits) -> anyhow::Result<(Archive, Origin)> {
    let path = PathBuf::from(typed);
    let shown = line(typed).into_owned();
    if args.repository.chart_version.is_some() {
        return Err(WrongArguments(anyhow!(
            "--version chooses among the versions in a repository or registry; `{shown}` has one"
        ))
        .into());
    }
    if path.is_file() {
        return Ok((Archive::There(path), Origin::new("archive", typed)));
    }
    if !path.is_dir() {
        bail!(
            "there is no file or folder `{shown}`; a chart elsewhere is oci://HOST/PATH/CHART, or its name with --repo URL"
        );
    }
    let file = Archive::temporary()?;
    let out = file.reopen().context("could not write the chart's archive")?;
    let write = move || {
        let name = name_of_chart(&path)?;
        archive::write_chart(&path, &name, out, &limits)
            .with_context(|| format!("the chart in `{}` cannot be archived", path.display()))
    };
    blocking(write).await?;
    Ok((Archive::Temporary(file), Origin::new("folder", typed)))
}

/// The folder in the archive is called as the chart is. Whether the name is a sound one is seen when the archive is read.
fn name_of_chart(folder: &Path) -> anyhow::Result<String> {
    let path = folder.join("Chart.yaml");
    let mut text = String::new();
    let opened = File::open(&path).with_context(|| {
        format!("`{}` has no Chart.yaml that can be read; --manifests makes a pack of manifests", folder.display())
    })?;
    opened
        .take(CHART_YAML_BYTES)
        .read_to_string(&mut text)
        .with_context(|| format!("`{}` cannot be read", path.display()))?;
    let chart = yaml::parse(&text).with_context(|| format!("`{}` is not YAML", path.display()))?;
    let name = chart.root().get("name").and_then(|name| name.text()).map(str::trim).filter(|name| !name.is_empty());
    name.map(str::to_owned).with_context(|| format!("`{}` has no name", path.display()))
}

fn manifests(paths: &[PathBuf], limits: &ReadLimits) -> anyhow::Result<Found> {
    let mut walk =
        Walk { out: ManifestSource::new(&common_name(paths), limits), limits, left_out: Vec::new(), seen: 0 };
    for path in paths {
        if path.is_dir() {
            if path.join("Chart.yaml").is_file() {
                bail!("`{}` is a Helm chart; give it without --manifests", path.display());
            }
            walk.folder(path, "", 0)?;
        } else {
            let name = path.file_name().and_then(|name| name.to_str());
            let name = name.with_context(|| format!("`{}` is not a file's name in UTF-8", path.display()))?;
            if !path.exists() {
                bail!("there is no file or folder `{}`", path.display());
            }
            if !ManifestSource::is_manifest(name) {
                bail!("`{}` is no manifest: they end in .yaml, .yml or .json", path.display());
            }
            walk.file(path, name)?;
        }
    }
    let places: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let place = places.join(", ");
    if walk.out.is_empty() {
        bail!("there is no manifest in {place}: they end in .yaml, .yml or .json");
    }
    let notes = walk.left_out.iter().map(|path| format!("{} is left out: it is no manifest", line(path))).collect();
    Ok(Found { source: Source::Manifests(walk.out), archive: None, origin: Origin::new("manifests", place), notes })
}

/// What one folder or file is called; several have no name together.
fn common_name(paths: &[PathBuf]) -> String {
    let [path] = paths else { return String::new() };
    let name = if path.is_dir() {
        fs::canonicalize(path).ok().and_then(|full| full.file_name().map(|name| name.to_string_lossy().into_owned()))
    } else {
        path.file_stem().map(|stem| stem.to_string_lossy().into_owned())
    };
    name.unwrap_or_default()
}

struct Walk<'a> {
    out: ManifestSource,
    limits: &'a ReadLimits,
    left_out: Vec<String>,
    seen: u32,
}

impl Walk<'_> {
    /// The files below a folder, by name. Hidden ones and links to folders are passed over.
    fn folder(&mut self, folder: &Path, inner: &str, depth: u32) -> anyhow::Result<()> {
        let doing = || format!("the folder `{}` cannot be read", folder.display());
        let entries: Result<Vec<_>, _> = fs::read_dir(folder).with_context(doing)?.collect();
        let mut entries = entries.with_context(doing)?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name();
            let name = name.to_str().with_context(|| format!("`{}` is no name in UTF-8", entry.path().display()))?;
            let path = if inner.is_empty() { name.to_owned() } else { format!("{inner}/{name}") };
            self.seen += 1;
            if self.seen > self.limits.entries || depth > self.limits.depth {
                bail!(
                    "{} (limits pack.entries and pack.depth)",
                    format_args!("`{}` holds too many files", folder.display())
                );
            }
            if name.starts_with('.') {
                continue;
            }
            match entry.file_type().with_context(doing)? {
                kind if kind.is_dir() => self.folder(&entry.path(), &path, depth + 1)?,
                _ if entry.path().is_file() && ManifestSource::is_manifest(name) => self.file(&entry.path(), &path)?,
                _ => self.left_out.push(path),
            }
        }
        Ok(())
    }

    fn file(&mut self, at: &Path, path: &str) -> anyhow::Result<()> {
        let mut content = Vec::new();
        File::open(at)
            // One byte more than may be, so that a larger one is seen.
            .and_then(|file| file.take(self.limits.manifest_bytes + 1).read_to_end(&mut content))
            .with_context(|| format!("`{}` cannot be read", at.display()))?;
        self.out.add(path, content).map_err(Into::into)
    }
}
