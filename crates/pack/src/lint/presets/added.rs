//! Presets that add values which nothing reads. A key counts as read where its name occurs in values.yaml, in a manifest or
//! anywhere in a chart; what stands below a map that is open (empty by default) is free.

use super::{Reads, finding};
use crate::lint::{Finding, Subject, rules, unread};
use crate::pack::Pack;
use crate::shown::shown;
use crate::yaml::Node;

pub(super) fn check(subject: &Subject<'_>, reads: &Reads<'_>, found: &mut Vec<Finding>) {
    let Some(values) = subject.values() else { return };
    for (preset, add) in subject.pack.presets.iter().zip(&subject.added) {
        let Some(add) = add else { continue };
        for (section, below) in add.root().entries() {
            let section = section.text().unwrap_or_default();
            for path in unknown(reads, section, below, values.root().get(section)) {
                let message = format!(
                    "preset `{}` adds `{}`, which nothing in the pack reads",
                    shown(&preset.name),
                    shown(&path)
                );
                found.push(finding(&rules::PRESET_KEY, preset, message));
            }
        }
    }
}

/// The topmost paths of a section that nothing reads. `there` is what values.yaml has of it.
fn unknown(reads: &Reads<'_>, section: &str, below: Node<'_>, there: Option<Node<'_>>) -> Vec<String> {
    let is_read = |key: &str| reads.name(key);
    let keys = |written: Node<'_>, there: Option<Node<'_>>, path: &str| -> Vec<String> {
        unread::keys(written, there, path, &is_read).into_iter().map(|(path, _)| path).collect()
    };
    match section {
        // What Palette itself reads is not in the pack.
        "pack" => Vec::new(),
        "charts" | "manifests" => {
            let of_part = |(name, below): (Node<'_>, Node<'_>)| {
                let name = name.text().unwrap_or_default();
                let there = there.and_then(|there| there.get(name));
                let path = format!("{section}.{name}");
                let is_known = there.is_some() || is_part(reads.pack, name) || is_read(name);
                if is_known { keys(below, there, &path) } else { vec![path] }
            };
            below.entries().flat_map(of_part).collect()
        }
        _ if there.is_some() || is_read(section) => keys(below, there, section),
        _ => vec![section.to_owned()],
    }
}

/// Charts have their values under their name, manifests under that of their file.
fn is_part(pack: &Pack, name: &str) -> bool {
    let stem =
        |path: &str| path.rsplit('/').next().and_then(|file| file.rsplit_once('.')).map(|(stem, _)| stem.to_owned());
    pack.charts.iter().any(|chart| chart.name == name)
        || pack.manifests.iter().any(|manifest| stem(&manifest.path).is_some_and(|stem| stem == name))
}
