//! Questions to a large catalogue, through `/v1` and the console's pages, over one open connection; and how soon a push to
//! this server is found among all the others.

use super::bare::Asker;
use super::is_held_to;
use crate::management::Management;
use crate::publish::{publish, shell, write_pack};
use packyard_testkit::Yard;
use serde_json::{Value, json};
use std::process::Command;
use std::time::{Duration, Instant};

/// docs/performance.md.
const LISTS: Duration = Duration::from_millis(20);
const PROFILE: Duration = Duration::from_millis(5);
const PUSH: Duration = Duration::from_secs(1);
/// Of them the best counts, since other work on the machine only makes things slower.
const ROUNDS: usize = 3;

struct Question {
    what: &'static str,
    method: &'static str,
    path: String,
    body: String,
    limit: Duration,
}

fn list(what: &'static str, path: &str) -> Question {
    Question { what, method: "GET", path: path.to_owned(), body: String::new(), limit: LISTS }
}

fn questions(profile: &str) -> Vec<Question> {
    let search = |what, filter: Value| Question {
        method: "POST",
        body: json!({ "filter": filter, "sort": [{ "field": "displayName", "order": "asc" }] }).to_string(),
        ..list(what, "/v1/packs/search?limit=50")
    };
    vec![
        list("list", "/v1/packs?limit=50"),
        list("list, a later page", "/v1/packs?limit=50&offset=1500"),
        list("list, one name", "/v1/packs?limit=50&filters=spec.name=pack-00007"),
        list("list, a layer and a cloud", "/v1/packs?limit=50&filters=spec.layer=addonANDspec.cloudTypes_in_aws,all"),
        list("list, newer than", "/v1/packs?limit=50&filters=spec.version%3E1.3.0"),
        list("list, by version", "/v1/packs?limit=50&orderBy=spec.version=-1"),
        search("search, all", json!({})),
        search("search, part of a name", json!({ "name": { "contains": "PACK-0001", "ignoreCase": true } })),
        search("search, filters", json!({ "layer": ["addon"], "addOnType": ["app services"], "environment": ["aws"] })),
        list("page of packs", "/packs"),
        list("page of packs, words", "/packs?q=setting-7+pack-0001"),
        list("page of packs, a layer", "/packs?layer=addon"),
        Question { limit: PROFILE, ..list("profile", &format!("/v1/clusterprofiles/{profile}")) },
    ]
}

/// Asks each question many times, and pushes a pack that is then looked for.
pub(super) fn measure(yard: &Yard, through: &Management, engine: &str, versions: usize) {
    let listed = through.get("/v1/packs?limit=1").body;
    assert_eq!(listed["listmeta"]["count"], versions, "{listed}");
    let profile = profile(through);
    let times = if is_held_to() { 200 } else { 2 };
    let mut asker = Asker::to(([127, 0, 0, 1], yard.port).into());
    let headers =
        format!("Authorization: {}\r\nCookie: {}\r\nContent-Type: application/json\r\n", through.token(), cookie(yard));
    let mut slow = Vec::new();
    for question in questions(&profile) {
        let rounds = (0..ROUNDS).map(|_| round(times, || once(&mut asker, &question, &headers)));
        let (p99, median) = rounds.min().unwrap();
        packyard_testkit::note(&format!(
            "scale {versions} versions on {engine}: {}: median {:.1} ms, p99 {:.1} ms",
            question.what,
            median.as_secs_f64() * 1000.0,
            p99.as_secs_f64() * 1000.0,
        ));
        if p99 >= question.limit {
            slow.push((question.what, p99));
        }
    }
    let seen = push(yard, through);
    packyard_testkit::note(&format!("scale {versions} versions on {engine}: a push is found after {seen:.2?}"));
    assert!(!is_held_to() || slow.is_empty(), "slower than promised on {engine}: {slow:?}");
    assert!(!is_held_to() || seen < PUSH, "a push was found after {seen:?} on {engine}");
}

/// 99 of a hundred answers took no longer than the first, half of them no longer than the second.
fn round(times: usize, mut once: impl FnMut() -> Duration) -> (Duration, Duration) {
    let mut took: Vec<Duration> = (0..times).map(|_| once()).collect();
    took.sort_unstable();
    (took[(took.len() * 99 / 100).min(took.len() - 1)], took[took.len() / 2])
}

fn once(asker: &mut Asker, question: &Question, headers: &str) -> Duration {
    let start = Instant::now();
    let (status, body) = asker.ask(question.method, &question.path, headers, &question.body);
    let took = start.elapsed();
    let shown = || String::from_utf8_lossy(&body[..body.len().min(500)]).into_owned();
    assert_eq!(status, 200, "{}: {}", question.what, shown());
    let is_found = body.windows(5).any(|five| five == b"pack-");
    assert!(is_found, "{} finds nothing: {}", question.what, shown());
    took
}

/// A session of the console.
fn cookie(yard: &Yard) -> String {
    let form = format!("email={}&password={}", yard.admin_email, yard.admin_password);
    let out = Command::new("curl")
        .args(["-sS", "--noproxy", "*", "-o", "/dev/null", "-D", "-", "--data", &form])
        .arg(format!("{}/login", yard.url()))
        .output()
        .unwrap();
    let head = String::from_utf8_lossy(&out.stdout).into_owned();
    let cookie =
        head.lines().find_map(|line| line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")));
    cookie.expect(&head).1.split(';').next().unwrap().to_owned()
}

/// One with some packs of the catalogue.
fn profile(through: &Management) -> String {
    let packs = through.get("/v1/packs?limit=10").body;
    let layers: Vec<Value> = (packs["items"].as_array().unwrap().iter().enumerate())
        .map(|(at, item)| {
            json!({
                "name": format!("layer{at}--{}", item["spec"]["name"].as_str().unwrap()), "uid": item["metadata"]["uid"],
                "registryUid": item["spec"]["registryUid"], "tag": item["spec"]["version"], "type": "oci",
                "layer": "addon", "values": item["spec"]["values"],
            })
        })
        .collect();
    let body = json!({
        "metadata": { "name": "scale" },
        "spec": { "version": "1.0.0", "template": { "type": "add-on", "packs": layers } },
    });
    let made = through.call("POST", "/v1/clusterprofiles", &body);
    assert_eq!(made.status, 201, "{}", made.body);
    made.body["uid"].as_str().unwrap().to_owned()
}

/// This server, registered with itself, is pushed to: how long until the pack is found. The best of some, since other
/// work only makes it later.
fn push(yard: &Yard, through: &Management) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let root = shell(folder.path(), &[]).envs(&yard.aws_env());
    let spec = json!({
        "endpoint": yard.url(), "baseContentPath": "own", "isPrivate": true,
        "credentials": { "credentialType": "secret", "accessKey": yard.root_key_id, "secretKey": yard.root_secret },
    });
    through.register("ecr", "own", &spec);
    let found = (0..3).map(|n| {
        let name = format!("pushed-{n}");
        write_pack(&folder.path().join("p"), &name, "# Pushed\n");
        let (report, good) = publish(&root, &format!("p --to {}/own", yard.host()));
        assert!(good, "{report}");
        let start = Instant::now();
        let search = json!({ "filter": { "name": { "eq": name } }, "sort": [] });
        while through.call("POST", "/v1/packs/search", &search).body["items"].as_array().is_none_or(Vec::is_empty) {
            assert!(start.elapsed() < Duration::from_secs(60), "the pushed pack is not found");
            std::thread::sleep(Duration::from_millis(10));
        }
        start.elapsed()
    });
    found.min().unwrap()
}
