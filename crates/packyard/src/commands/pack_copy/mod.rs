//! `packyard pack copy`: packs from one registry to another, or within one, byte for byte.
//!
//! Manifest and blobs are those of the source: the copy has the same digest. A blob is mounted where both ends are one
//! registry, else it goes through a temporary file, so that it is known to be right before the first byte is sent and a
//! try can be repeated. Memory does not grow with the packs.

mod destination;
mod report;

use super::reason;
use super::remote::{PackRef, Registry, RegistryArgs, RemotePack, Transfers, with_hint};
use crate::printer::Printer;
use anyhow::{anyhow, bail};
use clap::Args;
use destination::Destination;
use packyard_oci::client::{Endpoint, InvalidEndpoint};
use packyard_oci::{Reference, Tag};
use packyard_pack::LooseVersion;
use report::{Copied, Outcome, Report};
use std::collections::HashMap;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(crate) struct CopyArgs {
    /// HOST[:PORT]/BASE/NAME:VERSION; without :VERSION every version of the pack
    #[arg(required = true, num_args = 1.., value_name = "SOURCE")]
    sources: Vec<PackRef>,
    /// Registry and base path; packs go to BASE/spectro-packs/archive/NAME:VERSION
    #[arg(value_name = "HOST[:PORT]/BASE", value_parser = address)]
    dest: String,
    /// Replace a version that holds another archive, for this reason, which the report keeps
    #[arg(long, value_name = "REASON", value_parser = reason::parse)]
    force: Option<String>,
    #[command(flatten)]
    registry: RegistryArgs,
}

/// What cannot be an address is a wrong argument.
fn address(typed: &str) -> Result<String, InvalidEndpoint> {
    typed.parse::<Endpoint>().map(|_| typed.to_owned())
}

/// The registries of the sources, each logged in to once.
struct Sources<'a> {
    args: &'a RegistryArgs,
    printer: &'a Printer,
    known: HashMap<String, Registry>,
}

impl Sources<'_> {
    async fn connect(&mut self, typed: &PackRef, dest: &Destination) -> anyhow::Result<Registry> {
        let endpoint = self.args.endpoint(&typed.host)?;
        if endpoint.origin() == dest.registry.client.endpoint().origin() {
            return Ok(dest.registry.clone());
        }
        if let Some(known) = self.known.get(&endpoint.origin()) {
            return Ok(known.clone());
        }
        let registry = Registry::connect(&self.args.access(&endpoint)?, self.printer).await?;
        self.known.insert(endpoint.origin(), registry.clone());
        Ok(registry)
    }
}

pub(crate) async fn run(args: CopyArgs, printer: &Printer) -> anyhow::Result<ExitCode> {
    let endpoint = args.registry.place(&args.dest)?;
    let registry = Registry::connect(&args.registry.access(&endpoint)?, printer).await?;
    let mut dest = Destination::new(registry, &endpoint, args.force.is_some(), Transfers::new(printer))?;
    let mut sources = Sources { args: &args.registry, printer, known: HashMap::new() };
    let mut report = Report::new(endpoint.origin(), args.force);
    for typed in &args.sources {
        match versions(&mut sources, typed, &dest).await {
            Ok((registry, versions)) => {
                for version in versions {
                    report.packs.push(copy_one(&registry, &version, &mut dest, printer).await);
                }
            }
            Err(error) => report.packs.push(Copied::failed(typed.to_string(), &error)),
        }
    }
    printer.emit(&report);
    Ok(if report.all_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What one source means: itself, or every version of the pack.
async fn versions(
    sources: &mut Sources<'_>,
    typed: &PackRef,
    dest: &Destination,
) -> anyhow::Result<(Registry, Vec<PackRef>)> {
    let registry = sources.connect(typed, dest).await?;
    match (&typed.tag, &typed.digest) {
        (Some(_), _) => return Ok((registry, vec![typed.clone()])),
        (None, Some(_)) => bail!("`{typed}` names no version; write NAME:VERSION@DIGEST, so that the copy gets a tag"),
        (None, None) => {}
    }
    for repository in typed.repositories() {
        let Some(tags) = registry.client.tags(&repository).await.map_err(with_hint)? else { continue };
        // Tags under which registries keep signatures belong to no version.
        let mut tags: Vec<Tag> = tags.into_iter().filter(|tag| !is_referrer(tag)).collect();
        // Oldest first: when it ends in the middle, what is missing is the newest.
        tags.sort_by_key(|tag| LooseVersion::new(tag.as_str()));
        let version = |tag| PackRef { repository: repository.clone(), tag: Some(tag), ..typed.clone() };
        return Ok((registry, tags.into_iter().map(version).collect()));
    }
    let places: Vec<String> = typed.repositories().iter().map(|place| format!("{}/{place}", typed.host)).collect();
    bail!(
        "there is no {}; a source is one pack: `packyard pack list {typed}` shows those of a base path",
        places.join(" and no ")
    )
}

/// `sha256-<hex>`, with an ending or without (distribution-spec 1.1, "Referrers Tag Schema").
fn is_referrer(tag: &Tag) -> bool {
    let hex = tag.as_str().strip_prefix("sha256-").and_then(|rest| rest.get(..64));
    hex.is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

async fn copy_one(from: &Registry, typed: &PackRef, dest: &mut Destination, printer: &Printer) -> Copied {
    let mut copied = Copied::new(typed.to_string());
    match copy_into(from, typed, dest, &mut copied, printer).await {
        Ok(outcome) => copied.outcome = outcome,
        Err(error) => copied.fail(&error),
    }
    copied
}

async fn copy_into(
    from: &Registry,
    typed: &PackRef,
    dest: &mut Destination,
    copied: &mut Copied,
    printer: &Printer,
) -> anyhow::Result<Outcome> {
    let (Some(tag), Some(reference)) = (&typed.tag, typed.reference()) else {
        return Err(anyhow!("`{typed}` names no version"));
    };
    let pack = RemotePack::find_in(&from.client, typed, &reference).await?;
    copied.from = match &reference {
        Reference::Tag(_) => pack.reference.clone(),
        Reference::Digest(digest) => {
            format!("{}/{}:{tag}@{digest}", from.client.endpoint().authority(), pack.repository)
        }
    };
    copied.digest = Some(pack.digest().to_string());
    dest.take(&pack, tag, copied, printer).await
}
