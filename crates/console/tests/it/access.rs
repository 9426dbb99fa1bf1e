//! Access without scripts: what pages show to whom, and what a form that was made up cannot do.

use crate::browser::Browser;
use http::StatusCode;
use packyard_access::iam::{Membership, NewPerson};
use packyard_access::policy::managed_policies;
use packyard_profile::{Kind, Labels, NewProfile, NewProject, Scope};
use secrecy::ExposeSecret;

const CHOSEN: &str = "a password of one's own";

/// A user of that name, logged in, with this role in a new project; and the project.
pub(crate) async fn member(browser: &mut Browser, email: &str, role: &str) -> (String, String) {
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
    made.shows("User ann@packyard.test made.").shows("it is not shown again").shows("in 7 days</time>");
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

/// A draft of an add-on profile.
async fn profile(browser: &Browser, name: &str, scope: Scope) -> String {
    let new = NewProfile {
        scope,
        name: name.to_owned(),
        version: "1.0.0".to_owned(),
        description: String::new(),
        labels: Labels::new(),
        annotations: Labels::new(),
        kind: Kind::AddOn,
        cloud: "all".to_owned(),
        packs: Vec::new(),
        variables: Vec::new(),
        publish: false,
    };
    browser.profiles.create(&browser.caller().await, new).await.expect("a profile")
}

#[tokio::test]
async fn new_profiles_of_a_member_are_made_where_the_member_is() {
    let mut browser = Browser::open().await;
    let tenants = profile(&browser, "lent", Scope::Tenant).await;
    let (user_uid, own) = member(&mut browser, "ed@packyard.test", "PackyardProjectEditor").await;
    let admin = browser.caller().await;
    // Somewhere the member may only look.
    let other = NewProject { name: "other".to_owned(), ..NewProject::default() };
    let other = browser.profiles.projects().create(&admin, other).await.expect("a project");
    let roles = managed_policies().iter().filter(|known| known.name == "PackyardViewer").collect();
    let look = Membership { user_uid, project_uid: other.clone(), roles };
    browser.access.iam(&admin).set_memberships(vec![look]).await.expect("a member");
    browser.set_cookie("packyard_scope", &own);

    let form = browser.get("/profiles/new").await;
    let hidden = format!("<input type=\"hidden\" name=\"scope\" value=\"{own}\">");
    form.shows(&hidden);
    // The first time a file is looked at, nothing was chosen yet.
    let file = "metadata: {name: imported}\nspec: {version: 1.0.0, template: {type: add-on, cloudType: all}}\n";
    let plan = browser.submit("/profiles/import", "/profiles/import", &[("file", file)]).await;
    plan.shows(&format!("<option value=\"{own}\" selected>"));
    assert!(!plan.text.contains("<option value=\"\">Tenant"), "{}", plan.text);
    let of = plan.field("of");
    let make = [("file", file), ("of", &of), ("scope", &own), ("make", "yes")];
    let made = browser.submit("/profiles/import", "/profiles/import", &make).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);

    let clone = format!("/profiles/{tenants}/clone");
    browser.get(&format!("/profiles/{tenants}")).await.shows(&clone);
    browser.get(&clone).await.shows(&format!("<option value=\"{own}\" selected>"));
    let copy = [("name", "copy"), ("version", "1.0.0"), ("scope", own.as_str())];
    let made = browser.submit(&clone, &clone, &copy).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    for scope in ["", other.as_str()] {
        let made_up = [("name", "x"), ("version", "1.0.0"), ("type", "add-on"), ("scope", scope)];
        assert_eq!(browser.submit("/profiles/new", "/profiles/new", &made_up).await.status, StatusCode::FORBIDDEN);
        assert_eq!(browser.submit(&clone, &clone, &made_up).await.status, StatusCode::FORBIDDEN);
        let file = [("file", file), ("scope", scope)];
        assert_eq!(browser.submit("/profiles/import", "/profiles/import", &file).await.status, StatusCode::FORBIDDEN);
    }
    let all = browser.profiles.list(&admin, None).await.expect("a list");
    let made: Vec<_> = all.iter().map(|known| (known.name.as_str(), known.scope.project_uid())).collect();
    assert_eq!(made, [("copy", own.as_str()), ("imported", own.as_str()), ("lent", "")]);

    let list = browser.get("/profiles").await;
    list.shows(&format!("/profiles/{tenants}/clone")).shows(&format!("/profiles/{}/delete", all[0].uid));
    assert!(!list.text.contains(&format!("/profiles/{tenants}/delete")), "the tenant's is not the member's to delete");
}

#[tokio::test]
async fn a_profile_of_another_project_is_one_that_is_not_there() {
    let mut browser = Browser::open().await;
    let admin = browser.caller().await;
    let foreign = NewProject { name: "foreign".to_owned(), ..NewProject::default() };
    let foreign = browser.profiles.projects().create(&admin, foreign).await.expect("a project");
    let theirs = profile(&browser, "theirs", Scope::Project(foreign.clone())).await;
    member(&mut browser, "ed@packyard.test", "PackyardProjectEditor").await;
    for page in ["", "/export", "/history", "/compare", "/variables", "/clone", "/info", "/delete", "/new-version"] {
        let page = browser.get(&format!("/profiles/{theirs}{page}")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{}", page.text);
        assert!(!page.text.contains(&foreign) && !page.text.contains("theirs<"), "{}", page.text);
    }
    let fields = [("name", "x"), ("version", "1.0.0")];
    for way in ["clone", "new-version", "publish", "discard", "delete", "basics", "finish"] {
        let page = browser.submit("/profiles/new", &format!("/profiles/{theirs}/{way}"), &fields).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{way}: {}", page.text);
    }
    assert_eq!(browser.profiles.list(&admin, None).await.expect("a list").len(), 1);
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
