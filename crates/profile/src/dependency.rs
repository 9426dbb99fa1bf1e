//! What the packs of a profile ask of each other: `constraints.dependencies` of pack.json. palette.md 3.7.

use crate::model::{Kind, PackRef, Template};
use crate::remarks::{Remark, Subject};
use packyard_catalog::PackDependency;
use packyard_pack::metadata::VersionRange;

const MISSING: &str = "DependencyMissing";
const CORE: [&str; 4] = ["os", "k8s", "cni", "csi"];

pub(crate) fn check(subject: &Subject<'_>, at: usize, pack: &PackRef, found: &mut Vec<Remark>) {
    let Some(detail) = subject.detail(pack) else { return };
    for need in &detail.dependencies {
        if let Some(remark) = judge(subject, pack, need) {
            found.push(remark.at_layer(at, &pack.name));
        }
    }
}

fn judge(subject: &Subject<'_>, pack: &PackRef, need: &PackDependency) -> Option<Remark> {
    let range = VersionRange { min: &need.min_version, max: &need.max_version };
    let wanted = words(need);
    if need.kind == "upgrade" {
        let before = published_version(subject.published?, pack)?;
        return (before != version(pack) && !range.contains(before)).then(|| {
            let own = version(pack);
            let text = format!("{own} can be reached from {wanted} only, and {before} is published. Go there in steps");
            Remark::error("DependencyUpgrade", text)
        });
    }
    let others = subject.template.packs.iter().filter(|other| is_meant(other, need));
    let others: Vec<&PackRef> = others.filter(|other| !std::ptr::eq(*other, pack)).collect();
    let outside = others.iter().find(|other| !range.contains(version(other)));
    match need.kind.as_str() {
        "required" if others.is_empty() && subject.kind == Kind::AddOn && CORE.contains(&need.layer.as_str()) => {
            let text = format!("needs {wanted}, which is checked when the profile is deployed on a cluster");
            Some(Remark::warning(MISSING, text))
        }
        "required" if others.is_empty() => {
            Some(Remark::error(MISSING, format!("needs {wanted}. Add it to the profile")))
        }
        "required" | "optional" => outside.map(|other| {
            let text = format!("goes with {wanted}, and the profile has {} {}", other.name, version(other));
            Remark::error("DependencyVersion", text)
        }),
        "notSupported" => others.iter().find(|other| range.contains(version(other))).map(|other| {
            let text = format!("does not go with {wanted}, and the profile has {} {}", other.name, version(other));
            Remark::error("DependencyNotSupported", text)
        }),
        _ => None,
    }
}

fn version(pack: &PackRef) -> &str {
    if pack.version.is_empty() { &pack.tag } else { &pack.version }
}

/// By name; real packs also say `kubernetes` and mean whatever has the layer `k8s`.
fn is_meant(pack: &PackRef, need: &PackDependency) -> bool {
    let name = need.pack_name.trim();
    let generic = match need.layer.trim() {
        "k8s" => name.eq_ignore_ascii_case("kubernetes") || name.eq_ignore_ascii_case("k8s"),
        layer => CORE.contains(&layer) && name.eq_ignore_ascii_case(layer),
    };
    pack.pack_name().eq_ignore_ascii_case(name) || (generic && pack.layer == need.layer.trim())
}

fn published_version<'a>(published: &'a Template, pack: &PackRef) -> Option<&'a str> {
    published.packs.iter().find(|old| old.name == pack.name).map(version)
}

/// `kubernetes 1.29 to 1.31`.
fn words(need: &PackDependency) -> String {
    let name = need.pack_name.trim();
    match (need.min_version.trim(), need.max_version.trim()) {
        ("", "") => name.to_owned(),
        (min, "") => format!("{name} {min} or newer"),
        ("", max) => format!("{name} {max} or older"),
        (min, max) if min == max => format!("{name} {min}"),
        (min, max) => format!("{name} {min} to {max}"),
    }
}
