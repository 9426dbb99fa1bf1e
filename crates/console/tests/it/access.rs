//! Access without scripts: what pages show to whom, and what a form that was made up cannot do.

use crate::browser::Browser;
use http::StatusCode;
use packyard_access::iam::{Membership, NewPerson};
use packyard_access::policy::managed_policies;
use packyard_profile::NewProject;
use secrecy::ExposeSecret;

const CHOSEN: &str = "a password of one's own";

/// A user of that name, logged in, with this role in a new project; and the project.
async fn member(browser: &mut Browser, email: &str, role: &str) -> (String, String) {
    let admin = browser.caller().await;
    let new = NewProject { name: format!("project of {email}"), ..NewProject::default() };
    let project = browser.profiles.projects().create(&admin, new).await.expect("a project");
    let person = NewPerson { email: email.to_owned(), ..NewPerson::default() };
    let issued = browser.access.iam(&admin).create_person(person).await.expect("a user");
    let roles = managed_policies().iter().filter(|known| known.name == role).collect();
    let wanted = Membership { user_uid: issued.user.uid.clone(), project_uid: project.clone(), roles };
    browser.access.iam(&admin).set_memberships(vec![wanted]).await.expect("a member");
    let fields = [("email", email), ("password", issued.password.expose_secret()), ("new-password", CHOSEN)];
    let page = browser.post("/login", &fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    (issued.user.uid, project)
}

#[tokio::test]
async fn a_one_time_password_is_on_one_page_only() {
    let mut browser = Browser::logged_in().await;
    let fields = [("email", "ann@packyard.test"), ("role", "ANPAPACKYARDVIEWER000")];
    let made = browser.submit("/settings/users/new", "/settings/users/new", &fields).await;
    made.shows("User ann@packyard.test made.").shows("it is not shown again");
    let page = browser.get("/settings/users").await;
    page.shows("ann@packyard.test").shows("PackyardViewer");
    assert!(!page.text.contains("one-time password now"), "{}", page.text);
    let again = browser.submit("/settings/users/new", "/settings/users/new", &fields).await;
    again.shows("There is a user ann@packyard.test already");
}

#[tokio::test]
async fn a_scope_is_one_of_those_the_visitor_has() {
    let mut browser = Browser::open().await;
    let admin = browser.caller().await;
    let foreign = NewProject { name: "foreign".to_owned(), ..NewProject::default() };
    let foreign = browser.profiles.projects().create(&admin, foreign).await.expect("a project");
    let (_, own) = member(&mut browser, "ed@packyard.test", "PackyardProjectEditor").await;
    browser.set_cookie("packyard_scope", &foreign);
    let page = browser.get("/profiles").await;
    page.shows("No cluster profiles yet");
    assert!(!page.text.contains("foreign"), "{}", page.text);
    let made = browser
        .submit("/profiles/new", "/profiles/new", &[("name", "edge"), ("version", "1.0.0"), ("type", "add-on")])
        .await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    // No page of the wizard or of Import has a choice where there is none.
    let file = r#"{"metadata":{"name":"sent"},"spec":{"version":"1.0.0","template":{"type":"add-on","packs":[]}}}"#;
    let page = browser.submit("/profiles/import", "/profiles/import", &[("file", file)]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    page.shows("project of ed@packyard.test");
    let all = browser.profiles.list(&admin, None).await.expect("a list");
    assert_eq!(all.iter().map(|profile| profile.scope.project_uid()).collect::<Vec<_>>(), [own.as_str()]);
    assert_eq!(browser.get(&format!("/settings/projects/{foreign}")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.get("/settings/users").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_administrator_of_a_project_reaches_no_further_than_it() {
    let mut browser = Browser::open().await;
    let (own_uid, project) = member(&mut browser, "pat@packyard.test", "PackyardProjectAdmin").await;
    let admin = browser.caller().await.principal.uid.clone();
    let address = format!("/settings/projects/{project}");
    browser.get(&address).await.shows("Add Member");
    let members = format!("{address}/members");
    let tenant_admin = [("user", own_uid.as_str()), ("role", "ANPAPACKYARDADMIN0000")];
    let refused = browser.submit(&address, &members, &tenant_admin).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    refused.shows("role of the whole tenant");
    let down = [("user", own_uid.as_str()), ("role", "ANPAPACKYARDVIEWER000")];
    browser.submit(&address, &members, &down).await.shows("from themselves");
    let users = browser.get("/settings/users").await;
    assert!(users.text.contains("pat@packyard.test") && !users.text.contains("Add User"), "{}", users.text);
    for way in ["delete", "deactivate", "password"] {
        let page = browser.submit(&address, &format!("/settings/users/{admin}/{way}"), &[]).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{way}");
    }
    let made = browser.submit(&address, "/settings/users/new", &[("email", "x@packyard.test")]).await;
    assert_eq!(made.status, StatusCode::FORBIDDEN);
    let project = browser.submit(&address, "/settings/projects/new", &[("name", "x")]).await;
    assert_eq!(project.status, StatusCode::FORBIDDEN);
}
