//! What must work where no script runs: registries, add, validate, delete, packs; and the rules of the wizard.

use crate::browser::Browser;
use http::StatusCode;

/// Nobody listens on the discard port of this machine.
const CLOSED: &str = "http://127.0.0.1:9";

#[tokio::test]
async fn empty_pages_teach_what_to_do() {
    let mut browser = Browser::logged_in().await;
    browser
        .get("/settings/registries")
        .await
        .shows("No registry yet")
        .shows("packyard publish ./my-pack --to localhost:7225/");
    browser.get("/packs").await.shows("No packs yet").shows("Add New OCI Registry");
    browser.get("/profiles").await.shows("No cluster profiles yet").shows("Add Cluster Profile");
}

#[tokio::test]
async fn a_registry_is_added_edited_and_deleted_with_plain_forms() {
    let mut browser = Browser::logged_in().await;
    let new = "/settings/registries/new";
    let page =
        browser.submit(new, new, &[("name", "harbor"), ("auth", "basic"), ("endpoint", ""), ("username", "u")]).await;
    assert_eq!(page.status, StatusCode::OK);
    page.shows("Enter the registry&#39;s address.").shows("Enter the password.").shows("value=\"harbor\"");

    let fields = [
        ("name", "harbor"),
        ("auth", "basic"),
        ("endpoint", CLOSED),
        ("paths", "team, other"),
        ("username", "u"),
        ("password", "s3cret-word"),
    ];
    let page = browser.submit(new, new, &fields).await;
    assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/settings/registries"), "{}", page.text);
    let list = browser.get("/settings/registries").await;
    list.shows("data-live=\"/settings/registries/live\"")
        .shows("harbor")
        .shows("team")
        .shows("Registry harbor added")
        .shows("three-dot Menu of harbor");
    assert!(!browser.get("/settings/registries").await.text.contains("Registry harbor added"), "a toast is shown once");

    let uid = list.text.split("id=\"registry-").nth(1).unwrap()[..24].to_owned();
    let edit = format!("/settings/registries/{uid}/edit");
    let page = browser.get(&edit).await;
    page.shows("Unchanged").shows("value=\"team, other\"");
    browser.get(&format!("{edit}?use_paths=base")).await.shows("name=\"paths\" value=\"base\"");
    assert!(!page.text.contains("s3cret-word"), "a page holds the secret");
    let fields = [
        ("name", "harbor two"),
        ("auth", "basic"),
        ("endpoint", CLOSED),
        ("paths", "team"),
        ("username", "u"),
        ("password", ""),
    ];
    let page = browser.submit(&edit, &edit, &fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);

    let page = browser.submit(new, new, &[("name", "harbor two"), ("auth", "none"), ("endpoint", CLOSED)]).await;
    page.shows("A registry named harbor two exists already");

    let delete = format!("/settings/registries/{uid}/delete");
    browser
        .get(&delete)
        .await
        .shows("Delete registry harbor two?")
        .shows("No cluster profile uses packs of this registry");
    let page = browser.submit(&delete, &delete, &[]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    browser.get("/settings/registries").await.shows("No registry yet").shows("Registry harbor two deleted");
}

#[tokio::test]
async fn validate_names_the_hop_that_failed_and_keeps_what_was_typed() {
    let mut browser = Browser::logged_in().await;
    let fields =
        [("name", "far"), ("auth", "basic"), ("endpoint", CLOSED), ("username", "u"), ("password", "s3cret-word")];
    let page = browser.submit("/settings/registries/new", "/settings/registries/validate", &fields).await;
    assert_eq!(page.status, StatusCode::OK);
    page.shows("Validation stopped at TCP").shows("value=\"far\"").shows("class=\"hop bad\"");
    assert!(!page.text.contains("s3cret-word"), "a page holds the secret");
    // The report is what comes into view, the field is marked, and the secret is asked for again.
    page.shows("formaction=\"/settings/registries/validate#report\"").shows("<section id=\"report\"");
    page.shows("placeholder=\"Type it again\"").shows("type it again.");
    page.shows("aria-describedby=\"error-endpoint hint-endpoint\" aria-invalid=\"true\"");
    page.shows("<div id=\"error-endpoint\"><p class=\"error\">");
    assert!(!page.text.contains(" autofocus"), "the focus would scroll the report away");
}

#[tokio::test]
async fn a_wrong_field_is_marked_and_has_the_focus() {
    let mut browser = Browser::logged_in().await;
    let new = "/settings/registries/new";
    browser.get(new).await.shows("aria-describedby=\"error-name\" autofocus");
    let page = browser.submit(new, new, &[("name", "x"), ("auth", "basic"), ("endpoint", ""), ("username", "u")]).await;
    page.shows("aria-describedby=\"error-endpoint hint-endpoint\" aria-invalid=\"true\" autofocus");
    page.shows("aria-describedby=\"error-password\" aria-invalid=\"true\" autocomplete");
    assert_eq!(page.text.matches(" autofocus").count(), 1);
}

#[tokio::test]
async fn the_button_of_a_near_miss_takes_the_place_of_the_paths() {
    let mut browser = Browser::logged_in().await;
    let fields = [("name", "far"), ("auth", "none"), ("endpoint", CLOSED), ("paths", "bas"), ("use_paths", "base")];
    let page = browser.submit("/settings/registries/new", "/settings/registries/validate", &fields).await;
    page.shows("name=\"paths\" value=\"base\"");
}

#[tokio::test]
async fn validate_is_told_hop_by_hop_to_whoever_reads_events() {
    let mut browser = Browser::logged_in().await;
    let token = browser.get("/settings/registries/new").await.field("csrf");
    browser.accept = Some("text/event-stream");
    let fields = [("csrf", token.as_str()), ("name", "far"), ("auth", "none"), ("endpoint", CLOSED)];
    let page = browser.post("/settings/registries/validate", &fields).await;
    assert_eq!(page.headers[http::header::CONTENT_TYPE], "text/event-stream");
    let events: Vec<&str> = page.text.split("\n\n").filter(|event| !event.is_empty()).collect();
    assert!(events[0].contains("Validating") && events[0].contains("hop run\" id=\"hop-endpoint"), "{}", events[0]);
    assert!(events[1].contains("hop good\" id=\"hop-endpoint"), "{}", events[1]);
    let last = events.last().unwrap();
    assert!(last.contains("Validation stopped at TCP") && last.contains("error-endpoint"), "{last}");

    // What is wrong with the form itself needs no walk.
    let fields = [("csrf", token.as_str()), ("auth", "none"), ("endpoint", "")];
    let page = browser.post("/settings/registries/validate", &fields).await;
    page.shows("1 field to mend above.");
    assert!(!page.text.contains("Validating"), "{}", page.text);
}

#[tokio::test]
async fn a_page_on_which_nothing_moves_is_not_followed() {
    let mut browser = Browser::logged_in().await;
    assert!(!browser.get("/settings/registries").await.text.contains("data-live"));
    assert_eq!(browser.get("/settings/registries/live").await.headers["x-packyard-still"], "1");
    browser.accept = Some("text/event-stream");
    let page = browser.get("/settings/registries/live").await;
    assert!(page.text.trim_end().ends_with("event: end\ndata: still"), "{}", page.text);
    assert_eq!(browser.get("/settings/registries/nothing/live").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_address_that_takes_a_form_leads_to_the_page_with_the_form() {
    let mut browser = Browser::logged_in().await;
    for (address, page) in [
        ("/settings/registries/validate", "/settings/registries/new"),
        ("/settings/registries/u1/validate", "/settings/registries/u1/edit"),
        ("/settings/registries/u1/sync", "/settings/registries/u1"),
        ("/logout", "/"),
    ] {
        let reply = browser.get(address).await;
        assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, page), "{address}");
    }
    assert_eq!(browser.get("/packs").await.status, StatusCode::OK, "still logged in");
    let page = browser.get("/theme").await;
    assert_eq!(page.status, StatusCode::METHOD_NOT_ALLOWED);
    page.shows("Nothing to see here").shows("Packyard");
}

#[tokio::test]
async fn the_wizard_says_beside_the_field_what_is_wrong() {
    let mut browser = Browser::logged_in().await;
    let new = "/profiles/new";
    let page = browser.submit(new, new, &[("name", ""), ("version", "1.0.0")]).await;
    page.shows("A name is needed");
    let page = browser.submit(new, new, &[("name", "base"), ("version", "v1")]).await;
    page.shows("a profile version is major.minor.patch").shows("value=\"base\"");
    let page = browser.submit(new, new, &[("name", "base"), ("version", "1.0.0"), ("tags", "team:yard, mine")]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    let layers = page.location().to_owned();
    browser.get(&layers).await.shows("No layers yet").shows("Add Pack").shows("Change basic information");
    let picker = browser.get(&format!("{layers}/add")).await;
    picker.shows("No registry is registered yet").shows("<noscript><button class=\"button\" type=\"submit\">Show");
    // Each step says of which profile it is.
    picker.shows(">base 1.0.0</a>");
    browser.get(&layers).await.shows(">base 1.0.0</a>").shows("aria-current=\"page\">Profile layers");
    browser.get(&layers.replace("/layers", "/basics")).await.shows("None yet: packs come in the next step.");
    let page = browser.submit(new, new, &[("name", "base"), ("version", "1.0.0")]).await;
    page.shows("base already has a version 1.0.0");

    browser.get("/profiles").await.shows("Draft").shows("team:yard").shows(">mine<");
    let review = layers.replace("/layers", "/review");
    assert_eq!(browser.get(&review).await.location(), layers, "a profile without layers cannot be finished");
    let finish = layers.replace("/layers", "/finish");
    assert_eq!(browser.submit(&layers, &finish, &[]).await.location(), layers);

    let delete = layers.replace("/layers", "/delete");
    let dialog = browser.get(&delete).await;
    dialog.shows("<title>Delete · base 1.0.0 · Packyard</title>");
    dialog.shows("Delete cluster profile base 1.0.0?").shows("It has no layers yet.");
    assert!(!dialog.text.contains("Other versions"), "there are none");
    browser.submit(&delete, &delete, &[]).await;
    browser.get("/profiles").await.shows("No cluster profiles yet");
}

#[tokio::test]
async fn the_editor_is_answered_only_with_the_session_token() {
    let mut browser = Browser::logged_in().await;
    assert_eq!(browser.post("/profiles/check-values", &[]).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_api_key_is_shown_once_disabled_and_deleted() {
    let mut browser = Browser::logged_in().await;
    let (list, new) = ("/settings/api-keys", "/settings/api-keys/new");
    browser.get(list).await.shows("No API keys yet");
    let page = browser.submit(new, new, &[("name", ""), ("term", "day"), ("day", "2001-01-01")]).await;
    page.shows("Enter a name").shows("This day is over.");
    let page = browser.submit(new, new, &[("name", "terraform"), ("term", "90")]).await;
    page.shows("it is not shown again").shows("Active").shows("ApiKey: $PACKYARD_API_KEY");
    let secret = page.text.split("data-copy=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(secret.len(), 64, "{secret}");
    let page = browser.get(list).await;
    assert!(!page.text.contains(&secret), "a page shows the key again");
    let uids = page.text.split("/settings/api-keys/").filter_map(|rest| rest.split_once("/state"));
    let uid = uids.map(|(uid, _)| uid.to_owned()).find(|uid| uid.len() == 24).unwrap();
    let state = format!("{list}/{uid}/state");
    assert_eq!(browser.submit(list, &state, &[("active", "no")]).await.status, StatusCode::SEE_OTHER);
    browser.get(list).await.shows("Disabled").shows("API key terraform disabled");
    browser.submit(list, &state, &[("active", "yes")]).await;
    browser.get(list).await.shows("Active");
    let delete = format!("{list}/{uid}/delete");
    browser.get(&delete).await.shows("Delete API key terraform?").shows("<title>Delete terraform · Packyard</title>");
    browser.get(new).await.shows("<title>Add API Key · Packyard</title>");
    browser.submit(&delete, &delete, &[]).await;
    browser.get(list).await.shows("No API keys yet");
}

#[tokio::test]
async fn interval_notifications_and_cancel_work_with_plain_forms() {
    let mut browser = Browser::logged_in().await;
    let new = "/settings/registries/new";
    let page = browser.submit(new, new, &[("name", "harbor"), ("auth", "none"), ("endpoint", CLOSED)]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    let list = browser.get("/settings/registries").await;
    let uid = list.text.split("id=\"registry-").nth(1).unwrap()[..24].to_owned();
    let syncing = format!("/settings/registries/{uid}/syncing");
    list.shows(&syncing).shows("Cancel sync");
    browser
        .get(&syncing)
        .await
        .shows("<option value=\"server\" selected>The server&#39;s setting (every day)</option>")
        .shows("Off: no secret has been made")
        .shows(&format!("/v1/registries/oci/{uid}/notify"));
    browser.submit(&syncing, &syncing, &[("interval", "3600")]).await;
    browser.get(&syncing).await.shows("<option value=\"3600\" selected>Every hour</option>").shows("Interval saved");

    let notifications = format!("/settings/registries/{uid}/notifications");
    let page = browser.submit(&syncing, &notifications, &[("do", "new")]).await;
    let secret = page.text.split("pyn_").nth(1).unwrap()[..64].to_owned();
    page.shows("it is not shown again");
    let page = browser.get(&syncing).await;
    page.shows("Replace the secret").shows("No notification has come yet");
    assert!(!page.text.contains(&secret), "a page shows the secret again");
    browser.submit(&syncing, &notifications, &[("do", "off")]).await;
    browser.get(&syncing).await.shows("Off: no secret has been made");

    // No worker runs here, so the first sync still waits.
    let cancel = format!("/settings/registries/{uid}/cancel");
    let page = browser.submit(&syncing, &format!("{cancel}?from=history"), &[]).await;
    assert_eq!(page.location(), format!("/settings/registries/{uid}"));
    browser.get(page.location()).await.shows("Sync of harbor cancelled");
    browser.get("/settings/registries").await.shows("The sync was cancelled");
    let page = browser.submit(&syncing, &format!("{cancel}?sort=-packs"), &[]).await;
    assert_eq!(page.location(), "/settings/registries?sort=-packs", "back to the list as it was");
    browser.get(&syncing).await.shows("Sync of harbor had ended already");
}
