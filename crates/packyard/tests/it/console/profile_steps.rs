//! Steps that several journeys of cluster profiles share.

use super::browser::Browser;
use super::journeys::{add_ecr_registry, confirm, console};
use super::yard_of_packs::{BASE, push_all, push_infrastructure, push_withdrawn};
use packyard_testkit::Yard;
use serde_json::json;

pub(super) const EDITOR: &str = "document.querySelector('yaml-editor')";
pub(super) const TEXT: &str = "document.querySelector('yaml-editor textarea').value";

/// A draft in its second step, with packs to choose from.
pub(super) fn draft(test: &str) -> Option<(Yard, Browser)> {
    let (yard, browser) = console(test)?;
    push_all(&yard);
    push_withdrawn(&yard, BASE);
    push_infrastructure(&yard, BASE);
    add_ecr_registry(&yard, &browser, "here");
    confirm(&browser, "here");
    start(&browser, "draft");
    Some((yard, browser))
}

pub(super) fn start(browser: &Browser, name: &str) {
    browser.go("/profiles/new");
    browser.fill("#name", name);
    browser.leave_by("Next");
    browser.until("location.pathname.endsWith('/layers')");
}

pub(super) fn choose(browser: &Browser, pack: &str) {
    browser.leave_by("Add Pack");
    browser.leave_by(pack);
    browser.until("document.querySelector('yaml-editor.ready')");
}

pub(super) fn add(browser: &Browser, pack: &str) {
    choose(browser, pack);
    browser.leave_by("Confirm & Create");
    browser.until_text(&format!("{pack} added"));
}

pub(super) fn replace(browser: &Browser, text: &str) {
    browser.script(&format!("{EDITOR}.replace(arguments[0])"), &[json!(text)]);
}

pub(super) fn order(browser: &Browser) -> Vec<String> {
    let names = browser.script("return [...document.querySelectorAll('.layer b')].map((b) => b.innerText)", &[]);
    serde_json::from_value(names).unwrap()
}

/// The wizard to its end, from its second step.
pub(super) fn finish(browser: &Browser, name: &str) -> String {
    browser.leave_by("Next");
    browser.leave_by("Finish Configuration");
    browser.until_text(&format!("Cluster profile {name} 1.0.0 created"));
    browser.address()
}

/// A published profile of Vault Keeper and an older Prometheus Agent.
pub(super) fn published(test: &str) -> Option<(Yard, Browser, String)> {
    let (yard, browser) = draft(test)?;
    add(&browser, "Vault Keeper");
    choose(&browser, "Prometheus Agent");
    browser.leave_by("2.49.0");
    browser.until("document.querySelector('yaml-editor.ready')");
    browser.leave_by("Confirm & Create");
    browser.until_text("Prometheus Agent added");
    let profile = finish(&browser, "draft");
    Some((yard, browser, profile))
}
