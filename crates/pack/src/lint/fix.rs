//! What can be mended without a person: only what cannot make the pack mean something else than Packyard and Palette take it
//! for already, or adds images to a list. Each is a change of text that leaves every other byte.

use super::{Finding, pack_map, rules};
use crate::metadata;
use crate::pack::Pack;
use crate::values::{self, Values, edit};
use crate::yaml::Mark;
use serde_json::json;

/// Codes that [`fix`] mends, and how.
pub const AUTOMATIC: &[(&str, &str)] = &[
    ("PACK105", "adds `displayName` with the name, which stands in for it"),
    ("PACK108", "adds `\"cloudTypes\": [\"all\"]`, for which a missing one is taken"),
    ("PACK142", "corrects a misspelt `image`; other entries are left to you"),
    ("PACK146", "removes the name from the comment, since it has no effect"),
    ("PACK181", "adds the image to the list, which loads it to more sites and changes nothing else"),
    ("PACK194", "removes the blanks, which are not read"),
];

/// A finding that was mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    pub code: &'static str,
    pub file: &'static str,
    /// What the finding said.
    pub message: String,
}

/// The files of a pack as they are when what can be mended is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fixes {
    /// File and new text, of those that change.
    pub texts: Vec<(&'static str, String)>,
    pub fixed: Vec<Fixed>,
}

/// Mends the findings that can be, and leaves the others and whatever is not among them.
pub fn fix(pack: &Pack, findings: &[Finding]) -> Fixes {
    let mut out = Fixes::default();
    let (metadata, values) = (pack.metadata.text.clone(), pack.values.clone());
    // What is found by its place goes first, from the end: nothing before it moves.
    let (placed, others): (Vec<&Finding>, _) =
        findings.iter().partition(|finding| finding.code == rules::CONTENT_ITEM.code);
    let order: Vec<&Finding> = placed.into_iter().rev().chain(others).collect();
    let metadata = mend(metadata::FILE, metadata, &order, &mut out.fixed, in_metadata);
    let values = mend(values::FILE, values, &order, &mut out.fixed, |finding, text| in_values(pack, finding, text));
    out.texts.extend((metadata != pack.metadata.text).then_some((metadata::FILE, metadata)));
    out.texts.extend((values != pack.values).then_some((values::FILE, values)));
    out
}

/// Mends one finding after the other: each sees the text that the one before left.
fn mend(
    file: &'static str,
    mut text: String,
    findings: &[&Finding],
    fixed: &mut Vec<Fixed>,
    how: impl Fn(&Finding, &str) -> Option<String>,
) -> String {
    for finding in findings {
        if let Some(next) = how(finding, &text).filter(|next| *next != text) {
            text = next;
            fixed.push(Fixed { code: finding.code, file, message: finding.message.clone() });
        }
    }
    text
}

fn in_metadata(finding: &Finding, text: &str) -> Option<String> {
    // Parsed anew, since places move with each change.
    let metadata = || metadata::Metadata::parse(text).ok().map(|(metadata, _)| metadata);
    let added = |key: &str, value: serde_json::Value| metadata()?.with_member(key, &value);
    let edited = match finding.code {
        code if code == rules::DISPLAY_NAME_MISSING.code => {
            let metadata = metadata().filter(|metadata| !metadata.has_member("displayName"))?;
            added("displayName", json!(metadata.name))
        }
        code if code == rules::NO_CLOUD_TYPES.code => {
            metadata().filter(|m| !m.has_member("cloudTypes") && !m.has_member("cloudType"))?;
            added("cloudTypes", json!(["all"]))
        }
        code if code == rules::PADDED.code => {
            let metadata = metadata()?;
            let of_this = |text: &metadata::Padded| finding.message.contains(&format!("`{}`", text.path));
            let padded: Vec<_> = metadata.padded().into_iter().filter(of_this).collect();
            Some(metadata.without(&padded))
        }
        _ => None,
    }?;
    // Never a text that says less than it did.
    metadata::Metadata::parse(&edited).is_ok().then_some(edited)
}

fn in_values(pack: &Pack, finding: &Finding, text: &str) -> Option<String> {
    let edited = match finding.code {
        code if code == rules::CONTENT_ITEM.code => {
            let values = Values::parse(text).ok()?;
            let place = finding.place.as_ref()?;
            let is_this = |mark: Mark| Some(mark.line) == place.line && Some(mark.column) == place.column;
            let typo = pack_map::image_typos(&values).into_iter().find(|typo| is_this(typo.mark))?;
            renamed(text, typo.mark, typo.written, "image")
        }
        code if code == rules::ENABLED_PRESET_UNKNOWN.code => without_unknown_presets(pack, text),
        code if code == rules::IMAGE_UNLISTED.code => {
            let reference = finding.message.split('`').nth(1)?;
            let values = Values::parse(text).ok()?;
            let is_listed = values.images().iter().any(|image| image.reference == reference);
            (!is_listed).then(|| edit::set(text, "pack.content.images[]", &json!({ "image": reference })).ok())?
        }
        _ => None,
    }?;
    Values::parse(&edited).is_ok().then_some(edited)
}

/// The text with another key at a place; the key may stand in quotes.
fn renamed(text: &str, mark: Mark, written: &str, meant: &str) -> Option<String> {
    let start: usize = text.split_inclusive('\n').take(mark.line - 1).map(str::len).sum();
    let at = start + text[start..].char_indices().nth(mark.column - 1)?.0;
    let at = if text[at..].starts_with(['"', '\'']) { at + 1 } else { at };
    let rest = text[at..].strip_prefix(written)?;
    Some(format!("{}{meant}{rest}", &text[..at]))
}

/// The text without the presets in its comment that presets.yaml does not have.
fn without_unknown_presets(pack: &Pack, text: &str) -> Option<String> {
    let values = Values::parse(text).ok()?;
    let is_known = |enabled: &&values::EnabledPreset| {
        pack.presets.iter().any(|preset| preset.group == enabled.group && preset.name == enabled.preset)
    };
    let unknown = values.enabled_presets().iter().filter(|enabled| !is_known(enabled));
    Some(unknown.fold(text.to_owned(), |text, enabled| edit::disabled(&text, &enabled.group, &enabled.preset)))
}
