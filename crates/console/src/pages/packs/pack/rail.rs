//! Beside every tab of a pack: its identity, how to get it, what it works with.

use crate::ConsoleConfig;
use crate::pages::commands;
use crate::pages::packs::layer_word;
use crate::words::{short_digest, size};
use packyard_catalog::{PackDependency, PackDetail, PackKind, PackRow, Registry};

pub(super) struct Rail {
    pub(super) name: String,
    pub(super) registry: String,
    pub(super) registry_address: String,
    pub(super) reference: String,
    pub(super) digest: String,
    pub(super) short_digest: String,
    pub(super) size: String,
    pub(super) clouds: String,
    pub(super) more: Vec<(&'static str, String)>,
    pub(super) what: &'static str,
    /// What to type, the login first where the registry wants one.
    pub(super) pulls: Vec<String>,
    pub(super) dependencies: Vec<String>,
}

pub(super) fn rail(pack: &PackDetail, registry: Option<&Registry>, config: &ConsoleConfig) -> Rail {
    let row = &pack.row;
    let host = registry.map(|registry| commands::host(&registry.spec.endpoint));
    let place = [host.unwrap_or_default(), row.repository.as_str()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("/");
    let reference = match row.kind {
        PackKind::HelmChart => row.repository.clone() + " " + &row.tag,
        PackKind::Pack | PackKind::OciChart => format!("{place}:{}", row.tag),
    };
    let mut more = Vec::new();
    for (label, key) in [("Source", "source"), ("Contributor", "contributor"), ("Documentation", "docsURL")] {
        if let Some(value) = row.annotations.get(key).map(|value| value.trim()).filter(|value| !value.is_empty()) {
            more.push((label, value.to_owned()));
        }
    }
    if row.tag != row.version {
        more.push(("Tag in the registry", row.tag.clone()));
    }
    Rail {
        name: row.name.clone(),
        registry: row.registry_name.clone(),
        registry_address: format!("/settings/registries/{}", row.registry_uid),
        what: if row.kind.is_chart() { "Chart" } else { "Pack" },
        pulls: pulls(row, registry, config, &place, &reference),
        reference,
        digest: row.digest.clone(),
        short_digest: short_digest(&row.digest),
        size: if row.size == 0 { String::new() } else { format!("{}, compressed", size(row.size)) },
        clouds: clouds(&row.cloud_types),
        more,
        dependencies: pack.dependencies.iter().map(dependency).collect(),
    }
}

/// What to type to have it here.
fn pulls(
    row: &PackRow,
    registry: Option<&Registry>,
    config: &ConsoleConfig,
    place: &str,
    reference: &str,
) -> Vec<String> {
    let version = &row.version;
    match row.kind {
        PackKind::Pack => {
            let login = registry.and_then(|registry| commands::oras_login(registry, config));
            let pulls = [format!("oras pull {reference}"), format!("packyard pack pull {reference}")];
            login.into_iter().chain(pulls).collect()
        }
        PackKind::OciChart => vec![
            format!("helm pull oci://{place} --version {version}"),
            format!("packyard pack init oci://{reference}"),
        ],
        PackKind::HelmChart => {
            let repository = registry.map_or("", |registry| registry.spec.endpoint.as_str());
            vec![
                format!("helm pull {} --repo {repository} --version {version}", row.name),
                format!("packyard pack init {} --repo {repository} --version {version}", row.name),
            ]
        }
    }
}

fn clouds(types: &[String]) -> String {
    if types.iter().any(|cloud| cloud == "all") { "Any cloud".to_owned() } else { types.join(", ") }
}

/// `Kubernetes 1.29 or newer, if present`.
fn dependency(need: &PackDependency) -> String {
    let layer = layer_word(&need.layer);
    let name = if need.pack_name.eq_ignore_ascii_case(layer) { layer } else { need.pack_name.trim() };
    let what = match (need.min_version.trim(), need.max_version.trim()) {
        ("", "") => name.to_owned(),
        (min, "") => format!("{name} {min} or newer"),
        ("", max) => format!("{name} {max} or older"),
        (min, max) if min == max => format!("{name} {min}"),
        (min, max) => format!("{name} {min} to {max}"),
    };
    match need.kind.as_str() {
        "required" => format!("{what}, required"),
        "notSupported" => format!("Not with {what}"),
        "upgrade" => format!("Upgrades from {what}"),
        _ => format!("{what}, if present"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_read_as_sentences() {
        let need = |kind: &str, min: &str, max: &str| {
            dependency(&PackDependency {
                pack_name: "kubernetes".into(),
                layer: "k8s".into(),
                kind: kind.into(),
                min_version: min.into(),
                max_version: max.into(),
            })
        };
        assert_eq!(need("required", "1.29", ""), "Kubernetes 1.29 or newer, required");
        assert_eq!(need("optional", "1.29", ""), "Kubernetes 1.29 or newer, if present");
        assert_eq!(need("optional", "", ""), "Kubernetes, if present");
        assert_eq!(need("notSupported", "1.20", "1.24"), "Not with Kubernetes 1.20 to 1.24");
        assert_eq!(need("upgrade", "", "1.24"), "Upgrades from Kubernetes 1.24 or older");
    }
}
