//! `packyard pack inspect`: everything that a pack says of itself, wherever it is.
//!
//! A pack in a registry is read once, as a stream, with nothing written to disk. It is read to its end, because that is
//! where its digest is known to be right; what is no pack, too large or broken ends the reading where it is seen.

use super::remote::RegistryArgs;
use super::target::{Loaded, Target};
use crate::limits::PackLimits;
use crate::printer::Printer;
use crate::terminal::{counted, file, folded, line};
use clap::Args;
use packyard_pack::lint::Report as Findings;
use packyard_pack::metadata::State;
use packyard_pack::{FileEntry, Metadata, Pack, Preset};
use serde::Serialize;
use std::fmt;
use std::process::ExitCode;

/// Column at which what is said starts.
const INDENT: usize = 12;

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// Folder, archive, or HOST[:PORT]/BASE/NAME:VERSION
    target: String,
    /// Print values.yaml, byte for byte
    #[arg(long)]
    values: bool,
    /// Print the README
    #[arg(long)]
    readme: bool,
    /// List every file with its size
    #[arg(long)]
    files: bool,
    #[command(flatten)]
    limits: PackLimits,
    #[command(flatten)]
    registry: RegistryArgs,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Inspected<'a> {
    place: &'a str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    archive_digest: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    archive_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_folder: Option<&'a str>,
    metadata: &'a Metadata,
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    charts: Vec<Chart<'a>>,
    manifests: Vec<Manifest<'a>>,
    /// Of `pack.content.images`.
    images: Vec<String>,
    presets: &'a [Preset],
    /// `GROUP:PRESET`, as the first line of values.yaml says.
    enabled_presets: Vec<String>,
    schema: Vec<Field<'a>>,
    files: &'a [FileEntry],
    errors: usize,
    warnings: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    readme: Option<&'a str>,
    #[serde(skip)]
    all_files: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Chart<'a> {
    path: &'a str,
    name: &'a str,
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_version: Option<&'a str>,
    declared: bool,
}

#[derive(Debug, Serialize)]
struct Manifest<'a> {
    path: &'a str,
    bytes: usize,
    declared: bool,
}

#[derive(Debug, Serialize)]
struct Field<'a> {
    path: &'a str,
    required: bool,
    readonly: bool,
    expression: &'a str,
}

pub(crate) async fn run(args: InspectArgs, printer: &Printer) -> anyhow::Result<ExitCode> {
    let loaded = Target::of(&args.target)?.load(&args.registry, args.limits.read()?, printer).await?;
    if !printer.is_json() && (args.values || args.readme) {
        print_texts(&args, &loaded.pack, printer);
    } else {
        printer.emit(&inspected(&loaded, &args));
    }
    Ok(ExitCode::SUCCESS)
}

/// One text alone is the file itself; two are told apart.
fn print_texts(args: &InspectArgs, pack: &Pack, printer: &Printer) {
    let both = args.values && args.readme;
    if args.readme {
        match &pack.readme {
            Some(text) => print_text(text, "README.md", both, printer),
            None => printer.note(&"the pack has no README"),
        }
    }
    if args.values {
        print_text(&pack.values, "values.yaml", both, printer);
    }
}

fn print_text(text: &str, name: &str, titled: bool, printer: &Printer) {
    if titled {
        printer.line(&format_args!("==> {name} <=="));
    }
    printer.bytes(file(text).as_bytes());
}

fn inspected<'a>(loaded: &'a Loaded, args: &InspectArgs) -> Inspected<'a> {
    let Loaded { pack, origin } = loaded;
    let values = pack.parsed_values().ok();
    let findings = Findings::of(pack);
    Inspected {
        place: &origin.place,
        kind: origin.kind,
        digest: origin.digest.as_deref(),
        archive_digest: origin.archive_digest.as_deref(),
        archive_bytes: origin.archive_bytes,
        top_folder: origin.top_folder.as_deref(),
        metadata: &pack.metadata,
        state: pack.metadata.state(),
        namespace: values.as_ref().and_then(|values| values.namespace()).map(str::to_owned),
        charts: pack.charts.iter().map(chart).collect(),
        manifests: pack
            .manifests
            .iter()
            .map(|m| Manifest { path: &m.path, bytes: m.text.len(), declared: m.declared })
            .collect(),
        images: values.iter().flat_map(|values| values.images()).map(|image| image.reference).collect(),
        presets: &pack.presets,
        enabled_presets: values
            .iter()
            .flat_map(|values| values.enabled_presets())
            .map(|enabled| format!("{}:{}", enabled.group, enabled.preset))
            .collect(),
        schema: pack
            .schema
            .iter()
            .map(|f| Field { path: &f.path, required: f.required, readonly: f.readonly, expression: &f.expression })
            .collect(),
        files: &pack.files,
        errors: findings.errors(),
        warnings: findings.warnings(),
        values: args.values.then_some(pack.values.as_str()),
        readme: pack.readme.as_deref().filter(|_| args.readme),
        all_files: args.files,
    }
}

fn chart(chart: &packyard_pack::Chart) -> Chart<'_> {
    Chart {
        path: &chart.path,
        name: &chart.name,
        version: &chart.version,
        app_version: chart.app_version.as_deref(),
        declared: chart.declared,
    }
}

impl fmt::Display for Inspected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let metadata = self.metadata;
        write!(f, "{} {}", line(&metadata.name), line(&metadata.version))?;
        if metadata.display_name != metadata.name {
            write!(f, "  {}", line(&metadata.display_name))?;
        }
        self.origin(f)?;
        let kinds = [metadata.addon_type.as_str(), metadata.addon_sub_type.as_str()];
        let kinds: Vec<&str> = kinds.into_iter().filter(|kind| !kind.is_empty()).collect();
        let layer = metadata.layer.as_str();
        row(f, "layer", &if kinds.is_empty() { layer.to_owned() } else { format!("{layer} ({})", kinds.join(", ")) })?;
        row(f, "clouds", &metadata.cloud_types.join(", "))?;
        if self.state != State::Active {
            row(f, "state", &format!("{:?}", self.state).to_lowercase())?;
        }
        row(f, "namespace", self.namespace.as_deref().unwrap_or_default())?;
        for dependency in &metadata.constraints.dependencies {
            row(f, "needs", &needs(dependency))?;
        }
        self.content(f)?;
        let total: u64 = self.files.iter().map(|file| file.size).sum();
        row(f, "files", &format!("{}, {total} bytes", counted(self.files.len(), "file")))?;
        if self.all_files {
            let width = self.files.iter().map(|file| file.size.to_string().len()).max().unwrap_or(0);
            for file in self.files {
                write!(f, "\n{:INDENT$}{:>width$}  {}", "", file.size, line(&file.path))?;
            }
        }
        let (errors, warnings) = (counted(self.errors, "error"), counted(self.warnings, "warning"));
        row(f, "findings", &format!("{errors}, {warnings}"))
    }
}

impl Inspected<'_> {
    fn origin(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        row(f, self.kind, self.place)?;
        row(f, "digest", self.digest.unwrap_or_default())?;
        if let (Some(digest), Some(bytes)) = (self.archive_digest, self.archive_bytes) {
            row(f, if self.kind == "folder" { "archives to" } else { "archive" }, &format!("{digest}, {bytes} bytes"))?;
        }
        Ok(())
    }

    fn content(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let undeclared = |declared: bool| if declared { "" } else { ", not declared in pack.json" };
        for chart in &self.charts {
            let app = chart.app_version.map(|app| format!(", app {app}")).unwrap_or_default();
            let text = format!("{} {} ({}{app}{})", chart.name, chart.version, chart.path, undeclared(chart.declared));
            row(f, "chart", &text)?;
        }
        for manifest in &self.manifests {
            let text = format!("{} ({} bytes{})", manifest.path, manifest.bytes, undeclared(manifest.declared));
            row(f, "manifest", &text)?;
        }
        for image in &self.images {
            row(f, "image", image)?;
        }
        for preset in self.presets {
            let name = format!("{}:{}", preset.group, preset.name);
            let enabled = if self.enabled_presets.contains(&name) { ", enabled" } else { "" };
            row(f, "preset", &format!("{name} ({}{enabled})", preset.display_name))?;
        }
        for field in &self.schema {
            let marks = [(field.required, "required"), (field.readonly, "read-only")];
            let marks: Vec<&str> = marks.into_iter().filter(|(is, _)| *is).map(|(_, mark)| mark).collect();
            let marks = if marks.is_empty() { String::new() } else { format!(" ({})", marks.join(", ")) };
            row(f, "field", &format!("{}{marks}", field.path))?;
        }
        Ok(())
    }
}

fn needs(dependency: &packyard_pack::metadata::Dependency) -> String {
    let kind = dependency.kind.as_ref().and_then(|kind| serde_json::to_value(kind).ok());
    let kind = kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or("no type").to_owned();
    let bounds = match (dependency.min_version.as_str(), dependency.max_version.as_str()) {
        ("", "") => String::new(),
        (min, "") => format!(" from {min}"),
        ("", max) => format!(" up to {max}"),
        (min, max) => format!(" {min} to {max}"),
    };
    format!("{}{bounds} ({kind})", dependency.pack_name)
}

/// A line of the description; nothing where there is nothing to say.
fn row(f: &mut fmt::Formatter<'_>, name: &str, text: &str) -> fmt::Result {
    if text.is_empty() {
        return Ok(());
    }
    write!(f, "\n{name:<INDENT$}{}", folded(&line(text), INDENT, INDENT))
}
