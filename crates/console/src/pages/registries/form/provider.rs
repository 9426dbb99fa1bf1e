//! The choice of providers.

use packyard_catalog::{RegistryKind, RegistrySpec};

/// What the registry holds. A drawer makes OCI registries of packs or charts, or a Helm repository; others come from
/// clients of /v1 and stay what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Provider {
    pub(in super::super) value: &'static str,
    pub(in super::super) name: &'static str,
    pub(in super::super) holds: &'static str,
}

impl Provider {
    pub(super) const PACK: Self = Self { value: "pack", name: "Pack", holds: "Archives of packs" };
    pub(super) const CHARTS: Self = Self { value: "helm", name: "Helm", holds: "Charts, by helm push" };
    /// Not OCI.
    pub(super) const REPOSITORY: Self =
        Self { value: "repository", name: "Helm repository", holds: "Charts in an index.yaml" };
    const ZARF: Self = Self { value: "zarf", name: "Zarf", holds: "Packages; not synced" };

    pub(super) fn of(spec: &RegistrySpec) -> Self {
        match (spec.kind, spec.provider_type.as_str()) {
            (RegistryKind::Helm, _) => Self::REPOSITORY,
            (_, "helm") => Self::CHARTS,
            (_, "zarf") => Self::ZARF,
            _ => Self::PACK,
        }
    }

    /// What a drawer for a new one may ask for.
    pub(super) fn asked(value: &str) -> Option<Self> {
        [Self::PACK, Self::CHARTS, Self::REPOSITORY].into_iter().find(|provider| provider.value == value)
    }

    pub(in super::super) fn has_packs(self) -> bool {
        self == Self::PACK
    }

    pub(in super::super) fn has_charts(self) -> bool {
        self == Self::CHARTS
    }

    pub(in super::super) fn is_repository(self) -> bool {
        self == Self::REPOSITORY
    }
}

impl Default for Provider {
    fn default() -> Self {
        Self::PACK
    }
}
