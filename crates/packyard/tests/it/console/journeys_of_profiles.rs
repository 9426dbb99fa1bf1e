//! Changing a cluster profile that is there: layers, values, versions of packs, variables, its own versions, history.

use super::browser::{Browser, TAB};
use super::profile_steps::{EDITOR, TEXT, add, choose, draft, finish, order, published, replace, start};
use serde_json::json;

fn edit(browser: &Browser, from: &str, to: &str) {
    browser.until("document.querySelector('yaml-editor.ready')");
    let text = browser.script(&format!("return {TEXT}"), &[]);
    let text = text.as_str().unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    replace(browser, &text.replace(from, to));
}

#[test]
fn a_published_profile_is_edited_in_place_checked_and_published_again() {
    let test = "a_published_profile_is_edited_in_place_checked_and_published_again";
    let Some((_yard, browser, profile)) = published(test) else { return };
    assert!(!browser.text().contains("Changes that are not published"), "nothing was changed yet");
    // The schema's error stands at its line while one types, and in the checks once it is saved.
    edit(&browser, "replicas: 2", "replicas: 99");
    browser.until(&format!("{EDITOR}.shadowRoot.querySelector('.cm-lint-marker-error')"));
    browser.leave_by("Confirm Updates");
    browser.until_text("Values of vault-keeper saved");
    browser.until_text("manifests.main.replicas is not of the form");
    browser.until_text("Changes that are not published. values of vault-keeper changed.");
    browser.until("document.querySelector('.page-tools .primary').getAttribute('aria-disabled') === 'true'");
    browser.leave_by("Layer 1 · vault-keeper, line 13 of the values");
    browser
        .until(&format!("{EDITOR}.shadowRoot?.querySelector('.cm-activeLine')?.textContent.includes('replicas: 99')"));

    browser.click_text("Three copies");
    browser.until(&format!("{TEXT}.includes('replicas: 3')"));
    browser.leave_by("Confirm Updates");
    browser.until("!document.getElementById('checks-title')");
    browser.leave_by("Publish");
    browser.until_text("Cluster profile draft 1.0.0 published");
    assert!(!browser.text().contains("Changes that are not published"));

    // Another draft, thrown away.
    browser.leave_by("Prometheus Agent");
    edit(&browser, "port: 8080", "port: 9090");
    browser.leave_by("Confirm Updates");
    browser.until("location.search === '?layer=1'");
    browser.leave_by("Discard draft");
    browser.until_text("Draft discarded");
    browser.go(&format!("{profile}?layer=1"));
    browser.until(&format!("{TEXT}.includes('port: 8080')"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_layer_gets_another_version_of_its_pack_with_the_values_carried_over() {
    let test = "a_layer_gets_another_version_of_its_pack_with_the_values_carried_over";
    let Some((_yard, browser, profile)) = published(test) else { return };
    browser.go(&format!("{profile}?layer=1"));
    edit(&browser, "port: 8080", "port: 9090");
    browser.leave_by("Confirm Updates");
    browser.until_text("Values of prometheus-agent saved");
    browser.leave_by("Update to 2.51.0");
    browser.until("document.querySelector('yaml-editor.ready')");
    browser.until_text("2.49.0 → 2.51.0");
    // What the pack changes, and what that means here.
    browser.until("[...document.querySelectorAll('.diff ins')].some((e) => e.textContent.includes(':2.51.0'))");
    browser.until_text("of the new defaults taken in.");
    browser.until(&format!("{TEXT}.includes('replicas: 3') && {TEXT}.includes('port: 9090')"));
    browser.leave_by("Your values as they are");
    browser.until_text("Your values stay as they are.");
    browser.leave_by("Your values, with the new defaults taken in");
    browser.until("document.querySelector('yaml-editor.ready')");
    browser.leave_by("Confirm Updates");
    browser.until_text("Prometheus Agent is at 2.51.0 now");
    browser.until_text("prometheus-agent 2.49.0 → 2.51.0");
    browser.until(&format!("{TEXT}.includes('replicas: 3') && {TEXT}.includes('port: 9090')"));
    assert!(!browser.text().contains("Update to"), "it is the newest");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn layers_come_go_and_are_dragged_while_the_editor_keeps_its_layer() {
    let test = "layers_come_go_and_are_dragged_while_the_editor_keeps_its_layer";
    let Some((_yard, browser, profile)) = published(test) else { return };
    browser.leave_by("Add Pack");
    browser.leave_by("Loki Ring");
    browser.until("document.querySelector('yaml-editor.ready')");
    browser.leave_by("Confirm & Create");
    browser.until_text("Loki Ring added");
    assert_eq!(browser.address(), format!("{profile}?layer=2"), "the new layer is open");
    assert_eq!(order(&browser), ["Vault Keeper", "Prometheus Agent", "Loki Ring"]);
    // To the top, while its values are open and changed.
    edit(&browser, "port: 8080", "port: 3100");
    let drag = "const layers = document.querySelectorAll('#stack > .layer'), dataTransfer = new DataTransfer(); \
        const fire = (to, type) => { const r = to.getBoundingClientRect(); to.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer, clientY: r.top + 1 })); }; \
        fire(layers[2], 'dragstart'); fire(layers[0], 'dragover'); fire(layers[0], 'drop'); fire(layers[2], 'dragend');";
    browser.script(drag, &[]);
    browser.until("document.getElementById('spoken').textContent === 'Loki Ring is layer 1 of 3'");
    assert_eq!(order(&browser), ["Loki Ring", "Vault Keeper", "Prometheus Agent"]);
    browser.until(&format!("{TEXT}.includes('port: 3100')"));
    browser.leave_by("Confirm Updates");
    browser.until_text("Values of loki-ring saved");
    assert_eq!(order(&browser), ["Loki Ring", "Vault Keeper", "Prometheus Agent"]);
    browser.until(&format!("{TEXT}.includes('loki-ring') && {TEXT}.includes('port: 3100')"));
    browser.click("[aria-label='Remove Vault Keeper']");
    browser.until_text("vault-keeper removed from the profile");
    assert_eq!(order(&browser), ["Loki Ring", "Prometheus Agent"]);
    // By keys, as in the wizard.
    browser.script("document.querySelector('[aria-label=\"Move Loki Ring down\"]').focus()", &[]);
    browser.press(&[super::browser::ENTER]);
    browser.until("document.getElementById('spoken').textContent === 'Loki Ring is layer 2 of 2'");
    browser.press(&[TAB]);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_new_version_starts_as_this_one_and_is_compared_with_it() {
    let Some((_yard, browser, profile)) = published("a_new_version_starts_as_this_one_and_is_compared_with_it") else {
        return;
    };
    browser.click("summary[aria-label^='Version 1.0.0']");
    browser.leave_by("Create new version");
    browser.until("document.querySelector('#version').value === '1.1.0'");
    browser.fill("#version", "1.0.0");
    browser.leave_by("Confirm");
    browser.until_text("draft already has a version 1.0.0.");
    browser.fill("#version", "1.1.0");
    browser.leave_by("Confirm");
    browser.until_text("Version 1.1.0 of draft is a draft");
    let next = browser.address();
    assert_eq!(order(&browser), ["Vault Keeper", "Prometheus Agent"]);
    edit(&browser, "replicas: 2", "replicas: 5");
    browser.leave_by("Confirm Updates");
    browser.leave_by("Compare");
    browser.until_text("values of vault-keeper changed");
    browser.until("[...document.querySelectorAll('.diff del')].some((e) => e.textContent.includes('replicas: 2'))");
    browser.until("[...document.querySelectorAll('.diff ins')].some((e) => e.textContent.includes('replicas: 5'))");
    // The first one is as it was.
    browser.go(&profile);
    browser.until(&format!("{TEXT}.includes('replicas: 2')"));
    browser.go(&next);
    browser.leave_by("Publish");
    browser.until_text("Cluster profile draft 1.1.0 published");
    browser.go(&format!("{next}/delete"));
    browser.until_text("Other versions of this profile stay.");
    browser.leave_by("Delete cluster profile");
    browser.until_text("Cluster profile draft 1.1.0 deleted");
    assert_eq!(browser.address(), profile, "to the version that is left");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn every_saved_state_is_in_the_history_and_can_be_restored() {
    let test = "every_saved_state_is_in_the_history_and_can_be_restored";
    let Some((_yard, browser, profile)) = published(test) else { return };
    edit(&browser, "replicas: 2", "replicas: 7");
    browser.leave_by("Confirm Updates");
    browser.click("[aria-label='Remove Prometheus Agent']");
    browser.until_text("prometheus-agent removed from the profile");
    browser.leave_by("History");
    browser.until_text("values of vault-keeper changed");
    browser.until_text("prometheus-agent removed");
    browser.until("document.querySelectorAll('tbody tr').length === 6");
    // The state before the layer went.
    browser.script("window.isBefore = true; document.querySelectorAll('tbody a.opener')[1].click()", &[]);
    browser.until("!window.isBefore && document.readyState === 'complete'");
    browser.until("[...document.querySelectorAll('.diff ins')].some((e) => e.textContent.includes('replicas: 7'))");
    browser.until_text("Restore makes this state the draft: prometheus-agent added.");
    browser.leave_by("Restore");
    browser.until_text("Restored as the draft");
    assert_eq!(order(&browser), ["Vault Keeper", "Prometheus Agent"]);
    browser.until_text("Changes that are not published. values of vault-keeper changed.");
    browser.go(&format!("{profile}/history"));
    browser.until("document.querySelector('tbody tr').innerText.includes('Restored')");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn variables_are_made_ordered_used_and_missed() {
    let Some((_yard, browser, profile)) = published("variables_are_made_ordered_used_and_missed") else { return };
    browser.leave_by("Variables");
    browser.until_text("No variables yet");
    browser.leave_by("Create variable");
    browser.fill("#name", "1zone");
    browser.fill("#display_name", "Where it runs");
    browser.until("document.querySelector('#preview').innerText.includes('Where it runs')");
    browser.click("input[name=immutable]");
    browser.leave_by("Confirm");
    browser.until_text("The variable has a name that macros cannot use.");
    browser.until_text("The variable is read-only without a value.");
    browser.fill("#name", "zone");
    browser.fill("#default_value", "eu-1");
    browser.leave_by("Confirm");
    browser.until_text("Variable zone saved");
    browser.leave_by("Create variable");
    browser.fill("#name", "token");
    browser.fill("#default_value", "s3cret-word");
    browser.click("input[name=is_sensitive]");
    browser.leave_by("Confirm");
    browser.until_text("Variable token saved");
    browser.until("document.querySelector('tbody tr a.strong').innerText === 'zone'");
    browser.leave_by("token");
    let page = browser.script("return document.documentElement.outerHTML", &[]);
    assert!(!page.as_str().unwrap().contains("s3cret-word"), "a page holds the secret");
    browser.leave_by("Cancel");
    browser.script("window.isBefore = true; document.querySelector('[aria-label=\"Move token up\"]').click()", &[]);
    browser.until("!window.isBefore && document.querySelector('tbody tr a.strong').innerText === 'token'");

    browser.go(&profile);
    edit(&browser, "\"vault-keeper\"", "'{{.spectro.var.zone}}'");
    browser.leave_by("Confirm Updates");
    browser.until_text("Values of vault-keeper saved");
    edit(&browser, "var.zone", "var.nowhere");
    browser.leave_by("Confirm Updates");
    browser.until_text("nowhere (in pack vault-keeper)");
    browser.go(&format!("{profile}/variables"));
    browser.until_text("1 layer");
    browser.leave_by("History");
    browser.until_text("variable token added");
    browser.go(&format!("{profile}/variables/zone/delete"));
    browser.until_text("1 layer uses it in values: vault-keeper.");
    browser.leave_by("Delete variable");
    browser.until_text("Variable zone deleted");
    browser.go(&profile);
    browser.until_text("The variable zone is not defined.");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_full_profile_needs_each_layer_once_and_in_order() {
    let Some((_yard, browser)) = draft("a_full_profile_needs_each_layer_once_and_in_order") else { return };
    browser.go("/profiles/new");
    browser.fill("#name", "whole");
    browser.click_text("Full");
    browser.leave_by("Next");
    // Each time what is needed next is offered.
    let add_next = |pack: &str| {
        browser.leave_by("Add Pack");
        browser.leave_by(pack);
        browser.until("document.querySelector('yaml-editor.ready')");
        browser.leave_by("Confirm & Create");
        browser.until_text(&format!("{pack} added"));
    };
    add_next("Yard Linux");
    add_next("Kubernetes");
    browser.leave_by("Next");
    browser.until_text("A pack of the layer cni is missing; full profiles need exactly one each of os, k8s, cni, csi.");
    browser.until_text("A pack of the layer csi is missing");
    browser.until("document.querySelector('.wizard-foot .primary').getAttribute('aria-disabled') === 'true'");
    browser.leave_by("Back");
    // Storage before network comes in at its place all the same.
    browser.leave_by("Add Pack");
    browser.script(
        "const s = document.querySelector('#layer'); s.value = 'csi'; s.dispatchEvent(new Event('change', { bubbles: true }))",
        &[],
    );
    browser.until("location.search.includes('layer=csi')");
    browser.until_text("Yard Disk");
    browser.leave_by("Yard Disk");
    browser.until("document.querySelector('yaml-editor.ready')");
    browser.leave_by("Confirm & Create");
    add_next("Yard Net");
    assert_eq!(order(&browser), ["Yard Linux", "Kubernetes", "Yard Net", "Yard Disk"]);
    add_next("Vault Keeper");
    let profile = finish(&browser, "whole");
    browser.until_text("Full");
    browser.click("[aria-label='Move Yard Net up']");
    browser.until_text("k8s stands below cni, but is installed before it");
    browser.until("document.querySelector('.page-tools .primary').getAttribute('aria-disabled') === 'true'");
    browser.go(&profile);
    browser.leave_by("Discard draft");
    browser.until_text("Draft discarded");
    start(&browser, "again");
    choose(&browser, "Loki Ring");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn the_pages_of_a_profile_fit_a_small_screen() {
    let Some((_yard, browser, profile)) = published("the_pages_of_a_profile_fit_a_small_screen") else { return };
    browser.go(&profile);
    edit(&browser, "replicas: 2", "replicas: 99");
    browser.leave_by("Confirm Updates");
    let update = browser
        .script("return [...document.querySelectorAll('.layer a.badge')].map((a) => a.getAttribute('href'))[0]", &[]);
    browser.size((360, 800));
    let pages = ["", "/variables", "/variables/new", "/compare", "/history", "/new-version", "/info", "/delete"];
    let pages = pages.map(|page| format!("{profile}{page}").replace("?layer=0", ""));
    let more = [update.as_str().unwrap().to_owned(), "/activity".to_owned()];
    for page in pages.into_iter().chain(more) {
        browser.go(&page);
        let width = browser.script("return document.documentElement.scrollWidth", &[]);
        assert!(width.as_u64().unwrap() <= 360, "{page} is {width} wide on a screen of 360");
    }
    assert_eq!(browser.script("return location.pathname", &[]), json!("/activity"));
}

#[test]
fn a_profile_is_edited_from_an_empty_stack_too() {
    let Some((_yard, browser)) = draft("a_profile_is_edited_from_an_empty_stack_too") else { return };
    let profile = browser.address().replace("/layers", "");
    browser.go(&profile);
    browser.until_text("This profile has no layers.");
    browser.until_text("The profile has no layers; add a pack.");
    browser.leave_by("Add Pack");
    browser.leave_by("Loki Ring");
    browser.until("document.querySelector('yaml-editor.ready')");
    browser.leave_by("Confirm & Create");
    // Of a profile that the wizard has not finished, back there.
    browser.until("location.pathname.endsWith('/layers')");
    add(&browser, "Vault Keeper");
    assert_eq!(order(&browser), ["Loki Ring", "Vault Keeper"]);
}
