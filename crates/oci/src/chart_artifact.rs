//! The shape in which `helm push` puts a chart into a registry: a config of Helm's type, and one layer that is the archive.
//! Spec: Helm, "HIP-0006: OCI Support".

use crate::{Descriptor, Manifest, media};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoChart {
    #[error("it is an index of several manifests, not one artifact")]
    Index,
    #[error("its config has the type {0}")]
    OtherConfig(String),
    #[error("it has no layer with a chart")]
    NoLayer,
    #[error("it has several layers with charts")]
    SeveralLayers,
}

/// The layer that is the chart's archive.
pub fn chart_layer(manifest: &Manifest) -> Result<&Descriptor, NoChart> {
    if manifest.is_index() {
        return Err(NoChart::Index);
    }
    let config = manifest.config.as_ref().map(|config| config.media_type.as_str());
    if config != Some(media::HELM_CONFIG) {
        return Err(NoChart::OtherConfig(config.unwrap_or("of nothing").to_owned()));
    }
    let mut layers = manifest.layers.iter().filter(|layer| layer.media_type == media::HELM_CHART);
    let layer = layers.next().ok_or(NoChart::NoLayer)?;
    if layers.next().is_some() {
        return Err(NoChart::SeveralLayers);
    }
    Ok(layer)
}

/// The version that a tag stands for: a tag cannot hold the `+` of a version, and Helm writes `_` for it.
pub fn version_of_tag(tag: &str) -> String {
    tag.replace('_', "+")
}
