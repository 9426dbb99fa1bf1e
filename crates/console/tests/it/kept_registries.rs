//! Registries that clients of /v1 make and that are not synced.

use crate::browser::Browser;
use http::StatusCode;
use packyard_catalog::{Auth, RegistryKind, RegistrySpec};

async fn made(browser: &Browser, name: &str, spec: RegistrySpec) -> String {
    let caller = browser.caller().await;
    browser.catalog.create_registry_at_once(&caller, name, spec).await.expect("a registry is kept").uid
}

#[tokio::test]
async fn what_is_not_synced_offers_no_sync_and_says_why() {
    let mut browser = Browser::logged_in().await;
    let mut zarf = RegistrySpec::basic("https://zarf.example.com", "z", Auth::Anonymous);
    "zarf".clone_into(&mut zarf.provider_type);
    let helm = RegistrySpec::other(RegistryKind::Helm, "https://charts.example.com", Auth::Anonymous);
    let pack = RegistrySpec::other(RegistryKind::Pack, "https://old.example.com", Auth::Anonymous);
    for (name, spec, why) in [
        ("zarf-one", zarf, "Zarf packages are kept as a reference; not synced"),
        ("charts", helm, "Helm charts are kept as a reference; not synced"),
        ("old-packs", pack, "Packs of a registry from before OCI are kept as a reference; not synced"),
    ] {
        let uid = made(&browser, name, spec).await;
        let page = format!("/settings/registries/{uid}");
        let history = browser.get(&page).await;
        history.shows("Not synced").shows(why);
        for wrong in ["about to start", "/syncing\"", "/sync\""] {
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
async fn the_form_of_oci_registries_takes_no_other_and_says_what_one_holds() {
    let mut browser = Browser::logged_in().await;
    let helm = RegistrySpec::other(RegistryKind::Helm, "https://charts.example.com", Auth::Anonymous);
    let uid = made(&browser, "charts", helm).await;
    let refused = browser.get(&format!("/settings/registries/{uid}/edit")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    refused.shows("charts is no OCI registry");

    let mut oci = RegistrySpec::basic("https://oci.example.com", "h", Auth::Anonymous);
    "helm".clone_into(&mut oci.provider_type);
    let uid = made(&browser, "oci-charts", oci).await;
    let edit = format!("/settings/registries/{uid}/edit");
    let page = browser.get(&edit).await;
    page.shows("<b>Helm</b><span>Charts; not synced</span>").shows("nothing is read there");
    let fields = [("name", "oci-charts"), ("auth", "none"), ("endpoint", "https://other.example.com"), ("paths", "h")];
    assert_eq!(browser.submit(&edit, &edit, &fields).await.status, StatusCode::SEE_OTHER);
    let caller = browser.caller().await;
    let saved = browser.catalog.registry(&caller, &uid).await.unwrap().spec;
    assert_eq!((saved.provider_type.as_str(), saved.endpoint.as_str()), ("helm", "https://other.example.com"));
}
