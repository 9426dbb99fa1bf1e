//! Looking for packs and at them: what is found, what is said when there is nothing, and on small screens.

use super::browser::{Browser, NARROW};
use super::journeys::{add_ecr_registry, add_registry_of, confirm, console};
use super::profile_steps::draft;
use super::yard_of_packs::{BASE, PACKS, push, push_all, push_many};
use serde_json::json;

fn number(browser: &Browser, expression: &str) -> i64 {
    browser.script(&format!("return Math.round({expression})"), &[]).as_i64().unwrap()
}

#[test]
fn more_packs_come_below_and_headings_count_them_all() {
    let Some((yard, browser)) = console("more_packs_come_below_and_headings_count_them_all") else { return };
    push_many(&yard, BASE, 130);
    add_ecr_registry(&yard, &browser, "here");
    confirm(&browser, "here");
    browser.go("/packs");
    browser.until("document.querySelectorAll('.pack-card').length === 120");
    let headings =
        "return [...document.querySelectorAll('.category > h2')].map((h) => h.innerText.replace(/\\s+/g, ' '))";
    assert_eq!(browser.script(headings, &[]), json!(["AI 65 packs", "Storage tools 65 packs"]));

    browser.script("document.querySelector('#more').scrollIntoView()", &[]);
    let first = "[...document.querySelectorAll('.pack-card')].slice(0, 120).map((card) => card.href).join()";
    let (before, cards) = (number(&browser, "scrollY"), browser.script(&format!("return {first}"), &[]));
    browser.click("#more");
    browser.until("document.querySelectorAll('.pack-card').length === 130 && location.search === '?show=240'");
    assert_eq!(browser.script(&format!("return {first}"), &[]), cards, "cards came in above");
    assert!(number(&browser, "scrollY") >= before.min(400), "the page went back to its top");
    assert_eq!(browser.script(headings, &[]), json!(["AI 65 packs", "Storage tools 65 packs"]));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn one_version_in_two_registries_is_one_version() {
    let Some((yard, browser)) = console("one_version_in_two_registries_is_one_version") else { return };
    for base in ["one", "two"] {
        push(&yard, base, &PACKS[1], "10.4.2");
        add_registry_of(&yard, &browser, base);
    }
    browser.go("/packs");
    browser.until_text(", also in ");
    assert!(!browser.text().contains("2 versions"), "{}", browser.text());
    browser.click(".pack-card");
    browser.until("document.querySelector('.tab .count').textContent === '1'");
}

#[test]
fn nothing_there_is_explained_by_what_became_of_the_registry() {
    let Some((_yard, browser)) = console("nothing_there_is_explained_by_what_became_of_the_registry") else { return };
    browser.go("/settings/registries/new");
    browser.click("#auth-none");
    browser.fill("#name", "far-away");
    browser.fill("#endpoint", "http://127.0.0.1:9");
    browser.fill("#paths", "team");
    browser.click_text("Confirm");
    browser.until("location.pathname === '/settings/registries' && !document.querySelector('.drawer')");
    // The page says that the sync runs, then follows it to its end by itself.
    browser.go("/packs");
    browser.until_text("Registry far-away could not be read");
    assert!(!browser.text().contains("reachable"), "{}", browser.text());
    browser.leave_by("History of far-away");
    browser.until_text("Next run");

    browser.go("/profiles/new");
    browser.fill("#name", "empty");
    browser.leave_by("Next");
    browser.leave_by("Add Pack");
    browser.until_text("Registry far-away could not be read");
}

#[test]
fn the_page_of_a_first_sync_becomes_the_catalogue() {
    let Some((yard, browser)) = console("the_page_of_a_first_sync_becomes_the_catalogue") else { return };
    push_all(&yard);
    browser.go("/packs");
    browser.until_text("No packs yet");
    add_ecr_registry(&yard, &browser, "here");
    browser.click_text("Confirm");
    browser.until("location.pathname === '/settings/registries' && !document.querySelector('.drawer')");
    browser.go("/packs");
    browser.until("document.querySelectorAll('.pack-card').length > 3 && location.search === ''");
}

#[test]
fn what_a_pack_asks_of_its_values_and_offers_for_them_is_told() {
    let Some((yard, browser)) = console("what_a_pack_asks_of_its_values_and_offers_for_them_is_told") else { return };
    push_all(&yard);
    add_ecr_registry(&yard, &browser, "here");
    confirm(&browser, "here");
    browser.go("/packs?q=vault");
    browser.leave_by("Vault Keeper");
    let readme = browser.script("return document.title", &[]);
    browser.leave_by("Presets");
    browser.until("document.title.startsWith('Presets · Vault Keeper')");
    assert_ne!(browser.script("return document.title", &[]), readme);
    browser.click_text("Three copies");
    browser.until_text("replicas: 3");
    browser.leave_by("Schema");
    browser.until_text("manifests.main.replicas");
    browser.leave_by("Used by");
    browser.until_text("No cluster profile uses it");

    // A pack without them has no such tabs, and their addresses say so.
    browser.go("/packs?q=dns");
    browser.until("document.querySelectorAll('.pack-card').length === 1");
    let pack = browser.script("return document.querySelector('.pack-card').getAttribute('href')", &[]);
    browser.go(&format!("{}/presets", pack.as_str().unwrap()));
    browser.until_text("Not found");
    browser.go(pack.as_str().unwrap());
    browser.until("![...document.querySelectorAll('.tab')].some((tab) => /Schema|Presets/.test(tab.innerText))");
}

#[test]
fn the_chosen_tab_is_in_view_on_a_small_screen() {
    let Some((yard, browser)) = console("the_chosen_tab_is_in_view_on_a_small_screen") else { return };
    push_all(&yard);
    add_ecr_registry(&yard, &browser, "here");
    confirm(&browser, "here");
    browser.go("/packs?q=loki");
    let pack = browser.script("return document.querySelector('.pack-card').getAttribute('href')", &[]);
    browser.size((360, NARROW.1));
    let is_in_view = "(() => { const r = document.querySelector('.tab[aria-current]').getBoundingClientRect(); return r.left >= 0 && r.right <= innerWidth; })()";
    for (tab, has_more) in [("", true), ("/findings", false)] {
        browser.go(&format!("{}{tab}", pack.as_str().unwrap()));
        browser.until(is_in_view);
        browser.until(&format!("document.querySelector('.tabs').classList.contains('more') === {has_more}"));
    }
}

#[test]
fn without_scripts_no_dead_control_is_shown_and_the_picker_works() {
    let Some((yard, browser)) = console("without_scripts_no_dead_control_is_shown_and_the_picker_works") else {
        return;
    };
    push_all(&yard);
    add_ecr_registry(&yard, &browser, "here");
    confirm(&browser, "here");
    browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
    browser.go("/packs?q=vault");
    let pack = browser.script("return document.querySelector('.pack-card').getAttribute('href')", &[]);
    browser.go(&format!("{}/values", pack.as_str().unwrap()));
    browser.until("document.querySelector('yaml-editor textarea').checkVisibility()");
    browser.until("[...document.querySelectorAll('.copy, [data-editor]')].every((e) => !e.checkVisibility())");
    browser.go("/profiles/new");
    browser.fill("#name", "plain");
    browser.leave_by("Next");
    browser.leave_by("Add Pack");
    browser.leave_by("Show");
    browser.until("location.search.startsWith('?registry=')");
    browser.leave_by("Vault Keeper");
    browser.leave_by("Confirm & Create");
    browser.until_text("Vault Keeper added");
}

#[test]
fn a_pack_is_added_to_a_profile_from_its_own_page() {
    let Some((_yard, browser)) = draft("a_pack_is_added_to_a_profile_from_its_own_page") else { return };
    browser.size((1280, 800));
    browser.go("/packs?q=vault");
    browser.leave_by("Vault Keeper");
    browser.leave_by("Add to profile");
    browser.until("document.title.startsWith('Add to profile')");
    browser.leave_by("draft");
    browser.until("document.querySelector('yaml-editor.ready')");
    // Below a long text the way on is in sight.
    browser.until("document.querySelector('.wizard-foot .primary').getBoundingClientRect().bottom <= innerHeight");
    browser.leave_by("Confirm & Create");
    browser.until_text("Vault Keeper added");

    // An Add-on profile takes no infrastructure: the way is to a profile that does.
    browser.go("/packs?layer=cni");
    browser.click(".pack-card");
    browser.until_text("Add to profile");
    browser.leave_by("Add to profile");
    browser.until_text("No cluster profile can take it yet");
    browser.until("document.querySelector('main a.primary').getAttribute('href') === '/profiles/new'");
}
