//! Dialogs of a profile: they stand over its page, survive a reload and lead back; one of them renames a layer.

use super::browser::{Browser, ESCAPE};
use super::profile_steps::{order, published, replace};

const SPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: team\n";

/// The profile below the dialog, with its layers and the editor.
fn stands_over_the_profile(browser: &Browser) {
    browser.until("document.querySelector('.dialog')");
    browser.until("document.querySelectorAll('#stack .layer').length === 2");
    browser.until("document.querySelector('yaml-editor.ready')");
}

#[test]
fn dialogs_of_a_profile_stand_over_its_page_also_after_a_reload() {
    let test = "dialogs_of_a_profile_stand_over_its_page_also_after_a_reload";
    let Some((_yard, browser, profile)) = published(test) else { return };
    for (link, field) in [("Clone", "name"), ("Create new version", "version"), ("Delete", "Cancel")] {
        browser.go(&profile);
        browser.click("summary[aria-label='Settings of this profile']");
        browser.leave_by(link);
        stands_over_the_profile(&browser);
        browser.go(&browser.address());
        stands_over_the_profile(&browser);
        assert_eq!(browser.focused(), field, "{link}");
        browser.press(&[ESCAPE]);
        browser.until(&format!("location.pathname === '{profile}' && !document.querySelector('.dialog')"));
        browser.script("history.back()", &[]);
        stands_over_the_profile(&browser);
        browser.leave_by("Cancel");
        assert_eq!(browser.address(), profile);
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_layer_of_manifests_is_renamed_and_history_brings_the_name_back() {
    let test = "a_layer_of_manifests_is_renamed_and_history_brings_the_name_back";
    let Some((_yard, browser, profile)) = published(test) else { return };
    browser.leave_by("Add Manifest");
    browser.until("document.querySelector('yaml-editor.ready')");
    browser.fill("#layer-name", "spaces");
    browser.fill("#name", "team");
    replace(&browser, SPACE);
    browser.leave_by("Confirm & Create");
    browser.until_text("spaces added");
    browser.script("window.isBefore = true; document.querySelector('[aria-label=\"Rename spaces\"]').click()", &[]);
    browser.until("!window.isBefore && document.querySelector('.dialog')");
    browser.fill("#layer-name", "rooms");
    browser.leave_by("Confirm");
    browser.until_text("spaces is called rooms now");
    assert_eq!(order(&browser), ["Vault Keeper", "Prometheus Agent", "rooms"]);

    browser.go(&format!("{profile}/history"));
    browser.until_text("spaces renamed to rooms");
    browser.script("window.isBefore = true; document.querySelectorAll('tbody a.opener')[1].click()", &[]);
    browser.until("!window.isBefore && document.readyState === 'complete'");
    browser.until_text("rooms renamed to spaces");
    browser.leave_by("Restore");
    browser.until_text("Restored as the draft");
    assert_eq!(order(&browser), ["Vault Keeper", "Prometheus Agent", "spaces"]);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
