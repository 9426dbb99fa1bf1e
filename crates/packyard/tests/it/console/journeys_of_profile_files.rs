//! Profiles that come from files or from each other, layers of hand-written manifests, and two people on one profile.

use super::browser::Browser;
use super::journeys::{add_ecr_registry, confirm};
use super::profile_steps::{EDITOR, TEXT, add, draft, finish, order, published, replace};
use crate::management::Management;
use serde_json::json;

const SPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: team\n";

/// What the browser would save of a profile.
fn exported(browser: &Browser, profile: &str, format: &str) -> String {
    let address = format!("{}/export?format={format}", profile.split('?').next().unwrap());
    let body = "const done = arguments[arguments.length - 1]; fetch(arguments[0]).then((r) => r.text()).then(done)";
    let text = browser.script_async(body, &[json!(address)]);
    text.as_str().unwrap().to_owned()
}

/// Chooses a file in the page, as a person does in the browser's own dialog.
fn upload(browser: &Browser, name: &str, text: &str) {
    let body = "const field = document.querySelector('#file-upload'), box = new DataTransfer(); \
        box.items.add(new File([arguments[1]], arguments[0])); field.files = box.files; \
        field.dispatchEvent(new Event('change', { bubbles: true }))";
    browser.script(body, &[json!(name), json!(text)]);
    browser.until("document.querySelector('#file').value.length > 0");
}

#[test]
fn an_exported_profile_is_imported_where_its_packs_are_chosen() {
    let test = "an_exported_profile_is_imported_where_its_packs_are_chosen";
    let Some((yard, browser, profile)) = published(test) else { return };
    let file = exported(&browser, &profile, "json");
    browser.leave_by("Profiles");
    browser.leave_by("Import");
    upload(&browser, "draft-1.0.0.json", &file);
    browser.leave_by("Check");
    browser.until_text("Version 1.0.0 of draft is there already.");
    browser.fill("#name", "from-a-file");
    browser.leave_by("Check again");
    browser.until("[...document.querySelectorAll('.layer .cell-sub')].every((e) => e.innerText.includes('here'))");
    browser.click_text("Import");
    browser.until_text("Cluster profile from-a-file 1.0.0 imported as a draft");
    assert_eq!(order(&browser), ["Vault Keeper", "Prometheus Agent"]);

    // Two registries have the packs now, and the file names one that is not here.
    add_ecr_registry(&yard, &browser, "there");
    confirm(&browser, "there");
    browser.until("document.querySelectorAll('tbody .status.good').length === 2");
    let mut foreign: serde_json::Value = serde_json::from_str(&file).unwrap();
    for pack in foreign["spec"]["template"]["packs"].as_array_mut().unwrap() {
        pack["registry"] = json!({ "metadata": { "name": "Public Repo" } });
    }
    foreign["metadata"]["name"] = json!("chosen");
    browser.go("/profiles/import");
    upload(&browser, "chosen.json", &foreign.to_string());
    browser.leave_by("Check");
    browser.until_text("It cannot be imported yet.");
    browser.until_text("several registries have it");
    browser.until("document.querySelector('.wizard-foot .primary').getAttribute('aria-disabled') === 'true'");
    for at in 0..2 {
        let body = "const s = document.querySelector(arguments[0]); s.value = [...s.options].find((o) => o.text === 'there').value";
        browser.script(body, &[json!(format!("#registry-{at}"))]);
    }
    browser.leave_by("Check again");
    browser.until("!document.querySelector('[aria-labelledby=refusals-title]')");
    browser.click_text("Import");
    browser.until_text("Cluster profile chosen 1.0.0 imported as a draft");
    browser.until("[...document.querySelectorAll('.layer .cell-sub')].every((e) => e.innerText.includes('there'))");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_profile_is_cloned_into_a_project_and_found_by_its_scope() {
    let test = "a_profile_is_cloned_into_a_project_and_found_by_its_scope";
    let Some((_yard, browser, profile)) = published(test) else { return };
    browser.leave_by("Profiles");
    browser.click("summary[aria-label='three-dot Menu of draft 1.0.0']");
    browser.leave_by("Clone");
    browser.until("document.querySelector('#name').value === 'draft-copy'");
    browser.fill("#name", "draft");
    browser.leave_by("Confirm");
    browser.until_text("draft already has a version 1.0.0 there.");
    browser.script(
        "const s = document.querySelector('#scope'); s.value = [...s.options].find((o) => o.text === 'Project Default').value",
        &[],
    );
    browser.leave_by("Confirm");
    browser.until_text("draft 1.0.0 cloned as draft 1.0.0");
    let clone = browser.address();
    assert_ne!(clone, profile);
    browser.until_text("Project Default");
    assert_eq!(order(&browser), ["Vault Keeper", "Prometheus Agent"]);
    browser.leave_by("Profiles");
    browser.until("document.querySelectorAll('tbody tr').length === 2");
    browser.leave_by("Project Default");
    browser.until("document.querySelectorAll('tbody tr').length === 1");
    browser.until(&format!("document.querySelector('tbody a.opener').getAttribute('href') === '{clone}'"));
    // The other one is as it was.
    browser.go(&profile);
    browser.until_text("Tenant");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_layer_of_manifests_is_written_checked_edited_and_ordered() {
    let test = "a_layer_of_manifests_is_written_checked_edited_and_ordered";
    let Some((_yard, browser)) = draft(test) else { return };
    add(&browser, "Vault Keeper");
    browser.leave_by("Add Manifest");
    browser.until("document.querySelector('yaml-editor.ready')");
    browser.fill("#layer-name", "spaces");
    browser.fill("#name", "team");
    replace(&browser, &format!("{SPACE}---\nkind: \"x\n"));
    browser.until(&format!("{EDITOR}.shadowRoot.querySelector('.cm-lintRange-error, .cm-lint-marker-error')"));
    browser.leave_by("Confirm & Create");
    browser.until_text("the manifest is not YAML");
    browser.until("document.querySelector('yaml-editor.ready')");
    browser.until(&format!("{EDITOR}.shadowRoot.querySelector('.cm-activeLine')?.textContent.includes('kind: ')"));
    replace(&browser, SPACE);
    browser.leave_by("Confirm & Create");
    browser.until_text("spaces added");
    assert_eq!(order(&browser), ["Vault Keeper", "spaces"]);
    browser.click("[aria-label='Move spaces up']");
    browser.until("document.getElementById('spoken').textContent === 'spaces is layer 1 of 2'");
    let profile = finish(&browser, "draft");

    // Another manifest in the same layer, then one in the pack's.
    browser.leave_by("New manifest");
    browser.until("document.querySelector('yaml-editor.ready')");
    browser.fill("#name", "limits");
    replace(&browser, "kind: LimitRange\n");
    browser.leave_by("Confirm & Create");
    browser.until_text("Manifest limits added");
    browser.until_text("A Kubernetes object needs apiVersion, metadata.name, which this one has not.");
    browser.leave_by("Layer 1 · spaces, line 1 of manifest limits");
    browser.until("document.querySelector('yaml-editor.ready')");
    browser.until(&format!("{TEXT} === 'kind: LimitRange\\n'"));
    replace(&browser, "apiVersion: v1\nkind: LimitRange\nmetadata:\n  name: limits\n");
    browser.fill("#manifest-name", "ranges");
    browser.leave_by("Confirm Updates");
    browser.until_text("Manifest ranges saved");
    browser.until("!document.getElementById('checks-title')");
    browser.leave_by("Vault Keeper");
    browser.leave_by("New manifest");
    browser.until("document.querySelector('yaml-editor.ready')");
    browser.fill("#name", "beside");
    replace(&browser, SPACE);
    browser.leave_by("Confirm & Create");
    browser.until_text("Manifest beside added");
    browser.until_text("1 manifest");
    browser.leave_by("Publish");
    browser.until_text("Cluster profile draft 1.0.0 published");

    // Removed, and brought back by the history.
    browser.go(&format!("{profile}?layer=1"));
    browser.leave_by("beside");
    browser.until("document.querySelector('#manifest-name')");
    browser.script("window.isBefore = true; document.querySelector('[formaction$=\"/delete\"]').click()", &[]);
    browser.until("!window.isBefore && document.readyState === 'complete'");
    browser.until_text("Manifest beside removed");
    browser.until_text("manifest beside of vault-keeper removed");
    browser.leave_by("Compare");
    browser.until("[...document.querySelectorAll('.diff del')].some((e) => e.textContent.includes('kind: Namespace'))");
    browser.leave_by("Discard draft");
    browser.until_text("Draft discarded");
    assert!(exported(&browser, &profile, "yaml").contains("kind: LimitRange"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn two_people_on_one_profile_overwrite_nothing_unseen() {
    let Some((yard, browser, profile)) = published("two_people_on_one_profile_overwrite_nothing_unseen") else {
        return;
    };
    let other = Management::log_in(&yard);
    let uid = profile.rsplit('/').next().unwrap();
    let rename = |description: &str| {
        let body = json!({ "metadata": { "name": "draft", "annotations": { "description": description } }, "spec": { "version": "1.0.0" } });
        let reply = other.call("PATCH", &format!("/v1/clusterprofiles/{uid}/metadata"), &body);
        assert_eq!(reply.status, 204, "{}", reply.body);
    };
    // Publish is of what was seen.
    replace(
        &browser,
        &browser.script(&format!("return {TEXT}"), &[]).as_str().unwrap().replace("replicas: 2", "replicas: 7"),
    );
    browser.leave_by("Confirm Updates");
    browser.until_text("Values of vault-keeper saved");
    rename("theirs");
    browser.leave_by("Publish");
    browser.until_text("Not saved: this was changed in another window, or by somebody else");
    browser.until_text("(description changed)");
    browser.leave_by("Publish");
    browser.until_text("Cluster profile draft 1.0.0 published");

    // So is the order, in place; the editor keeps its layer.
    browser.go(&profile);
    browser.until("document.querySelector('yaml-editor.ready')");
    let put = |names: [usize; 2]| {
        let body = other.get(&format!("/v1/clusterprofiles/{uid}")).body;
        let packs = &body["spec"]["published"]["packs"];
        let pack = |at: usize| {
            let pack = &packs[at];
            json!({ "name": pack["name"], "uid": pack["packUid"], "tag": pack["tag"], "registryUid": pack["registryUid"], "type": "oci", "layer": "addon", "values": pack["values"] })
        };
        let body = json!({ "metadata": { "name": "draft" }, "spec": { "version": "1.0.0", "template": { "packs": names.map(pack) } } });
        let reply = other.call("PUT", &format!("/v1/clusterprofiles/{uid}"), &body);
        assert_eq!(reply.status, 204, "{}", reply.body);
    };
    put([1, 0]);
    browser.click("[aria-label='Move Vault Keeper down']");
    browser.until_text("Not saved: this was changed in another window, or by somebody else");
    assert_eq!(order(&browser), ["Prometheus Agent", "Vault Keeper"]);
    browser.click("[aria-label='Move Vault Keeper up']");
    browser.until("document.getElementById('spoken').textContent === 'Vault Keeper is layer 1 of 2'");
    assert_eq!(order(&browser), ["Vault Keeper", "Prometheus Agent"]);

    // And what a form holds.
    browser.go(&format!("{profile}/info"));
    browser.fill("#description", "mine");
    rename("theirs again");
    browser.leave_by("Save Changes");
    browser.until_text("Not saved");
    browser.until("document.querySelector('#description').value === 'mine'");
    browser.leave_by("Save Changes");
    browser.until_text("Basic information saved");
    browser.until_text("mine");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_layer_of_another_type_and_a_default_of_another_format_are_refused_with_the_reason() {
    let test = "a_layer_of_another_type_and_a_default_of_another_format_are_refused_with_the_reason";
    let Some((_yard, browser)) = draft(test) else { return };
    let profile = browser.address().replace("/layers", "");
    // The picker of an add-on profile offers no infrastructure; an address that somebody sent does.
    browser.go(&format!("{profile}/layers/add?layer=k8s"));
    browser.until_text("Vault Keeper");
    assert!(!browser.text().contains("Yard Linux"));
    browser.go("/packs?q=yard-linux");
    browser.leave_by("Yard Linux");
    let pack = browser.address().replace("/packs/", "");
    browser.go(&format!("{profile}/layers/add/{}", pack.split('?').next().unwrap()));
    browser.until("document.querySelector('yaml-editor.ready')");
    browser.leave_by("Confirm & Create");
    browser.until_text(
        "Pack yard-linux is of layer os, which belongs to infrastructure profiles; an add-on profile takes addon packs",
    );

    let choose = "const s = document.querySelector('#format'); s.value = arguments[0]; s.dispatchEvent(new Event('change', { bubbles: true }))";
    for (format, wrong, right) in [
        ("number", "three", "3"),
        ("boolean", "yes", "true"),
        ("ipv4", "192.0.2", "192.0.2.1"),
        ("ipv4cidr", "192.0.2.0", "192.0.2.0/24"),
        ("ipv6", "192.0.2.1", "2001:db8::1"),
        ("version", "latest", "1.30.2"),
        ("base64", "plain", "cGxhaW4="),
    ] {
        browser.go(&format!("{profile}/variables/new"));
        browser.fill("#name", &format!("of-{format}"));
        browser.script(choose, &[json!(format)]);
        browser.fill("#default_value", wrong);
        browser.leave_by("Confirm");
        browser.until("document.querySelector('#error-default_value .error')");
        browser.until(&format!("document.querySelector('#format').value === '{format}'"));
        browser.fill("#default_value", right);
        browser.leave_by("Confirm");
        browser.until_text(&format!("Variable of-{format} saved"));
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
