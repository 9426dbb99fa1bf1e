//! Chromium through chromedriver's own protocol (W3C WebDriver, and the DevTools commands it passes on).

use packyard_testkit::{peer_or_skip, skip};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;

const PATIENCE: Duration = Duration::from_secs(60);
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// One browser with a profile of its own. Dropping it ends it.
pub(crate) struct Browser {
    driver: Child,
    session: String,
    runtime: Runtime,
    client: reqwest::Client,
    pub(crate) site: String,
    _profile: TempDir,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    Light,
    Dark,
}

pub(crate) const WIDE: (u32, u32) = (1440, 900);
pub(crate) const NARROW: (u32, u32) = (390, 844);

impl Browser {
    /// `None`, said by name, where Chromium or its driver is not installed.
    pub(crate) fn open(test: &str, site: &str) -> Option<Self> {
        let driver = peer_or_skip("chromedriver", test)?;
        let chromium = peer_or_skip("chromium", test)?;
        // A test binary may have no crypto provider yet; the client needs one even for plain HTTP.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let profile = tempfile::tempdir().unwrap();
        let mut child = Command::new(&driver.path)
            .arg("--port=0")
            .env("HOME", profile.path())
            .env("TMPDIR", profile.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let port = port_of(&mut child);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(120)).build().unwrap();
        let mut browser = Self {
            driver: child,
            session: format!("http://127.0.0.1:{port}"),
            runtime,
            client,
            site: site.to_owned(),
            _profile: profile,
        };
        browser.wait_for_driver();
        // On a busy machine Chromium may be too slow for its driver; what a try leaves behind is not for the next one.
        let started = (0..3).find_map(|n| {
            let folder = browser._profile.path().join(format!("chromium-{n}"));
            let capabilities = json!({ "capabilities": { "alwaysMatch": {
                "browserName": "chrome",
                "goog:loggingPrefs": { "browser": "ALL" },
                "goog:chromeOptions": { "binary": chromium.path, "args": arguments(&folder) },
            }}});
            browser.try_call("session", &capabilities)
        });
        let Some(started) = started else {
            skip(test, "Chromium does not start here");
            return None;
        };
        let id = started["sessionId"].as_str().expect("a session").to_owned();
        browser.session = format!("{}/session/{id}", browser.session);
        browser.size(WIDE);
        Some(browser)
    }

    /// Requests are made inside the runtime: their time limits are its timers.
    fn wait_for_driver(&self) {
        let end = Instant::now() + PATIENCE;
        let address = format!("{}/status", self.session);
        while self.runtime.block_on(async { self.client.get(&address).send().await }).is_err() {
            assert!(Instant::now() < end, "chromedriver does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn try_call(&self, command: &str, body: &Value) -> Option<Value> {
        let address = format!("{}/{command}", self.session);
        let reply: Value = self
            .runtime
            .block_on(async { self.client.post(address).json(body).send().await.ok()?.json().await.ok() })?;
        (reply["value"]["error"].is_null()).then(|| reply["value"].clone())
    }

    #[track_caller]
    fn call(&self, command: &str, body: &Value) -> Value {
        let address = format!("{}/{command}", self.session);
        let reply: Value = self.runtime.block_on(async {
            self.client.post(address).json(body).send().await.expect("chromedriver").json().await.expect("JSON")
        });
        let shown = body.to_string().chars().take(200).collect::<String>();
        assert!(reply["value"]["error"].is_null(), "{command} {shown}: {}", reply["value"]["message"]);
        reply["value"].clone()
    }

    #[track_caller]
    pub(crate) fn devtools(&self, command: &str, params: Value) -> Value {
        self.call("goog/cdp/execute", &json!({ "cmd": command, "params": params }))
    }

    /// What the browser complained of since it was asked last: errors of scripts, of the page's policy, of loading.
    #[track_caller]
    pub(super) fn complaints(&self) -> Vec<String> {
        let log = self.call("se/log", &json!({ "type": "browser" }));
        let entries = log.as_array().cloned().unwrap_or_default();
        let is_bad = |entry: &&Value| entry["level"] == "SEVERE" || entry["level"] == "WARNING";
        entries.iter().filter(is_bad).map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Opens a page of the site, or a whole address.
    #[track_caller]
    pub(crate) fn go(&self, page: &str) {
        let address = if page.starts_with("http") { page.to_owned() } else { format!("{}{page}", self.site) };
        self.call("url", &json!({ "url": address }));
    }

    /// The body of a function; `arguments` are `args`.
    #[track_caller]
    pub(crate) fn script(&self, body: &str, args: &[Value]) -> Value {
        self.call("execute/sync", &json!({ "script": body, "args": args }))
    }

    #[track_caller]
    pub(crate) fn script_async(&self, body: &str, args: &[Value]) -> Value {
        self.call("execute/async", &json!({ "script": body, "args": args }))
    }

    pub(crate) fn size(&self, (width, height): (u32, u32)) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics);
        // A click between the order and its effect would land where something else is by then.
        self.until(&format!("innerWidth === {width} && innerHeight === {height}"));
    }

    pub(crate) fn theme(&self, theme: Theme) {
        let value = if theme == Theme::Dark { "dark" } else { "light" };
        let features = json!([
            { "name": "prefers-color-scheme", "value": value }, { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    pub(crate) fn picture(&self) -> Vec<u8> {
        use base64::Engine as _;
        let shot = self.devtools("Page.captureScreenshot", json!({ "format": "png" }));
        base64::engine::general_purpose::STANDARD.decode(shot["data"].as_str().unwrap()).unwrap()
    }

    /// Waits until the expression is true.
    #[track_caller]
    pub(crate) fn until(&self, expression: &str) {
        let end = Instant::now() + PATIENCE;
        // A page that is just coming may lack what the expression takes for granted, its body even: not true yet.
        let asked = json!({ "script": format!("return Boolean({expression})"), "args": [] });
        while self.try_call("execute/sync", &asked) != Some(json!(true)) {
            if Instant::now() > end {
                panic!("never true: {expression}\nat {}\n{}", self.address(), self.text());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    #[track_caller]
    pub(crate) fn until_text(&self, text: &str) {
        self.until(&format!("document.body?.innerText.includes({})", json!(text)));
    }

    pub(crate) fn text(&self) -> String {
        self.script("return document.body?.innerText ?? ''", &[]).as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn address(&self) -> String {
        self.script("return location.pathname + location.search", &[]).as_str().unwrap_or_default().to_owned()
    }

    #[track_caller]
    fn element(&self, css: &str) -> String {
        let found = self.call("element", &json!({ "using": "css selector", "value": css }));
        found[ELEMENT].as_str().expect("an element").to_owned()
    }

    #[track_caller]
    pub(crate) fn click(&self, css: &str) {
        let id = self.element(css);
        self.call(&format!("element/{id}/click"), &json!({}));
    }

    /// Clicks the link or button that reads so, as soon as there is one to see.
    #[track_caller]
    pub(crate) fn click_text(&self, text: &str) {
        let path = format!(
            "//*[self::a or self::button or self::summary or self::label][contains(normalize-space(.), \"{text}\")]"
        );
        let end = Instant::now() + PATIENCE;
        while !self.try_click(&path) {
            if Instant::now() > end {
                panic!("nothing visible to click reads {text:?} at {}\n{}", self.address(), self.text());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// False also when the page changed between looking and clicking. What is behind a dialog is seen and not clicked.
    fn try_click(&self, path: &str) -> bool {
        let found = self.call("elements", &json!({ "using": "xpath", "value": path }));
        let is_shown = |element: &&Value| {
            let asked = json!({ "script": "return arguments[0].checkVisibility()", "args": [element] });
            self.try_call("execute/sync", &asked) == Some(json!(true))
        };
        found.as_array().unwrap().iter().filter(is_shown).any(|shown| {
            let id = shown[ELEMENT].as_str().unwrap();
            self.try_call(&format!("element/{id}/click"), &json!({})).is_some()
        })
    }

    /// Clicks what leads to another page, or to the same one again, and waits for that page.
    #[track_caller]
    pub(super) fn leave_by(&self, text: &str) {
        self.script("window.isBefore = true", &[]);
        self.click_text(text);
        self.until("!window.isBefore && document.readyState === 'complete'");
    }

    #[track_caller]
    pub(crate) fn fill(&self, css: &str, text: &str) {
        let id = self.element(css);
        self.call(&format!("element/{id}/clear"), &json!({}));
        self.call(&format!("element/{id}/value"), &json!({ "text": text }));
    }

    /// Presses keys wherever the focus is.
    pub(crate) fn press(&self, keys: &[&str]) {
        let actions: Vec<Value> = keys
            .iter()
            .flat_map(|key| [json!({ "type": "keyDown", "value": key }), json!({ "type": "keyUp", "value": key })])
            .collect();
        self.call("actions", &json!({ "actions": [{ "type": "key", "id": "keys", "actions": actions }] }));
    }

    pub(crate) fn focused(&self) -> String {
        let name = "const e = document.activeElement; return e.id || e.name || e.getAttribute('aria-label') || e.textContent.trim()";
        self.script(name, &[]).as_str().unwrap_or_default().to_owned()
    }

    #[track_caller]
    pub(crate) fn log_in(&self, email: &str, password: &str) {
        self.go("/login");
        self.fill("#email", email);
        self.fill("#password", password);
        self.click_text("Log in");
        self.until("!location.pathname.startsWith('/login')");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let end = async { self.client.delete(&self.session).timeout(Duration::from_secs(10)).send().await };
        let _ = self.runtime.block_on(end);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// A browser that talks to nobody but the page it is sent to.
/// The driver chooses a port and says which; what it says later nobody reads, but a full pipe would stop it.
fn port_of(driver: &mut Child) -> u16 {
    let mut lines = BufReader::new(driver.stdout.take().expect("piped")).lines().map_while(Result::ok);
    let said = |line: String| {
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim().trim_end_matches('.').parse().ok()
    };
    let port = lines.find_map(said).expect("chromedriver says its port");
    std::thread::spawn(move || lines.for_each(drop));
    port
}

fn arguments(profile: &Path) -> Vec<String> {
    let mut arguments: Vec<String> = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--no-default-browser-check",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-extensions",
        "--hide-scrollbars",
        "--no-proxy-server",
        "--force-color-profile=srgb",
        "--lang=en-US",
    ]
    .map(str::to_owned)
    .into();
    arguments.push(format!("--user-data-dir={}", profile.display()));
    arguments
}

pub(crate) const ESCAPE: &str = "\u{e00c}";
pub(crate) const TAB: &str = "\u{e004}";
pub(crate) const ENTER: &str = "\u{e007}";
pub(crate) const DOWN: &str = "\u{e015}";
pub(crate) const UP: &str = "\u{e013}";
