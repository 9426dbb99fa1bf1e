//! What goes wrong between a browser and the server: it is said, it stays until it was read, and nothing is done twice.

use super::browser::{Browser, ENTER};
use super::gated_registry::GatedRegistry;
use super::journeys::{add_ecr_registry, confirm, console, fill_open_registry};
use super::yard_of_packs::{push_all, push_rubbish};
use serde_json::json;

pub(super) fn complaint(browser: &Browser, text: &str) {
    browser.until(&format!("document.querySelector('.toast.stays')?.innerText.includes({})", json!(text)));
}

#[test]
fn a_server_that_is_gone_is_told_and_what_was_typed_stays() {
    let Some((mut yard, browser)) = console("a_server_that_is_gone_is_told_and_what_was_typed_stays") else { return };
    browser.go("/profiles/new");
    browser.fill("#name", "web");
    yard.terminate();
    browser.click_text("Next");
    complaint(&browser, "This server does not answer");
    browser.until("document.querySelector('#name').value === 'web' && !document.querySelector('[aria-busy]')");
    browser.click("[data-hide]");
    browser.until("!document.querySelector('.toast.stays')");
}

#[test]
fn a_drawer_that_does_not_come_is_told() {
    let Some((mut yard, browser)) = console("a_drawer_that_does_not_come_is_told") else { return };
    browser.go("/settings/registries");
    yard.terminate();
    browser.click_text("Add New OCI Registry");
    complaint(&browser, "This server does not answer");
    browser.until("!document.querySelector('[aria-busy], .htmx-request')");
}

#[test]
fn a_form_is_sent_once_however_often_enter_is_pressed() {
    let Some((_yard, browser)) = console("a_form_is_sent_once_however_often_enter_is_pressed") else { return };
    browser.go("/settings/api-keys/new");
    // What the page lets through is counted, and stays here.
    browser.script(
        "window.sent = 0; addEventListener('submit', (event) => { if (!event.defaultPrevented) window.sent += 1; event.preventDefault(); })",
        &[],
    );
    browser.fill("#name", "terraform");
    browser.press(&[ENTER, ENTER, ENTER]);
    browser.until("window.sent");
    // Whoever presses it once more while the form is under way changes nothing, now or after the question whether the
    // session goes on, which a second sending would begin with.
    browser.press(&[ENTER]);
    browser.script("fetch('/session').then(() => fetch('/session')).then(() => { window.answered = true; })", &[]);
    browser.until("window.answered");
    assert_eq!(browser.script("return window.sent", &[]), json!(1));
    assert_eq!(
        browser.script("return document.querySelectorAll('form.dialog [aria-busy=true]').length", &[]),
        json!(1)
    );
}

#[test]
fn a_secret_that_was_shown_once_is_not_made_again_by_a_reload() {
    let Some((_yard, browser)) = console("a_secret_that_was_shown_once_is_not_made_again_by_a_reload") else { return };
    browser.go("/settings/api-keys/new");
    browser.fill("#name", "terraform");
    browser.leave_by("Confirm");
    browser.until_text("it is not shown again");
    assert_eq!(browser.address(), "/settings/api-keys");
    browser.go("/profiles");
    browser.script("history.back()", &[]);
    browser.until("location.pathname === '/settings/api-keys' && document.readyState === 'complete'");
    browser.until("document.querySelectorAll('tbody tr').length === 1");

    // Nor would a second reload take the password from somebody who was just given one.
    browser.go("/settings/users/new");
    browser.fill("#email", "ann@example.com");
    browser.leave_by("Confirm");
    browser.until_text("it is not shown again");
    assert_eq!(browser.address(), "/settings/users");

    fill_open_registry(&browser, "far-away", "http://127.0.0.1:9", "team");
    browser.click_text("Confirm");
    browser.until_text("Registry far-away added");
    browser.until("document.querySelector('tbody .status.bad')");
    browser.leave_by("far-away");
    browser.click("summary[aria-label='three-dot Menu of far-away']");
    browser.leave_by("Interval and notifications");
    browser.until("document.title.startsWith('Interval and notifications · far-away')");
    browser.leave_by("Make a secret");
    browser.until_text("it is not shown again");
    assert!(browser.address().ends_with("/syncing"), "{}", browser.address());
    browser.script("window.isBefore = true; location.reload()", &[]);
    browser.until("!window.isBefore && document.readyState === 'complete'");
    browser.until_text("Replace the secret");
    assert!(!browser.text().contains("it is not shown again"), "{}", browser.text());
}

#[test]
fn what_can_be_cancelled_is_what_runs() {
    let Some((_yard, browser)) = console("what_can_be_cancelled_is_what_runs") else { return };
    let registry = GatedRegistry::start(Vec::new());
    fill_open_registry(&browser, "gated", &registry.url(), "team");
    browser.click_text("Confirm");
    browser.until("location.pathname === '/settings/registries' && document.querySelector('tbody .status.run')");
    browser.click("td summary");
    browser.until_text("Cancel sync");
    browser.script(
        "[...document.querySelectorAll('.menu-item')].find((e) => e.innerText.includes('Cancel')).focus()",
        &[],
    );
    registry.set_open(true);
    browser.until("document.querySelector('tbody .status.good')");
    browser.until("!document.body.innerText.includes('Cancel sync')");
    browser.until("document.querySelector('td .menu[open]')");
    assert_eq!(browser.focused(), "three-dot Menu of gated");
}

/// The way out that the failed run names is there, and says what it does.
#[test]
fn a_registry_that_was_emptied_on_purpose_is_believed_when_it_is_forced() {
    let Some((_yard, browser)) = console("a_registry_that_was_emptied_on_purpose_is_believed_when_it_is_forced") else {
        return;
    };
    let registry = GatedRegistry::start(vec!["team/spectro-packs/archive/nginx".to_owned()]);
    registry.set_open(true);
    fill_open_registry(&browser, "emptied", &registry.url(), "team");
    browser.click_text("Confirm");
    browser.until_text("Registry emptied added");
    browser.until("!document.querySelector('tbody .status.run, tbody .status.idle')");
    registry.list(Vec::new());
    browser.click("td summary");
    browser.leave_by("Sync");
    browser.until("document.querySelector('tbody .status.bad')");
    browser.leave_by("emptied");
    browser.until_text("If they were deleted on purpose, run Force sync");
    browser.leave_by("Force sync");
    browser.until_text("if it lists nothing any more");
    assert_eq!(browser.focused(), "Cancel");
    browser.click(".dialog button");
    browser.until_text("Forced sync of emptied started");
    // Back on the registry's page, where it began.
    browser.until("document.querySelector('#run-facts .status.good')");
    browser.click("summary[aria-label='three-dot Menu of emptied']");
    browser.until("document.querySelector('.page-tools .menu[open]')");
    assert!(!browser.text().contains("Force sync"), "{}", browser.text());
}

#[test]
fn only_problems_stays_chosen_from_run_to_run() {
    let Some((yard, browser)) = console("only_problems_stays_chosen_from_run_to_run") else { return };
    push_all(&yard);
    push_rubbish(&yard);
    add_ecr_registry(&yard, &browser, "here");
    confirm(&browser, "here");
    browser.click("tbody a.opener");
    browser.until_text("First sync");
    browser.click_text("Sync");
    browser.until_text("Sync on demand");
    browser.until("document.querySelector('#run-facts .status.good')");
    browser.leave_by("Only problems");
    let run = browser.script("return new URLSearchParams(location.search).get('run')", &[]);
    browser.leave_by("First sync");
    browser.until("location.search.endsWith('only=problems')");
    assert_ne!(browser.script("return new URLSearchParams(location.search).get('run')", &[]), run);
}

#[test]
fn registries_are_readable_at_every_width() {
    let Some((yard, browser)) = console("registries_are_readable_at_every_width") else { return };
    push_all(&yard);
    add_ecr_registry(&yard, &browser, "a-registry-with-a-long-name");
    confirm(&browser, "a-registry-with-a-long-name");
    for width in [1440, 1281, 1280, 1024, 1001, 1000, 861] {
        browser.size((width, 900));
        let tall = browser.script("return document.querySelector('tbody tr').offsetHeight", &[]).as_u64().unwrap();
        assert!(tall <= 160, "the row is {tall} high on a screen of {width}: its words are broken");
        let wide = browser.script("return document.documentElement.scrollWidth", &[]).as_u64().unwrap();
        assert!(wide <= u64::from(width), "the page is {wide} wide on a screen of {width}");
    }
}
