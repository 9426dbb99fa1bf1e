//! Charts of a Helm repository: listed from its index, read when they are new or opened, and never lost.

use crate::chart_repository::{ChartRepository, END};
use crate::fake::Fault;
use crate::world::{World, world, worlds};
use packyard_catalog::{
    Auth, Field, Filter, Hop, HopState, Outcome, PackDetail, PackKind, PackQuery, PackRow, PackSearch, PackState,
    RegistryKind, RegistrySpec, RunState, SyncState,
};
use std::time::Duration;

/// Rows alone: nothing is opened.
async fn rows(world: &World) -> Vec<PackRow> {
    world.catalog.packs(&world.caller, &PackQuery::default()).await.unwrap().items
}

async fn versions(world: &World) -> Vec<String> {
    rows(world).await.iter().map(|row| format!("{} {}", row.name, row.version)).collect()
}

async fn open(world: &World, name: &str, version: &str) -> PackDetail {
    let found = rows(world).await.into_iter().find(|row| row.name == name && row.version == version);
    world.catalog.pack(&world.caller, &found.unwrap().uid).await.unwrap()
}

#[tokio::test]
async fn a_repository_is_listed_whole_and_its_newest_charts_are_read() {
    for world in worlds(|_| {}).await {
        let mut charts = ChartRepository::with_charts().await;
        charts.version("web", "1.0.0").more = "    deprecated: true\n".to_owned();
        charts.publish();
        let registry = world.register_as("stable", charts.spec()).await;
        assert_eq!(registry.sync.status, SyncState::Success, "{}: {}", world.engine, registry.sync.message);
        assert_eq!((registry.pack_count, registry.version_count), (2, 3));
        assert_eq!(versions(&world).await, ["db 0.1.0", "web 1.10.0", "web 1.0.0"]);
        let read = charts.fake.requests();
        let mut sorted = read.clone();
        sorted.sort();
        let newest = ["GET /stable/db-0.1.0.tgz", "GET /stable/index.yaml", "GET /stable/web-1.10.0.tgz"];
        assert_eq!(sorted, newest, "{}", world.engine);

        let row = &rows(&world).await[1];
        assert_eq!(
            (row.kind, row.layer.as_str(), row.description.as_str()),
            (PackKind::HelmChart, "addon", "The chart web")
        );
        assert_eq!((row.has_readme, row.repository.as_str(), row.tag.as_str()), (true, "web", "1.10.0"));
        assert!(row.digest.starts_with("sha256:") && row.size > 0, "{row:?}");
        assert_eq!(rows(&world).await[2].state, PackState::Deprecated);
        // What the index says, and what is in archives that were read, is searched for.
        let search = |text: &str| PackSearch { text: text.to_owned(), ..PackSearch::default() };
        assert_eq!(world.catalog.search(&world.caller, &search("zebrafish")).await.unwrap().total, 2);
        for (types, total) in [(&["helm"][..], 2), (&["oci", "spectro", "manifest"], 0), (&["oci", "helm"], 2)] {
            let types = types.iter().map(|text| (*text).to_owned()).collect();
            let search = PackSearch { types, ..PackSearch::default() };
            assert_eq!(world.catalog.search(&world.caller, &search).await.unwrap().total, total);
        }

        // The older one is read when somebody opens it, once.
        assert!(!rows(&world).await[2].has_readme);
        let opened = open(&world, "web", "1.0.0").await;
        assert_eq!(opened.values, "# web\nversion: \"1.0.0\"\n", "{}: {:?}", world.engine, opened.findings);
        assert_eq!(charts.fake.requests(), ["GET /stable/web-1.0.0.tgz"]);
        let again = open(&world, "web", "1.0.0").await;
        assert_eq!((again.values, again.readme), (opened.values, opened.readme));
        assert!(charts.fake.requests().is_empty());
        assert!(rows(&world).await[2].has_readme);
        assert_eq!(again.metadata["appVersion"], "9");
        assert_eq!(again.content.files.len(), 3);
    }
}

/// The newest of all is a pre-release, whose archive no sync reads.
#[tokio::test]
async fn the_words_of_the_newest_readme_that_was_read_are_found() {
    let world = world(|_| {}).await;
    let mut charts = ChartRepository::with_charts().await;
    charts.put("web", "2.0.0-rc.1", "a: 1\n");
    charts.publish();
    world.register_as("stable", charts.spec()).await;
    let found = async |text: &str| {
        let search = PackSearch { text: text.to_owned(), ..PackSearch::default() };
        world.catalog.search(&world.caller, &search).await.unwrap().total
    };
    assert_eq!((found("zebrafish 1.10.0").await, found("zebrafish 2.0.0-rc.1").await), (1, 0));
    open(&world, "web", "2.0.0-rc.1").await;
    assert_eq!((found("zebrafish 1.10.0").await, found("zebrafish 2.0.0-rc.1").await), (0, 1));
}

#[tokio::test]
async fn an_unchanged_repository_costs_one_request_and_a_change_costs_itself() {
    for world in worlds(|_| {}).await {
        let mut charts = ChartRepository::with_charts().await;
        let registry = world.register_as("stable", charts.spec()).await;
        charts.fake.requests();
        for _ in 0..2 {
            let run = world.scheduled(&registry.uid).await;
            assert_eq!(
                (run.state, run.counts.unchanged, run.counts.tags),
                (RunState::Success, 3, 3),
                "{}",
                run.message
            );
            assert_eq!((run.counts.requests, run.counts.repositories), (1, 2));
            assert_eq!(charts.fake.requests(), ["GET /stable/index.yaml"], "{}", world.engine);
        }

        // A newer version, an older one, another content, one that is gone.
        let before = open(&world, "web", "1.10.0").await.row;
        charts.put("db", "0.2.0", "a: 1\n");
        charts.put("db", "0.0.9", "a: 1\n");
        charts.put("web", "1.10.0", "b: 2\n");
        charts.remove("web", "1.0.0");
        charts.publish();
        let gone = rows(&world).await.into_iter().find(|row| row.version == "1.0.0").unwrap();
        let run = world.scheduled(&registry.uid).await;
        let counts = &run.counts;
        assert_eq!((counts.added, counts.updated, counts.deleted, counts.unchanged), (2, 1, 1, 1), "{}", run.message);
        assert_eq!(charts.fake.requests().len(), 3, "the index, and the newest of both");
        let outcomes = world.outcomes(&run).await;
        let updated = outcomes.iter().find(|outcome| outcome.outcome == Outcome::Updated).unwrap();
        assert_eq!((updated.repository.as_str(), updated.tag.as_str()), ("web", "1.10.0"));
        assert_eq!(updated.digest_before.as_deref(), Some(before.digest.as_str()));
        let after = open(&world, "web", "1.10.0").await;
        assert_eq!((after.values.as_str(), after.row.uid), ("b: 2\n", before.uid));
        let gone = world.catalog.pack(&world.caller, &gone.uid).await.unwrap().row;
        assert!(gone.is_gone && gone.state == PackState::Deleted);
        assert!(!versions(&world).await.contains(&"web 1.0.0".to_owned()));
        assert!(outcomes.iter().any(|outcome| outcome.outcome == Outcome::Deleted && outcome.tag == "1.0.0"));

        // What the index alone says of a version costs no archive, and what was read of it stays.
        charts.version("web", "1.10.0").description = "Another text".to_owned();
        charts.publish();
        charts.fake.requests();
        assert_eq!(world.scheduled(&registry.uid).await.counts.updated, 1);
        assert_eq!(charts.fake.requests(), ["GET /stable/index.yaml"]);
        let after = open(&world, "web", "1.10.0").await;
        assert_eq!((after.row.description.as_str(), after.values.as_str()), ("Another text", "b: 2\n"));
        assert!(charts.fake.requests().is_empty(), "{}", world.engine);
    }
}

/// More versions than one statement writes; each is known again as it was listed.
#[tokio::test]
async fn many_versions_of_a_first_sync_are_known_to_the_next() {
    for world in worlds(|_| {}).await {
        let mut charts = ChartRepository::start().await;
        for minor in 0..50 {
            charts.put("web", &format!("1.{minor}.0"), "a: 1\n");
        }
        charts.publish();
        let registry = world.register_as("stable", charts.spec()).await;
        assert_eq!(registry.version_count, 50, "{}: {}", world.engine, registry.sync.message);
        charts.put("web", "2.0.0", "a: 1\n");
        charts.publish();
        let run = world.scheduled(&registry.uid).await;
        assert_eq!((run.counts.added, run.counts.unchanged, run.counts.requests), (1, 50, 2), "{}", world.engine);
    }
}

#[tokio::test]
async fn an_index_that_cannot_be_believed_changes_nothing_and_says_why() {
    let world = world(|config| config.limits.index.bytes = 64 * 1024).await;
    let charts = ChartRepository::with_charts().await;
    let registry = world.register_as("stable", charts.spec()).await;
    let whole = charts.index();
    let cut_between_entries = whole[..whole.find("  web:").unwrap()].to_owned();
    let without_end = whole.replace(END, "");
    let many = format!("entries:\n  a:\n{}", "  - {version: 1.0.0, urls: [x]}\n".repeat(10_000));
    for (fault, says) in [
        (Fault::Status(500), "500"),
        (Fault::Status(403), "403"),
        (Fault::TooMany, "slow down"),
        (Fault::Html, "web page"),
        (Fault::Says("<html><p>Sign in</p>".to_owned()), "no index of a Helm repository"),
        (Fault::Says("- a\n- b\n".to_owned()), "it is not a map"),
        (Fault::Says("entries: [a]\n".to_owned()), "`entries` is not a map"),
        (Fault::Says("entries: {web: [{version: 1.0.0".to_owned()), "not YAML"),
        (Fault::Says("entries:\n\t- x\n".to_owned()), "not YAML"),
        (Fault::Says("\u{7}\u{0}".to_owned()), "cannot be used"),
        (Fault::Says(String::new()), "it is empty"),
        (Fault::Says("entries: {}\ngenerated: now\n".to_owned()), "Force sync"),
        (Fault::Says(cut_between_entries), "may have been cut off"),
        (Fault::Says(many), "helm.index_bytes"),
        (Fault::Endless, "helm.index_bytes"),
        (Fault::Cut, "connection"),
        (Fault::Redirect("http://169.254.169.254/index.yaml".to_owned()), "169.254.169.254"),
    ] {
        charts.fake.fault("/stable/index.yaml", fault.clone());
        let run = world.sync(&registry.uid, false).await;
        assert_eq!(run.state, RunState::Failed, "{fault:?}: {}", run.message);
        assert!(run.message.contains(says), "{fault:?}: {}", run.message);
        assert_eq!((run.counts.deleted, versions(&world).await.len()), (0, 3), "{fault:?}");
        charts.fake.mend();
    }
    // Whoever writes no end has its entries believed, as long as nothing is missing.
    charts.fake.fault("/stable/index.yaml", Fault::Says(without_end));
    assert_eq!(world.sync(&registry.uid, false).await.state, RunState::Success);
    // On purpose it is believed.
    charts.fake.mend();
    charts.fake.fault("/stable/index.yaml", Fault::Says("entries: {}\n".to_owned()));
    let run = world.sync(&registry.uid, true).await;
    assert_eq!((run.state, run.counts.deleted), (RunState::Success, 3), "{}", run.message);
    assert!(run.message.contains("No charts under"), "{}", run.message);
    // And all of them come back with the uids that they had.
    charts.fake.mend();
    assert_eq!(world.sync(&registry.uid, false).await.counts.added, 3);
}

#[tokio::test]
async fn a_repository_that_asks_for_patience_gets_it() {
    let world = world(|config| config.retry_interval = Duration::from_secs(60)).await;
    let charts = ChartRepository::with_charts().await;
    let registry = world.register_as("stable", charts.spec()).await;
    charts.fake.fault("/stable/index.yaml", Fault::TooMany);
    let run = world.sync(&registry.uid, false).await;
    let next = world.registry(&registry.uid).await.sync.next_run_ms.unwrap();
    assert!(next - run.ended_ms.unwrap() >= 3_600_000, "an hour was asked for");
}

#[tokio::test]
async fn an_archive_that_cannot_be_read_takes_nothing_from_the_list() {
    let world = world(|_| {}).await;
    let mut charts = ChartRepository::with_charts().await;
    charts.put("other", "1.0.0", "a: 1\n").digest = "ab".repeat(32);
    charts.put("inside", "1.0.0", "a: 1\n").url = "http://169.254.169.254/inside.tgz".to_owned();
    charts.put("oci", "1.0.0", "a: 1\n").url = "oci://registry.example.com/charts/oci:1.0.0".to_owned();
    charts.put("page", "1.0.0", "a: 1\n");
    charts.fake.put_file("/stable/page-1.0.0.tgz", b"<html>".to_vec());
    charts.version("page", "1.0.0").digest = String::new();
    charts.put("gone", "1.0.0", "a: 1\n");
    charts.fake.remove_file("/stable/gone-1.0.0.tgz");
    charts.put("nowhere", "1.0.0", "a: 1\n");
    charts.publish();
    let nowhere = "    - nowhere-1.0.0.tgz\n";
    charts.fake.put_file("/stable/index.yaml", charts.index().replace(nowhere, "").into_bytes());
    let registry = world.register_as("stable", charts.spec()).await;
    assert_eq!((registry.sync.status, registry.version_count), (SyncState::Success, 8), "{}", registry.sync.message);
    let run = world.last_run(&registry.uid).await.unwrap();
    let outcomes = world.outcomes(&run).await;
    for (name, code, says) in [
        ("other", "digest-mismatch", "as the index says"),
        ("inside", "archive-not-read", "169.254.169.254"),
        ("oci", "archive-in-a-registry", "oci://registry.example.com/charts/oci:1.0.0"),
        ("page", "bad-archive", "helm package"),
        ("gone", "archive-not-read", "404"),
    ] {
        let outcome = outcomes.iter().find(|outcome| outcome.repository == name).unwrap();
        assert_eq!((outcome.outcome, outcome.reasons[0].code.as_str()), (Outcome::Added, code), "{outcome:?}");
        let opened = open(&world, name, "1.0.0").await;
        assert_eq!((opened.values.as_str(), opened.findings[0].code.as_str()), ("", code));
        let said = format!("{} {}", opened.findings[0].message, opened.findings[0].hint);
        assert!(said.contains(says), "{name}: {said}");
    }
    let refused = outcomes.iter().find(|outcome| outcome.repository == "nowhere").unwrap();
    assert_eq!((refused.outcome, refused.reasons[0].code.as_str()), (Outcome::Rejected, "no-address"));
    // The next run has nothing new to tell, and says again what is wrong with the index.
    let run = world.scheduled(&registry.uid).await;
    assert_eq!((run.counts.unchanged, run.counts.rejected, run.counts.requests), (8, 1, 1), "{}", run.message);
}

#[tokio::test]
async fn a_login_is_sent_to_the_repository_and_missing_it_is_said() {
    let world = world(|_| {}).await;
    let charts = ChartRepository::with_charts().await;
    charts.fake.wants_login("dXNlcjpwYXNzd29yZA==");
    let with = |auth: Auth| RegistrySpec { auth, ..charts.spec() };
    let secret = |text: &str| Some(text.to_owned().into());
    for (name, auth, good) in [
        ("nobody", Auth::Anonymous, false),
        ("wrong", Auth::Basic { username: "user".into(), password: secret("wrong") }, false),
        ("basic", Auth::Basic { username: "user".into(), password: secret("password") }, true),
        ("token", Auth::Token { username: "user".into(), token: secret("password") }, true),
    ] {
        let registry = world.register_as(name, with(auth)).await;
        let expected = if good { SyncState::Success } else { SyncState::Failed };
        assert_eq!(registry.sync.status, expected, "{name}: {}", registry.sync.message);
        if !good {
            assert!(registry.sync.message.contains("user name and password"), "{}", registry.sync.message);
        }
    }
}

#[tokio::test]
async fn validate_reads_the_index_and_names_what_is_in_the_way() {
    let world = world(|_| {}).await;
    let charts = ChartRepository::with_charts().await;
    let at = |endpoint: String| RegistrySpec { endpoint, ..charts.spec() };
    let validate = async |spec: &RegistrySpec| {
        let report = world.catalog.validate_registry(&world.caller, spec, None).await.unwrap();
        assert_eq!(report.hops.iter().map(|hop| hop.hop).collect::<Vec<_>>(), Hop::ALL);
        report
    };
    for good in [charts.url(), format!("{}/", charts.url()), format!("{}/index.yaml", charts.url())] {
        let report = validate(&at(good)).await;
        assert!(report.is_ok(), "{report:?}");
        assert_eq!((report.repositories_found, report.packs_found), (2, 3));
    }
    let root = charts.fake.url();
    for (endpoint, hop, says) in [
        (String::new(), Hop::Endpoint, "it is empty"),
        ("oci://registry.example.com/charts".to_owned(), Hop::Endpoint, "provider type Helm"),
        ("http://user:secret@charts.example.com".to_owned(), Hop::Endpoint, "Credentials do not belong"),
        ("http://169.254.169.254/charts".to_owned(), Hop::Endpoint, "169.254.169.254"),
        ("https://packyard.invalid/charts".to_owned(), Hop::Dns, "packyard.invalid"),
        (root.clone(), Hop::Path, "/stable`: enter that address"),
        (format!("{root}/stable/charts/web"), Hop::Path, "/stable`: enter that address"),
        (format!("{root}/none"), Hop::Path, "an OCI registry answers"),
    ] {
        let report = validate(&at(endpoint.clone())).await;
        let failed = report.failed().unwrap_or_else(|| panic!("{endpoint}: {report:?}"));
        assert_eq!(failed.hop, hop, "{endpoint}: {report:?}");
        let problem = report.problem().unwrap();
        assert!(problem.to_lowercase().contains(&says.to_lowercase()), "{endpoint}: {problem}");
        assert!(!problem.contains("secret"), "{problem}");
    }
    let report = validate(&at(charts.url().replace("http:", "https:"))).await;
    let failed = report.failed().unwrap();
    assert_eq!((failed.hop, failed.field), (Hop::Tls, Some("endpoint")), "{report:?}");
    assert!(!failed.detail.contains("index.yaml"), "nothing was read yet: {failed:?}");
    charts.fake.wants_login("dXNlcjpwYXNzd29yZA==");
    let report = validate(&charts.spec()).await;
    let failed = report.failed().unwrap();
    assert_eq!(failed.hop, Hop::Credentials, "{report:?}");
    assert!(!failed.advice.as_deref().unwrap().contains("ECR"), "{failed:?}");
    // The sync that somebody asked for gives the same advice.
    let world = crate::world::world(|_| {}).await;
    let charts = ChartRepository::with_charts().await;
    let lost = RegistrySpec { endpoint: charts.fake.url(), ..charts.spec() };
    let registry = world.register_as("lost", lost).await;
    assert_eq!(registry.sync.status, SyncState::Failed);
    assert!(registry.sync.message.contains("/stable`: enter that address"), "{}", registry.sync.message);
}

#[tokio::test]
async fn a_registry_deleted_takes_its_charts_from_the_lists_and_they_stay_readable() {
    for world in worlds(|_| {}).await {
        let charts = ChartRepository::with_charts().await;
        let registry = world.register_as("stable", charts.spec()).await;
        let read = open(&world, "web", "1.10.0").await;
        let unread = rows(&world).await.into_iter().find(|row| row.version == "1.0.0").unwrap();
        world.catalog.delete_registry(&world.caller, &registry.uid).await.unwrap();
        assert!(versions(&world).await.is_empty());
        let still = world.catalog.pack(&world.caller, &read.row.uid).await.unwrap();
        assert_eq!((still.values, still.row.is_gone), (read.values, true));
        let lost = world.catalog.pack(&world.caller, &unread.uid).await.unwrap();
        assert!(lost.findings[0].message.contains("no longer registered"), "{:?}", lost.findings);
    }
}

#[tokio::test]
async fn charts_and_packs_of_one_name_are_two_things_and_a_kind_is_not_changed() {
    let world = world(|_| {}).await;
    let charts = ChartRepository::with_charts().await;
    let stable = world.register_as("stable", charts.spec()).await;
    let packs = crate::fake::Fake::start().await;
    packs.push("team/spectro-packs/archive/web", "2.0.0", &crate::world::pack("web", "2.0.0").tar_gz());
    world.register(&packs.url()).await;
    let found = world.catalog.search(&world.caller, &PackSearch::default()).await.unwrap();
    let mut kinds: Vec<_> = found.items.iter().map(|group| (group.name.as_str(), group.kind.is_chart())).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, [("db", true), ("web", false), ("web", true)]);
    let only = PackSearch { charts: Some(false), ..PackSearch::default() };
    assert_eq!(world.catalog.search(&world.caller, &only).await.unwrap().total, 1);
    let facets = world.catalog.facets(&world.caller, &only).await.unwrap();
    let kinds: Vec<_> = facets.kinds.iter().map(|kind| (kind.value.as_str(), kind.count)).collect();
    assert_eq!(kinds, [("charts", 2), ("packs", 1)]);
    let of_type = |value: &str| Filter::eq(Field::Type, value);
    assert_eq!(world.packs(of_type("helm")).await.len(), 3);
    assert_eq!(world.packs(of_type("oci")).await.len(), 1);
    let refused = world.catalog.new_notification_secret(&world.caller, &stable.uid).await.unwrap_err();
    assert!(refused.to_string().contains("sends no notifications"), "{refused}");
    let spec = RegistrySpec::other(RegistryKind::Helm, "", Auth::Anonymous);
    assert!(world.catalog.create_registry(&world.caller, "x", spec, false).await.is_err());
    assert!(matches!(stable.sync.status, SyncState::Success));
    let report = world.catalog.validate_registry(&world.caller, &charts.spec(), Some(&stable.uid)).await.unwrap();
    assert!(report.hops.iter().all(|hop| hop.state != HopState::Failed));
}
