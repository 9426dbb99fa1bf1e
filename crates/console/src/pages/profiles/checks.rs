//! What is wrong or odd with a profile, each with a link to its place.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::pages::profiles::editor::VALUES;
use crate::pages::profiles::{capitalised, failure};
use crate::visit::Visit;
use packyard_profile::{Profile, Remark, RemarkPlace};

pub(super) struct CheckView {
    pub(super) kind: &'static str,
    pub(super) word: &'static str,
    pub(super) text: String,
    /// `Layer 2 · Vault Keeper, line 7`.
    pub(super) place: String,
    pub(super) address: Option<String>,
    pub(super) is_error: bool,
}

impl CheckView {
    /// About the whole.
    pub(super) fn error(text: &str) -> Self {
        let text = format!("{}.", capitalised(text.trim_end_matches('.')));
        Self { kind: "bad", word: "Error", text, place: String::new(), address: None, is_error: true }
    }
}

/// Errors first.
pub(super) async fn checks(
    state: &ConsoleState,
    visit: &Visit,
    profile: &Profile,
    address: impl Fn(usize, &Spot) -> String,
) -> Result<Vec<CheckView>, Failure> {
    let remarks = state.profiles.check(visit.caller(), profile).await.map_err(failure)?;
    Ok(views(remarks, |at, place| Some(address(at, &spot(profile, at, place)))))
}

/// What the editor opens, and where it begins.
#[derive(Default)]
pub(super) struct Spot {
    pub(super) file: Option<String>,
    pub(super) line: Option<usize>,
}

fn spot(profile: &Profile, at: usize, place: &RemarkPlace) -> Spot {
    match place {
        RemarkPlace::Whole => Spot::default(),
        RemarkPlace::Values(line) => Spot { file: Some(VALUES.to_owned()), line: Some(*line) },
        RemarkPlace::Manifest(name, line) => {
            let manifests = profile.current().packs.get(at).map_or(&[][..], |pack| &pack.manifests);
            let file = manifests.iter().find(|manifest| manifest.name == *name).map(|manifest| manifest.uid.clone());
            Spot { file, line: Some(*line) }
        }
    }
}

/// The same of remarks that are known already.
pub(super) fn views(
    mut remarks: Vec<Remark>,
    address: impl Fn(usize, &RemarkPlace) -> Option<String>,
) -> Vec<CheckView> {
    remarks.sort_by_key(|remark| remark.severity);
    remarks.iter().map(|remark| view(remark, &address)).collect()
}

pub(super) fn errors(checks: &[CheckView]) -> usize {
    checks.iter().filter(|check| check.is_error).count()
}

fn view(remark: &Remark, address: impl Fn(usize, &RemarkPlace) -> Option<String>) -> CheckView {
    let (kind, word) = if remark.is_error() { ("bad", "Error") } else { ("warn", "Warning") };
    let place = remark.layer.as_ref().map_or_else(String::new, |(at, name)| {
        let inside = match &remark.place {
            RemarkPlace::Whole => String::new(),
            place => format!(", {place}"),
        };
        format!("Layer {} · {name}{inside}", at + 1)
    });
    CheckView {
        kind,
        word,
        text: format!("{}.", capitalised(remark.message.trim_end_matches('.'))),
        place,
        address: remark.layer.as_ref().and_then(|(at, _)| address(*at, &remark.place)),
        is_error: remark.is_error(),
    }
}
