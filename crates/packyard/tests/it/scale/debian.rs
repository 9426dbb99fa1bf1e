//! The same content in Debian's docker-registry: a peer that works for its answers, as registries do. Whether a first
//! sync is limited by it is what the in-memory peer, which answers for nothing, cannot show on a machine that it shares.

use super::peer::Content;
use super::{bare, ended, is_held_to, runs};
use crate::docker_registry::DockerRegistry;
use crate::management::Management;
use crate::yard_builder;
use packyard_testkit::peer_or_skip;
use serde_json::json;
use std::net::ToSocketAddrs;
use std::path::Path;

/// Turns that bare client and sync take; of each the best counts, since other work only makes things slower.
const ROUNDS: usize = 3;
/// Of the rate that a bare client reaches. docs/performance.md.
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

    let yard = yard_builder().start();
    let through = Management::log_in(&yard);
    let spec = json!({ "endpoint": format!("http://{addr}"), "baseContentPath": "team", "auth": { "type": "noAuth" } });
    let (mut bare_best, mut sync_best) = (0.0_f64, 0.0_f64);
    for round in 0..ROUNDS {
        bare_best = bare_best.max(bare::requests_a_second(addr, &content.first_sync));
        let uid = through.register("basic", &format!("debian-{round}"), &spec);
        let first = ended(&through, &uid, "first");
        assert_eq!(first["counts"]["added"], repositories * tags, "{first:#}");
        assert_eq!(runs(&through, &uid).len(), 1);
        let requests = first["counts"]["requests"].as_f64().unwrap();
        sync_best = sync_best.max(requests * 1000.0 / first["durationMs"].as_f64().unwrap());
        assert_eq!(through.call("DELETE", &format!("/v1/registries/oci/{uid}/basic"), &json!(null)).status, 204);
    }
    let ratio = sync_best / bare_best;
    packyard_testkit::note(&format!(
        "scale {repositories}x{tags} in docker-registry: first sync {sync_best:.0} requests/s, bare client {bare_best:.0} requests/s, ratio {ratio:.2}"
    ));
    assert!(!is_held_to() || ratio >= LIMITED_BY_THE_PEER, "{ratio:.2} of what the peer gives a bare client");
}
