//! Charts in OCI registries, as `helm push` puts them there: the same walk as that of packs.

use crate::chart_repository::chart;
use crate::fake::Fake;
use crate::world::{pack, worlds};
use packyard_catalog::{Auth, Outcome, PackKind, Reason, RegistrySpec, RunState, SyncState};
use packyard_oci::{Digest, media};

fn push(fake: &Fake, repository: &str, tag: &str, archive: &[u8]) -> Digest {
    let layer = fake.put_blob(archive);
    let config = fake.put_blob(b"{}");
    fake.push_manifest(
        repository,
        tag,
        &format!(
            r#"{{"schemaVersion":2,"config":{{"mediaType":"{}","digest":"{config}","size":2}},"layers":[{{"mediaType":"{}","digest":"{layer}","size":{}}}]}}"#,
            media::HELM_CONFIG,
            media::HELM_CHART,
            archive.len()
        ),
    )
}

fn spec(fake: &Fake, base: &str, provider: &str) -> RegistrySpec {
    RegistrySpec { provider_type: provider.to_owned(), ..RegistrySpec::basic(fake.url(), base, Auth::Anonymous) }
}

#[tokio::test]
async fn charts_below_the_base_path_are_read_by_the_walk_of_packs() {
    for world in worlds(|_| {}).await {
        let fake = Fake::start().await;
        push(&fake, "charts/web", "1.0.0", &chart("web", "1.0.0", "a: 1\n"));
        push(&fake, "charts/deep/db", "0.1.0_build.5", &chart("db", "0.1.0+build.5", "b: 2\n"));
        push(&fake, "charts/renamed", "1", &chart("other", "2.0.0", "c: 3\n"));
        push(&fake, "elsewhere/web", "9.0.0", &chart("web", "9.0.0", ""));
        fake.push("charts/spectro-packs/archive/hello", "1.0.0", &pack("hello", "1.0.0").tar_gz());
        let registry = world.register_as("charts", spec(&fake, "charts", "helm")).await;
        assert_eq!(registry.sync.status, SyncState::Success, "{}: {}", world.engine, registry.sync.message);
        assert_eq!(world.listed().await, ["db 0.1.0+build.5", "other 2.0.0", "web 1.0.0"]);
        let run = world.last_run(&registry.uid).await.unwrap();
        assert_eq!((run.counts.added, run.counts.rejected, run.counts.warned), (3, 1, 1), "{}", run.message);
        assert_eq!(run.searched, ["charts/"]);
        let outcomes = world.outcomes(&run).await;
        let of = |repository: &str| outcomes.iter().find(|outcome| outcome.repository == repository).unwrap();
        assert_eq!(of("charts/renamed").reasons[0].code, "chart-differs");
        let refused = of("charts/spectro-packs/archive/hello");
        assert_eq!((refused.outcome, refused.reasons[0].code.as_str()), (Outcome::Rejected, "not-a-chart"));
        assert!(refused.reasons[0].hint.contains("provider type Pack"), "{refused:?}");
        let found = world.packs(packyard_catalog::Filter::eq(packyard_catalog::Field::Name, "web")).await;
        let [web] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((web.row.kind, web.values.as_str()), (PackKind::OciChart, "a: 1\n"));
        assert_eq!(web.readme.as_deref(), Some("# web\n\nA zebrafish in 1.0.0.\n"));

        fake.requests();
        let run = world.scheduled(&registry.uid).await;
        assert_eq!((run.state, run.counts.unchanged, run.counts.rejected), (RunState::Success, 3, 1));
        let requests = fake.requests();
        assert!(requests.iter().all(|request| !request.contains("/manifests/")), "{requests:?}");
    }
}

#[tokio::test]
async fn a_chart_among_packs_says_how_it_becomes_one_of_the_catalogue() {
    for world in worlds(|_| {}).await {
        let fake = Fake::start().await;
        push(&fake, "team/spectro-packs/archive/web", "1.0.0", &chart("web", "1.0.0", ""));
        let registry = world.register(&fake.url()).await;
        let run = world.last_run(&registry.uid).await.unwrap();
        let outcomes = world.outcomes(&run).await;
        let Reason { code, reason, hint } = &outcomes[0].reasons[0];
        assert_eq!((code.as_str(), reason.as_str()), ("not-a-pack", "it is a Helm chart, not a pack"));
        assert!(hint.contains("provider type Helm"), "{hint}");
    }
}

#[tokio::test]
async fn where_the_list_is_refused_a_base_path_may_name_the_chart_itself() {
    let world = crate::world::world(|_| {}).await;
    let fake = Fake::start().await;
    push(&fake, "charts/web", "1.0.0", &chart("web", "1.0.0", ""));
    fake.fault("_catalog", crate::fake::Fault::Status(403));
    let registry = world.register_as("named", spec(&fake, "charts/web", "helm")).await;
    assert_eq!((registry.sync.status, registry.version_count), (SyncState::Success, 1), "{}", registry.sync.message);
    let registry = world.register_as("all", spec(&fake, "charts", "helm")).await;
    assert_eq!(registry.sync.status, SyncState::Failed);
    assert!(registry.sync.message.contains("`<folder>/<chart>`"), "{}", registry.sync.message);
}

#[tokio::test]
async fn nothing_below_the_base_path_tells_what_is_elsewhere() {
    let world = crate::world::world(|_| {}).await;
    let fake = Fake::start().await;
    push(&fake, "charts/web", "1.0.0", &chart("web", "1.0.0", ""));
    let registry = world.register_as("lost", spec(&fake, "chart", "helm")).await;
    assert_eq!(registry.sync.message, "No charts under `chart/` yet.");
    let run = world.last_run(&registry.uid).await.unwrap();
    assert_eq!(run.near_misses[0].why, "`charts` holds 1 repository.");
    assert_eq!(run.near_misses[0].base.as_deref(), Some("charts"));
}
