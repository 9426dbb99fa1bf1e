//! Registries that clients of /v1 make and that are not synced.

use crate::browser::Browser;
use http::StatusCode;
use packyard_catalog::{Auth, RegistryKind, RegistrySpec};
use secrecy::ExposeSecret;

pub(crate) async fn made(browser: &Browser, name: &str, spec: RegistrySpec) -> String {
    let caller = browser.caller().await;
    browser.catalog.create_registry_at_once(&caller, name, spec).await.expect("a registry is kept").uid
}

#[tokio::test]
async fn what_is_not_synced_offers_no_sync_and_says_why() {
    let mut browser = Browser::logged_in().await;
    let mut zarf = RegistrySpec::basic("https://zarf.example.com", "z", Auth::Anonymous);
    "zarf".clone_into(&mut zarf.provider_type);
    let mut helm = RegistrySpec::other(RegistryKind::Helm, "https://charts.example.com", Auth::Anonymous);
    helm.is_sync_supported = false;
    let pack = RegistrySpec::other(RegistryKind::Pack, "https://old.example.com", Auth::Anonymous);
    for (name, spec, why) in [
        ("zarf-one", zarf, "Zarf packages are kept as a reference; not synced"),
        ("charts", helm, "This registry is registered without synchronisation"),
        ("old-packs", pack, "Packs of a registry from before OCI are kept as a reference; not synced"),
    ] {
        let uid = made(&browser, name, spec).await;
        let page = format!("/settings/registries/{uid}");
        let history = browser.get(&page).await;
        history.shows("Not synced").shows(why);
        for wrong in ["about to start", "/syncing\"", "/sync\"", "/sync?"] {
            assert!(!history.text.contains(wrong), "{name}: {wrong}");
        }
        browser.get("/settings/registries").await.shows(why);
        let syncing = format!("{page}/syncing");
        let refused = browser.get(&syncing).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        refused.shows(why);
        let delete = format!("{page}/delete");
        for (path, fields) in [
            (syncing, vec![("interval", "900")]),
            (format!("{page}/notifications"), vec![("do", "new")]),
            (format!("{page}/sync"), vec![]),
        ] {
            let refused = browser.submit(&delete, &path, &fields).await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{path}");
            refused.shows(why);
        }
    }
}

#[tokio::test]
async fn the_form_takes_no_pack_registry_from_before_oci_and_says_what_one_holds() {
    let mut browser = Browser::logged_in().await;
    let pack = RegistrySpec::other(RegistryKind::Pack, "https://old.example.com", Auth::Anonymous);
    let uid = made(&browser, "old", pack).await;
    let refused = browser.get(&format!("/settings/registries/{uid}/edit")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    refused.shows("old is a pack registry from before OCI");

    let mut oci = RegistrySpec::basic("https://oci.example.com", "h", Auth::Anonymous);
    "helm".clone_into(&mut oci.provider_type);
    let uid = made(&browser, "oci-charts", oci).await;
    let edit = format!("/settings/registries/{uid}/edit");
    let page = browser.get(&edit).await;
    page.shows("<b>Helm</b><span>Charts, by helm push</span>").shows("Charts are looked for anywhere below the path");
    let fields = [("name", "oci-charts"), ("auth", "none"), ("endpoint", "https://other.example.com"), ("paths", "h")];
    assert_eq!(browser.submit(&edit, &edit, &fields).await.status, StatusCode::SEE_OTHER);
    let caller = browser.caller().await;
    let saved = browser.catalog.registry(&caller, &uid).await.unwrap().spec;
    assert_eq!((saved.provider_type.as_str(), saved.endpoint.as_str()), ("helm", "https://other.example.com"));
}

#[tokio::test]
async fn helm_repositories_and_charts_of_registries_are_added_by_their_drawers() {
    let mut browser = Browser::logged_in().await;
    browser.get("/settings/registries").await.shows("Add New OCI Registry").shows("Add New Helm Registry");
    let new = "/settings/registries/new";
    let helm = "/settings/registries/new?holds=helm";
    let drawer = browser.get(helm).await;
    drawer.shows("Add New Helm Registry").shows("the folder of <code>index.yaml</code>");
    for wrong in ["Base Content Path</label>", "AWS Authentication Method", "OCI Authentication Type"] {
        assert!(!drawer.text.contains(wrong), "{wrong}");
    }
    let fields = [("provider", "repository"), ("name", "stable"), ("auth", "none"), ("endpoint", "")];
    browser.submit(helm, new, &fields).await.shows("Add New Helm Registry").shows("Enter the registry");
    let fields =
        [("provider", "repository"), ("name", "stable"), ("auth", "none"), ("endpoint", "https://charts.invalid/s")];
    assert_eq!(browser.submit(helm, new, &fields).await.status, StatusCode::SEE_OTHER);
    let fields = [
        ("provider", "helm"),
        ("name", "pushed"),
        ("auth", "none"),
        ("endpoint", "https://oci.invalid"),
        ("paths", "c"),
    ];
    assert_eq!(browser.submit(new, new, &fields).await.status, StatusCode::SEE_OTHER);
    let caller = browser.caller().await;
    let all = browser.catalog.registries(&caller).await.unwrap();
    let kinds: Vec<_> =
        all.iter().map(|one| (one.name.as_str(), one.spec.kind, one.spec.provider_type.as_str())).collect();
    assert_eq!(kinds, [("pushed", RegistryKind::Basic, "helm"), ("stable", RegistryKind::Helm, "helm")]);
    assert!(all.iter().all(|one| one.sync.is_sync_supported));
    let list = browser.get("/settings/registries").await;
    list.shows("Anonymous, Helm");
    assert!(!list.text.contains("Not synced"));

    // A Helm repository is edited in its own drawer, and sends no notifications.
    let stable = &all[1].uid;
    let edit = format!("/settings/registries/{stable}/edit");
    browser.get(&edit).await.shows("Helm repository");
    let fields = [
        ("name", "stable"),
        ("auth", "basic"),
        ("username", "ann"),
        ("password", "secret"),
        ("endpoint", "https://charts.invalid/t"),
    ];
    assert_eq!(browser.submit(&edit, &edit, &fields).await.status, StatusCode::SEE_OTHER);
    let saved = browser.catalog.registry(&caller, stable).await.unwrap().spec;
    assert_eq!((saved.kind, saved.endpoint.as_str()), (RegistryKind::Helm, "https://charts.invalid/t"));
    assert!(matches!(saved.auth, Auth::Basic { username, .. } if username == "ann"));
    let syncing = browser.get(&format!("/settings/registries/{stable}/syncing")).await;
    syncing.shows("Interval");
    assert!(!syncing.text.contains("Notifications"), "a Helm repository sends none");
}

#[tokio::test]
async fn a_token_given_by_a_client_outlives_an_edit() {
    let mut browser = Browser::logged_in().await;
    let auth = Auth::Token { username: String::new(), token: Some("t0ken-word".to_owned().into()) };
    let uid = made(&browser, "stable", RegistrySpec::other(RegistryKind::Helm, "https://charts.invalid/s", auth)).await;
    let edit = format!("/settings/registries/{uid}/edit");
    let fields = |password: &'static str| {
        [("name", "renamed"), ("auth", "basic"), ("endpoint", "https://charts.invalid/s"), ("password", password)]
    };
    let caller = browser.caller().await;
    for (password, kept) in [("", "t0ken-word"), ("an0ther", "an0ther")] {
        let page = browser.submit(&edit, &edit, &fields(password)).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
        let saved = browser.catalog.registry(&caller, &uid).await.unwrap();
        assert!(matches!(saved.spec.auth, Auth::Token { ref username, .. } if username.is_empty()), "{:?}", saved.spec);
        let secret = browser.catalog.registry_secrets(&caller, &uid).await.unwrap().login.unwrap();
        assert_eq!((saved.name.as_str(), secret.expose_secret()), ("renamed", kept));
    }
}
