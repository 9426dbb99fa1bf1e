//! The audit log as people read it.

use crate::browser::Browser;
use packyard_access::{ApiKeyChange, NewApiKeyRequest};

/// Rows of the table that hold the words; what stands above the table counts as one.
fn rows_with<'a>(text: &'a str, words: &str) -> Vec<&'a str> {
    text.split("<tr").filter(|row| row.contains(words)).collect()
}

#[tokio::test]
async fn api_keys_are_called_by_their_name_also_when_they_are_gone() {
    let mut browser = Browser::logged_in().await;
    let caller = browser.caller().await;
    let mut uids = Vec::new();
    for name in ["nightly build", "forgotten"] {
        let new = NewApiKeyRequest { name: name.to_owned(), ..NewApiKeyRequest::default() };
        let uid = browser.access.create_api_key(&caller, new).await.expect("a key").key.uid;
        let off = ApiKeyChange { active: Some(false), ..ApiKeyChange::default() };
        browser.access.change_api_key(&caller, &uid, off).await.expect("a change");
        uids.push(uid);
    }
    browser.access.delete_api_key(&caller, &uids[1]).await.expect("a deletion");

    let page = browser.get("/activity").await;
    let updated = rows_with(&page.text, "Update API key");
    assert_eq!(updated.len(), 3, "two rows and the choice of actions: {}", page.text);
    for (name, row) in ["nightly build", "forgotten"].iter().zip(updated.iter().rev()) {
        assert!(row.contains(&format!("{name}<")), "{name}: {row}");
        assert!(row.contains("active"), "what changed: {row}");
    }
    let deleted = rows_with(&page.text, "Delete API key");
    assert!(deleted.iter().any(|row| row.contains("forgotten<")), "{deleted:?}");
    let is_shown = |uid: &String| ["a", "span"].iter().any(|tag| page.text.contains(&format!(">{uid}</{tag}>")));
    assert!(!uids.iter().any(is_shown), "a uid is no name: {}", page.text);
    page.shows("href=\"/settings/api-keys\"");
}
