//! Making a cluster profile: the editor and what it refuses, the order of layers, leaving and coming back.

use super::browser::{Browser, ENTER, NARROW};
use super::profile_steps::{EDITOR, TEXT, add, choose, draft, order, replace, start};
use serde_json::json;

/// What the browser would do on the way out: ask, or not.
fn asks_before_leaving(browser: &Browser) -> bool {
    let body = "const e = new Event('beforeunload', { cancelable: true }); dispatchEvent(e); return e.defaultPrevented";
    browser.script(body, &[]) == json!(true)
}

#[test]
fn a_broken_text_is_marked_refused_and_can_be_reset() {
    let Some((_yard, browser)) = draft("a_broken_text_is_marked_refused_and_can_be_reset") else { return };
    choose(&browser, "Vault Keeper");
    let original = browser.script(&format!("return {TEXT}"), &[]);
    assert!(!asks_before_leaving(&browser), "nothing was changed yet");
    browser.until("document.querySelector('[data-editor=reset]').disabled");
    replace(&browser, &format!("{}pack:\n  namespace: \"web\n", "# a line\n".repeat(60)));
    browser.until(&format!("{EDITOR}.shadowRoot.querySelector('.cm-lintRange-error, .cm-lint-marker-error')"));
    assert!(asks_before_leaving(&browser), "leaving would lose what was typed");

    browser.leave_by("Confirm & Create");
    browser.until_text("The values are not YAML: line");
    browser.until("document.querySelector('yaml-editor.ready')");
    browser.until(&format!("{TEXT}.includes('namespace: \"web')"));
    // The editor stands at the line that was refused, in view.
    browser.until(&format!("{EDITOR}.shadowRoot.querySelector('.cm-activeLine')?.textContent.includes('namespace')"));
    browser.until(&format!("{EDITOR}.shadowRoot.querySelector('.cm-lint-marker-error')"));
    assert!(asks_before_leaving(&browser), "what was refused is not saved");
    browser.until("!document.querySelector('[data-changed-of]').hidden");

    browser.click("[data-editor=compare]");
    browser.until(&format!("{EDITOR}.shadowRoot.querySelector('.cm-changedLine')"));
    browser.until_text("Hide differences");
    browser.click_text("Hide differences");
    browser.until(&format!("!{EDITOR}.shadowRoot.querySelector('.cm-changedLine')"));

    browser.click_text("Reset");
    browser.until(&format!("{TEXT} === {original}"));
    browser.until("document.querySelector('[data-changed-of]').hidden");
    assert!(!asks_before_leaving(&browser));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_long_text_is_folded_whole_and_opened_again() {
    let Some((_yard, browser)) = draft("a_long_text_is_folded_whole_and_opened_again") else { return };
    choose(&browser, "Vault Keeper");
    let long: String = (0..4000).map(|n| format!("key{n}:\n  one: {n}\n  two: {n}\n")).collect();
    replace(&browser, &long);
    let lines = format!("{EDITOR}.shadowRoot.querySelectorAll('.cm-foldPlaceholder').length");
    browser.click_text("Fold");
    browser.until(&format!("{lines} > 5"));
    // The end of the text is folded too, not only what had been read before.
    browser.script(&format!("{EDITOR}.select(1e9)"), &[]);
    browser.until(&format!("{EDITOR}.shadowRoot.querySelector('.cm-content').textContent.includes('key3999:')"));
    browser.until(&format!("!{EDITOR}.shadowRoot.querySelector('.cm-content').textContent.includes('two: 3990')"));
    browser.click_text("Unfold");
    browser.until(&format!("{lines} === 0"));
    browser.until("document.querySelector('[data-editor=fold] span').textContent === 'Fold'");
}

#[test]
fn a_preset_is_switched_on_in_the_text_and_leaves_the_rest() {
    let Some((_yard, browser)) = draft("a_preset_is_switched_on_in_the_text_and_leaves_the_rest") else { return };
    choose(&browser, "Vault Keeper");
    browser.until("document.querySelectorAll('[data-preset][aria-pressed=false]').length === 2");
    browser.click_text("Three copies");
    browser.until(&format!("/^    replicas: 3$/m.test({TEXT}) && {TEXT}.includes('# How many copies answer.')"));
    browser.until(&format!("{TEXT}.startsWith('# spectrocloud.com/enabled-presets: Size:three\\n')"));
    browser.until("document.querySelector('[data-preset=\"Size:three\"]').getAttribute('aria-pressed') === 'true'");
    browser.click_text("One copy");
    browser.until("document.querySelector('[data-preset=\"Size:one\"]').getAttribute('aria-pressed') === 'true'");
    browser.until("document.querySelector('[data-preset=\"Size:three\"]').getAttribute('aria-pressed') === 'false'");
    // What is shared by an anchor cannot be changed in one place; that is said, and the text stays.
    const SHARED: &str = "manifests:\n  main: &main\n    replicas: 2\n  other: *main\n";
    replace(&browser, SHARED);
    browser.click_text("Three copies");
    browser.until_text("edit the text there by hand");
    assert_eq!(browser.script(&format!("return {TEXT}"), &[]), json!(SHARED));
    browser.until("document.querySelectorAll('[data-preset][aria-pressed=true]').length === 0");
}

#[test]
fn layers_are_ordered_with_keys_and_the_focus_goes_along() {
    let Some((_yard, browser)) = draft("layers_are_ordered_with_keys_and_the_focus_goes_along") else { return };
    for pack in ["Vault Keeper", "Loki Ring", "Grafana Stack"] {
        add(&browser, pack);
    }
    browser.script("document.querySelector('[aria-label=\"Move Grafana Stack up\"]').focus()", &[]);
    for place in [2, 1] {
        browser.press(&[ENTER]);
        browser
            .until(&format!("document.getElementById('spoken').textContent === 'Grafana Stack is layer {place} of 3'"));
        browser.until("document.activeElement.getAttribute('aria-label') === 'Move Grafana Stack up'");
    }
    assert_eq!(order(&browser), ["Grafana Stack", "Vault Keeper", "Loki Ring"]);
    // At the top there is no further up, and the focus stays.
    browser.press(&[ENTER]);
    browser.until("document.activeElement.getAttribute('aria-label') === 'Move Grafana Stack up'");
    browser.go(&browser.address());
    assert_eq!(order(&browser), ["Grafana Stack", "Vault Keeper", "Loki Ring"], "the order is kept");
}

#[test]
fn a_pack_stands_once_in_a_profile_and_withdrawn_ones_are_not_offered() {
    let test = "a_pack_stands_once_in_a_profile_and_withdrawn_ones_are_not_offered";
    let Some((_yard, browser)) = draft(test) else { return };
    add(&browser, "Vault Keeper");
    choose(&browser, "Vault Keeper");
    browser.until_text("Vault Keeper is layer 1 of this profile already");
    browser.leave_by("Confirm & Create");
    browser.until("document.querySelector('yaml-editor.ready')");
    browser.until_text("Vault Keeper is layer 1 of this profile already");
    browser.leave_by("Profile layers");
    browser.until("document.querySelectorAll('.layer').length === 1");
    browser.leave_by("Add Pack");
    browser.until_text("Loki Ring");
    let noted = "return [...document.querySelectorAll('.pack-card')].filter((card) => card.innerText.includes('Layer 1 already')).map((card) => card.querySelector('.name').innerText)";
    assert_eq!(browser.script(noted, &[]), json!(["Vault Keeper"]));
    assert!(!browser.text().contains("Old Times"), "a withdrawn pack is offered");
}

#[test]
fn back_after_finish_leads_to_the_profile() {
    let Some((_yard, browser)) = draft("back_after_finish_leads_to_the_profile") else { return };
    add(&browser, "Vault Keeper");
    let layers = browser.address();
    browser.leave_by("Next");
    browser.leave_by("Finish Configuration");
    browser.until_text("Cluster profile draft 1.0.0 created");
    let profile = browser.address();
    browser.script("history.back()", &[]);
    browser.until(&format!("location.pathname === '{profile}' && document.querySelector('.status.good')"));
    for step in [layers.clone(), layers.replace("/layers", "/basics"), layers.replace("/layers", "/review")] {
        browser.go(&step);
        assert_eq!(browser.address(), profile, "{step}");
    }
    // A layer leads to its pack.
    browser.leave_by("Open pack");
    browser.until("location.pathname.startsWith('/packs/')");
    browser.until_text("packyard pack pull ");
    browser.until_text("oras login");
    // The only version: nothing is said of others.
    browser.go(&format!("{profile}/delete"));
    browser.until_text("Its layer with its values is gone");
    assert!(!browser.text().contains("Other versions"), "{}", browser.text());
}

#[test]
fn an_open_menu_lies_over_the_rows_below() {
    let Some((_yard, browser)) = draft("an_open_menu_lies_over_the_rows_below") else { return };
    for name in ["draft-2", "draft-3", "draft-4"] {
        start(&browser, name);
    }
    browser.go("/profiles");
    browser.until("document.querySelectorAll('tbody tr').length === 4");
    browser.click("details.menu summary[aria-label^='three-dot']");
    browser.until("document.querySelector('td .menu[open] .menu-item')");
    browser.until(
        "[...document.querySelectorAll('.menu[open] .menu-item')].every((item) => { const r = item.getBoundingClientRect(); return item.contains(document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2)); })",
    );
}

#[test]
fn the_wizard_fits_a_small_screen() {
    let Some((_yard, browser)) = draft("the_wizard_fits_a_small_screen") else { return };
    let layers = browser.address();
    add(&browser, "Vault Keeper");
    add(&browser, "Certificate Issuer");
    browser.size((360, NARROW.1));
    for step in ["/layers", "/basics", "/review", "/layers/add", "/layers/0", "/delete"] {
        browser.go(&layers.replace("/layers", step));
        let width = browser.script("return document.documentElement.scrollWidth", &[]);
        assert!(width.as_u64().unwrap() <= 360, "{step} is {width} wide on a screen of 360");
    }
    browser.go(&layers);
    let name = browser.script("return document.querySelector('.layer .body').getBoundingClientRect().width", &[]);
    assert!(name.as_f64().unwrap() > 200.0, "the name of a layer has {name} pixels");
}
