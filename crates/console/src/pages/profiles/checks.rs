//! What is wrong or odd with a profile, each with a link to its place.

use crate::ConsoleState;
use crate::failure::Failure;
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

/// Errors first.
pub(super) async fn checks(
    state: &ConsoleState,
    visit: &Visit,
    profile: &Profile,
    address: impl Fn(usize, Option<usize>) -> String,
) -> Result<Vec<CheckView>, Failure> {
    let mut remarks = state.profiles.check(visit.caller(), profile).await.map_err(failure)?;
    remarks.sort_by_key(|remark| remark.severity);
    Ok(remarks.iter().map(|remark| view(remark, &address)).collect())
}

pub(super) fn errors(checks: &[CheckView]) -> usize {
    checks.iter().filter(|check| check.is_error).count()
}

fn view(remark: &Remark, address: impl Fn(usize, Option<usize>) -> String) -> CheckView {
    let (kind, word) = if remark.is_error() { ("bad", "Error") } else { ("warn", "Warning") };
    let line = match &remark.place {
        RemarkPlace::Values(line) => Some(*line),
        _ => None,
    };
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
        address: remark.layer.as_ref().map(|(at, _)| address(*at, line)),
        is_error: remark.is_error(),
    }
}
