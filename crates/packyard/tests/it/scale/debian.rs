//! The same content in Debian's docker-registry: a peer that works for its answers, as registries do. Whether a first
//! sync is limited by it is what the in-memory peer, which answers for nothing, cannot show on a machine that it shares.

use super::peer::Content;
use super::{bare, ended, is_held_to, runs};
use crate::docker_registry::DockerRegistry;
use crate::management::Management;
use crate::yard_builder;
use packyard_testkit::peer_or_skip;
use serde_json::json;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::process::{Command, Stdio};

/// Turns that bare client and sync take; of each the best counts, since other work only makes things slower.
const ROUNDS: usize = 2;
/// Of the rate that a bare client reaches, where neither takes the peer's time. docs/performance.md.
const LIMITED_BY_THE_PEER: f64 = 0.8;

/// As docker-registry keeps it, so that nothing has to be pushed.
fn lay_out(content: &Content, root: &Path) {
    let root = root.join("registry/docker/registry/v2");
    let link = |folder: String, digest: &str| {
        let folder = root.join("repositories").join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("link"), digest).unwrap();
    };
    for artifact in &content.artifacts {
        for (digest, bytes) in
            [(&artifact.manifest, content.manifest(artifact)), (&artifact.layer, content.blob(artifact))]
        {
            let hex = digest.strip_prefix("sha256:").unwrap();
            let folder = root.join("blobs/sha256").join(&hex[..2]).join(hex);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("data"), bytes).unwrap();
        }
        let (repository, tag) = (&artifact.repository, &artifact.tag);
        let path = |digest: &str| digest.replace(':', "/");
        link(format!("{repository}/_layers/{}", path(&artifact.layer)), &artifact.layer);
        link(format!("{repository}/_manifests/revisions/{}", path(&artifact.manifest)), &artifact.manifest);
        link(format!("{repository}/_manifests/tags/{tag}/current"), &artifact.manifest);
        link(format!("{repository}/_manifests/tags/{tag}/index/{}", path(&artifact.manifest)), &artifact.manifest);
    }
}

/// What a bare client and a sync reach, in requests a second.
struct Rates {
    bare: f64,
    sync: f64,
}

impl Rates {
    fn ratio(&self) -> f64 {
        self.sync / self.bare
    }
}

/// The two take turns.
fn in_turns(through: &Management, content: &Content, addr: SocketAddr, name: &str) -> Rates {
    let spec = json!({ "endpoint": format!("http://{addr}"), "baseContentPath": "team", "auth": { "type": "noAuth" } });
    let mut best = Rates { bare: 0.0, sync: 0.0 };
    for round in 0..ROUNDS {
        best.bare = best.bare.max(bare::requests_a_second(addr, &content.first_sync));
        let uid = through.register("basic", &format!("{name}-{round}"), &spec);
        let first = ended(through, &uid, "first");
        assert_eq!(first["counts"]["added"], content.artifacts.len(), "{first:#}");
        assert_eq!(runs(through, &uid).len(), 1);
        let requests = first["counts"]["requests"].as_f64().unwrap();
        best.sync = best.sync.max(requests * 1000.0 / first["durationMs"].as_f64().unwrap());
        assert_eq!(through.call("DELETE", &format!("/v1/registries/oci/{uid}/basic"), &json!(null)).status, 204);
    }
    best
}

/// Keeps a thread, and what it starts from now on, to one core; with `-a` all threads that a process has.
fn keep_to(core: &str, options: &str, id: &str) {
    let done = Command::new("taskset").args([options, core, id]).stdout(Stdio::null()).status();
    assert!(done.expect("taskset, of the package util-linux").success(), "taskset {options} {core} {id}");
}

/// The number of the thread that asks.
fn this_thread() -> String {
    let link = std::fs::read_link("/proc/thread-self").unwrap();
    link.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn a_first_sync_of_a_registry_that_works_is_limited_by_it() {
    let test = "a_first_sync_of_a_registry_that_works_is_limited_by_it";
    let (Some(_), Some(program)) = (peer_or_skip("curl", test), peer_or_skip("docker-registry", test)) else { return };
    let (repositories, tags) = if is_held_to() { (200, 50) } else { (5, 4) };
    let folder = tempfile::tempdir().unwrap();
    let content = Content::generate(repositories, tags);
    lay_out(&content, folder.path());
    let registry = DockerRegistry::start_open(&program, folder.path());
    let addr = registry.host.to_socket_addrs().unwrap().find(|addr| addr.is_ipv4()).unwrap();
    let report = |how: &str, rates: &Rates| {
        packyard_testkit::note(&format!(
            "scale {repositories}x{tags} in docker-registry, {how}: first sync {:.0} requests/s, bare client {:.0} requests/s, ratio {:.2}",
            rates.sync,
            rates.bare,
            rates.ratio()
        ));
    };

    let yard = yard_builder().start();
    let through = Management::log_in(&yard);
    let shared = in_turns(&through, &content, addr, "shared");
    report("which shares its cores with whoever asks", &shared);
    if !is_held_to() {
        return;
    }

    // A registry has a machine of its own: whoever asks takes none of its time, and that is what is asked here.
    keep_to("0", "-apc", &registry.pid().to_string());
    keep_to("1", "-apc", &yard.pid().to_string());
    keep_to("1", "-pc", &this_thread());
    let apart = in_turns(&through, &content, addr, "apart");
    report("on a core of its own", &apart);
    assert!(apart.ratio() >= LIMITED_BY_THE_PEER, "{:.2} of what the peer gives a bare client", apart.ratio());
}
