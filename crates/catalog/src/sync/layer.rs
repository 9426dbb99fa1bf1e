//! Which layer of a manifest is the archive of the pack or chart, or why none is.

use super::tag::TagRead;
use crate::Holds;
use packyard_oci::chart_artifact::chart_layer;
use packyard_oci::client::FetchedManifest;
use packyard_oci::pack_artifact::{NoPackLayer, PackLayer, find_layer};
use packyard_oci::{Descriptor, Digest, Manifest};

/// The layer that is the archive of the pack or chart, or why there is none.
pub(super) fn archive_layer(fetched: &FetchedManifest, holds: Holds, most: u64) -> Result<Descriptor, Box<TagRead>> {
    let digest = &fetched.digest;
    let refused = |code: &str, text: String, hint: &str| Box::new(TagRead::rejected(digest, code, text, hint));
    let manifest = fetched
        .parse()
        .map_err(|error| refused("bad-manifest", error.to_string(), "push the pack again with oras or packyard"))?;
    let layer = match holds {
        Holds::Packs => pack_of(&manifest, digest)?,
        Holds::Charts => chart_of(&manifest, digest)?,
    };
    if layer.size > most {
        let text = format!("the archive has {} bytes, more than {most} (limit pack.archive_bytes)", layer.size);
        return Err(refused("too-large", text, "leave out of the pack what it does not need"));
    }
    Ok(layer)
}

const NOT_A_PACK_HINT: &str = "under spectro-packs/archive only packs are expected: one file NAME-VERSION.tar.gz a tag";
const A_CHART_HINT: &str = "to have charts in the catalogue, register the registry once more with provider type Helm; a chart inside a pack \
     is what `packyard pack init` makes of it";
const NOT_A_CHART_HINT: &str = "`helm push` puts charts there; lead the base content path to where they are, and register the registry with \
     provider type Pack for packs";

fn pack_of(manifest: &Manifest, digest: &Digest) -> Result<Descriptor, Box<TagRead>> {
    let error = match find_layer(manifest) {
        Ok(PackLayer::Found(layer)) => return Ok(layer.clone()),
        Ok(PackLayer::Empty) => return Err(Box::new(TagRead::Empty { digest: digest.clone() })),
        Ok(PackLayer::Candidates(layers)) => {
            let text = format!("{} of its layers may be the pack's archive", layers.len());
            let hint = "push one file: NAME-VERSION.tar.gz";
            return Err(Box::new(TagRead::rejected(digest, "several-layers", text, hint)));
        }
        Err(error) => error,
    };
    let hint = if chart_layer(manifest).is_ok() { A_CHART_HINT } else { NOT_A_PACK_HINT };
    Err(Box::new(TagRead::rejected(digest, no_layer_code(&error), error.to_string(), hint)))
}

fn no_layer_code(error: &NoPackLayer) -> &'static str {
    match error {
        NoPackLayer::Index => "index",
        NoPackLayer::Ambiguous(_) => "several-layers",
        NoPackLayer::OtherKind(_) => "not-a-pack",
    }
}

fn chart_of(manifest: &Manifest, digest: &Digest) -> Result<Descriptor, Box<TagRead>> {
    let refused = |text: String| Box::new(TagRead::rejected(digest, "not-a-chart", text, NOT_A_CHART_HINT));
    chart_layer(manifest).cloned().map_err(|error| refused(format!("it is no Helm chart: {error}")))
}
