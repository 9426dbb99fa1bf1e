//! Every page photographed: light and dark, wide and narrow, empty, full and failing, into `target/screenshots/` with
//! an index. While a page is open axe-core looks at it too. Fails when a picture is missing or blank, when axe-core
//! finds a serious or critical violation, when a page is wider than the screen, or when the browser complains of one.

use super::browser::{Browser, ESCAPE, NARROW, Theme, WIDE};
use super::gated_registry::GatedRegistry;
use super::journeys::{add_ecr_registry, confirm, fill_open_registry};
use super::png;
use super::yard_of_packs::{push_all, push_rubbish};
use crate::yard;
use packyard_testkit::Yard;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const AXE: &str = include_str!("../../browser/axe.min.js");
/// A page has text, lines and icons: more different values than this in its scan lines.
const LEAST_VARIETY: usize = 48;

pub(super) struct Album<'a> {
    browser: &'a Browser,
    folder: PathBuf,
    pages: Vec<String>,
    violations: Vec<String>,
    complaints: Vec<String>,
    /// Complaints that were meant.
    refusals: usize,
}

impl<'a> Album<'a> {
    pub(super) fn new(browser: &'a Browser) -> Self {
        let folder = folder();
        std::fs::create_dir_all(&folder).unwrap();
        Self { browser, folder, pages: Vec::new(), violations: Vec::new(), complaints: Vec::new(), refusals: 0 }
    }

    /// Photographs what is open now.
    pub(super) fn take(&mut self, name: &str) {
        let browser = self.browser;
        for (theme, theme_word) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
            browser.theme(theme);
            for (size, size_word) in [(WIDE, "wide"), (NARROW, "narrow")] {
                browser.size((size.0, height(browser, size)));
                std::fs::write(self.folder.join(format!("{name}-{theme_word}-{size_word}.png")), browser.picture())
                    .unwrap();
                if !(theme == Theme::Dark && size == NARROW) {
                    self.check(name, theme_word, size_word);
                }
            }
        }
        browser.size(WIDE);
        browser.theme(Theme::Light);
        let (meant, others): (Vec<_>, Vec<_>) =
            browser.complaints().into_iter().partition(|text| is_of_a_refusal(text));
        self.refusals += meant.len();
        self.complaints.extend(others.into_iter().map(|text| format!("{name}: {text}")));
        self.pages.push(name.to_owned());
    }

    pub(super) fn open(&mut self, name: &str, page: &str) {
        self.browser.go(page);
        self.take(name);
    }

    fn check(&mut self, name: &str, theme: &str, size: &str) {
        let wider = self.browser.script("return document.documentElement.scrollWidth - innerWidth", &[]);
        if wider.as_i64().is_none_or(|wider| wider > 0) {
            self.violations.push(format!("{name} ({theme}, {size}): {wider} pixels wider than the screen"));
        }
        self.browser.script(&format!("if (!window.axe) {{ {AXE} }}"), &[]);
        let found = self.browser.script_async(
            "const done = arguments[arguments.length - 1]; axe.run(document, { resultTypes: ['violations'] }).then((r) => done(r.violations), (e) => done(String(e)))",
            &[],
        );
        for violation in found.as_array().unwrap_or_else(|| panic!("axe-core did not run on {name}: {found}")) {
            if violation["impact"] == "serious" || violation["impact"] == "critical" {
                self.violations.push(format!("{name} ({theme}, {size}): {}", told(violation)));
            }
        }
    }

    pub(super) fn close(self, part: &str) {
        write_index(&self.folder);
        let missing: Vec<String> = self
            .pages
            .iter()
            .flat_map(|page| VARIANTS.map(|variant| self.folder.join(format!("{page}-{variant}.png"))))
            .filter(|path| std::fs::read(path).map_or(true, |png| png::variety(&png) < LEAST_VARIETY))
            .map(|path| path.display().to_string())
            .collect();
        assert!(missing.is_empty(), "{part}: missing or blank: {missing:#?}");
        assert!(self.complaints.is_empty(), "{part}: the browser complained\n{}", self.complaints.join("\n"));
        assert!(
            self.violations.is_empty(),
            "{part}: axe-core found, or wider than the screen\n{}",
            self.violations.join("\n")
        );
    }
}

/// Pages that are photographed for their refusal: the browser notes their status, which is meant.
fn is_of_a_refusal(complaint: &str) -> bool {
    let refusals = [("/nowhere ", "404"), ("/profiles/nowhere ", "404"), ("/login ", "401"), ("/edit ", "403")];
    refusals.iter().any(|(page, status)| {
        complaint.contains(page) && complaint.contains(&format!("responded with a status of {status}"))
    })
}

const VARIANTS: [&str; 4] = ["light-wide", "light-narrow", "dark-wide", "dark-narrow"];

/// As tall as the page, within reason; what lies over a page is as tall as the screen.
fn height(browser: &Browser, (width, least): (u32, u32)) -> u32 {
    browser.size((width, least));
    let body =
        "return document.querySelector('.drawer, .dialog, .menu[open]') ? 0 : document.documentElement.scrollHeight";
    let tall = browser.script(body, &[]).as_u64().unwrap_or_default();
    u32::try_from(tall).unwrap_or(least).clamp(least, 2400)
}

fn told(violation: &Value) -> String {
    let nodes = violation["nodes"].as_array().cloned().unwrap_or_default();
    let first = nodes.first().cloned().unwrap_or_default();
    format!("{} on {} places, first {} — {}", violation["id"], nodes.len(), first["html"], first["failureSummary"])
}

/// `target/screenshots`, beside the folder that cargo gives tests.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("screenshots")
}

/// All pictures there are, a row a page.
fn write_index(folder: &Path) {
    let names = std::fs::read_dir(folder).unwrap().filter_map(|entry| entry.unwrap().file_name().into_string().ok());
    let mut pages: Vec<String> =
        names.filter_map(|name| Some(name.strip_suffix("-light-wide.png")?.to_owned())).collect();
    pages.sort();
    let mut html = String::from(
        "<!doctype html><meta charset=utf-8><title>Packyard's console</title><style>body{font:14px system-ui;margin:24px;background:#888}h2{margin:32px 0 8px}div{display:flex;gap:16px;align-items:flex-start;overflow-x:auto}img{height:420px;border-radius:6px}</style><h1>Packyard's console</h1>\n",
    );
    for page in pages {
        let _ = write!(html, "<h2 id={page}>{page}</h2><div>");
        for variant in VARIANTS {
            let _ = write!(
                html,
                "<a href={page}-{variant}.png><img loading=lazy src={page}-{variant}.png alt='{page}, {variant}'></a>"
            );
        }
        html.push_str("</div>\n");
    }
    std::fs::write(folder.join("index.html"), html).unwrap();
}

pub(super) fn console(test: &str) -> Option<(Yard, Browser)> {
    let yard = yard();
    let browser = Browser::open(test, &yard.url())?;
    Some((yard, browser))
}

#[test]
fn empty_and_failing_pages() {
    let Some((yard, browser)) = console("empty_and_failing_pages") else { return };
    let mut album = Album::new(&browser);
    album.open("login", "/login");
    browser.fill("#email", &yard.admin_email);
    browser.fill("#password", "not the password");
    browser.click_text("Log in");
    browser.until_text("do not belong together");
    album.take("login-failed");
    browser.log_in(&yard.admin_email, &yard.admin_password);

    album.open("registries-empty", "/settings/registries");
    album.open("packs-empty", "/packs");
    album.open("profiles-empty", "/profiles");
    album.open("api-keys-empty", "/settings/api-keys");
    album.open("not-found", "/nowhere");
    album.open("not-found-profile", "/profiles/nowhere");
    assert!(album.refusals >= 2, "the browser's log does not reach the album");
    album.open("drawer-new", "/settings/registries/new");
    browser.click("#auth-basic");
    browser.fill("#name", "harbor");
    browser.fill("#endpoint", "http://127.0.0.1:9");
    browser.fill("#username", "robot");
    browser.fill("#password", "secret");
    browser.click_text("Validate");
    browser.until_text("Validation stopped at TCP");
    browser.script("document.querySelector('#report').scrollIntoView()", &[]);
    album.take("drawer-validate-failed");
    browser.fill("#endpoint", "");
    browser.click_text("Confirm");
    browser.until_text("Enter the registry's address.");
    browser.script("document.querySelector('.drawer-body').scrollTo(0, 0)", &[]);
    album.take("drawer-fields-wrong");

    // A registry that answers, with nothing in it; and one that does not answer.
    add_ecr_registry(&yard, &browser, "empty-registry");
    browser.click_text("Validate");
    browser.until_text("Reachable, no packs yet");
    browser.script("document.querySelector('#report').scrollIntoView()", &[]);
    album.take("drawer-validate-empty");
    confirm(&browser, "empty-registry");
    browser.click("tbody a.opener");
    browser.until_text("0 repositories, 0 tags");
    album.take("history-empty");
    album.open("packs-empty-registry", "/packs");
    browser.go("/settings/registries/new");
    browser.click("#auth-none");
    browser.fill("#name", "far-away");
    browser.fill("#endpoint", "http://127.0.0.1:9");
    browser.fill("#paths", "team");
    browser.click_text("Confirm");
    browser.until("document.querySelector('tbody .status.bad')");
    album.take("registries-failed");
    browser.script("[...document.querySelectorAll('tr')].find((row) => row.innerText.includes('far-away')).querySelector('summary').click()", &[]);
    browser.leave_by("Force sync");
    album.take("registry-force");
    album.open("packs-failed-registry", "/packs");
    browser.click_text("far-away");
    browser.until_text("Next run");
    album.take("history-failed");
    album.close("empty and failing pages");
}

#[test]
fn pages_of_something_under_way() {
    let Some((yard, browser)) = console("pages_of_something_under_way") else { return };
    browser.log_in(&yard.admin_email, &yard.admin_password);
    let registry = GatedRegistry::start(vec!["base/spectro-packs/archive/nginx".to_owned()]);
    let mut album = Album::new(&browser);
    fill_open_registry(&browser, "far-away", &registry.url(), "bas");
    browser.click_text("Validate");
    browser.until("document.querySelector('#hop-permission.run')");
    browser.script("document.querySelector('#report').scrollIntoView()", &[]);
    album.take("drawer-validating");
    registry.set_open(true);
    browser.until_text("Near misses");
    browser.script("document.querySelector('.finding').scrollIntoView()", &[]);
    album.take("drawer-near-miss");
    browser.press(&[ESCAPE]);
    browser.until_text("Discard what you typed?");
    album.take("drawer-discard");
    registry.set_open(false);
    browser.click_text("Keep editing");
    browser.click_text("Confirm");
    browser.until("location.pathname === '/settings/registries' && document.querySelector('tbody .status.run')");
    album.take("registries-in-progress");
    browser.click("tbody a.opener");
    browser.until_text("Asking the registry");
    album.take("history-in-progress");
    album.close("pages of something under way");
}

#[test]
fn full_pages() {
    let Some((yard, browser)) = console("full_pages") else { return };
    browser.log_in(&yard.admin_email, &yard.admin_password);
    push_all(&yard);
    push_rubbish(&yard);
    let mut album = Album::new(&browser);
    add_ecr_registry(&yard, &browser, "spectro-packs");
    browser.click_text("Validate");
    browser.until_text("Everything works");
    browser.script("document.querySelector('#report').scrollIntoView()", &[]);
    album.take("drawer-validate-passed");
    confirm(&browser, "spectro-packs");
    album.take("registries");
    browser.click("details.menu summary[aria-label^='three-dot']");
    album.take("registries-menu");
    browser.go("/settings/registries");
    browser.click("tbody a.opener");
    browser.until_text("Only problems");
    album.take("history");
    browser.click_text("Only problems");
    browser.until_text("Rejected");
    album.take("history-problems");

    album.open("packs", "/packs");
    album.open("packs-search", "/packs?q=metrics&type=monitoring");
    album.open("packs-filtered", "/packs?q=metrics");
    album.open("packs-nothing", "/packs?q=nothing-is-called-so");
    let pack = href(&browser, "/packs?q=vault", ".pack-card");
    album.open("pack-readme", &pack);
    browser.go(&format!("{pack}/values"));
    browser.until("document.querySelector('yaml-editor.ready')");
    album.take("pack-values");
    album.open("pack-schema", &format!("{pack}/schema"));
    browser.go(&format!("{pack}/presets"));
    browser.click_text("Three copies");
    album.take("pack-presets");
    album.open("pack-used-by", &format!("{pack}/used-by"));
    album.open("pack-content", &format!("{pack}/content"));
    album.open("pack-versions", &format!("{}/versions", href(&browser, "/packs?q=prometheus", ".pack-card")));
    browser.go(&format!("{}/versions", href(&browser, "/packs?q=prometheus", ".pack-card")));
    browser.click_text("Compare");
    browser.until_text("What differs between two versions");
    album.take("pack-compare");
    album.open("api-key-new", "/settings/api-keys/new");
    browser.fill("#name", "terraform");
    browser.fill("#description", "The pipeline of the platform team");
    browser.leave_by("Confirm");
    browser.until_text("it is not shown again");
    album.take("api-key-made");
    album.open("api-keys", "/settings/api-keys");
    album.open("activity", "/activity");
    album.open("activity-nothing", "/activity?q=nothing-is-called-so");
    album.open("pack-findings", &format!("{}/findings", href(&browser, "/packs?q=loki", ".pack-card")));
    album.open("pack-no-readme", &href(&browser, "/packs?q=dns", ".pack-card"));
    wizard(&browser, &mut album);
    let registry = href(&browser, "/settings/registries", "tbody a.opener");
    album.open("registry-delete", &format!("{registry}/delete"));
    album.open("drawer-edit", &format!("{registry}/edit"));
    album.open("registry-syncing", &format!("{registry}/syncing"));
    album.close("full pages");
}

pub(super) fn href(browser: &Browser, page: &str, css: &str) -> String {
    browser.go(page);
    let found = browser.script("return document.querySelector(arguments[0]).getAttribute('href')", &[json!(css)]);
    found.as_str().unwrap_or_else(|| panic!("no {css} on {page}")).to_owned()
}

fn wizard(browser: &Browser, album: &mut Album<'_>) {
    album.open("wizard-basics", "/profiles/new");
    browser.click_text("Next");
    browser.until_text("A name is needed");
    album.take("wizard-basics-wrong");
    browser.fill("#name", "web-platform");
    browser.fill("#description", "What every web cluster has: metrics, logs, secrets.");
    browser.fill("#tags", "team:web,stage:test");
    browser.click_text("Next");
    browser.until_text("No layers yet");
    album.take("wizard-layers-empty");
    browser.click_text("Add Pack");
    browser.until_text("Hello Universe");
    album.take("wizard-picker");
    let basics = browser.address().replace("/layers/add", "/basics");
    let mut twice = String::new();
    for (at, pack) in ["Grafana Stack", "Fluent Forward", "Vault Keeper"].into_iter().enumerate() {
        if at > 0 {
            browser.click_text("Add Pack");
        }
        browser.until_text(pack);
        browser.click_text(pack);
        browser.until("document.querySelector('yaml-editor.ready')");
        twice = browser.address();
        if pack == "Vault Keeper" {
            browser.click_text("Three copies");
            browser.until("document.querySelector('[data-preset][aria-pressed=true]')");
            album.take("wizard-values-presets");
        }
        if at == 0 {
            album.take("wizard-values");
            browser.click("[data-editor=find]");
            browser.until("document.querySelector('yaml-editor').shadowRoot.querySelector('.cm-search')");
            album.take("wizard-values-find");
            browser.press(&[super::browser::ESCAPE]);
            browser.script("document.querySelector('yaml-editor').replace('pack:\\n  namespace: \"grafana\\nmanifests:\\n  main:\\n    replicas: 3\\n')", &[]);
            browser.until("document.querySelector('yaml-editor').shadowRoot.querySelector('.cm-lint-marker-error')");
            browser.click_text("Confirm & Create");
            browser.until_text("The values are not YAML");
            browser.until("document.querySelector('yaml-editor')?.shadowRoot?.querySelector('.cm-lint-marker-error')");
            album.take("wizard-values-wrong");
            browser.click("[data-editor=compare]");
            browser.until("document.querySelector('yaml-editor').shadowRoot.querySelector('.cm-deletedChunk')");
            album.take("wizard-values-compared");
            browser.script("document.querySelector('yaml-editor').replace('pack:\\n  namespace: \"grafana\"\\nmanifests:\\n  main:\\n    replicas: 3\\n')", &[]);
        }
        browser.click_text("Confirm & Create");
        browser.until_text(&format!("{pack} added"));
    }
    album.take("wizard-layers");
    album.open("wizard-values-twice", &twice);
    album.open("wizard-basics-again", &basics);
    browser.click_text("Next");
    browser.until_text("Add Pack");
    browser.click_text("Next");
    browser.until_text("Finish Configuration");
    album.take("wizard-review");
    browser.click_text("Finish Configuration");
    browser.until_text("Cluster profile web-platform 1.0.0 created");
    browser.until("document.querySelector('yaml-editor.ready')");
    album.take("profile");
    let profile = browser.address();
    album.open("profiles", "/profiles");
    browser.click("details.menu summary[aria-label^='three-dot']");
    album.take("profiles-menu");
    album.open("profile-delete", &format!("{profile}/delete"));
}
