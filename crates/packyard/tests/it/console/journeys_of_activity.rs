//! Who did what, looked up; and what differs between two versions of a pack.

use super::profile_steps::published;

#[test]
fn activity_is_filtered_and_leads_to_what_was_changed() {
    let Some((_yard, browser, profile)) = published("activity_is_filtered_and_leads_to_what_was_changed") else {
        return;
    };
    browser.click_text("Activity");
    browser.until_text("Publish profile");
    browser.until_text("Create registry");
    let choose = "const s = document.querySelector('#action'); s.value = arguments[0]; s.dispatchEvent(new Event('change', { bubbles: true }))";
    browser.script(choose, &[serde_json::json!("packyard:PublishProfile")]);
    browser.until("location.search.includes('action=') && document.querySelectorAll('tbody tr').length === 1");
    browser.leave_by("draft 1.0.0");
    assert_eq!(browser.address(), profile);
    browser.go("/activity?q=vault-keeper");
    browser.until("document.querySelectorAll('tbody tr').length > 0");
    browser.go("/activity?q=nothing-has-these-words");
    browser.until_text("Nothing found");
    browser.leave_by("Show all activity");
    browser.leave_by("only this draft 1.0.0");
    browser.until("location.search.startsWith('?object=')");
    browser.until("[...document.querySelectorAll('tbody tr')].every((row) => row.innerText.includes('draft 1.0.0'))");
    // Days are whole, and one that has not come holds nothing.
    browser.go("/activity?from=2999-01-01");
    browser.until_text("Nothing found");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn two_versions_of_a_pack_are_compared() {
    let Some((_yard, browser, _)) = published("two_versions_of_a_pack_are_compared") else { return };
    browser.go("/packs?q=prometheus");
    browser.leave_by("Prometheus Agent");
    browser.leave_by("Versions");
    browser.leave_by("Compare with 2.49.0");
    browser.until("document.querySelector('#with').selectedOptions[0].text === '2.49.0'");
    browser.until("[...document.querySelectorAll('.diff ins')].some((e) => e.textContent.includes('replicas: 3'))");
    browser.until_text("ghcr.io/example/prometheus-agent");
    browser.go("/packs?q=vault");
    browser.leave_by("Vault Keeper");
    browser.leave_by("Versions");
    assert!(!browser.text().contains("Compare"), "there is one version only");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
