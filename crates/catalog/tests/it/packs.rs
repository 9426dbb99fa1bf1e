//! Lists, filters, search, facets.

use crate::fake::Fake;
use crate::world::{World, pack, worlds};
use packyard_catalog::{
    Auth, Field, Filter, Op, OrderBy, PackQuery, PackSearch, PackState, RegistrySpec, TextMatch, Wait,
};
use serde_json::json;

const BASE: &str = "team/spectro-packs/archive";

async fn filled(world: &World) -> Vec<String> {
    let (one, two) = (Fake::start().await, Fake::start().await);
    for version in ["1.9.0", "1.10.0", "v1.8.7", "26.02.0"] {
        one.push(&format!("{BASE}/nginx"), version, &pack("nginx", version).tar_gz());
    }
    let ai = pack("gpu", "1.0.0")
        .set("addonType", "ai".into())
        .set("cloudTypes", json!(["aws", "edge-native"]))
        .set("annotations", json!({"system_state": "deprecated", "description": "Runs 100% of models"}));
    one.push(&format!("{BASE}/gpu"), "1.0.0", &ai.tar_gz());
    let off = pack("old", "1.0.0").set("annotations", json!({"system_state": "disabled"}));
    one.push(&format!("{BASE}/old"), "1.0.0", &off.tar_gz());
    let cni = pack("calico", "3.0.0").set("layer", "cni".into()).set("addonType", "".into());
    two.push(&format!("{BASE}/calico"), "3.0.0", &cni.tar_gz());
    two.push(
        &format!("{BASE}/nginx"),
        "1.10.0",
        &pack("nginx", "1.10.0").file("logo.png", b"\xff\xd8\xff\xe0jpeg".to_vec()).tar_gz(),
    );
    let mut uids = Vec::new();
    for (name, fake) in [("one", one), ("two", two)] {
        let registry = world.register_as(name, RegistrySpec::basic(fake.url(), "team", Auth::Anonymous)).await;
        assert!(registry.sync.last_synced_ms.is_some(), "{}", registry.sync.message);
        uids.push(registry.uid);
    }
    uids
}

#[tokio::test]
async fn lists_filters_search_and_facets() {
    for world in worlds(|_| {}).await {
        let uids = filled(&world).await;
        lists(&world, &uids).await;
        searches(&world, &uids).await;
        one_name(&world, &uids).await;
    }
}

async fn names(world: &World, query: PackQuery) -> Vec<String> {
    let page = world.catalog.packs(&world.caller, &query).await.unwrap();
    page.items.iter().map(|row| format!("{} {}", row.name, row.version)).collect()
}

async fn lists(world: &World, uids: &[String]) {
    let nginx = Filter::All(vec![Filter::eq(Field::Name, "nginx"), Filter::eq(Field::RegistryUid, uids[0].clone())]);
    let all = names(world, PackQuery { filter: nginx.clone(), wait: Wait::FirstSync, ..PackQuery::default() }).await;
    assert_eq!(all, ["nginx 26.02.0", "nginx 1.10.0", "nginx 1.9.0", "nginx v1.8.7"], "{}", world.engine);
    let newer = Filter::Is { field: Field::Version, op: Op::Gt, values: vec!["1.9".into()] };
    let filter = Filter::All(vec![nginx, newer]);
    assert_eq!(names(world, PackQuery { filter, ..PackQuery::default() }).await, ["nginx 26.02.0", "nginx 1.10.0"]);
    let cloud = Filter::Is { field: Field::CloudTypes, op: Op::In, values: vec!["edge-native".into(), "gcp".into()] };
    assert_eq!(names(world, PackQuery { filter: cloud, ..PackQuery::default() }).await, ["gpu 1.0.0"]);
    let either = Filter::Any(vec![Filter::eq(Field::Layer, "cni"), Filter::eq(Field::DisplayName, "PACK GPU")]);
    assert_eq!(names(world, PackQuery { filter: either, ..PackQuery::default() }).await, ["calico 3.0.0", "gpu 1.0.0"]);
    let disabled = PackQuery { states: vec![PackState::Disabled], ..PackQuery::default() };
    assert_eq!(names(world, disabled).await, ["old 1.0.0"]);
    let page = PackQuery { order: vec![(OrderBy::Name, false)], offset: 1, limit: 2, ..PackQuery::default() };
    let page = world.catalog.packs(&world.caller, &page).await.unwrap();
    assert_eq!((page.items.len(), page.total), (2, 7));
    assert_eq!(page.items[0].name, "nginx");
}

async fn searches(world: &World, uids: &[String]) {
    let found = |search: PackSearch| async move {
        let page = world.catalog.search(&world.caller, &search).await.unwrap();
        page.items
    };
    // What Terraform sends to find the latest version of a name.
    let exact = PackSearch {
        name: TextMatch { eq: Some("NGINX".into()), ignore_case: true, ..TextMatch::default() },
        environments: vec!["all".into()],
        types: ["spectro", "helm", "manifest", "oci"].map(str::to_owned).to_vec(),
        registry_uids: vec![uids[1].clone()],
        ..PackSearch::default()
    };
    let groups = found(exact).await;
    assert_eq!(groups.len(), 1);
    assert_eq!((groups[0].registries.len(), groups[0].registries[0].latest_version.as_str()), (1, "1.10.0"));
    assert_eq!(groups[0].registries[0].name, "two");

    let text = |text: &str| PackSearch { text: text.into(), ..PackSearch::default() };
    assert_eq!(found(text("ZebraFish nginx")).await.len(), 1);
    assert_eq!(found(text("100%")).await[0].name, "gpu");
    assert!(found(text("100_")).await.is_empty(), "a wildcard of LIKE is only a letter here");
    let both = found(text("nginx")).await;
    assert_eq!((both[0].registries.len(), both[0].versions), (2, 4), "1.10.0 in two registries is one version");
    assert_eq!(both[0].registries[0].latest_version, "26.02.0");
    let untyped = PackSearch { addon_types: vec![String::new()], ..PackSearch::default() };
    assert_eq!(found(untyped).await[0].name, "calico");

    let cni = PackSearch { layers: vec!["cni".into()], ..PackSearch::default() };
    let facets = world.catalog.facets(&world.caller, &cni).await.unwrap();
    let layers: Vec<_> = facets.layers.iter().map(|v| (v.value.as_str(), v.count)).collect();
    assert_eq!(layers, [("addon", 2), ("cni", 1)], "its own facet is counted without its filter");
    assert_eq!(facets.registries.len(), 1);
    assert_eq!(facets.registries[0].label, "two");
}

async fn one_name(world: &World, uids: &[String]) {
    let catalog = &world.catalog;
    let versions = catalog.pack_versions(&world.caller, "nginx", &uids[0], &[], Wait::No).await.unwrap();
    assert_eq!(versions.versions.len(), 4);
    assert!(versions.versions[0].values.contains("26.02.0"));
    let warned = versions.versions.iter().find(|v| v.row.version == "v1.8.7").unwrap();
    assert!(warned.row.warnings > 0 && !warned.findings.is_empty());
    let everywhere = catalog.pack_versions(&world.caller, "nginx", "", &[], Wait::No).await.unwrap();
    assert_eq!(everywhere.versions.len(), 5);
    assert!(catalog.pack_versions(&world.caller, "nothing", "", &[], Wait::No).await.unwrap_err().is_not_found());
    let found = catalog.resolve(&world.caller, &uids[1], "nginx", "1.10.0").await.unwrap().unwrap();
    let logo = catalog.logo(&world.caller, &found.uid).await.unwrap();
    assert_eq!(logo.media_type, "image/jpeg");
    assert!(catalog.logo(&world.caller, &warned.row.uid).await.unwrap_err().is_not_found());
    assert!(catalog.readme(&world.caller, &found.uid).await.unwrap().unwrap().contains("zebrafish"));
    assert!(catalog.pack(&world.caller, "000000000000000000000000").await.unwrap_err().is_not_found());
}
