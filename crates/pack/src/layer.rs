//! The layer of a cluster that a pack describes: the six words of pack.json's `layer`.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    Kernel,
    Os,
    K8s,
    Cni,
    Csi,
    Addon,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a layer: one of kernel, os, k8s, cni, csi, addon", crate::shown::shown(.0))]
pub struct UnknownLayer(pub String);

impl Layer {
    pub const ALL: [Self; 6] = [Self::Kernel, Self::Os, Self::K8s, Self::Cni, Self::Csi, Self::Addon];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Os => "os",
            Self::K8s => "k8s",
            Self::Cni => "cni",
            Self::Csi => "csi",
            Self::Addon => "addon",
        }
    }
}

impl FromStr for Layer {
    type Err = UnknownLayer;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|l| l.as_str() == text).ok_or_else(|| UnknownLayer(text.to_owned()))
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
