//! A layer of manifests is given another name, and its old one back.

use crate::browser::{Browser, Page};
use crate::profiles;
use http::StatusCode;
use packyard_profile::{Draft, ManifestInput, PackInput, PackType, Profile};

const SPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: team\n";

fn layer(name: &str, values: &str) -> PackInput {
    let manifest = ManifestInput { uid: String::new(), name: "main".to_owned(), content: SPACE.to_owned() };
    PackInput {
        name: name.to_owned(),
        pack_type: Some(PackType::Manifest),
        values: values.to_owned(),
        manifests: vec![manifest],
        ..PackInput::default()
    }
}

/// A published profile with a draft of two layers, of which the second takes something of the first.
async fn made(browser: &Browser) -> String {
    let uid = profiles::made(browser).await;
    let packs = vec![layer("spaces", "a: 1\n"), layer("roles", "b: '{{.spectro.pack.spaces.a}}'\n")];
    browser.profiles.update(&browser.caller().await, &uid, Draft { packs, ..Draft::default() }).await.expect("a draft");
    uid
}

async fn read(browser: &Browser, uid: &str) -> Profile {
    browser.profiles.get(&browser.caller().await, uid).await.expect("a profile")
}

fn names(profile: &Profile) -> Vec<&str> {
    profile.current().packs.iter().map(|pack| pack.name.as_str()).collect()
}

/// Sends the form of a page that was opened before.
async fn send(browser: &mut Browser, opened: &Page, action: &str, name: &str) -> Page {
    let hidden = ["csrf", "layer", "was"].map(|field| (field, opened.fields_in(action, field)[0].clone()));
    let mut fields: Vec<(&str, &str)> = hidden.iter().map(|(field, value)| (*field, value.as_str())).collect();
    fields.push(("layer-name", name));
    browser.post(action, &fields).await
}

#[tokio::test]
async fn a_layer_is_renamed_as_a_draft_and_history_brings_the_name_back() {
    let mut browser = Browser::logged_in().await;
    let uid = made(&browser).await;
    let (home, rename) = (format!("/profiles/{uid}"), format!("/profiles/{uid}/layers/0/rename"));
    browser.get(&home).await.shows("aria-label=\"Rename spaces\"").shows(&rename);
    let opened = browser.get(&rename).await;
    opened.shows("value=\"spaces\"").shows("<b class=\"strong\">roles</b> takes").shows(".spectro.pack.spaces");
    let before = read(&browser, &uid).await;
    let done = send(&mut browser, &opened, &rename, "rooms").await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, format!("{home}?layer=0").as_str()));
    let after = read(&browser, &uid).await;
    assert_eq!(names(&after), ["rooms", "roles"]);
    // It is the same layer, with the same manifests, in the draft alone.
    let (old, new) = (&before.current().packs[0], &after.current().packs[0]);
    assert_eq!((&old.pack_uid, &old.manifests, &old.values), (&new.pack_uid, &new.manifests, &new.values));
    assert_eq!(after.published, before.published);
    browser.get(&home).await.shows("spaces is called rooms now").shows("takes a value of the pack <code>spaces</code>");
    let history = browser.get(&format!("{home}/history")).await;
    history.shows("spaces renamed to rooms");

    let states = browser.profiles.history(&browser.caller().await, &uid, None, 9).await.expect("a history").states;
    let state = format!("{home}/history/{}", states[1].id);
    let asked = browser.get(&state).await;
    asked.shows("rooms renamed to spaces");
    let (csrf, was) = (asked.field("csrf"), asked.fields_in(&state, "was")[0].clone());
    let back = browser.post(&state, &[("csrf", &csrf), ("was", &was)]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.text);
    assert_eq!(names(&read(&browser, &uid).await), ["spaces", "roles"]);
}

#[tokio::test]
async fn what_is_typed_in_a_layer_is_saved_though_it_was_renamed_meanwhile() {
    let mut browser = Browser::logged_in().await;
    let uid = made(&browser).await;
    let new = format!("/profiles/{uid}/layers/0/manifests/new");
    let opened = browser.get(&new).await;
    let hidden = ["csrf", "layer"].map(|field| (field, opened.field(field)));
    let rename = format!("/profiles/{uid}/layers/0/rename");
    let renaming = browser.get(&rename).await;
    let done = send(&mut browser, &renaming, &rename, "rooms").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let mut fields: Vec<(&str, &str)> = hidden.iter().map(|(field, value)| (*field, value.as_str())).collect();
    fields.extend([("name", "more"), ("values", SPACE)]);
    let saved = browser.post(&new, &fields).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    let after = read(&browser, &uid).await;
    let layer = &after.current().packs[0];
    assert_eq!((layer.name.as_str(), layer.manifests.len()), ("rooms", 2));
}

#[tokio::test]
async fn a_name_that_cannot_be_is_refused_beside_its_field() {
    let mut browser = Browser::logged_in().await;
    let uid = made(&browser).await;
    let rename = format!("/profiles/{uid}/layers/0/rename");
    let opened = browser.get(&rename).await;
    for (name, says) in [("", "A name is needed"), ("roles", "Layer 2 of this profile has this name")] {
        let page = send(&mut browser, &opened, &rename, name).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        page.shows(says).shows(&format!("value=\"{name}\"")).shows("aria-invalid=\"true\"");
    }
    // The name it has is no change, and nothing is saved.
    let revision = read(&browser, &uid).await.revision;
    let same = send(&mut browser, &opened, &rename, "spaces").await;
    assert_eq!((same.status, read(&browser, &uid).await.revision), (StatusCode::SEE_OTHER, revision));
}

#[tokio::test]
async fn whoever_was_overtaken_is_told_and_other_parts_do_not_disturb() {
    let mut browser = Browser::logged_in().await;
    let uid = made(&browser).await;
    let caller = browser.caller().await;
    let rename = format!("/profiles/{uid}/layers/0/rename");
    let theirs = async |browser: &Browser, packs: Vec<PackInput>| {
        browser.profiles.update(&caller, &uid, Draft { packs, ..Draft::default() }).await.expect("a draft");
    };
    // Another order and other values: it is the same layer by the same name.
    let opened = browser.get(&rename).await;
    theirs(&browser, vec![layer("roles", ""), layer("spaces", "a: 2\n")]).await;
    let done = send(&mut browser, &opened, &rename, "rooms").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert_eq!(names(&read(&browser, &uid).await), ["roles", "rooms"]);
    // Renamed by somebody else.
    let page = send(&mut browser, &opened, &rename, "cells").await;
    page.shows("Not saved: this was changed in another window").shows("role=\"alert\"");
    // Another layer took the name, and the one that was meant is gone.
    let opened = browser.get(&rename).await;
    theirs(&browser, vec![layer("rooms", "")]).await;
    theirs(&browser, vec![layer("roles", "")]).await;
    let page = send(&mut browser, &opened, &rename, "cells").await;
    page.shows("Not saved: this was changed in another window");
    assert_eq!(names(&read(&browser, &uid).await), ["roles"]);
    let opened = browser.get(&rename).await;
    let done = send(&mut browser, &opened, &rename, "cells").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
}

#[tokio::test]
async fn in_the_wizard_the_dialog_stands_over_its_step_and_a_pack_keeps_its_name() {
    let mut browser = Browser::logged_in().await;
    let made = browser.submit("/profiles/new", "/profiles/new", &[("name", "mine"), ("version", "1.0.0")]).await;
    let step = made.location().to_owned();
    let uid = step.trim_start_matches("/profiles/").trim_end_matches("/layers").to_owned();
    let chart = PackInput { name: "web".to_owned(), pack_type: Some(PackType::Helm), ..PackInput::default() };
    let packs = vec![layer("spaces", ""), chart];
    let caller = browser.caller().await;
    browser.profiles.update(&caller, &uid, Draft { packs, ..Draft::default() }).await.expect("a draft");
    let rename = format!("/profiles/{uid}/layers/0/rename");
    let opened = browser.get(&rename).await;
    opened.shows("Rename layer spaces").shows("class=\"wizard-foot\"").shows("id=\"stack\"");
    let done = send(&mut browser, &opened, &rename, "rooms").await;
    assert_eq!(done.location(), step);
    let list = browser.get(&step).await;
    list.shows("spaces is called rooms now");
    assert!(!list.text.contains("aria-label=\"Rename web\""), "{}", list.text);
    let pack = browser.get(&format!("/profiles/{uid}/layers/1/rename")).await;
    assert_eq!(pack.status, StatusCode::BAD_REQUEST);
    pack.shows("web is called as its pack");
}
