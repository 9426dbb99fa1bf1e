//! Import of exported files, with plain forms.

use crate::browser::Browser;
use http::StatusCode;
use serde_json::json;

const IMPORT: &str = "/profiles/import";

fn pack(name: &str, layer: &str, values: &str) -> serde_json::Value {
    json!({ "name": name, "type": "oci", "layer": layer, "version": "1.0.0", "tag": "1.0.0", "values": values,
        "registry": { "metadata": { "name": "Public Repo" } } })
}

fn sound(name: &str) -> String {
    let manifest = json!({ "name": "a", "content": "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n" });
    json!({ "metadata": { "name": name, "description": "From elsewhere", "labels": { "team": "web" } },
        "spec": { "version": "1.2.0", "variables": [{ "name": "token", "isSensitive": true, "defaultValue": "********" }],
            "template": { "type": "add-on", "cloudType": "all", "packs": [
                { "name": "notes", "type": "manifest", "values": "a: 1\n", "manifests": [manifest] }] } } })
    .to_string()
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_file_is_said_at_once_and_nothing_is_made() {
    let mut browser = Browser::logged_in().await;
    let file = json!({ "metadata": { "name": " x" }, "spec": { "version": "1",
        "variables": [{ "name": "1x" }],
        "template": { "type": "add-on", "packs": [
            pack("vault", "addon", "a: '{{.spectro.var.nowhere}}'\nb: '{{.spectro.macro.gone}}'\n"),
            pack("ubuntu", "os", ""),
            { "name": "notes", "type": "manifest", "values": "a: [", "manifests": [{ "name": "m", "content": "x: \"" }] },
            { "name": "odd", "type": "zip" },
        ] } } });
    let page = browser.submit(IMPORT, IMPORT, &[("file", &file.to_string())]).await;
    assert_eq!(page.status, StatusCode::OK);
    page.shows("It cannot be imported yet.");
    for text in [
        "starts or ends with space",
        "is not a version",
        "has a name that macros cannot use",
        "Pack vault 1.0.0 is not here: no registry here has a pack of this name",
        "Macro gone is not here",
        "The variable <code>nowhere</code> is not defined. Add it to <code>spec.variables</code> of the file.",
        "Layer 1 · vault, line 1 of the values",
        "Pack ubuntu 1.0.0 is not here",
        "Pack ubuntu is of layer os, which belongs to infrastructure profiles",
        "The values are not YAML",
        "Layer 3 · notes, line 1 of manifest m",
        "Type of pack odd: <code>zip</code> is not one of",
    ] {
        page.shows(text);
    }
    assert!(!page.text.contains("name=\"make\""), "an import is offered that cannot be");
    let of = page.field("of");
    let page = browser.submit(IMPORT, IMPORT, &[("file", &file.to_string()), ("of", &of), ("make", "yes")]).await;
    page.shows("It cannot be imported yet.");
    browser.get("/profiles").await.shows("No cluster profiles yet");
}

#[tokio::test]
async fn what_is_no_exported_file_says_why() {
    let mut browser = Browser::logged_in().await;
    for (file, text) in [
        ("", "Choose an exported file, or paste its text."),
        ("{\"a\": ", "no exported cluster profile"),
        ("a: [\nb", "no exported cluster profile"),
        ("- a\n", "no exported cluster profile"),
        (
            "metadata:\n  name: a\n  name: b\n",
            "stands twice in one map, of which only one can count: <code>name</code> at line 3",
        ),
        ("metadata: {name: a}\n---\nmetadata: {name: b}\n", "a second document begins at line 2"),
        (
            "{\"metadata\":\n{\"name\":\"a\",\n\"name\":\"b\"}}",
            "stands twice in one object, of which only one can count; the second is at line 3",
        ),
    ] {
        let page = browser.submit(IMPORT, IMPORT, &[("file", file)]).await;
        assert_eq!(page.status, StatusCode::OK);
        page.shows(text).shows("aria-invalid=\"true\"");
    }
}

#[tokio::test]
async fn a_file_is_looked_at_renamed_and_imported_into_a_project() {
    let mut browser = Browser::logged_in().await;
    let file = sound("app");
    let page = browser.submit(IMPORT, IMPORT, &[("file", &file)]).await;
    page.shows("name=\"make\"").shows("From elsewhere").shows("team:web").shows("notes").shows("1 manifest");
    page.shows("No file holds the default of token.");
    assert_eq!((page.field("name"), page.field("version")), ("app".to_owned(), "1.2.0".to_owned()));
    let of = page.field("of");
    let caller = browser.caller().await;
    let project = browser.profiles.projects().list(&caller).await.expect("projects")[0].uid.clone();
    let chosen = [("file", file.as_str()), ("of", &of), ("name", "other"), ("version", "2.0.0"), ("scope", &project)];
    // Looking again makes nothing.
    browser.submit(IMPORT, IMPORT, &chosen).await.shows("name=\"make\"");
    browser.get("/profiles").await.shows("No cluster profiles yet");
    let make: Vec<_> = chosen.into_iter().chain([("make", "yes")]).collect();
    let made = browser.submit(IMPORT, IMPORT, &make).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let page = browser.get(made.location()).await;
    page.shows("other 2.0.0 imported as a draft").shows("Project Default").shows("kind: Namespace").shows("Draft");
    let again = browser.submit(IMPORT, IMPORT, &make).await;
    again.shows("Version 2.0.0 of other is there already.");
    // What was chosen was for that file; another one begins anew.
    let next = sound("next");
    let page =
        browser.submit(IMPORT, IMPORT, &[("file", &next), ("of", &of), ("name", "other"), ("make", "yes")]).await;
    assert_eq!(page.field("name"), "next");
}
