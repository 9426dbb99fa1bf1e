//! Files that pack.json names, and files that are there but not read. palette.md 1.10, number 11.

use super::{Finding, rules};
use crate::assemble::plain;
use crate::pack::{Pack, UnreadReason};
use crate::place::Place;
use crate::shown::shown;
use crate::{contents, values};

/// What people call values.yaml.
const MISNAMED: [&str; 4] = ["values.yml", "Values.yaml", "value.yaml", "values.YAML"];

pub(super) fn check(pack: &Pack, found: &mut Vec<Finding>) {
    for (field, paths) in [("charts", &pack.metadata.charts), ("kubeManifests", &pack.metadata.kube_manifests)] {
        for (index, path) in paths.iter().enumerate() {
            let place = pack.metadata.place(&format!("{field}.{index}"));
            found.extend(declared_path(pack, field, path).map(|finding| finding.at(place)));
        }
    }
    if !pack.has_file(values::FILE) {
        let missing = Finding::new(&rules::VALUES_MISSING, "values.yaml is missing").at(Place::file(values::FILE));
        found.push(match MISNAMED.into_iter().find(|name| pack.has_file(name)) {
            Some(name) => missing.hint(format!("Rename `{name}`: only `{}` is read.", values::FILE)),
            None => missing,
        });
    }
    unread(pack, found);
}

fn declared_path(pack: &Pack, field: &str, path: &str) -> Option<Finding> {
    if path.starts_with('/') || path.split(['/', '\\']).any(|part| part == "..") {
        let message = format!("`{}` in `{field}` leads out of the pack", shown(path));
        return Some(Finding::new(&rules::UNSAFE_REFERENCE, message));
    }
    let listed = plain(path);
    if !pack.has_file(&listed) {
        let message = format!("`{}` is declared in `{field}` but is not in the pack", shown(path));
        let finding = Finding::new(&rules::FILE_MISSING, message);
        return Some(match near_miss(pack, &listed) {
            Some(near) => finding.hint(format!("did you mean `{}`?", shown(near))),
            None => finding,
        });
    }
    let unread = pack.unread.iter().find(|unread| unread.path == listed);
    if let Some(UnreadReason::BadChart(problem)) = unread.map(|unread| &unread.reason) {
        let message = format!("chart `{}` cannot be read: {problem}", shown(path));
        return Some(Finding::new(&rules::CHART_UNREADABLE, message));
    }
    None
}

/// A file of the same folder and kind whose name starts alike.
fn near_miss<'a>(pack: &'a Pack, wanted: &str) -> Option<&'a str> {
    let stem = |path: &str| path.split(|c: char| c.is_ascii_digit()).next().map(str::to_owned);
    let wanted_end = wanted.rsplit('.').next()?;
    let mut alike = pack
        .files
        .iter()
        .map(|file| file.path.as_str())
        .filter(|path| path.rsplit('.').next() == Some(wanted_end) && stem(path) == stem(wanted));
    alike.next().filter(|_| alike.next().is_none())
}

/// Only what the pack is made of: other files need not be readable.
fn unread(pack: &Pack, found: &mut Vec<Finding>) {
    let declared: Vec<String> =
        pack.metadata.charts.iter().chain(&pack.metadata.kube_manifests).map(|path| plain(path)).collect();
    for unread in &pack.unread {
        let matters = contents::use_of(&unread.path) > contents::Use::Chart
            || matches!(unread.reason, UnreadReason::Link { .. })
            || (declared.contains(&unread.path) && !matches!(unread.reason, UnreadReason::BadChart(_)));
        if matters {
            let message = format!("`{}` {}", shown(&unread.path), unread.reason);
            found.push(Finding::new(&rules::NOT_READ, message).at(Place::file(&unread.path)));
        }
    }
}
