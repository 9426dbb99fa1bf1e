//! What a provider does before anything else, and how it fails.

use super::sdk::Sdk;
use super::world::World;
use serde_json::{Value, json};

fn named<'a>(items: &'a Value, name: &str) -> Option<&'a Value> {
    items.as_array()?.iter().find(|item| item["metadata"]["name"] == name)
}

/// Case 1 of the compatibility list: the provider looks its project up, and says so when it is not there.
#[test]
fn the_provider_starts_with_the_default_project_and_names_a_missing_one() {
    let Some(world) = World::start("the_provider_starts_with_the_default_project_and_names_a_missing_one") else {
        return;
    };
    let mut sdk = world.sdk();
    sdk.call("Validate", &[]).ok();
    sdk.call("ValidateTenantAdmin", &[]).ok();
    let projects = sdk.call("GetProjects", &[]).ok();
    let default = named(&projects["items"], "Default").expect("the default project");
    assert_eq!(sdk.call("GetProjectUID", &[json!("Default")]).text(), default["metadata"]["uid"]);
    let missing = sdk.call("GetProjectUID", &[json!("nowhere")]).error();
    assert_eq!(missing["text"], "project 'nowhere' not found");
}

/// Case 2: at once, since every other answer would be tried again for more than an hour.
#[test]
fn a_wrong_key_is_refused_at_once() {
    let Some(world) = World::start("a_wrong_key_is_refused_at_once") else { return };
    let key = "not-a-key-of-this-server";
    let mut sdk = world.sdk_with(&[("PALETTE_API_KEY", key), ("PALETTE_RETRIES", "10")]);
    // Ten retries of the SDK sleep for more than an hour; an answer at all says that there was none.
    let refused = sdk.call("Validate", &[]).error();
    assert_eq!((&refused["status"], &refused["code"]), (&json!(401), &json!("Unauthorized")), "{refused}");
    assert!(!refused["text"].as_str().unwrap().contains(key), "{refused}");
}

#[test]
fn an_authority_that_nobody_trusts_is_no_server() {
    let Some(world) = World::start("an_authority_that_nobody_trusts_is_no_server") else { return };
    let key = world.direct.api_key();
    let nothing = world.yard.data.join("tls/none.pem");
    let mut sdk = world.sdk_with(&[("PALETTE_API_KEY", &key), ("SSL_CERT_FILE", nothing.to_str().unwrap())]);
    let refused = sdk.call("Validate", &[]).error();
    assert!(refused["text"].as_str().unwrap().contains("x509"), "{refused}");
}

/// Case 17: user name and password, the token's renewal, and API keys.
#[test]
fn a_user_logs_in_renews_the_token_and_makes_lists_and_deletes_api_keys() {
    let test = "a_user_logs_in_renews_the_token_and_makes_lists_and_deletes_api_keys";
    let Some(world) = World::start(test) else { return };
    let (email, password) = (world.yard.admin_email.clone(), world.yard.admin_password.clone());
    let mut sdk = world.sdk_with(&[("PALETTE_USERNAME", &email), ("PALETTE_PASSWORD", &password)]);
    let info = sdk.call("GetUsersInfo", &[]).ok();
    assert_eq!(info["userUid"].as_str().unwrap().len(), 24);
    let user = sdk.call("GetUserByEmail", &[json!(email)]).ok();
    assert_eq!(user["metadata"]["uid"], info["userUid"]);
    assert_eq!(sdk.call("GetUserSummaryByEmail", &[json!(email)]).ok()["metadata"]["uid"], info["userUid"]);
    assert_eq!(sdk.call("GetUserByID", &[info["userUid"].clone()]).ok()["spec"]["emailId"], email);
    sdk.call("GetUserByID", &[json!("nobody")]).gone();

    let token = sdk.call("Authenticate", &[json!({ "emailId": email, "password": password, "org": "" })]).ok();
    let token = token["Authorization"].as_str().unwrap().to_owned();
    let renewed = sdk.call("AuthRefreshToken", &[json!(token)]).ok();
    let renewed = renewed["Authorization"].as_str().unwrap().to_owned();
    let mut by_token = world.sdk_with(&[("PALETTE_JWT", &renewed)]);
    assert_eq!(by_token.call("GetUsersInfo", &[]).ok()["userUid"], info["userUid"]);

    let hour = 3_600_000_000_000_i64;
    let key =
        by_token.call("CreateAPIKey", &[json!("ci"), json!({ "description": "of the build" }), json!(hour)]).text();
    let mut by_key = world.sdk_with(&[("PALETTE_API_KEY", &key)]);
    by_key.call("Validate", &[]).ok();
    let keys = by_key.call("GetAPIKeys", &[]).ok();
    let made = named(&keys["items"], "ci").expect("the key");
    assert_eq!(made["status"]["isActive"], true);
    // Never the key itself.
    assert!(!world.direct.get("/v1/apiKeys").body.to_string().contains(&key));
    by_token.call("DeleteAPIKeyByName", &[json!("ci")]).ok();
    assert_eq!(by_key.call("Validate", &[]).error()["status"], 401);

    let wrong: Sdk = world.sdk_with(&[("PALETTE_JWT", "e30.e30.e30")]);
    let refused = { wrong }.call("GetUsersInfo", &[]).error();
    assert_eq!((&refused["status"], &refused["code"]), (&json!(401), &json!("Unauthorized")));
}
