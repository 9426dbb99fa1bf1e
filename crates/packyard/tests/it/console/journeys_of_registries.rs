//! Several registries: which comes first, what is done to one where, and which one a pack is taken from.

use super::browser::{Browser, ENTER, ESCAPE, NARROW};
use super::journeys::{add_registry_of, console};
use super::profile_steps::start;
use super::yard_of_packs::{PACKS, push};
use packyard_testkit::Yard;
use serde_json::json;

/// Two packs in `one`, one of them in `two` as well, in another version.
fn two_registries(test: &str) -> Option<(Yard, Browser)> {
    let (yard, browser) = console(test)?;
    for (base, pack, version) in [
        ("one", &PACKS[0], "1.1.0"),
        ("two", &PACKS[0], "1.2.0"),
        ("two", &PACKS[0], "1.1.0"),
        ("two", &PACKS[1], "10.4.2"),
    ] {
        push(&yard, base, pack, version);
    }
    add_registry_of(&yard, &browser, "one");
    add_registry_of(&yard, &browser, "two");
    Some((yard, browser))
}

fn rows(browser: &Browser) -> Vec<String> {
    let names = browser.script("return [...document.querySelectorAll('tbody a.opener')].map((a) => a.innerText)", &[]);
    serde_json::from_value(names).unwrap()
}

/// The new rows are there, and a click on a heading sorts in place again.
fn sorted_by(key: &str, way: &str) -> String {
    format!(
        "document.querySelector('#sort-{key}').closest('th').getAttribute('aria-sort') === '{way}' && !document.querySelector('.htmx-added')"
    )
}

#[test]
fn registries_are_sorted_in_place_with_keys_and_stay_sorted() {
    let Some((_yard, browser)) = two_registries("registries_are_sorted_in_place_with_keys_and_stay_sorted") else {
        return;
    };
    browser.go("/settings/registries");
    assert_eq!(rows(&browser), ["one", "two"]);
    browser.script("window.isBefore = true; document.querySelector('#sort-packs').focus()", &[]);
    browser.press(&[ENTER]);
    browser.until(&sorted_by("packs", "descending"));
    assert_eq!(rows(&browser), ["two", "one"], "most packs first");
    assert_eq!(browser.address(), "/settings/registries?sort=-packs");
    browser.until("document.activeElement.id === 'sort-packs'");
    browser.press(&[ENTER]);
    browser.until(&sorted_by("packs", "ascending"));
    assert_eq!(rows(&browser), ["one", "two"]);
    browser.press(&[ENTER]);
    browser.until(&sorted_by("packs", "descending"));
    browser.until("document.activeElement.id === 'sort-packs'");
    assert_eq!(browser.script("return window.isBefore", &[]), json!(true), "the page was not loaded anew");

    // A drawer over the list, and back to it.
    browser.click("summary[aria-label='three-dot Menu of one']");
    browser.click_text("Edit");
    browser.until("document.querySelector('.drawer')");
    browser.press(&[ESCAPE]);
    browser.until("!document.querySelector('.drawer') && location.search === '?sort=-packs'");
    assert_eq!(browser.script("return window.isBefore", &[]), json!(true), "nor when the drawer was closed");
    assert_eq!(browser.focused(), "three-dot Menu of one");

    // What is done to a row leads back to the same order.
    browser.click("summary[aria-label='three-dot Menu of one']");
    browser.leave_by("Sync");
    browser.until_text("Sync of one started");
    assert_eq!(
        (browser.address().as_str(), rows(&browser)),
        ("/settings/registries?sort=-packs", vec!["two".to_owned(), "one".to_owned()])
    );

    // On a small screen the headings stand above the rows. The way back leaves the list: an order is no page of its own.
    browser.size((360, NARROW.1));
    browser.go("/profiles");
    browser.go("/settings/registries");
    browser.click("#sort-packs");
    browser.until("location.search === '?sort=-packs'");
    browser.until(&sorted_by("packs", "descending"));
    assert_eq!(rows(&browser), ["two", "one"]);
    assert_eq!(browser.script("return document.documentElement.scrollWidth", &[]), json!(360));
    browser.script("history.back()", &[]);
    browser.until("location.pathname === '/profiles'");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_registry_is_edited_and_deleted_from_its_own_page() {
    let Some((_yard, browser)) = two_registries("a_registry_is_edited_and_deleted_from_its_own_page") else { return };
    browser.leave_by("two");
    browser.until_text("Next run");
    let own = browser.address();
    let menu = "summary[aria-label='three-dot Menu of two']";
    browser.click(menu);
    browser.click_text("Delete");
    browser.until_text("Delete registry two?");
    browser.click_text("Cancel");
    browser.until(&format!("!document.querySelector('.dialog') && location.pathname === '{own}'"));
    assert_eq!(browser.focused(), "three-dot Menu of two");
    browser.click(menu);
    browser.click_text("Edit");
    browser.until("document.querySelector('.drawer')");
    browser.fill("#name", "two-again");
    browser.click_text("Confirm");
    browser.until_text("Registry two-again saved");
    browser.until(&format!("location.pathname === '{own}' && document.querySelector('h1').innerText === 'two-again'"));
    // What the sync after the edit takes out of the menu would move what is clicked.
    browser.until("document.querySelector('#run-facts .status.good')");
    browser.click("summary[aria-label='three-dot Menu of two-again']");
    browser.click_text("Delete");
    browser.until_text("Delete registry two-again?");
    browser.leave_by("Delete registry");
    browser.until_text("Registry two-again deleted");
    assert_eq!((browser.address().as_str(), rows(&browser)), ("/settings/registries", vec!["one".to_owned()]));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_pack_of_several_registries_says_which_one_it_is_taken_from() {
    let Some((_yard, browser)) = two_registries("a_pack_of_several_registries_says_which_one_it_is_taken_from") else {
        return;
    };
    start(&browser, "web");
    browser.leave_by("Add Pack");
    // The newest version is in `two`.
    browser.until_text("two, also in one");
    browser.leave_by("Hello Universe");
    browser.until("document.querySelector('yaml-editor.ready')");
    let homes = "[...document.querySelectorAll('[aria-labelledby=home-label] .chip')]";
    browser.until(&format!("{homes}.map((chip) => chip.innerText).join() === 'one (1.1.0),two'"));
    browser.until(&format!("{homes}.find((chip) => chip.getAttribute('aria-current')).innerText === 'two'"));
    browser.leave_by("one (1.1.0)");
    browser.until("document.querySelector('yaml-editor.ready')");
    // Both have this version.
    browser.until(&format!("{homes}.map((chip) => chip.innerText).join() === 'one,two'"));
    browser.until(&format!("{homes}.find((chip) => chip.getAttribute('aria-current')).innerText === 'one'"));
    browser.leave_by("Confirm & Create");
    browser.until_text("Hello Universe added");
    browser.until("document.querySelector('.layer .cell-sub').innerText.startsWith('one')");

    // A layer that is there can be moved to another registry as to another version.
    browser.leave_by("Hello Universe");
    browser.until("document.querySelector('yaml-editor.ready')");
    browser.leave_by("two");
    browser.until_text("1.1.0 (one) → 1.1.0 (two)");
    browser.until_text("Both versions have the same default values.");
    browser.leave_by("Confirm Updates");
    browser.until_text("Hello Universe 1.1.0 is taken from two now");
    browser.until("document.querySelector('.layer .cell-sub').innerText.startsWith('two')");

    // What one registry alone has needs no choice.
    browser.leave_by("Add Pack");
    browser.leave_by("Grafana Stack");
    browser.until("document.querySelector('yaml-editor.ready')");
    assert_eq!(browser.script(&format!("return {homes}.length"), &[]), json!(0));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
