//! Helm repositories and their charts, registries reached by a proxy or with a client certificate, and those that are
//! only kept: their pages photographed, as those of [`photographs`](super::photographs).

use super::browser::Browser;
use super::journeys::{confirm, fill_open_registry};
use super::photographs::{Album, console, href};
use crate::management::Management;
use crate::pack_init::files::Files;
use crate::pack_init::write_chart;
use packyard_pack::{ReadLimits, archive};
use serde_json::json;
use std::path::Path;

/// A Helm repository with one chart in two versions.
fn repository(folder: &Path) -> Files {
    let repository = folder.join("repository");
    std::fs::create_dir(&repository).unwrap();
    let mut index = "apiVersion: v1\nentries:\n  lights:\n".to_owned();
    for version in ["1.1.0", "1.0.0"] {
        write_chart(folder, "lights", version);
        let file = std::fs::File::create(repository.join(format!("lights-{version}.tgz"))).unwrap();
        archive::write_chart(&folder.join("lights"), "lights", file, &ReadLimits::default()).unwrap();
        index += &format!(
            "  - {{name: lights, version: {version}, description: Lights of a harbour, urls: [lights-{version}.tgz]}}\n"
        );
    }
    std::fs::write(repository.join("index.yaml"), index).unwrap();
    Files::serve(&repository)
}

fn scroll_to(browser: &Browser, css: &str) {
    browser.script("document.querySelector(arguments[0]).scrollIntoView()", &[json!(css)]);
}

#[test]
fn pages_of_charts() {
    let Some((yard, browser)) = console("pages_of_charts") else { return };
    let folder = tempfile::tempdir().unwrap();
    let files = repository(folder.path());
    browser.log_in(&yard.admin_email, &yard.admin_password);
    let mut album = Album::new(&browser);
    album.open("drawer-new-helm", "/settings/registries/new?holds=helm");
    browser.fill("#name", "harbour-charts");
    browser.fill("#endpoint", &files.url);
    browser.click("#by-proxy");
    browser.fill("#proxy_url", "http://127.0.0.1:9");
    browser.click_text("Validate");
    browser.until_text("Validation stopped at Proxy");
    scroll_to(&browser, "#by-proxy");
    album.take("drawer-helm-proxy-failed");
    browser.click("#by-proxy");
    browser.click_text("Validate");
    browser.until_text("2 versions of 1 chart");
    scroll_to(&browser, "#report");
    album.take("drawer-helm-validate-passed");
    confirm(&browser, "harbour-charts");
    let registry = href(&browser, "/settings/registries", "tbody a.opener");
    album.open("history-charts", &registry);
    assert!(browser.text().contains("1 chart, 2 versions"), "{}", browser.text());
    assert!(!browser.text().contains("Base Content Path"), "{}", browser.text());
    album.open("registry-interval-charts", &format!("{registry}/syncing"));
    album.open("registry-delete-charts", &format!("{registry}/delete"));
    browser.until_text("2 versions of 1 chart leave the catalogue");

    album.open("charts", "/packs");
    let chart = href(&browser, "/packs", ".pack-card");
    album.open("chart", &chart);
    browser.go(&format!("{chart}/values"));
    browser.until("document.querySelector('yaml-editor.ready')");
    album.take("chart-values");
    album.open("chart-content", &format!("{chart}/content"));
    browser.until_text("Beside Chart.yaml");
    album.open("chart-versions", &format!("{chart}/versions"));
    browser.leave_by("Compare");
    browser.until_text("What differs between two versions of this chart");
    album.take("chart-compare");
    album.close("pages of charts");
}

#[test]
fn ways_to_a_registry() {
    let Some((_yard, browser)) = console("ways_to_a_registry").map(|(yard, browser)| {
        browser.log_in(&yard.admin_email, &yard.admin_password);
        (yard, browser)
    }) else {
        return;
    };
    let mut album = Album::new(&browser);
    fill_open_registry(&browser, "far-away", "https://127.0.0.1:9", "team");
    browser.click("#shows-certificate");
    browser.click("#by-proxy");
    scroll_to(&browser, "#shows-certificate");
    album.take("drawer-connection");
    browser.fill("#client_certificate", "nonsense");
    browser.fill("#proxy_url", "ftp://proxy");
    browser.click_text("Confirm");
    browser.until_text("This does not read as certificates");
    scroll_to(&browser, "#shows-certificate");
    album.take("drawer-connection-wrong");
    album.close("ways to a registry");
}

#[test]
fn registries_that_are_only_kept() {
    let Some((yard, browser)) = console("registries_that_are_only_kept") else { return };
    browser.log_in(&yard.admin_email, &yard.admin_password);
    let door = Management::log_in(&yard);
    for (name, provider, paths) in [("zarf-store", "zarf", "zarf"), ("charts-for-terraform", "helm", "charts")] {
        let spec = json!({ "endpoint": "https://registry.example.com", "providerType": provider,
            "baseContentPath": paths, "isSyncSupported": false, "auth": { "type": "noAuth" } });
        let made =
            door.call("POST", "/v1/registries/oci/basic", &json!({ "metadata": { "name": name }, "spec": spec }));
        assert_eq!(made.status, 201, "{}", made.body);
    }
    let mut album = Album::new(&browser);
    album.open("registries-kept", "/settings/registries");
    let is_cut =
        "return [...document.querySelectorAll('tbody td')].some((cell) => cell.scrollWidth > cell.clientWidth)";
    assert_eq!(browser.script(is_cut, &[]), false, "a cell runs into the next one");
    album.open("history-kept", &href(&browser, "/settings/registries", "tbody a.opener"));
    // Nothing is on its way from them.
    album.open("packs-kept-registries", "/packs");
    browser.until_text("no registry here is synchronised");
    album.close("registries that are only kept");
}
