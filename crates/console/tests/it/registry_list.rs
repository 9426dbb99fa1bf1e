//! The list of registries: its order, what it says of each, and what can be done to one here and on its own page.

use crate::browser::{Browser, Page};
use crate::kept_registries::made;
use http::StatusCode;
use packyard_catalog::{Auth, RegistryKind, RegistrySpec};

const LIST: &str = "/settings/registries";

/// Names in the order of the rows.
fn names(page: &Page) -> Vec<&str> {
    let rows = page.text.split("<a class=\"opener\"").skip(1);
    rows.filter_map(|row| row.split('>').nth(1)?.split('<').next()).collect()
}

/// The heading of a column, as it stands in the page.
fn heading<'a>(page: &'a Page, key: &str) -> &'a str {
    let headings = page.text.split("<th").skip(1);
    let id = format!("id=\"sort-{key}\"");
    headings.filter_map(|th| th.split("</th>").next()).find(|th| th.contains(&id)).expect("a heading that sorts")
}

async fn registries(browser: &Browser) -> Vec<String> {
    let basic = Auth::Basic { username: "ann".to_owned(), password: Some("secret".to_owned().into()) };
    let keys = Auth::AwsKeys { access_key: "AKIA".to_owned(), secret_key: Some("secret".to_owned().into()) };
    let mut uids = Vec::new();
    for (name, spec) in [
        ("delta", RegistrySpec::ecr("https://ecr.invalid", "team", keys)),
        ("Bravo", RegistrySpec::basic("https://basic.invalid", "team", basic)),
        ("charlie", RegistrySpec::other(RegistryKind::Helm, "https://charts.invalid", Auth::Anonymous)),
        ("alpha", RegistrySpec::basic("https://open.invalid", "team", Auth::Anonymous)),
    ] {
        uids.push(made(browser, name, spec).await);
    }
    uids
}

#[tokio::test]
async fn the_list_is_sorted_by_its_headings_and_rubbish_sorts_nothing() {
    let mut browser = Browser::logged_in().await;
    registries(&browser).await;
    let by_name = ["alpha", "Bravo", "charlie", "delta"];
    let by_type = ["alpha", "Bravo", "delta", "charlie"];
    let reversed = |names: [&'static str; 4]| names.into_iter().rev().collect::<Vec<_>>();
    for address in ["", "?sort=size", "?sort=", "?sort=name", "?sort=-", "?from=elsewhere"] {
        let page = browser.get(&format!("{LIST}{address}")).await;
        assert_eq!(names(&page), by_name, "{address}");
        assert!(heading(&page, "name").contains("aria-sort=\"ascending\""), "{address}: {}", heading(&page, "name"));
        assert!(!heading(&page, "packs").contains("aria-sort"));
        assert!(heading(&page, "packs").contains("href=\"/settings/registries?sort=-packs\""), "the most first");
    }
    let page = browser.get(&format!("{LIST}?sort=type")).await;
    assert_eq!(names(&page), by_type, "Anonymous, Basic, ECR, Helm");
    assert!(heading(&page, "type").contains("aria-sort=\"ascending\""));
    assert!(heading(&page, "type").contains("href=\"/settings/registries?sort=-type\""));
    assert!(heading(&page, "name").contains("href=\"/settings/registries\""), "back to how it was");
    let page = browser.get(&format!("{LIST}?sort=-type")).await;
    assert_eq!(names(&page), reversed(by_type));
    assert!(heading(&page, "type").contains("aria-sort=\"descending\""));
    assert_eq!(names(&browser.get(&format!("{LIST}?sort=-name")).await), reversed(by_name));
    // None has packs or ran: what is equal stands by its name, whichever way.
    for equal in ["packs", "-packs", "run", "-run"] {
        assert_eq!(names(&browser.get(&format!("{LIST}?sort={equal}")).await), by_name, "{equal}");
    }
}

#[tokio::test]
async fn a_registry_without_a_login_is_not_called_basic() {
    let mut browser = Browser::logged_in().await;
    let uids = registries(&browser).await;
    let page = browser.get(LIST).await;
    for (name, kind) in [("alpha", "Anonymous"), ("Bravo", "Basic"), ("delta", "ECR"), ("charlie", "Helm")] {
        let row = page.text.split("<tr").find(|row| row.contains(&format!(">{name}</a>"))).expect("a row");
        assert!(row.contains(&format!("<td data-label=\"Type\">{kind}</td>")), "{name}: {row}");
    }
    browser.get(&format!("{LIST}/{}", uids[3])).await.shows("<dt>Type</dt><dd>Anonymous</dd>");
}

/// What the three-dot menu of the registry offers, by its words.
fn offered(page: &Page, name: &str) -> Vec<String> {
    let begin = format!("aria-label=\"three-dot Menu of {name}\"");
    let panel = page.text.split(&begin).nth(1).and_then(|rest| rest.split("</details>").next()).expect("a menu");
    let items = panel.split("class=\"menu-item").skip(1).filter_map(|item| item.split("</svg>").nth(1));
    items.filter_map(|words| Some(words.split('<').next()?.trim().to_owned())).collect()
}

#[tokio::test]
async fn a_registry_offers_the_same_in_the_list_and_on_its_own_page() {
    let mut browser = Browser::logged_in().await;
    let uid = registries(&browser).await.remove(0);
    let own = format!("{LIST}/{uid}");
    let mut in_list = offered(&browser.get(LIST).await, "delta");
    for must in ["Edit", "Sync", "History", "Interval and notifications", "Delete"] {
        assert!(in_list.iter().any(|word| word == must), "{must}: {in_list:?}");
    }
    in_list.retain(|word| word != "History");
    assert_eq!(offered(&browser.get(&own).await, "delta"), in_list);
}

#[tokio::test]
async fn an_action_leads_back_to_where_it_began() {
    let mut browser = Browser::logged_in().await;
    let uids = registries(&browser).await;
    let own = format!("{LIST}/{}", uids[0]);
    let sorted = format!("{LIST}?sort=-packs");
    for (began, query) in [(sorted.as_str(), "?sort=-packs"), (own.as_str(), "?from=history"), (LIST, "")] {
        let page = browser.get(began).await;
        page.shows(&format!("href=\"{own}/edit{query}\"")).shows(&format!("href=\"{own}/delete{query}\""));
        for dialog in ["edit", "delete"] {
            let page = browser.get(&format!("{own}/{dialog}{query}")).await;
            page.shows(&format!("<a class=\"veil\" href=\"{began}\" data-close"));
            page.shows(&format!("action=\"{own}/{dialog}{query}\""));
        }
        let sync = format!("{own}/sync{query}");
        page.shows(&format!("action=\"{sync}\""));
        assert_eq!(browser.submit(began, &sync, &[]).await.location(), began);
        let edit = format!("{own}/edit{query}");
        let fields = [
            ("name", "delta"),
            ("auth", "ecr"),
            ("aws", "keys"),
            ("endpoint", "https://ecr.invalid"),
            ("access_key", "AKIA"),
        ];
        let saved = browser.submit(&edit, &edit, &fields).await;
        assert_eq!((saved.status, saved.location()), (StatusCode::SEE_OTHER, began), "{}", saved.text);
    }
    // Its own page is gone then.
    for (uid, query, then) in [(&uids[0], "?from=history", LIST), (&uids[1], "?sort=-packs", sorted.as_str())] {
        let delete = format!("{LIST}/{uid}/delete{query}");
        assert_eq!(browser.submit(&delete, &delete, &[]).await.location(), then);
    }
}
