//! Profiles that clients of /v1 made, in the console.

use crate::browser::Browser;
use http::{StatusCode, header};
use packyard_profile::{Kind, Labels, NewProfile, PackInput, PackType, Scope, Variable};
use serde_json::json;

pub(crate) async fn made(browser: &Browser) -> String {
    let manifest = PackInput {
        name: "notes".to_owned(),
        pack_type: Some(PackType::Manifest),
        values: "a: 1\n".to_owned(),
        ..PackInput::default()
    };
    let secret = json!({ "name": "token", "isSensitive": true, "defaultValue": "s3cret-word" });
    let secret: Variable = serde_json::from_value(secret).expect("a variable");
    let new = NewProfile {
        scope: Scope::Tenant,
        name: "my app".to_owned(),
        version: "1.0.0".to_owned(),
        description: String::new(),
        labels: Labels::new(),
        annotations: Labels::new(),
        kind: Kind::AddOn,
        cloud: "all".to_owned(),
        packs: vec![manifest],
        variables: vec![secret],
        publish: true,
    };
    browser.profiles.create(&browser.caller().await, new).await.expect("a profile is made")
}

#[tokio::test]
async fn a_profile_is_saved_as_a_file_without_its_secrets() {
    let mut browser = Browser::logged_in().await;
    let uid = made(&browser).await;
    browser.get(&format!("/profiles/{uid}")).await.shows("Export as YAML").shows("Export as JSON");
    for (format, begin) in [("yaml", "metadata:\n"), ("json", "{")] {
        let file = browser.get(&format!("/profiles/{uid}/export?format={format}")).await;
        assert_eq!(file.status, StatusCode::OK);
        let name = format!("attachment; filename=\"my_app-1.0.0.{format}\"");
        assert_eq!(file.headers[header::CONTENT_DISPOSITION], name.as_str());
        assert!(file.text.starts_with(begin), "{}", file.text);
        file.shows("notes");
        assert!(!file.text.contains("s3cret-word"), "a file holds the secret");
    }
    assert_eq!(browser.get("/profiles/nowhere/export").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn whoever_may_only_look_may_save_a_profile_too() {
    let mut browser = Browser::logged_in().await;
    let uid = made(&browser).await;
    browser.become_viewer().await;
    for page in [format!("/profiles/{uid}"), "/profiles".to_owned()] {
        let page = browser.get(&page).await;
        page.shows("Export as YAML");
        for action in ["Clone", "Delete", "Edit Info", "Publish<", "Import<", "Add Manifest"] {
            assert!(!page.text.contains(action), "{action} in {}", page.text);
        }
    }
    assert_eq!(browser.get(&format!("/profiles/{uid}/export?format=yaml")).await.status, StatusCode::OK);
    for page in ["clone", "layers/new-manifest", "layers/0/manifests/new", "info"] {
        let page = browser.get(&format!("/profiles/{uid}/{page}")).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", page.text);
    }
    for page in ["/profiles/import", "/packs/any/add-to-profile"] {
        let page = browser.get(page).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        page.shows("<code>packyard:ManageProfiles</code>");
        page.shows("which you do not have");
    }
}

#[tokio::test]
async fn a_draft_with_errors_is_offered_for_publishing_on_no_page() {
    let mut browser = Browser::logged_in().await;
    let uid = made(&browser).await;
    let caller = browser.caller().await;
    // A layer of manifests without any is sound; no layer at all is not.
    browser.profiles.update(&caller, &uid, packyard_profile::Draft::default()).await.expect("an empty draft");
    for page in ["", "/variables", "/compare", "/history", "/new-version"] {
        let page = browser.get(&format!("/profiles/{uid}{page}")).await;
        page.shows("1 error to mend").shows("aria-disabled=\"true\" title=\"Mend the errors first\">Publish");
        assert!(!page.text.contains("/publish\""), "{}", page.text);
    }
}

#[tokio::test]
async fn profiles_are_told_apart_by_scope_and_filtered_by_it() {
    let mut browser = Browser::logged_in().await;
    let uid = made(&browser).await;
    assert!(
        !browser.get("/profiles").await.text.contains("role=\"group\" aria-label=\"Scope\""),
        "there is nothing to choose"
    );
    let caller = browser.caller().await;
    let project = browser.profiles.projects().list(&caller).await.expect("projects")[0].uid.clone();
    let clone = format!("/profiles/{uid}/clone");
    let fields = [("name", "theirs"), ("version", "2.0.0"), ("scope", project.as_str())];
    let cloned = browser.submit(&clone, &clone, &fields).await;
    assert_eq!(cloned.status, StatusCode::SEE_OTHER, "{}", cloned.text);
    browser.get(cloned.location()).await.shows("theirs 2.0.0").shows("Project Default");
    browser.get("/profiles").await.shows("<td data-label=\"Scope\">Project Default</td>").shows(">my app<");
    let filtered = browser.get(&format!("/profiles?scope={project}")).await;
    filtered.shows(">theirs<");
    assert!(!filtered.text.contains(">my app<"), "{}", filtered.text);
    browser.get("/profiles?scope=gone").await.shows("No cluster profiles in this scope");
    // The name is free in the other scope, and taken in its own.
    let again = browser.submit(&clone, &clone, &fields).await;
    again.shows("theirs already has a version 2.0.0 there.");
    let wrong = browser.submit(&clone, &clone, &[("name", " "), ("version", "2"), ("scope", "")]).await;
    assert_eq!(wrong.status, StatusCode::OK);
    let gone = browser.submit(&clone, &clone, &[("name", "x"), ("version", "1.0.0"), ("scope", "gone")]).await;
    gone.shows("This project is gone");
}

#[tokio::test]
async fn many_profiles_are_searched_by_words_within_the_chosen_scope() {
    let mut browser = Browser::logged_in().await;
    let uid = made(&browser).await;
    assert!(
        !browser
            .get("/profiles")
            .await
            .text
            .contains("name=\"q\" type=\"search\" value=\"\" placeholder=\"Name, version")
    );
    let caller = browser.caller().await;
    for minor in 1..9 {
        browser.profiles.new_version(&caller, &uid, &format!("1.{minor}.0")).await.expect("a version");
    }
    browser.get("/profiles").await.shows("placeholder=\"Name, version, description, tag\"");
    let found = browser.get("/profiles?q=MY+1.7").await;
    found.shows("<td data-label=\"Version\" class=\"numbers\">1.7.0</td>").shows("value=\"MY 1.7\"");
    assert!(!found.text.contains("numbers\">1.6.0</td>"), "{}", found.text);
    browser.get("/profiles?scope=tenant&q=1.7").await.shows("<input type=\"hidden\" name=\"scope\" value=\"tenant\">");
    browser.get("/profiles?q=nothing-like-it").await.shows("Nothing matches").shows("Show all");
}

#[tokio::test]
async fn activity_leads_to_every_profile_on_its_page() {
    let mut browser = Browser::logged_in().await;
    let uid = made(&browser).await;
    let caller = browser.caller().await;
    let mut all = vec![uid.clone()];
    for minor in 1..20 {
        all.push(browser.profiles.new_version(&caller, &uid, &format!("1.{minor}.0")).await.expect("a version"));
    }
    let page = browser.get("/activity").await;
    for (minor, uid) in all.iter().enumerate() {
        page.shows(&format!("/profiles/{uid}\"")).shows(&format!("my app 1.{minor}.0"));
    }
}

#[tokio::test]
async fn values_that_somebody_else_saved_meanwhile_are_not_overwritten_unseen() {
    let mut browser = Browser::logged_in().await;
    let uid = made(&browser).await;
    let page = format!("/profiles/{uid}?layer=0");
    let layer = format!("/profiles/{uid}/layers/0");
    let opened = browser.get(&page).await;
    let (csrf, seen) = (opened.field("csrf"), opened.field("seen"));
    let form = |values: &'static str, seen: &str| {
        vec![
            ("csrf".to_owned(), csrf.clone()),
            ("seen".to_owned(), seen.to_owned()),
            ("values".to_owned(), values.to_owned()),
        ]
    };
    let theirs = browser.post(&layer, &pairs(&form("theirs: 1\n", &seen))).await;
    assert_eq!(theirs.status, StatusCode::SEE_OTHER, "{}", theirs.text);
    let refused = browser.post(&layer, &pairs(&form("mine: 2\n", &seen))).await;
    assert_eq!(refused.status, StatusCode::OK);
    refused.shows("by somebody else").shows("mine: 2");
    browser.get(&page).await.shows("theirs: 1");
    let again = browser.post(&layer, &pairs(&form("mine: 2\n", &refused.field("seen")))).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.text);
    browser.get(&page).await.shows("mine: 2");
}

fn pairs(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[tokio::test]
async fn the_history_tells_of_a_changed_secret_and_shows_none() {
    let mut browser = Browser::logged_in().await;
    let uid = made(&browser).await;
    let caller = browser.caller().await;
    let token = |default: &str, is_sensitive: bool| -> Vec<Variable> {
        let text = json!([{ "name": "token", "isSensitive": is_sensitive, "defaultValue": default }]);
        serde_json::from_value(text).expect("variables")
    };
    let saved = [token("0ther-word", true), token("s3cret-word", false), token("0ther-word", false)];
    for variables in saved.into_iter().chain([token("0ther-word", true)]) {
        browser.profiles.set_variables(&caller, &uid, variables).await.expect("variables");
    }
    let list = browser.get(&format!("/profiles/{uid}/history")).await;
    let changed = list.text.matches("variable token changed").count();
    assert_eq!(changed, 4, "each save is a change: {}", list.text);
    let begin = format!("href=\"/profiles/{uid}/history/");
    let states: Vec<&str> = list.text.split(&begin).skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(states.len() >= 5, "{}", list.text);
    for state in states {
        let page = browser.get(&format!("/profiles/{uid}/history/{state}")).await;
        assert!(!page.text.contains("s3cret-word") && !page.text.contains("0ther-word"), "{}", page.text);
    }
    // From a mask to another is a change that can be seen, and taken back.
    let newer = browser.profiles.history(&caller, &uid, None, 10).await.expect("a history").states;
    let page = browser.get(&format!("/profiles/{uid}/history/{}", newer[3].id)).await;
    page.shows("(masked, another one)");
}
