//! Step 9 and Validate of the guide and of its sibling, as a person does them in the console.

use super::browser::{Browser, ENTER};

/// What the registry drawer is filled with.
pub(crate) struct NewRegistry<'a> {
    pub(crate) name: &'a str,
    pub(crate) endpoint: &'a str,
    pub(crate) base_content_path: &'a str,
    pub(crate) login: Login<'a>,
    /// PEM of the authority to trust; empty for the system's.
    pub(crate) certificate: &'a str,
}

pub(crate) enum Login<'a> {
    Ecr { access_key: &'a str, secret_key: &'a str },
    Basic { username: &'a str, password: &'a str },
}

/// Tenant Settings > Registries > OCI Registries > Add New OCI Registry: Validate, then Confirm.
pub(crate) fn add_registry(browser: &Browser, new: &NewRegistry<'_>) {
    browser.go("/");
    browser.click_text("Registries");
    browser.until_text("OCI Registries");
    browser.click_text("Add New OCI Registry");
    browser.until("document.querySelector('.drawer')");
    let fields = match new.login {
        Login::Ecr { access_key, secret_key } => [("#access_key", access_key), ("#secret_key", secret_key)],
        Login::Basic { username, password } => [("#username", username), ("#password", password)],
    };
    browser.click(if matches!(new.login, Login::Ecr { .. }) { "#auth-ecr" } else { "#auth-basic" });
    browser.fill("#name", new.name);
    browser.fill("#endpoint", new.endpoint);
    browser.fill("#paths", new.base_content_path);
    browser.press(&[ENTER]);
    for (field, value) in fields {
        browser.fill(field, value);
    }
    if !new.certificate.is_empty() {
        browser.fill("#certificate", new.certificate);
    }
    browser.click_text("Validate");
    browser.until_text("Everything works");
    browser.click_text("Confirm");
    browser.until_text(&format!("Registry {} added", new.name));
    browser.until("document.querySelector('tbody .status.good')");
}

/// OCI Registries, the three-dot Menu beside the registry, Sync.
pub(crate) fn sync_by_the_menu(browser: &Browser, registry: &str) {
    browser.go("/settings/registries");
    browser.click(&format!("details.menu summary[aria-label='three-dot Menu of {registry}']"));
    browser.click_text("Sync");
    browser.until_text(&format!("Sync of {registry} started"));
    browser.until("document.querySelector('tbody .status.good')");
}

/// Validate 1 to 7: Main Menu > Profiles > Add Cluster Profile > Add-on > Add Pack > Registry drop-down Menu; the pack
/// is displayed, and what it holds can be looked at.
pub(crate) fn find_in_the_wizard(browser: &Browser, profile: &str, registry: &str, pack: &str, values: &str) {
    browser.go("/");
    browser.click_text("Profiles");
    browser.click_text("Add Cluster Profile");
    browser.until("document.querySelector('#name')");
    browser.fill("#name", profile);
    browser.click_text("Add-on");
    browser.click_text("Next");
    browser.click_text("Add Pack");
    browser.until("document.querySelector('#registry')");
    browser.script(
        "const s = document.querySelector('#registry'); s.value = [...s.options].find((o) => o.text.startsWith(arguments[0])).value; s.dispatchEvent(new Event('change', { bubbles: true }))",
        &[serde_json::json!(registry)],
    );
    browser.until("location.search.includes('registry=')");
    browser.until_text(pack);
    browser.click_text(pack);
    browser.until("document.querySelector('yaml-editor.ready')");
    let shown = browser.script("return document.querySelector('yaml-editor textarea').value", &[]);
    assert_eq!(shown.as_str(), Some(values), "the values of {pack}");
}
