//! A session that ends while somebody types: nothing typed is lost, and it is sent after a login in another tab.

use super::browser::{Browser, ESCAPE};
use super::journeys::{console, fill_open_registry};
use super::journeys_of_trouble::complaint;
use super::profile_steps::{EDITOR, draft, replace};
use packyard_testkit::Yard;
use serde_json::json;

/// What another tab of the same browser sends.
fn elsewhere(browser: &Browser, page: &str, fields: &[(&str, &str)]) {
    let body = "const [page, fields, done] = arguments; \
                fetch(page, { method: 'POST', body: new URLSearchParams(fields) }).then((reply) => done(reply.redirected))";
    assert_eq!(browser.script_async(body, &[json!(page), json!(fields)]), json!(true), "{page}");
}

fn log_out_elsewhere(browser: &Browser) {
    let token = browser.script("return document.querySelector('meta[name=csrf]').content", &[]);
    elsewhere(browser, "/logout", &[("csrf", token.as_str().unwrap())]);
}

fn log_in_elsewhere(yard: &Yard, browser: &Browser) {
    elsewhere(browser, "/login", &[("email", &yard.admin_email), ("password", &yard.admin_password)]);
}

#[test]
fn values_that_were_typed_outlive_the_session() {
    let Some((yard, browser)) = draft("values_that_were_typed_outlive_the_session") else { return };
    browser.leave_by("Add Pack");
    browser.leave_by("Vault Keeper");
    browser.until("document.querySelector('yaml-editor.ready')");
    replace(&browser, "pack:\n  # an hour of work\n  namespace: vault\n");
    log_out_elsewhere(&browser);
    browser.click_text("Confirm & Create");
    complaint(&browser, "Your session has ended");
    browser.until("!document.querySelector('.toast.stays a').hidden");
    browser.until(&format!("{EDITOR}.text.includes('an hour of work') && !document.querySelector('[aria-busy]')"));

    log_in_elsewhere(&yard, &browser);
    browser.leave_by("Confirm & Create");
    browser.until_text("Vault Keeper added");
    browser.leave_by("Vault Keeper");
    browser.until("document.querySelector('yaml-editor.ready')");
    browser.until(&format!("{EDITOR}.text.includes('an hour of work')"));
}

#[test]
fn a_drawer_outlives_the_session_and_what_it_asks_meanwhile_takes_nobody_to_the_login() {
    let name = "a_drawer_outlives_the_session_and_what_it_asks_meanwhile_takes_nobody_to_the_login";
    let Some((yard, browser)) = console(name) else { return };
    browser.go("/profiles/new");
    browser.fill("#name", "web");
    browser.leave_by("Next");
    let profile = browser.address().replace("/layers", "");
    browser.go(&format!("{profile}/variables/new"));
    log_out_elsewhere(&browser);
    // The preview is asked for by itself.
    browser.fill("#name", "region");
    complaint(&browser, "Your session has ended");
    browser.until("document.querySelector('#name').value === 'region'");
    log_in_elsewhere(&yard, &browser);
    browser.leave_by("Confirm");
    browser.until_text("Variable region saved");

    fill_open_registry(&browser, "far-away", "http://127.0.0.1:9", "team");
    log_out_elsewhere(&browser);
    browser.click_text("Validate");
    complaint(&browser, "Your session has ended");
    log_in_elsewhere(&yard, &browser);
    browser.click_text("Confirm");
    browser.until_text("Registry far-away added");
}

#[test]
fn nothing_is_sent_in_the_name_of_somebody_else() {
    let Some((yard, browser)) = console("nothing_is_sent_in_the_name_of_somebody_else") else { return };
    browser.go("/settings/users/new");
    browser.fill("#email", "ann@example.com");
    browser.leave_by("Confirm");
    browser.until_text("it is not shown again");
    let given = browser.script("return document.querySelector('.notice.good pre, .notice.good code').textContent", &[]);
    let given = given.as_str().unwrap().trim().to_owned();

    browser.go("/profiles/new");
    browser.fill("#name", "web");
    log_out_elsewhere(&browser);
    let own = "ann-has-her-own-1";
    elsewhere(&browser, "/login", &[("email", "ann@example.com"), ("password", &given), ("new-password", own)]);
    browser.click_text("Next");
    complaint(&browser, "Somebody else is logged in now");
    browser.until("document.querySelector('#name').value === 'web'");
    log_in_elsewhere(&yard, &browser);
    browser.leave_by("Next");
    browser.until_text("No layers yet");
}

#[test]
fn escape_answers_the_question_whether_to_discard() {
    let Some((_yard, browser)) = console("escape_answers_the_question_whether_to_discard") else { return };
    fill_open_registry(&browser, "far-away", "http://127.0.0.1:9", "team");
    browser.press(&[ESCAPE]);
    browser.until("!document.querySelector('[data-ask]').hidden");
    assert_eq!(browser.focused(), "Keep editing");
    browser.press(&[ESCAPE]);
    browser
        .until("document.querySelector('[data-ask]').hidden && document.querySelector('#name').value === 'far-away'");
}
