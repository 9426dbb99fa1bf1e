//! Steps of people who manage users and projects, and of those whom they manage.

use super::browser::Browser;

/// Tenant Settings > Access > Add User. The one-time password that is shown.
pub(super) fn add_user(browser: &Browser, email: &str, first_name: &str, role: &str) -> String {
    browser.go("/settings/users");
    browser.leave_by("Add User");
    browser.fill("#email", email);
    browser.fill("#first_name", first_name);
    if !role.is_empty() {
        tick(browser, role);
    }
    browser.leave_by("Confirm");
    browser.until_text("it is not shown again");
    one_time_password(browser)
}

pub(super) fn tick(browser: &Browser, role: &str) {
    let script = "[...document.querySelectorAll('input[name=role]')].find((box) => box.parentElement.innerText.startsWith(arguments[0])).click()";
    browser.script(script, &[serde_json::json!(role)]);
}

pub(super) fn one_time_password(browser: &Browser) -> String {
    let shown = browser.script("return document.querySelector('.notice .code pre').textContent", &[]);
    let password = shown.as_str().expect("a password").to_owned();
    assert!(password.len() >= 20, "{password}");
    password
}

pub(super) fn log_out(browser: &Browser) {
    browser.click("summary[aria-label='Your account']");
    browser.leave_by("Log out");
    browser.until("document.querySelector('#password')");
}

/// The login with a one-time password, and the choice of another one.
pub(super) fn first_login(browser: &Browser, email: &str, one_time: &str, chosen: &str) {
    browser.go("/login");
    browser.fill("#email", email);
    browser.fill("#password", one_time);
    browser.click_text("Log in");
    browser.until_text("Choose a new password");
    browser.fill("#password", one_time);
    browser.fill("#new-password", chosen);
    browser.click_text("Change and log in");
    browser.until("document.querySelector('.side')");
}

/// Tenant Settings > Access > Projects > Add Project. Its address.
pub(super) fn add_project(browser: &Browser, name: &str) -> String {
    browser.go("/settings/projects");
    browser.leave_by("Add Project");
    browser.fill("#name", name);
    browser.leave_by("Confirm");
    browser.until_text(&format!("Project {name} made"));
    browser.address()
}

pub(super) fn add_member(browser: &Browser, project: &str, name: &str, role: &str) {
    browser.go(project);
    for (field, word) in [("#user", name), ("#role", role)] {
        let script = "const s = document.querySelector(arguments[0]); s.value = [...s.options].find((o) => o.text.startsWith(arguments[1])).value";
        browser.script(script, &[serde_json::json!(field), serde_json::json!(word)]);
    }
    browser.leave_by("Add Member");
    browser.until_text(&format!("{name} is {role} now"));
}

/// The switch in the header.
pub(super) fn switch_scope(browser: &Browser, name: &str) {
    let script = "const s = document.querySelector('select[name=scope]'); s.value = [...s.options].find((o) => o.text === arguments[0]).value; s.dispatchEvent(new Event('change', { bubbles: true }))";
    browser.script("window.beforeSwitch = true", &[]);
    browser.script(script, &[serde_json::json!(name)]);
    browser.until(&format!(
        "!window.beforeSwitch && document.querySelector('select[name=scope]')?.selectedOptions[0].text === '{name}'"
    ));
}
