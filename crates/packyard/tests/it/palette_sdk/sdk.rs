//! The SDK as a process: requests in, replies out, each a line of JSON.

use packyard_testkit::Peer;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// One user of the SDK, with one credential.
pub(super) struct Sdk {
    child: Child,
    requests: ChildStdin,
    replies: BufReader<ChildStdout>,
    /// The scope of the calls; empty for the tenant's.
    project: String,
}

/// What the SDK said to a call.
#[derive(Debug)]
pub(super) struct Reply {
    asked: String,
    reply: Value,
}

impl Sdk {
    /// `host` is where the server is, `ca` the authority to trust, `credential` are `(variable of the program, value)`.
    pub(super) fn start(program: &Peer, host: &str, ca: &Path, credential: &[(&str, &str)]) -> Self {
        let mut child = Command::new(&program.path)
            .env_clear()
            .env("PALETTE_HOST", host)
            .env("SSL_CERT_FILE", ca)
            .env("NO_PROXY", "*")
            .envs(credential.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the SDK program runs");
        let requests = child.stdin.take().expect("piped");
        let replies = BufReader::new(child.stdout.take().expect("piped"));
        Self { child, requests, replies, project: String::new() }
    }

    /// From now on in a project, or for the tenant when `project` is empty.
    pub(super) fn scope(&mut self, project: &str) {
        project.clone_into(&mut self.project);
    }

    /// A function of the SDK's client package: what the Terraform provider calls.
    pub(super) fn call(&mut self, function: &str, args: &[Value]) -> Reply {
        self.send(&json!({ "call": function, "args": args, "project": self.project }))
    }

    /// An operation of the SDK's generated client, where the client package has no function for it.
    pub(super) fn operation(&mut self, name: &str, params: Value) -> Reply {
        self.send(&json!({ "operation": name, "params": params, "project": self.project }))
    }

    fn send(&mut self, request: &Value) -> Reply {
        writeln!(self.requests, "{request}").expect("the SDK program reads");
        let mut line = String::new();
        self.replies.read_line(&mut line).expect("the SDK program answers");
        let reply: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{request}: {error}: {line}"));
        assert!(reply["misuse"].is_null(), "{request}: {}", reply["misuse"]);
        assert!(reply["panic"].is_null(), "the SDK died of {request}: {}", reply["panic"]);
        Reply { asked: request.to_string(), reply }
    }
}

impl Drop for Sdk {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Reply {
    /// What the function returned; null where that is nothing.
    pub(super) fn ok(self) -> Value {
        assert!(self.reply["error"].is_null(), "{}: {}", self.asked, self.reply["error"]);
        self.reply["results"].get(0).cloned().unwrap_or(Value::Null)
    }

    /// The text that the function returned, such as a uid.
    pub(super) fn text(self) -> String {
        let asked = self.asked.clone();
        self.ok().as_str().unwrap_or_else(|| panic!("{asked}: no text")).to_owned()
    }

    /// The payload of an operation.
    pub(super) fn payload(self) -> Value {
        self.ok()["Payload"].take()
    }

    /// What an operation wrote into the file it was given.
    pub(super) fn written(self) -> String {
        assert!(self.reply["error"].is_null(), "{}: {}", self.asked, self.reply["error"]);
        self.reply["written"].as_str().unwrap_or_default().to_owned()
    }

    /// The error: `status`, `code`, `message`, `text`, `notFound`.
    pub(super) fn error(self) -> Value {
        assert!(self.reply["error"].is_object(), "{} went well: {}", self.asked, self.reply);
        self.reply["error"].clone()
    }

    /// An error that clients take for a deleted object.
    pub(super) fn gone(self) {
        let asked = self.asked.clone();
        let error = self.error();
        assert_eq!((&error["status"], &error["notFound"]), (&json!(404), &json!(true)), "{asked}: {error}");
    }
}
