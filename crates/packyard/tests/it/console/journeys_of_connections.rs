//! The drawer's groups for the way to a registry: what is wrong in one that is closed is shown.

use super::journeys::{console, fill_open_registry};
use crate::doors::{Authority, tls_door};
use serde_json::json;

#[test]
fn a_certificate_that_a_registry_wants_is_asked_for_where_it_is_given() {
    let Some((yard, browser)) = console("a_certificate_that_a_registry_wants_is_asked_for_where_it_is_given") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::in_folder(folder.path());
    let endpoint = format!("https://localhost:{}", tls_door(&authority, yard.port, true));
    fill_open_registry(&browser, "mutual", &endpoint, "team");
    let trusted = std::fs::read_to_string(&authority.ca).unwrap();
    browser.script("document.querySelector('#certificate').value = arguments[0]", &[json!(trusted)]);
    browser.until("!document.querySelector('#client_key').checkVisibility()");
    browser.click_text("Validate");
    browser.until_text("Validation stopped at TLS");
    browser.until("document.querySelector('#shows-certificate').checked");
    browser.until("document.querySelector('#client_key').checkVisibility()");
    browser.until("document.querySelector('#client_key').getAttribute('aria-invalid') === 'true'");
    browser.until("document.querySelector('#error-client_key .error').checkVisibility()");
    browser.until("document.querySelector('#error-client_key').innerText.includes('wants a client certificate')");
    // Whoever has none closes it again.
    browser.click("#shows-certificate");
    browser.until("!document.querySelector('#client_key').checkVisibility()");
}
