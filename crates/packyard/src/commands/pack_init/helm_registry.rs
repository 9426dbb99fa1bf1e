//! A chart in an OCI registry, where `helm push` puts it: the manifest, and in it the one layer that is the archive.

use super::args::InitArgs;
use super::source::{Archive, Origin};
use crate::commands::WrongArguments;
use crate::commands::remote::{PackRef, Registry, Transfers, with_hint};
use crate::printer::Printer;
use crate::terminal::line;
use anyhow::{Context, anyhow, bail};
use futures_util::StreamExt;
use packyard_oci::chart_artifact::{chart_layer, version_of_tag};
use packyard_oci::client::Client;
use packyard_oci::{Reference, Tag};
use packyard_pack::ReadLimits;
use packyard_pack::helm::Pick;
use std::io::Write;

/// Versions that an error lists.
const LISTED: usize = 10;

pub(super) async fn fetch(
    args: &InitArgs,
    typed: &str,
    limits: &ReadLimits,
    transfers: &Transfers,
    printer: &Printer,
) -> anyhow::Result<(Archive, Origin)> {
    let reference: PackRef = typed.parse().map_err(|_| {
        WrongArguments(anyhow!(
            "`{}` is not a chart in a registry: oci://HOST[:PORT]/PATH/CHART[:VERSION]",
            line(typed)
        ))
    })?;
    if let (Some(range), true) = (&args.repository.chart_version, reference.reference().is_some()) {
        let why = anyhow!("`{}` names a version, and --version {} too; give one", line(typed), line(range));
        return Err(WrongArguments(why).into());
    }
    let registry =
        Registry::connect(&args.registry.access(&args.registry.endpoint(&reference.host)?)?, printer).await?;
    let client = &registry.client;
    let wanted = match reference.reference() {
        Some(wanted) => wanted,
        None => newest(client, &reference, args.repository.chart_version.as_deref()).await?,
    };
    let separator = if matches!(wanted, Reference::Tag(_)) { ':' } else { '@' };
    let place = format!("oci://{}/{}{separator}{wanted}", client.endpoint().authority(), reference.repository);
    let manifest = client.get_manifest(&reference.repository, &wanted).await.map_err(with_hint)?;
    let manifest = manifest.with_context(|| format!("there is no {place}"))?;
    let parsed = manifest.parse().with_context(|| format!("{place} cannot be understood"))?;
    let layer = chart_layer(&parsed).with_context(|| format!("{place} is not a Helm chart"))?;
    if layer.size > limits.archive_bytes {
        let (size, limit) = (layer.size, limits.archive_bytes);
        bail!("{place} has {size} bytes, more than the {limit} that an archive may have (limit pack.archive_bytes)");
    }
    let mut file = Archive::temporary()?;
    let bar = transfers.download(&place, layer.size);
    let counted = bar.reads();
    let blob = client.get_blob(&reference.repository, &layer.digest, Some(layer.size)).await;
    // The stream ends well only when size and digest are those of the manifest.
    let mut blob = blob.map_err(with_hint)?;
    while let Some(chunk) = blob.next().await {
        let chunk = chunk.map_err(with_hint)?;
        file.write_all(&chunk).context("could not write the chart's archive")?;
        counted(chunk.len() as u64);
    }
    let origin = Origin { digest: Some(layer.digest.to_string()), ..Origin::new("registry", place) };
    Ok((Archive::Temporary(file), origin))
}

/// The newest version that fits, by the tags of the repository.
async fn newest(client: &Client, reference: &PackRef, range: Option<&str>) -> anyhow::Result<Reference> {
    let place = format!("{}/{}", client.endpoint().authority(), reference.repository);
    let mut pick = Pick::new(range).map_err(|error| WrongArguments(anyhow!("--version: {error}")))?;
    let tags = client.tags(&reference.repository).await.map_err(with_hint)?;
    let tags = tags.with_context(|| format!("there is no repository {place}"))?;
    for tag in &tags {
        pick.offer(&version_of_tag(tag.as_str()), || tag.clone());
    }
    pick.best().map(Reference::Tag).ok_or_else(|| nothing_fits(&place, range, &tags))
}

fn nothing_fits(place: &str, range: Option<&str>, tags: &[Tag]) -> anyhow::Error {
    let there: Vec<String> = tags.iter().take(LISTED).map(ToString::to_string).collect();
    let range = range.map_or("that is a release".to_owned(), |range| format!("in the range `{}`", line(range)));
    let more = if tags.len() > LISTED { ", ..." } else { "" };
    anyhow!("{place} has no version {range}; its tags are: {}{more}", there.join(", "))
}
