//! Layers of hand-written manifests, with plain forms.

use crate::browser::Browser;
use http::StatusCode;
use packyard_catalog::{Auth, RegistryKind, RegistrySpec};

const SPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: team\n";

/// A draft in the wizard's second step, by its address.
async fn draft(browser: &mut Browser) -> String {
    let made = browser.submit("/profiles/new", "/profiles/new", &[("name", "mine"), ("version", "1.0.0")]).await;
    made.location().trim_end_matches("/layers").to_owned()
}

async fn layer(browser: &mut Browser, profile: &str, layer: &str, name: &str, content: &str) -> crate::browser::Page {
    let address = format!("{profile}/layers/new-manifest");
    let fields = [("layer-name", layer), ("name", name), ("values", content)];
    browser.submit(&address, &address, &fields).await
}

/// Addresses of the manifests of the first layer.
fn manifests(page: &crate::browser::Page) -> Vec<String> {
    let parts = page.text.split("/layers/0?file=").skip(1);
    let uid = |part: &str| part.split(['#', '"', '&']).next().unwrap_or_default().to_owned();
    parts.map(uid).filter(|file| file != "values").collect()
}

#[tokio::test]
async fn a_layer_of_manifests_is_made_changed_and_ordered() {
    let mut browser = Browser::logged_in().await;
    let profile = draft(&mut browser).await;
    let made = layer(&mut browser, &profile, "spaces", "team", SPACE).await;
    assert_eq!((made.status, made.location()), (StatusCode::SEE_OTHER, format!("{profile}/layers").as_str()));
    browser.get(&format!("{profile}/layers")).await.shows("spaces").shows("1 manifest");

    let new = format!("{profile}/layers/0/manifests/new");
    let two = "kind: ConfigMap\napiVersion: v1\nmetadata: { name: '{{.spectro.system.cluster.name}}' }\n---\n";
    let content = format!("{two}{SPACE}");
    let added = browser.submit(&new, &new, &[("name", "more"), ("values", &content)]).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.text);
    let twice = browser.submit(&new, &new, &[("name", "more"), ("values", SPACE)]).await;
    twice.shows("This layer has a manifest more already.");

    // It opens with the first; each is changed by itself, and its name with it.
    let open = browser.get(&format!("{profile}/layers/0")).await;
    open.shows("Manifest team of spaces").shows("New manifest");
    let files = manifests(&open);
    assert_eq!(files.len(), 2, "{files:?}");
    let second = browser.get(&format!("{profile}/layers/0?file={}", files[1])).await;
    second.shows("Manifest more of spaces").shows("kind: ConfigMap");
    let address = format!("{profile}/layers/0/manifests/{}", files[1]);
    let (csrf, seen) = (second.field("csrf"), second.field("seen"));
    let form = |name: &'static str, content: &'static str| {
        [
            ("csrf", csrf.clone()),
            ("seen", seen.clone()),
            ("layer", "spaces/0".to_owned()),
            ("name", name.to_owned()),
            ("values", content.to_owned()),
        ]
    };
    let send = |fields: &[(&'static str, String); 5]| fields.clone().map(|(name, value)| (name, value));
    let fields = send(&form("renamed", SPACE));
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let saved = browser.post(&address, &pairs).await;
    assert_eq!(saved.location(), format!("{profile}/layers/0?file={}", files[1]), "{}", saved.text);
    // Of the text that was there before: theirs is not overwritten unseen.
    let fields = send(&form("renamed", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: mine\n"));
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let stale = browser.post(&address, &pairs).await;
    stale.shows("by somebody else, since you opened it").shows("name: mine");

    layer(&mut browser, &profile, "later", "pod", SPACE).await;
    let first = format!("{profile}/layers/1/move");
    let page = format!("{profile}/layers");
    browser.submit(&page, &first, &[("layer", "later/0"), ("move", "up")]).await;
    let text = browser.get(&page).await.text;
    assert!(text.find(">later<") < text.find(">spaces<"), "{text}");
    browser.submit(&page, &first, &[("layer", "later/0"), ("move", "down")]).await;

    let removed = browser.submit(&page, &format!("{address}/delete"), &[("layer", "spaces/0")]).await;
    assert_eq!(removed.status, StatusCode::SEE_OTHER, "{}", removed.text);
    let last = format!("{profile}/layers/0/manifests/{}/delete", files[0]);
    browser.submit(&page, &last, &[("layer", "spaces/0")]).await.shows("Remove the layer instead.");
    browser.get(&format!("{profile}/export?format=yaml")).await.shows("kind: Namespace").shows("type: \"manifest\"");
}

#[tokio::test]
async fn what_is_wrong_with_a_manifest_is_said_with_its_line() {
    let mut browser = Browser::logged_in().await;
    let profile = draft(&mut browser).await;
    let broken = format!("{SPACE}---\nkind: [\n");
    for (layer_name, name, content, text) in [
        ("", "a", SPACE, "A name is needed"),
        ("spaces", " ", SPACE, "A name is needed"),
        ("spaces", "a", "  \n", "The manifest is empty."),
        ("spaces", "a", "- a\n", "Line 1: this is no Kubernetes object"),
        ("spaces", "a", broken.as_str(), "the manifest is not YAML"),
    ] {
        let page = layer(&mut browser, &profile, layer_name, name, content).await;
        assert_eq!(page.status, StatusCode::OK, "{content}");
        page.shows(text);
    }
    let page = layer(&mut browser, &profile, "spaces", "a", &broken).await;
    page.shows(" line=\"7\"").shows("kind: [");
    // One Kubernetes does not take is refused, one that is too long for the server too.
    let long = format!("{SPACE}# {}\n", "x".repeat(1 << 20));
    let page = layer(&mut browser, &profile, "spaces", "a", &long).await;
    page.shows("1048576 is the most").shows("<code>profile_manifest_bytes</code>");
    assert_eq!(layer(&mut browser, &profile, "spaces", "a", SPACE).await.status, StatusCode::SEE_OTHER);
    layer(&mut browser, &profile, "spaces", "b", SPACE).await.shows("Layer 1 of this profile has this name.");

    // While one types; a check of the whole profile leads to the line.
    let caller = browser.caller().await;
    let uid = profile.trim_start_matches("/profiles/");
    let mut packs = browser.profiles.get(&caller, uid).await.expect("a profile").current().packs.clone();
    packs[0].manifests[0].content = format!("{SPACE}---\nkind: Pod\n");
    let manifest = packyard_profile::ManifestInput {
        uid: packs[0].manifests[0].uid.clone(),
        name: "a".to_owned(),
        content: packs[0].manifests[0].content.clone(),
    };
    let pack = packyard_profile::PackInput {
        name: "spaces".to_owned(),
        uid: packs[0].pack_uid.clone(),
        pack_type: Some(packyard_profile::PackType::Manifest),
        manifests: vec![manifest],
        ..packyard_profile::PackInput::default()
    };
    let draft = packyard_profile::Draft { packs: vec![pack], ..packyard_profile::Draft::default() };
    browser.profiles.update(&caller, uid, draft).await.expect("a draft");
    let page = browser.get(&profile).await;
    page.shows("line 6 of manifest a").shows(&format!("file={}&#38;line=6#values-title", packs[0].manifests[0].uid));
}

#[tokio::test]
async fn a_registry_of_charts_does_not_disturb_the_picker() {
    let mut browser = Browser::logged_in().await;
    let profile = draft(&mut browser).await;
    let charts = RegistrySpec::other(RegistryKind::Helm, "https://charts.example.com", Auth::Anonymous);
    let caller = browser.caller().await;
    let uid = browser.catalog.create_registry_at_once(&caller, "charts", charts).await.expect("it is kept").uid;
    for query in ["", &format!("?registry={uid}"), "?q=web"] {
        let page = browser.get(&format!("{profile}/layers/add{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{query}");
        page.shows("charts (0)");
    }
}
