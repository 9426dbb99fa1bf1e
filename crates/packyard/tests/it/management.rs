//! `/v1` as the tenant administrator, for tests that are about something else.

use packyard_testkit::Yard;
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) struct Management {
    url: String,
    token: String,
}

/// Status and body; an empty body is `null`.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Management {
    pub(crate) fn log_in(yard: &Yard) -> Self {
        let mut management = Self { url: yard.url(), token: String::new() };
        let login = json!({ "emailId": yard.admin_email, "password": yard.admin_password });
        let reply = management.call("POST", "/v1/auth/authenticate", &login);
        assert_eq!(reply.status, 200, "{}", reply.body);
        management.token = reply.body["Authorization"].as_str().expect("a token").to_owned();
        management
    }

    /// What its requests are authorised with.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// An API key of the administrator, for client verbs.
    pub(crate) fn api_key(&self) -> String {
        let body = json!({ "metadata": { "name": "verbs" }, "spec": { "expiry": "2099-01-01T00:00:00Z" } });
        let reply = self.call("POST", "/v1/apiKeys", &body);
        assert_eq!(reply.status, 201, "{}", reply.body);
        reply.body["apiKey"].as_str().expect("a key").to_owned()
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.call("GET", path, &Value::Null)
    }

    pub(crate) fn call(&self, method: &str, path: &str, body: &Value) -> Reply {
        let mut curl = Command::new("curl");
        curl.args([
            "-sS",
            "--noproxy",
            "*",
            "-X",
            method,
            "-w",
            "\n%{http_code}",
            "-H",
            "Content-Type: application/json",
        ]);
        curl.arg("-H").arg(format!("Authorization: {}", self.token)).arg(format!("{}{path}", self.url));
        let body = if body.is_null() { String::new() } else { body.to_string() };
        if !body.is_empty() {
            curl.args(["--data-binary", "@-"]);
        }
        let mut child = curl.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("curl runs");
        child.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
        let out = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&out.stdout);
        let (body, status) = text.rsplit_once('\n').expect("a status");
        let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).expect(body) };
        Reply { status: status.parse().expect(status), body }
    }

    /// Registers; the reply comes after the first sync.
    pub(crate) fn register(&self, kind: &str, name: &str, spec: &Value) -> String {
        let body = json!({ "metadata": { "name": name }, "spec": spec });
        let reply = self.call("POST", &format!("/v1/registries/oci/{kind}?skipPackSync=false"), &body);
        assert_eq!(reply.status, 201, "{}", reply.body);
        reply.body["uid"].as_str().expect("a uid").to_owned()
    }

    /// `name version` of every pack, in the order of the list.
    pub(crate) fn packs(&self) -> Vec<String> {
        let reply = self.get("/v1/packs?limit=50");
        assert_eq!(reply.status, 200, "{}", reply.body);
        let word = |item: &Value, key: &str| item["spec"][key].as_str().unwrap_or_default().to_owned();
        let items = reply.body["items"].as_array().expect("items");
        items.iter().map(|item| format!("{} {}", word(item, "name"), word(item, "version"))).collect()
    }

    /// Looks until `holds`, and says how long that took.
    pub(crate) fn until(&self, limit: Duration, holds: impl Fn(&[String]) -> bool) -> Duration {
        let start = Instant::now();
        loop {
            let packs = self.packs();
            if holds(&packs) {
                return start.elapsed();
            }
            assert!(start.elapsed() < limit, "not within {limit:?}: {packs:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
