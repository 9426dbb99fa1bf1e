//! Versions of packs that dependencies are checked against: of those linted together, and of those in a registry.

use super::input::Read;
use crate::commands::pack_list;
use crate::commands::remote::{Registry, RegistryArgs};
use crate::printer::Printer;
use packyard_oci::pack_artifact::archive_repository;
use packyard_pack::lint::Versions;
use std::collections::BTreeSet;

pub(super) fn together(packs: &[Read]) -> Versions {
    let mut known = Versions::new();
    for pack in packs.iter().filter_map(|read| read.pack.as_ref().ok()) {
        known.entry(pack.metadata.name.clone()).or_default().push(pack.metadata.version.clone());
    }
    known
}

/// Adds the versions of what the packs depend on; one list of tags for each, and nothing is downloaded.
pub(super) async fn add_registry(
    known: &mut Versions,
    packs: &[Read],
    place: &str,
    args: &RegistryArgs,
    printer: &Printer,
) -> anyhow::Result<()> {
    let endpoint = args.place(place)?;
    let archive = archive_repository(endpoint.base_path.as_ref())?;
    let registry = Registry::connect(&args.access(&endpoint)?, printer).await?;
    let packs = packs.iter().filter_map(|read| read.pack.as_ref().ok());
    let dependencies = packs.flat_map(|pack| &pack.metadata.constraints.dependencies);
    let names: BTreeSet<&str> = dependencies.map(|dependency| dependency.pack_name.as_str()).collect();
    for name in names {
        // What cannot be a repository's name is no pack in a registry.
        let Ok(repository) = format!("{archive}/{name}").parse() else { continue };
        let versions = pack_list::versions_in(&registry, &repository).await?;
        if !versions.is_empty() {
            known.entry(name.to_owned()).or_default().extend(versions);
        }
    }
    Ok(())
}
