//! The pages of one cluster profile photographed, as those of [`photographs`](super::photographs).

use super::browser::Browser;
use super::photographs::Album;
use super::profile_steps::{EDITOR, TEXT, add, published, replace};

#[test]
fn pages_of_a_profile() {
    let Some((_yard, browser, profile)) = published("pages_of_a_profile") else { return };
    let mut album = Album::new(&browser);
    album.open("variables-empty", &format!("{profile}/variables"));
    album.open("profile-compare-alone", &format!("{profile}/compare"));
    for (name, display, extra) in
        [("region", "Region", "#default_value"), ("admin-token", "Token of the administrator", "#default_value")]
    {
        browser.go(&format!("{profile}/variables/new"));
        browser.fill("#name", name);
        browser.fill("#display_name", display);
        browser.fill(extra, "eu-central-1");
        if name == "admin-token" {
            browser.click("input[name=is_sensitive]");
            browser.click("input[name=required]");
        }
        browser.leave_by("Confirm");
        browser.until_text(&format!("Variable {name} saved"));
    }
    browser.go(&profile);
    browser.until("document.querySelector('yaml-editor.ready')");
    let text = browser.script(&format!("return {TEXT}"), &[]);
    let text = text
        .as_str()
        .unwrap()
        .replace("replicas: 2", "replicas: 99")
        .replace("\"vault-keeper\"", "'{{.spectro.var.region}}'");
    replace(&browser, &text);
    browser.leave_by("Confirm Updates");
    browser.until(&format!("{EDITOR}.shadowRoot?.querySelector('.cm-lint-marker-error')"));
    album.take("profile-draft-with-errors");
    browser.click("summary[aria-label^='Version 1.0.0']");
    album.take("profile-versions-menu");
    album.open("variables", &format!("{profile}/variables"));
    album.open("variable-edit", &format!("{profile}/variables/region/edit"));
    browser.go(&format!("{profile}/variables/new"));
    browser.click("input[name=immutable]");
    browser.leave_by("Confirm");
    browser.until_text("The variable is read-only without a value.");
    album.take("variable-wrong");
    album.open("variable-delete", &format!("{profile}/variables/region/delete"));
    album.open("profile-compare", &format!("{profile}/compare"));
    album.open("profile-history", &format!("{profile}/history"));
    browser.script("window.isBefore = true; document.querySelectorAll('tbody a.opener')[1].click()", &[]);
    browser.until("!window.isBefore && document.readyState === 'complete'");
    album.take("profile-state");
    change_where_the_pack_did(&browser, &profile);
    let update = "return [...document.querySelectorAll('.layer a.badge')][0].getAttribute('href')";
    browser.go(&profile);
    let update = browser.script(update, &[]);
    browser.go(update.as_str().unwrap());
    browser.until("document.querySelector('yaml-editor.ready')");
    browser.until_text("both you and the pack changed the values");
    assert_eq!(browser.script("return scrollY", &[]), 0, "what the pack changes stands first");
    album.take("profile-pack-version");
    album.open("profile-new-version", &format!("{profile}/new-version"));
    browser.fill("#version", "1");
    browser.leave_by("Confirm");
    browser.until_text("1 is not a version");
    album.take("profile-new-version-wrong");
    album.open("profile-clone", &format!("{profile}/clone"));
    album.open("profile-manifest-new", &format!("{profile}/layers/new-manifest"));
    browser.until("document.querySelector('yaml-editor.ready')");
    browser.fill("#layer-name", "spaces");
    browser.fill("#name", "team");
    replace(&browser, "apiVersion: v1\nkind: \"x\n");
    browser.leave_by("Confirm & Create");
    browser.until_text("the manifest is not YAML");
    browser.until("document.querySelector('yaml-editor.ready')");
    album.take("profile-manifest-wrong");
    replace(&browser, "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: team\n---\nkind: Pod\n");
    browser.leave_by("Confirm & Create");
    browser.until_text("spaces added");
    browser.until("document.querySelector('yaml-editor.ready')");
    album.take("profile-manifest-layer");
    album.open("profile-layer-rename", &format!("{profile}/layers/2/rename"));
    browser.go(&format!("{profile}/info"));
    let was = "document.querySelector('[name=was]').value = 'other'";
    browser.script(was, &[]);
    browser.leave_by("Save Changes");
    browser.until_text("Not saved");
    album.take("profile-overtaken");
    album.open("profile-import", "/profiles/import");
    let file = serde_json::json!({ "metadata": { "name": "draft" }, "spec": { "version": "1.0.0",
        "template": { "type": "add-on", "packs": [
            { "name": "vault-keeper", "type": "oci", "version": "9.9.9", "values": "a: '{{.spectro.var.zone}}'" },
            { "name": "ubuntu", "type": "oci", "layer": "os", "tag": "24" },
            { "name": "spaces", "type": "manifest", "manifests": [{ "name": "team", "content": "kind: Namespace" }] } ] } } });
    browser.fill("#file", &file.to_string());
    browser.leave_by("Check");
    browser.until_text("It cannot be imported yet.");
    album.take("profile-import-refused");
    album.open("profile-edit-info", &format!("{profile}/info"));

    browser.go("/profiles/new");
    browser.fill("#name", "whole");
    browser.click_text("Full");
    browser.leave_by("Next");
    add(&browser, "Yard Linux");
    browser.leave_by("Add Pack");
    browser.until("document.querySelector('#layer')");
    album.take("wizard-picker-layers");
    browser.go(&browser.address().replace("/layers/add", "/review"));
    browser.until_text("is missing");
    album.take("wizard-review-incomplete");
    browser.go("/packs?q=vault");
    let pack = browser.script("return document.querySelector('.pack-card').getAttribute('href')", &[]);
    album.open("pack-add-to-profile", &format!("{}/add-to-profile", pack.as_str().unwrap()));
    album.open("login-after-a-session", "/login?ended=yes&next=%2Fprofiles");
    album.close("pages of a profile");
}

/// The newest Prometheus Agent has another number of replicas, and from now on the profile too.
fn change_where_the_pack_did(browser: &Browser, profile: &str) {
    browser.go(&format!("{profile}?layer=1"));
    browser.until("document.querySelector('yaml-editor.ready')");
    let text = browser.script(&format!("return {TEXT}"), &[]);
    replace(browser, &text.as_str().unwrap().replace("replicas: 2", "replicas: 5"));
    browser.leave_by("Confirm Updates");
}
