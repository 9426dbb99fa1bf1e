//! What people do in the console, with the keys and clicks they do it with.

use super::browser::{Browser, DOWN, ENTER, ESCAPE, NARROW, TAB, UP};
use super::gated_registry::GatedRegistry;
use super::yard_of_packs::{BASE, PACKS, push_all, push_rubbish, push_twice};
use crate::yard;
use packyard_testkit::Yard;
use serde_json::json;

pub(super) fn console(test: &str) -> Option<(Yard, Browser)> {
    let yard = yard();
    let browser = Browser::open(test, &yard.url())?;
    browser.log_in(&yard.admin_email, &yard.admin_password);
    Some((yard, browser))
}

/// The guide's step 9, typed into the drawer.
pub(super) fn add_ecr_registry(yard: &Yard, browser: &Browser, name: &str) {
    browser.go("/settings/registries");
    browser.click_text("Add New OCI Registry");
    browser.until("document.querySelector('.drawer')");
    browser.fill("#name", name);
    browser.fill("#endpoint", &yard.url());
    browser.fill("#paths", BASE);
    browser.press(&[ENTER]);
    browser.fill("#access_key", &yard.root_key_id);
    browser.fill("#secret_key", &yard.root_secret);
}

/// A registry of the packs under `base` on this server, called as its base path; read when this returns.
pub(super) fn add_registry_of(yard: &Yard, browser: &Browser, base: &str) {
    browser.go("/settings/registries/new");
    for (field, text) in [("name", base), ("endpoint", &yard.url()), ("paths", base)] {
        browser.fill(&format!("#{field}"), text);
    }
    browser.fill("#access_key", &yard.root_key_id);
    browser.fill("#secret_key", &yard.root_secret);
    browser.click_text("Confirm");
    browser.until_text(&format!("Registry {base} added"));
    browser.until("!document.querySelector('tbody .status.run, tbody .status.idle')");
}

pub(super) fn confirm(browser: &Browser, name: &str) {
    browser.click_text("Confirm");
    browser.until("location.pathname === '/settings/registries' && !document.querySelector('.drawer')");
    browser.until_text(&format!("Registry {name} added"));
    browser.until("document.querySelector('tbody .status.good')");
}

#[test]
fn step_9_and_validate_of_the_guide() {
    let Some((yard, browser)) = console("step_9_and_validate_of_the_guide") else { return };
    push_all(&yard);

    add_ecr_registry(&yard, &browser, "ecr-registry");
    browser.click_text("Validate");
    browser.until_text("Everything works");
    browser.until(
        "document.querySelectorAll('.hop.bad').length === 0 && document.querySelectorAll('.hop.good').length >= 4",
    );
    confirm(&browser, "ecr-registry");
    let versions: usize = PACKS.iter().map(|pack| pack.versions.len()).sum();
    browser.until_text(&format!("{versions} versions"));

    // Main Menu > Profiles > Add Cluster Profile > Add-on > Add Pack > Registry drop-down Menu.
    browser.click_text("Profiles");
    browser.click_text("Add Cluster Profile");
    browser.fill("#name", "web-platform");
    browser.fill("#description", "What every web cluster has");
    browser.fill("#tags", "team:web");
    browser.click_text("Next");
    browser.until_text("No layers yet");
    browser.click_text("Add Pack");
    browser.until("document.querySelector('#registry')");
    browser.script(
        "const s = document.querySelector('#registry'); s.value = [...s.options].find((o) => o.text.startsWith('ecr-registry')).value; s.dispatchEvent(new Event('change', { bubbles: true }))",
        &[],
    );
    browser.until("location.search.includes('registry=')");
    browser.until_text("Hello Universe");
    browser.click_text("Hello Universe");

    // A real editor, whose text is what is saved, comments included.
    browser.until("document.querySelector('yaml-editor.ready')");
    browser.script("document.querySelector('yaml-editor').replace('pack:\\n  # mine\\n  namespace: \"web\"\\n')", &[]);
    browser.until("!document.querySelector('[data-changed-of]').hidden");
    browser.click_text("Confirm & Create");
    browser.until_text("Hello Universe added");
    browser.click_text("Next");
    browser.until_text("Review");
    browser.click_text("Finish Configuration");
    browser.until_text("Cluster profile web-platform 1.0.0 created");
    browser
        .until("document.querySelector('yaml-editor textarea').value === 'pack:\\n  # mine\\n  namespace: \"web\"\\n'");
    // The pack says who uses it.
    browser.leave_by("Open pack");
    browser.leave_by("Used by");
    browser.until("document.title.startsWith('Used by · Hello Universe')");
    browser.until("document.querySelector('tbody a.opener').innerText === 'web-platform'");
    browser.click_text("Profiles");
    browser.until_text("Published");

    // Deleting the registry says who uses it.
    browser.go("/settings/registries");
    browser.click("details.menu summary[aria-label^='three-dot']");
    browser.click_text("Delete");
    browser.until_text("1 cluster profile uses packs of this registry");
    browser.until_text("web-platform 1.0.0");
}

#[test]
fn validate_stops_at_the_hop_that_fails_and_confirm_marks_fields() {
    let Some((_yard, browser)) = console("validate_stops_at_the_hop_that_fails_and_confirm_marks_fields") else {
        return;
    };
    browser.go("/settings/registries/new");
    browser.click_text("Confirm");
    browser.until_text("Enter a name");
    browser.until_text("Enter the registry's address.");
    browser.until("document.querySelector('#secret_key') && document.querySelector('.drawer')");

    browser.click("#auth-basic");
    browser.until("!document.querySelector('#access_key').checkVisibility() && document.querySelector('#password').checkVisibility()");
    browser.fill("#endpoint", "http://127.0.0.1:9");
    browser.fill("#username", "someone");
    browser.fill("#password", "typed-once");
    browser.click("[data-reveal=password]");
    browser.until("document.querySelector('#password').type === 'text'");
    browser.click_text("Validate");
    browser.until_text("Validation stopped at TCP");
    browser.until("document.querySelector('#password').value === 'typed-once'");
    browser.until("!document.body.innerText.includes(\"Enter the registry's address.\")");
}

/// The drawer, filled for a registry without a login.
pub(super) fn fill_open_registry(browser: &Browser, name: &str, endpoint: &str, paths: &str) {
    browser.go("/settings/registries");
    browser.click_text("Add New OCI Registry");
    browser.until("document.querySelector('.drawer')");
    browser.click("#auth-none");
    browser.fill("#name", name);
    browser.fill("#endpoint", endpoint);
    browser.fill("#paths", paths);
    browser.press(&[ENTER]);
}

#[test]
fn validate_shows_each_hop_as_it_is_known_and_can_be_stopped() {
    let Some((_yard, browser)) = console("validate_shows_each_hop_as_it_is_known_and_can_be_stopped") else { return };
    let names = (0..20).map(|at| format!("base/spectro-packs/archive/pack-{at}")).collect();
    let registry = GatedRegistry::start(names);
    fill_open_registry(&browser, "gated", &registry.url(), "bas");
    browser.click_text("Validate");
    // The list of repositories is held back: the hops before it are done, this one is being tried.
    browser.until("document.querySelector('#hop-registry.good') && document.querySelector('#hop-permission.run')");
    browser.click_text("Stop");
    browser.until("document.querySelector('#report').childElementCount === 0");
    assert_eq!(browser.focused(), "Validate");

    browser.click_text("Validate");
    browser.until("document.querySelector('#hop-permission.run')");
    registry.set_open(true);
    browser.until_text("Reachable, no packs yet");
    // One cause, said once, and mended with one click.
    browser.until("document.querySelectorAll('.finding').length === 1");
    browser.until_text("base holds 20 packs.");
    browser.click_text("Search base");
    browser.until_text("Everything works");
    browser.until("document.querySelector('input[name=paths]').value === 'base'");

    // What is typed then makes the report a thing of the past.
    browser.fill("#endpoint", "http://127.0.0.1:9");
    browser.until("document.querySelector('#report').childElementCount === 0");
    browser.click_text("Validate");
    browser.until_text("Validation stopped at TCP");
    browser.until("document.querySelector('#endpoint').getAttribute('aria-invalid') === 'true'");
    browser.until("document.querySelector('#error-endpoint .error')");
}

#[test]
fn a_sync_under_way_leaves_an_open_menu_and_the_focus_alone() {
    let Some((_yard, browser)) = console("a_sync_under_way_leaves_an_open_menu_and_the_focus_alone") else { return };
    let registry = GatedRegistry::start(Vec::new());
    fill_open_registry(&browser, "gated", &registry.url(), "team");
    browser.click_text("Confirm");
    browser.until("location.pathname === '/settings/registries' && document.querySelector('tbody .status.run')");
    browser.script("document.querySelector('tr summary').focus()", &[]);
    browser.press(&[ENTER]);
    browser.until("document.querySelector('td .menu[open]')");
    browser.press(&[DOWN]);
    registry.set_open(true);
    browser.until("document.querySelector('tbody .status.good')");
    browser.until("document.querySelector('tbody time')");
    browser.until("document.querySelector('td .menu[open]')");
    assert_eq!(browser.focused(), "Edit");

    // The history, asked for its problems only, is followed as it was asked for.
    registry.set_open(false);
    browser.click("tr .menu-panel button");
    browser.until("document.querySelector('tbody .status.run')");
    browser.click("tbody a.opener");
    browser.until_text("Asking the registry");
    browser.until_text("Sync on demand");
    browser.until_text("First sync");
    let text = browser.text();
    assert!(!text.contains("Publish a pack there") && !text.contains("0 repositories"), "{text}");
    browser.script("document.querySelector('#runs li:last-child a').focus()", &[]);
    let held = browser.focused();
    registry.set_open(true);
    browser.until("document.querySelector('#run-facts .status.good')");
    browser.until_text("No packs there yet");
    assert_eq!(browser.focused(), held);
}

#[test]
fn what_was_typed_is_not_lost_without_a_question() {
    let Some((_yard, browser)) = console("what_was_typed_is_not_lost_without_a_question") else { return };
    fill_open_registry(&browser, "typed", "http://127.0.0.1:9", "team");
    browser.until("document.title.startsWith('Add New OCI Registry')");
    browser.until("document.querySelector('#trail').innerText.includes('Add New OCI Registry')");
    browser.press(&[ESCAPE]);
    browser.until_text("Discard what you typed?");
    assert_eq!(browser.focused(), "Keep editing");
    browser.press(&[ENTER]);
    browser.until("document.querySelector('[data-ask]').hidden && document.querySelector('#name').value === 'typed'");
    // The browser's own way back asks too.
    browser.script("history.back()", &[]);
    browser.until_text("Discard what you typed?");
    browser.until("location.pathname === '/settings/registries/new'");
    browser.click_text("Discard");
    browser.until("!document.querySelector('.drawer') && location.pathname === '/settings/registries'");
    browser.until("document.title.startsWith('OCI Registries')");
    browser.until("!document.querySelector('#trail').innerText.includes('Add New OCI Registry')");
    assert_eq!(browser.focused(), "Add New OCI Registry");

    // Back leaves the list: it is in the history once.
    browser.go("/profiles");
    browser.go("/settings/registries");
    browser.click_text("Add New OCI Registry");
    browser.until("document.querySelector('.drawer')");
    browser.press(&[ESCAPE]);
    browser.until("!document.querySelector('.drawer') && location.pathname === '/settings/registries'");
    browser.script("history.back()", &[]);
    browser.until("location.pathname === '/profiles'");
}

#[test]
fn a_refused_confirm_marks_the_fields_and_goes_to_the_first() {
    let Some((_yard, browser)) = console("a_refused_confirm_marks_the_fields_and_goes_to_the_first") else { return };
    browser.go("/settings/registries/new");
    browser.fill("#name", "named");
    browser.click_text("Confirm");
    browser.until("document.activeElement.id === 'endpoint'");
    browser.until("[...document.querySelectorAll('[aria-invalid=true]')].map((e) => e.id).join() === 'endpoint,access_key,secret_key'");
    browser.fill("#endpoint", "h");
    browser.until("!document.querySelector('#endpoint').hasAttribute('aria-invalid')");
}

#[test]
fn everything_is_reached_with_the_keyboard() {
    let Some((yard, browser)) = console("everything_is_reached_with_the_keyboard") else { return };
    add_ecr_registry(&yard, &browser, "keys");
    confirm(&browser, "keys");

    browser.press(&["/"]);
    assert_eq!(browser.focused(), "q");
    browser.press(&[ESCAPE]);

    // The three-dot menu: open with Enter, walk with arrows, close with Escape, focus comes back.
    browser.script("document.querySelector('details.menu summary[aria-label^=three-dot]').focus()", &[]);
    browser.press(&[ENTER]);
    browser.until("document.querySelector('td .menu[open]')");
    browser.press(&[DOWN]);
    assert_eq!(browser.focused(), "Edit");
    browser.press(&[DOWN]);
    assert_eq!(browser.focused(), "Sync");
    browser.press(&[UP, UP]);
    assert_eq!(browser.focused(), "Delete");
    browser.press(&[ESCAPE]);
    browser.until("!document.querySelector('.menu[open]')");
    assert_eq!(browser.focused(), "three-dot Menu of keys");

    // The drawer: focus goes in, stays in, and comes back to what opened it; the address goes with it.
    browser.script(
        "[...document.querySelectorAll('a')].find((a) => a.textContent.includes('Add New OCI Registry')).focus()",
        &[],
    );
    browser.press(&[ENTER]);
    browser.until("document.querySelector('.drawer')");
    browser.until("location.pathname === '/settings/registries/new'");
    assert_eq!(browser.focused(), "name");
    for _ in 0..40 {
        browser.press(&[TAB]);
        browser.until("document.activeElement.closest('.drawer')");
    }
    browser.press(&[ESCAPE]);
    browser.until("!document.querySelector('.drawer') && location.pathname === '/settings/registries'");
    assert_eq!(browser.focused(), "Add New OCI Registry");
}

#[test]
fn a_search_answers_as_one_types_and_survives_reload_and_back() {
    let Some((yard, browser)) = console("a_search_answers_as_one_types_and_survives_reload_and_back") else { return };
    push_all(&yard);
    add_ecr_registry(&yard, &browser, "here");
    confirm(&browser, "here");
    browser.go("/packs");
    browser.until_text("Loki Ring");
    browser.fill(".seek.big input", "leases");
    browser.until("document.querySelectorAll('.pack-card').length === 1");
    browser.until("location.search === '?q=leases'");
    browser.until_text("Vault Keeper");
    browser.go(&browser.address());
    browser.until("document.querySelectorAll('.pack-card').length === 1");
    browser.click_text("Vault Keeper");
    browser.until_text("Prerequisites");
    browser.script("history.back()", &[]);
    browser.until("document.querySelectorAll('.pack-card').length === 1 && location.search === '?q=leases'");

    // What a README brings along does nothing.
    browser.click_text("Vault Keeper");
    browser.until_text("Prerequisites");
    assert_eq!(browser.script("return document.querySelectorAll('.prose script, .prose img').length", &[]), json!(0));
    assert!(!browser.text().contains("owned"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_bad_tag_is_one_problem_in_the_history() {
    let Some((yard, browser)) = console("a_bad_tag_is_one_problem_in_the_history") else { return };
    push_all(&yard);
    push_rubbish(&yard);
    add_ecr_registry(&yard, &browser, "here");
    confirm(&browser, "here");
    browser.click("tbody a.opener");
    browser.until_text("Only problems");
    browser.click_text("Only problems");
    browser.until("location.search.includes('only=problems')");
    browser.until_text("not-a-pack:0.1.0");
    browser.until_text("Rejected");
    assert!(!browser.text().contains("hello-universe:1.2.0"));

    browser.until_text("First sync");
    browser.click_text("Sync");
    browser.until_text("Sync of here started");
    browser.until_text("Sync on demand");
}

#[test]
fn a_pack_that_stands_twice_is_told_with_what_is_odd_about_it() {
    let Some((yard, browser)) = console("a_pack_that_stands_twice_is_told_with_what_is_odd_about_it") else { return };
    push_twice(&yard, BASE);
    add_ecr_registry(&yard, &browser, "here");
    confirm(&browser, "here");
    browser.click("tbody a.opener");
    browser.leave_by("Only problems");
    browser.until_text("other-name:2.0.0");
    browser.until_text("one-name:1.0.0 holds, which goes first");
    browser.until_text("needs its own name and version in pack.json.");
    browser.until_text("the pack is named one-name");
}

#[test]
fn nothing_is_wider_than_a_small_screen() {
    let Some((yard, browser)) = console("nothing_is_wider_than_a_small_screen") else { return };
    push_all(&yard);
    add_ecr_registry(&yard, &browser, "a-registry-with-rather-a-long-name-for-a-small-screen");
    confirm(&browser, "a-registry-with-rather-a-long-name-for-a-small-screen");
    let first = browser.script("return document.querySelector('tbody a.opener').getAttribute('href')", &[]);
    browser.go("/packs");
    let pack = browser.script("return document.querySelector('.pack-card').getAttribute('href')", &[]);
    let pack = pack.as_str().unwrap();
    browser.size((360, NARROW.1));
    let mut pages: Vec<String> = [
        "/packs",
        "/packs?q=metrics",
        "/packs?q=nothing-is-called-so",
        "/profiles",
        "/profiles/new",
        "/settings/registries",
        "/settings/registries/new",
    ]
    .map(str::to_owned)
    .into();
    pages.push(first.as_str().unwrap().to_owned());
    pages.extend(["", "/values", "/content", "/versions", "/findings"].map(|tab| format!("{pack}{tab}")));
    for page in pages {
        browser.go(&page);
        let width = browser.script("return document.documentElement.scrollWidth", &[]);
        assert!(width.as_u64().unwrap() <= 360, "{page} is {width} wide on a screen of 360");
    }
    browser.go("/packs");
    browser.click("[aria-label='Open the main menu']");
    browser.until("document.querySelector('.side').checkVisibility()");
    browser.click_text("Registries");
    browser.until("location.pathname === '/settings/registries'");
}
