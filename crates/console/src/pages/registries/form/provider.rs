//! The choice of providers.

/// What the registry holds. The form makes registries of packs; others come from clients of /v1 and stay what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Provider {
    pub(in super::super) value: &'static str,
    pub(in super::super) name: &'static str,
    pub(in super::super) holds: &'static str,
}

impl Provider {
    pub(super) fn of(provider_type: &str) -> Self {
        match provider_type {
            "helm" => Self { value: "helm", name: "Helm", holds: "Charts; not synced" },
            "zarf" => Self { value: "zarf", name: "Zarf", holds: "Packages; not synced" },
            _ => Self::default(),
        }
    }

    pub(in super::super) fn has_packs(self) -> bool {
        self == Self::default()
    }
}

impl Default for Provider {
    fn default() -> Self {
        Self { value: "pack", name: "Pack", holds: "Archives of packs" }
    }
}
