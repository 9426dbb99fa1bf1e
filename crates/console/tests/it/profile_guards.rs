//! Whoever was overtaken by somebody else is told so, and overwrites nothing unseen; who changes another part of the
//! profile is not disturbed.

use crate::browser::{Browser, Page};
use http::StatusCode;
use packyard_profile::{Draft, Error, ManifestInput, PackInput, PackType, ProfileChange, Variable};
use serde_json::json;

fn layer(name: &str, values: &str) -> PackInput {
    let content = format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n");
    PackInput {
        name: name.to_owned(),
        pack_type: Some(PackType::Manifest),
        values: values.to_owned(),
        manifests: vec![ManifestInput { uid: String::new(), name: "main".to_owned(), content }],
        ..PackInput::default()
    }
}

fn variable(name: &str, default: &str, is_sensitive: bool) -> Variable {
    let text = json!({ "name": name, "defaultValue": default, "isSensitive": is_sensitive });
    serde_json::from_value(text).expect("a variable")
}

/// A published profile of two layers and two variables, and a draft on it.
async fn made(browser: &Browser) -> String {
    let uid = crate::profiles::made(browser).await;
    let caller = browser.caller().await;
    let variables = vec![variable("zone", "a", false), variable("token", "s3cret-word", true)];
    browser.profiles.set_variables(&caller, &uid, variables).await.expect("variables");
    others_layers(browser, &uid, &["one", "two"], "a: 1\n").await;
    uid
}

/// What somebody else saves.
async fn others_layers(browser: &Browser, uid: &str, names: &[&str], values: &str) {
    let packs = names.iter().map(|name| layer(name, if *name == "one" { values } else { "b: 2\n" })).collect();
    let draft = Draft { packs, ..Draft::default() };
    browser.profiles.update(&browser.caller().await, uid, draft).await.expect("a draft");
}

async fn others_description(browser: &Browser, uid: &str, description: &str) {
    let change = ProfileChange { description: Some(description.to_owned()), ..ProfileChange::default() };
    browser.profiles.update_metadata(&browser.caller().await, uid, change).await.expect("basics");
}

async fn others_variable(browser: &Browser, uid: &str, name: &str, default: &str) {
    let new = variable(name, default, name == "token");
    browser.profiles.put_variable(&browser.caller().await, uid, Some(name), new).await.expect("a variable");
}

/// Sends the form to `action` of a page that was opened before.
async fn send(browser: &mut Browser, opened: &Page, action: &str, nth: usize, fields: &[(&str, &str)]) -> Page {
    let was = opened.fields_in(action, "was")[nth].clone();
    let csrf = opened.field("csrf");
    let mut all = vec![("csrf", csrf.as_str()), ("was", was.as_str())];
    all.extend_from_slice(fields);
    browser.post(action, &all).await
}

#[track_caller]
fn refused(page: &Page) {
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    page.shows("Not saved: this was changed in another window, or by somebody else").shows("role=\"alert\"");
}

#[track_caller]
fn taken(page: &Page) {
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
}

#[tokio::test]
async fn basics() {
    let mut browser = Browser::logged_in().await;
    let uid = made(&browser).await;
    let info = format!("/profiles/{uid}/info");
    let fields = [("name", "my app"), ("version", "1.0.0"), ("description", "mine"), ("tags", "")];
    let opened = browser.get(&info).await;
    others_description(&browser, &uid, "theirs").await;
    let page = send(&mut browser, &opened, &info, 0, &fields).await;
    refused(&page);
    page.shows("(description changed)").shows(">\nmine</textarea>");
    browser.get(&format!("/profiles/{uid}")).await.shows("theirs");
    // The form that says so is made of theirs.
    taken(&send(&mut browser, &page, &info, 0, &fields).await);
    browser.get(&format!("/profiles/{uid}")).await.shows("mine");
    // Layers are another matter.
    let opened = browser.get(&info).await;
    others_layers(&browser, &uid, &["two"], "").await;
    taken(&send(&mut browser, &opened, &info, 0, &fields).await);
}

#[tokio::test]
async fn order_and_layers() {
    let mut browser = Browser::logged_in().await;
    let uid = made(&browser).await;
    let (home, first) = (format!("/profiles/{uid}"), format!("/profiles/{uid}/layers/0/move"));
    let down = [("layer", "one/0"), ("move", "down")];
    let out = [("layer", "one/0"), ("move", "out")];
    let opened = browser.get(&home).await;
    others_layers(&browser, &uid, &["two", "one"], "a: 1\n").await;
    let page = send(&mut browser, &opened, &first, 0, &down).await;
    refused(&page);
    page.shows("order of the layers changed");
    // It is the layer that is removed, wherever it stands by now; and that is another one once its values are.
    others_layers(&browser, &uid, &["two", "one"], "a: theirs\n").await;
    refused(&send(&mut browser, &opened, &first, 1, &out).await);
    let second = format!("/profiles/{uid}/layers/1/move");
    let opened = browser.get(&home).await;
    others_description(&browser, &uid, "theirs").await;
    taken(&send(&mut browser, &opened, &second, 1, &out).await);
    // Gone: said, too.
    refused(&send(&mut browser, &opened, &second, 1, &out).await);
}

#[tokio::test]
async fn variables() {
    let mut browser = Browser::logged_in().await;
    let uid = made(&browser).await;
    let list = format!("/profiles/{uid}/variables");
    for (name, default) in [("zone", "theirs"), ("token", "0ther-word")] {
        let edit = format!("{list}/{name}/edit");
        let fields = [
            ("name", name),
            ("format", "string"),
            ("input", "text"),
            ("default_value", "mine"),
            ("is_sensitive", "yes"),
        ];
        let fields = &fields[..if name == "token" { 5 } else { 4 }];
        let opened = browser.get(&edit).await;
        assert!(!opened.text.contains("s3cret-word"), "a page holds the secret");
        others_variable(&browser, &uid, name, default).await;
        let page = send(&mut browser, &opened, &edit, 0, fields).await;
        refused(&page);
        page.shows("mine");
        taken(&send(&mut browser, &page, &edit, 0, fields).await);
    }
    let opened = browser.get(&list).await;
    browser.profiles.move_variable(&browser.caller().await, &uid, "zone", false).await.expect("a move");
    let zone = format!("{list}/zone/move");
    refused(&send(&mut browser, &opened, &zone, 0, &[("move", "down")]).await);

    let asked = browser.get(&format!("{list}/zone/delete")).await;
    others_variable(&browser, &uid, "zone", "theirs again").await;
    let mark = format!("action=\"{list}/zone/delete?was=");
    let was = asked.text.split(&mark).nth(1).and_then(|rest| rest.split('"').next()).expect("the question").to_owned();
    let csrf = asked.field("csrf");
    let address = format!("{list}/zone/delete?was={was}");
    refused(&browser.post(&address, &[("csrf", &csrf)]).await);
    browser.get(&list).await.shows("theirs again");
}

#[tokio::test]
async fn publish_discard_and_restore() {
    let mut browser = Browser::logged_in().await;
    let uid = made(&browser).await;
    let home = format!("/profiles/{uid}");
    let oldest = browser.profiles.history(&browser.caller().await, &uid, None, 9).await.expect("a history");
    let state = format!("{home}/history/{}", oldest.states.last().expect("a state").id);
    for (page, action, done) in [
        (home.clone(), format!("{home}/publish"), "published"),
        (home.clone(), format!("{home}/discard"), "Draft discarded"),
        (state.clone(), state.clone(), "Restored"),
    ] {
        others_layers(&browser, &uid, &["one", "two"], &format!("a: {done}\n")).await;
        let opened = browser.get(&page).await;
        others_layers(&browser, &uid, &["one"], &format!("theirs: {done}\n")).await;
        let said = send(&mut browser, &opened, &action, 0, &[]).await;
        refused(&said);
        said.shows("two removed");
        let opened = browser.get(&page).await;
        taken(&send(&mut browser, &opened, &action, 0, &[]).await);
        browser.get(&home).await.shows(done);
    }
}

#[tokio::test]
async fn deletion() {
    let mut browser = Browser::logged_in().await;
    let uid = made(&browser).await;
    let (home, ask) = (format!("/profiles/{uid}"), format!("/profiles/{uid}/delete"));
    let address = async |browser: &mut Browser| {
        let asked = browser.get(&ask).await;
        let mark = format!("action=\"{ask}?was=");
        let was = asked.text.split(&mark).nth(1).and_then(|rest| rest.split('"').next()).expect("the question");
        (asked.field("csrf"), format!("{ask}?was={was}"))
    };
    let (csrf, opened) = address(&mut browser).await;
    others_description(&browser, &uid, "theirs").await;
    let page = browser.post(&opened, &[("csrf", &csrf)]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    page.shows("Not deleted: this was changed in another window, or by somebody else").shows("role=\"alert\"");
    page.shows("(description changed)").shows("id=\"stack\"");
    browser.get(&home).await.shows("theirs");
    // Asked anew it is meant.
    let (csrf, opened) = address(&mut browser).await;
    taken(&browser.post(&opened, &[("csrf", &csrf)]).await);
    assert_eq!(browser.get(&home).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_manifest_goes_into_the_layer_that_it_was_written_for() {
    let mut browser = Browser::logged_in().await;
    let uid = made(&browser).await;
    let new = format!("/profiles/{uid}/layers/0/manifests/new");
    let opened = browser.get(&new).await;
    others_layers(&browser, &uid, &["two", "one"], "a: 1\n").await;
    let (csrf, layer) = (opened.field("csrf"), opened.fields_in(&new, "layer")[0].clone());
    let content = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: more\n";
    let fields = [("csrf", csrf.as_str()), ("layer", &layer), ("name", "more"), ("values", content)];
    taken(&browser.post(&new, &fields).await);
    let profile = browser.profiles.get(&browser.caller().await, &uid).await.expect("a profile");
    let counts: Vec<_> =
        profile.current().packs.iter().map(|pack| (pack.name.as_str(), pack.manifests.len())).collect();
    assert_eq!(counts, [("two", 1), ("one", 2)]);
}

#[tokio::test]
async fn a_change_of_a_revision_that_is_gone_is_refused_by_the_service() {
    let browser = Browser::logged_in().await;
    let uid = made(&browser).await;
    let caller = browser.caller().await;
    let seen = browser.profiles.get(&caller, &uid).await.expect("a profile").revision;
    others_description(&browser, &uid, "theirs").await;
    let mine = browser.profiles.at(seen);
    for outcome in [
        mine.publish_checked(&caller, &uid).await,
        mine.discard_draft(&caller, &uid).await,
        mine.remove_variable(&caller, &uid, "zone").await,
        mine.update(&caller, &uid, Draft::default()).await,
        mine.delete(&caller, &uid).await,
    ] {
        assert!(matches!(outcome, Err(Error::Overtaken { .. })), "{outcome:?}");
    }
    browser.profiles.at(seen + 1).publish_checked(&caller, &uid).await.expect("what is there is published");
}
