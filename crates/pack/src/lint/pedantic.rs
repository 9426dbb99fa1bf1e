//! What only Palette's community repository asks of a pack. palette.md 1.3: its validator. Real packs are taken without, so
//! these are looked for only when somebody asks.

use super::{Finding, Rule, rules};
use crate::contents::{LOGO, README};
use crate::layer::Layer;
use crate::metadata;
use crate::pack::Pack;
use crate::place::Place;
use crate::shown::shown;
use crate::values;

/// Findings of the rules PACK19x.
pub fn check_pedantic(pack: &Pack) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut note = |rule: &Rule, place: Place, message: &str| found.push(Finding::new(rule, message).at(place));
    if !pack.files.iter().any(|file| file.path.eq_ignore_ascii_case(README)) {
        note(&rules::README_MISSING, Place::file(metadata::FILE), "the pack has no README.md");
    }
    if !pack.has_file(LOGO) {
        note(&rules::LOGO_MISSING, Place::file(metadata::FILE), "the pack has no logo.png");
    }
    if let Some(logo) = pack.logo.as_ref().filter(|logo| logo.media_type != "image/png") {
        note(&rules::LOGO_NOT_PNG, Place::file(LOGO), &format!("logo.png is in truth {}", logo.media_type));
    }
    let is_system = matches!(pack.metadata.layer, Layer::Os | Layer::K8s | Layer::Kernel);
    if !is_system && pack.parsed_values().is_ok_and(|values| values.images().is_empty()) {
        note(&rules::IMAGES_MISSING, Place::file(values::FILE), "`pack.content.images` is missing or empty");
    }
    if let Some((line, column, what)) = indentation(&pack.values) {
        note(&rules::INDENTATION, Place::at(values::FILE, line, column), what);
    }
    for text in pack.metadata.padded() {
        let message = format!("`{}` starts or ends with a blank", shown(&text.path));
        note(&rules::PADDED, text.place, &message);
    }
    found
}

/// The first line that is not indented by a multiple of two spaces.
fn indentation(text: &str) -> Option<(usize, usize, &'static str)> {
    text.lines().enumerate().find_map(|(index, line)| {
        let rest = line.trim_start_matches([' ', '\t']);
        let indent = &line[..line.len() - rest.len()];
        let what = match indent.find('\t') {
            Some(_) => "a line is indented by a tab",
            None if indent.len() % 2 == 1 && !rest.is_empty() => "a line is not indented by a multiple of two",
            None => return None,
        };
        Some((index + 1, 1, what))
    })
}
