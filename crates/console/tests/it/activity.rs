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

#[tokio::test]
async fn the_log_is_read_from_either_end_and_goes_on_where_a_page_ends() {
    let mut browser = Browser::logged_in().await;
    let caller = browser.caller().await;
    // One page and a few.
    for number in 0..55 {
        let new = NewApiKeyRequest { name: format!("key-{number:02}"), ..NewApiKeyRequest::default() };
        browser.access.create_api_key(&caller, new).await.expect("a key");
    }
    let keys = |text: &str| -> Vec<String> {
        let rows = text.split("<tr").filter(|row| row.contains("Create API key") && row.contains("key-"));
        rows.map(|row| row[row.find("key-").unwrap()..][..6].to_owned()).collect()
    };
    let filtered = "/activity?action=packyard%3ACreateApiKey";
    let newest = browser.get(filtered).await;
    assert_eq!(keys(&newest.text).first().map(String::as_str), Some("key-54"));
    newest.shows("aria-sort=\"descending\"").shows("Activity, newest first").shows(">Older</a>");

    let oldest = browser.get(&format!("{filtered}&sort=when")).await;
    oldest.shows("aria-sort=\"ascending\"").shows("Activity, oldest first").shows("name=\"sort\" value=\"when\"");
    let first: Vec<_> = (0..50).map(|number| format!("key-{number:02}")).collect();
    assert_eq!(keys(&oldest.text), first);
    let newer =
        oldest.text.split("<a class=\"button\" href=\"").find(|link| link.contains(">Newer</a>")).expect("Newer");
    let newer = newer.split('"').next().unwrap().replace("&#38;", "&");
    let rest = browser.get(&newer).await;
    assert_eq!(keys(&rest.text), ["key-50", "key-51", "key-52", "key-53", "key-54"]);
    assert!(!rest.text.contains(">Newer</a>"), "there are no more");
    rest.shows(">Oldest</a>");
}
