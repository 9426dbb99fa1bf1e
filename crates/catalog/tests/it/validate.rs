//! Validate names the hop, for each hop.

use crate::fake::{Fake, Fault, Gate};
use crate::world::{World, pack, world};
use packyard_catalog::{Auth, Hop, HopState, RegistrySpec, ValidateReport};

async fn validate(world: &World, spec: RegistrySpec) -> ValidateReport {
    let report = world.catalog.validate_registry(&world.caller, &spec, None).await.unwrap();
    assert_eq!(report.hops.iter().map(|h| h.hop).collect::<Vec<_>>(), Hop::ALL, "every hop once, in order");
    report
}

fn anonymous(endpoint: &str) -> RegistrySpec {
    RegistrySpec::basic(endpoint, "team", Auth::Anonymous)
}

fn login(endpoint: &str, password: &str) -> RegistrySpec {
    let auth = Auth::Basic { username: "user".into(), password: Some(password.to_owned().into()) };
    RegistrySpec::basic(endpoint, "team", auth)
}

#[tokio::test]
async fn the_failing_hop_is_named_and_those_before_it_passed() {
    let world = world(|_| {}).await;
    let fake = Fake::start().await;
    fake.wants_login("dXNlcjpwYXNzd29yZA==");
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let over_tls = format!("https://{}", fake.addr);
    for (spec, hop) in [
        (anonymous("ftp://nowhere"), Hop::Endpoint),
        (anonymous("http://169.254.169.254"), Hop::Endpoint),
        (anonymous("https://packyard.invalid"), Hop::Dns),
        (anonymous(&format!("http://{closed}")), Hop::Tcp),
        (anonymous(&over_tls), Hop::Tls),
        (login(&fake.url(), "wrong"), Hop::Credentials),
        (RegistrySpec::basic(fake.url(), "Not A Path", Auth::Anonymous), Hop::Path),
    ] {
        let report = validate(&world, spec.clone()).await;
        let failed = report.failed().unwrap_or_else(|| panic!("{}: {report:?}", spec.endpoint));
        assert_eq!(failed.hop, hop, "{}: {report:?}", spec.endpoint);
        assert!(report.hops.iter().filter(|h| h.hop < hop).all(|h| h.state != HopState::Failed));
        assert!(report.hops.iter().filter(|h| h.hop > hop).all(|h| h.state == HopState::Skipped), "{report:?}");
        assert!(report.problem().unwrap().contains(hop.label()));
        // Not a matter of certificates: what answers there has none.
        let field = (hop == Hop::Tls).then_some("endpoint");
        assert_eq!(failed.field, field, "{report:?}");
    }
}

#[tokio::test]
async fn a_web_page_is_no_registry() {
    let world = world(|_| {}).await;
    let fake = Fake::start().await;
    fake.fault("/v2/", Fault::Html);
    let report = validate(&world, anonymous(&fake.url())).await;
    assert_eq!(report.failed().unwrap().hop, Hop::Registry, "{report:?}");
}

/// Whoever chose ECR and gave no key may have forgotten it.
#[tokio::test]
async fn an_ecr_without_a_key_that_lets_anybody_in_is_said_to_be_read_as_an_open_registry() {
    let world = world(|_| {}).await;
    let fake = Fake::start().await;
    fake.push("team/spectro-packs/archive/nginx", "1.0.0", &pack("nginx", "1.0.0").tar_gz());
    let credentials = async |spec: RegistrySpec| {
        let report = validate(&world, spec).await;
        assert!(report.is_ok() && report.packs_found == 1, "{report:?}");
        report.hops.into_iter().find(|hop| hop.hop == Hop::Credentials).unwrap()
    };
    let ecr = credentials(RegistrySpec::ecr(fake.url(), "team", Auth::Anonymous)).await;
    assert_eq!(ecr.state, HopState::Warning);
    assert!(ecr.detail.contains("o access key was given"), "{}", ecr.detail);
    assert_eq!(credentials(anonymous(&fake.url())).await.state, HopState::Ok);
}

#[tokio::test]
async fn a_list_that_is_forbidden_names_the_way_around_and_the_way_works() {
    let world = world(|_| {}).await;
    let fake = Fake::start().await;
    let repository = "team/spectro-packs/archive/nginx";
    fake.push(repository, "1.0.0", &pack("nginx", "1.0.0").tar_gz());
    fake.fault("_catalog", Fault::Status(403));
    let report = validate(&world, anonymous(&fake.url())).await;
    let failed = report.failed().unwrap();
    assert_eq!(failed.hop, Hop::Permission);
    assert!(failed.detail.contains("name each pack's repository as a base content path"), "{}", failed.detail);
    let named = RegistrySpec::basic(fake.url(), repository, Auth::Anonymous);
    let report = validate(&world, named.clone()).await;
    assert!(report.is_ok() && report.packs_found == 1, "{report:?}");
    world.register_as("named", named).await;
    assert_eq!(world.listed().await, ["nginx 1.0.0"]);
}

#[tokio::test]
async fn repositories_are_listed_beside_each_other() {
    let world = world(|_| {}).await;
    let fake = Fake::start().await;
    for name in ["a", "b"] {
        fake.push(&format!("team/spectro-packs/archive/{name}"), "1.0.0", &pack(name, "1.0.0").tar_gz());
    }
    let gate = Gate::closed();
    fake.fault("/a/tags/list", Fault::HeldOnce(gate.clone()));
    let (report, ()) = tokio::join!(validate(&world, anonymous(&fake.url())), async {
        fake.asked("/b/tags/list").await;
        gate.open();
    });
    assert_eq!((report.repositories_found, report.packs_found), (2, 2), "{report:?}");
}

#[tokio::test]
async fn an_empty_path_is_no_error_and_near_misses_are_shown() {
    let world = world(|_| {}).await;
    let fake = Fake::start().await;
    fake.wants_login("dXNlcjpwYXNzd29yZA==");
    fake.push("team/nginx", "1.0.0", &pack("nginx", "1.0.0").tar_gz());
    let report = validate(&world, login(&fake.url(), "password")).await;
    assert!(report.is_ok(), "{report:?}");
    let path = report.hops.iter().find(|h| h.hop == Hop::Path).unwrap();
    assert_eq!(path.state, HopState::Warning);
    assert!(path.detail.contains("Reachable, no packs under `team/spectro-packs/archive/` yet."));
    assert!(report.near_misses[0].fix.contains("team/spectro-packs/archive/nginx"));
    assert!(!report.is_this_server);
    fake.echoes_proof(&world.store.core.instance_proof("a proof of an earlier day, which anybody may have heard"));
    assert!(!validate(&world, login(&fake.url(), "password")).await.is_this_server);
    fake.plays_instance(&world.store);
    assert!(validate(&world, login(&fake.url(), "password")).await.is_this_server);
}

#[tokio::test]
async fn a_failure_is_one_sentence_with_advice_of_its_own() {
    let world = world(|_| {}).await;
    let report = validate(&world, anonymous("http://169.254.169.254")).await;
    let failed = report.failed().unwrap();
    assert_eq!(
        failed.detail,
        "169.254.169.254 is a link-local, metadata or reserved address, which is never connected to."
    );
    assert!(failed.advice.as_deref().unwrap().contains("endpoint policy"), "{failed:?}");

    let fake = Fake::start().await;
    fake.wants_login("dXNlcjpwYXNzd29yZA==");
    let report = validate(&world, login(&fake.url(), "wrong")).await;
    let failed = report.failed().unwrap();
    assert!(failed.detail.starts_with("The registry does not take this user name and password"), "{failed:?}");
    let text = report.problem().unwrap();
    assert!(!text.contains(".;") && text.ends_with("Check user name and password."), "{text}");
    let report = validate(&world, anonymous(&fake.url())).await;
    assert!(report.failed().unwrap().detail.starts_with("The registry wants somebody to log in"), "{report:?}");
}

#[tokio::test]
async fn hops_are_told_as_they_are_known() {
    let world = world(|_| {}).await;
    let fake = Fake::start().await;
    let mut told = Vec::new();
    let report = world
        .catalog
        .validate_registry_with(&world.caller, &anonymous(&fake.url()), None, |hop| told.push(hop.hop))
        .await
        .unwrap();
    assert!(report.is_ok(), "{report:?}");
    assert_eq!(told, Hop::ALL);
}
