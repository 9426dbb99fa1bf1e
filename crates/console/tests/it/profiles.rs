//! Profiles that clients of /v1 made, in the console.

use crate::browser::Browser;
use http::{StatusCode, header};
use packyard_profile::{Kind, Labels, NewProfile, PackInput, PackType, Scope, Variable};
use serde_json::json;

async fn made(browser: &Browser) -> String {
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
