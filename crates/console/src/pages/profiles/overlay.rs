//! What lies over the page of a profile: dialogs, each with an address of its own.

use crate::ConsoleState;
use crate::dialog::Dialog;
use crate::failure::Failure;
use crate::frame::Section;
use crate::pages::profiles::profile::{self, Choice};
use crate::pages::profiles::{clone, rename, under_profile, versions};
use crate::visit::Visit;
use axum::response::Response;
use packyard_profile::Profile;

pub(super) enum Overlay {
    None,
    Question(Dialog),
    Clone(clone::Form),
    NewVersion(versions::Form),
    Rename(rename::Form),
}

/// The profile with a dialog over it, which the trail names.
pub(super) async fn page(
    state: &ConsoleState,
    visit: &Visit,
    profile: &Profile,
    title: &str,
    overlay: Overlay,
) -> Result<Response, Failure> {
    let mut page = profile::page(state, visit, profile, Choice::default()).await?;
    page.frame = under_profile(visit.frame(title, Section::Profiles), profile);
    page.overlay = overlay;
    visit.page(&page)
}
