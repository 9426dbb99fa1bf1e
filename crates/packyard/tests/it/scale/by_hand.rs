//! What is in a registry, found out by hand and by a sync: a loop over `skopeo`, a loop over ORAS, and Packyard, which
//! reads each archive besides.

use super::is_held_to;
use super::peer::Peer;
use crate::management::Management;
use crate::shell::Shell;
use crate::yard_builder;
use packyard_testkit::peer_or_skip;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How many times as long as a sync and its list either loop takes at least. docs/performance.md.
const TIMES: f64 = 5.0;

const BY_SKOPEO: &str = r#"for repository in $REPOSITORIES; do
    skopeo list-tags --tls-verify=false docker://$HOST/$repository > tags.json
    for tag in $(sed -n 's/^ *"\([0-9][^"]*\)",\{0,1\}$/\1/p' tags.json); do
        skopeo inspect --raw --tls-verify=false docker://$HOST/$repository:$tag > manifest.json
        echo "$repository $tag"
    done
done"#;
const BY_ORAS: &str = r#"for repository in $($ORAS repo ls --plain-http $HOST); do
    for tag in $($ORAS repo tags --plain-http $HOST/$repository); do
        $ORAS manifest fetch --plain-http $HOST/$repository:$tag > manifest.json
        echo "$repository $tag"
    done
done"#;

#[test]
fn a_listing_by_hand_takes_many_times_as_long() {
    let test = "a_listing_by_hand_takes_many_times_as_long";
    let (Some(_), Some(oras), Some(_)) =
        (peer_or_skip("skopeo", test), peer_or_skip("oras", test), peer_or_skip("curl", test))
    else {
        return;
    };
    let (repositories, tags) = if is_held_to() { (10, 50) } else { (2, 3) };
    let peer = Peer::start(repositories, tags);
    let folder = tempfile::tempdir().unwrap();
    let names: BTreeSet<&str> = peer.content.artifacts.iter().map(|artifact| artifact.repository.as_str()).collect();
    let shell = Shell::in_folder(folder.path())
        .env("HOST", &peer.addr.to_string())
        .env("ORAS", oras.path.to_str().unwrap())
        .env("REPOSITORIES", &names.into_iter().collect::<Vec<_>>().join(" "));
    let (by_skopeo, skopeo_time) = timed(|| lines(&shell.ok(BY_SKOPEO)));
    let (by_oras, oras_time) = timed(|| lines(&shell.ok(BY_ORAS)));

    let yard = yard_builder().start();
    let through = Management::log_in(&yard);
    let spec =
        json!({ "endpoint": format!("http://{}", peer.addr), "baseContentPath": "team", "auth": { "type": "noAuth" } });
    let (by_sync, sync_time) = timed(|| {
        through.register("basic", "sample", &spec);
        listed(&through)
    });
    assert_eq!(by_sync.len(), repositories * tags);
    assert_eq!(by_sync, by_skopeo);
    assert_eq!(by_sync, by_oras);
    let ratio = |by_hand: Duration| by_hand.as_secs_f64() / sync_time.as_secs_f64();
    packyard_testkit::note(&format!(
        "scale listing of {} tags: skopeo {skopeo_time:.1?}, ORAS {oras_time:.1?}, sync and list {sync_time:.2?}; ratios {:.0} and {:.0}",
        by_sync.len(),
        ratio(skopeo_time),
        ratio(oras_time),
    ));
    let least = ratio(skopeo_time).min(ratio(oras_time));
    assert!(!is_held_to() || least >= TIMES, "{least:.1} times as long");
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    (work(), start.elapsed())
}

fn lines(text: &str) -> BTreeSet<String> {
    text.lines().map(str::to_owned).collect()
}

/// `repository tag` of every pack that the server lists.
fn listed(through: &Management) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    loop {
        let page = through.get(&format!("/v1/packs?limit=50&offset={}", all.len())).body;
        let items = page["items"].as_array().unwrap().clone();
        let text = |item: &Value, key: &str| item["spec"][key].as_str().unwrap().to_owned();
        all.extend(
            items
                .iter()
                .map(|item| format!("team/spectro-packs/archive/{} {}", text(item, "name"), text(item, "version"))),
        );
        if items.is_empty() || all.len() >= page["listmeta"]["count"].as_u64().unwrap() as usize {
            return all;
        }
    }
}
