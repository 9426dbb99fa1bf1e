//! Nobody is offered what is refused, and whoever opens a form that is not theirs by its address reads which right is
//! missing and who can give it.

use crate::access::member;
use crate::browser::{Browser, Page};
use crate::profiles;
use http::StatusCode;
use packyard_access::iam::NewPerson;
use packyard_catalog::{Auth, RegistrySpec};
use packyard_profile::{Kind, Labels, NewProfile, NewProject, Scope};
use std::collections::{BTreeSet, VecDeque};

const PROFILES: &str = "packyard:ManageProfiles";
const REGISTRIES: &str = "packyard:ManageRegistries";
const PROJECTS: &str = "packyard:ManageProjects";

/// One of everything that has a form.
struct World {
    /// A published profile of the tenant with a draft, a variable and a layer of manifests.
    profile: String,
    /// One that is in the wizard yet.
    draft: String,
    registry: String,
    project: String,
    user: String,
}

impl World {
    async fn made(browser: &Browser) -> Self {
        let admin = browser.caller().await;
        let profile = profiles::made(browser).await;
        browser.profiles.new_version(&admin, &profile, "1.1.0").await.expect("a version");
        let new = NewProfile {
            scope: Scope::Tenant,
            name: "begun".to_owned(),
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
        let draft = browser.profiles.create(&admin, new).await.expect("a draft");
        let spec = RegistrySpec::basic("https://registry.example.com", "team", Auth::Anonymous);
        let registry = browser.catalog.create_registry_at_once(&admin, "kept", spec).await.expect("a registry").uid;
        let project = NewProject { name: "walled".to_owned(), ..NewProject::default() };
        let project = browser.profiles.projects().create(&admin, project).await.expect("a project");
        let person = NewPerson { email: "bob@packyard.test".to_owned(), ..NewPerson::default() };
        let user = browser.access.iam(&admin).create_person(person).await.expect("a user").user.uid;
        Self { profile, draft, registry, project, user }
    }

    /// Every address that opens a form, with the right that its submission takes.
    fn forms(&self) -> Vec<(String, &'static str)> {
        let Self { profile, draft, registry, project, user } = self;
        let of_profile = [
            "info",
            "clone",
            "new-version",
            "delete",
            "layers/add",
            "layers/add/x",
            "layers/new-manifest",
            "layers/0",
            "layers/0/rename",
            "layers/0/manifests/new",
            "layers/0/manifests/x",
            "layers/0/version/x",
            "variables/new",
            "variables/token/edit",
            "variables/token/delete",
        ];
        let mut forms: Vec<_> = of_profile.map(|page| (format!("/profiles/{profile}/{page}"), PROFILES)).into();
        forms.extend(["basics", "layers", "review"].map(|page| (format!("/profiles/{draft}/{page}"), PROFILES)));
        forms.extend(["new", "import"].map(|page| (format!("/profiles/{page}"), PROFILES)));
        let registries = "/settings/registries";
        forms.push((format!("{registries}/new"), REGISTRIES));
        forms.extend(["edit", "syncing", "delete"].map(|page| (format!("{registries}/{registry}/{page}"), REGISTRIES)));
        forms.push((format!("{registries}/{registry}/force"), "packyard:SyncRegistries"));
        forms.push(("/settings/projects/new".to_owned(), PROJECTS));
        forms.extend(["edit", "delete"].map(|page| (format!("/settings/projects/{project}/{page}"), PROJECTS)));
        let member = format!("/settings/projects/{project}/members/{user}/remove");
        forms.push((member, "packyard:ManageMembers"));
        forms.push(("/settings/users/new".to_owned(), "iam:CreateUser"));
        for (page, right) in [
            ("edit", "iam:UpdateUser"),
            ("deactivate", "iam:UpdateUser"),
            ("password", "iam:UpdateLoginProfile"),
            ("delete", "iam:DeleteUser"),
        ] {
            forms.push((format!("/settings/users/{user}/{page}"), right));
        }
        forms
    }
}

#[track_caller]
fn told(address: &str, page: &Page, right: &str) {
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{address}: {}", page.text);
    page.shows(&format!("This takes the right <code>{right}</code>")).shows("PackyardTenantAdmin");
    page.shows("administrator").shows("For whoever you ask").shows("is not authorized to perform");
}

#[tokio::test]
async fn a_viewer_who_opens_a_form_is_told_the_right_and_who_gives_it() {
    let mut browser = Browser::logged_in().await;
    let world = World::made(&browser).await;
    // Each of them is a form, for who may.
    for (address, _) in world.forms().iter().filter(|(address, _)| !address.ends_with("/x")) {
        let page = browser.get(address).await;
        let is_elsewhere = page.status == StatusCode::SEE_OTHER;
        assert!(is_elsewhere || page.status == StatusCode::OK, "{address}: {} {}", page.status, page.text);
    }
    browser.become_viewer().await;
    for (address, right) in world.forms() {
        told(&address, &browser.get(&address).await, right);
    }
    let refused = browser.get(&format!("/profiles/{}/info", world.profile)).await;
    refused.shows("in the tenant, which you do not have").shows("PackyardProjectEditor");
    refused.shows(&format!("href=\"/profiles/{}\"", world.profile)).shows("Look at the cluster profile");
    browser.get(&format!("/profiles/{}", world.profile)).await.shows("my app");
}

#[tokio::test]
async fn a_right_in_a_project_opens_no_form_of_the_tenant() {
    let mut browser = Browser::open().await;
    let world = World::made(&browser).await;
    let (_, own) = member(&mut browser, "ed@packyard.test", "PackyardProjectEditor").await;
    browser.set_cookie("packyard_scope", &own);
    // Copied it is in their own project; a new one is made there.
    let theirs = ["clone", "/profiles/new", "/profiles/import"];
    for (address, right) in world.forms() {
        let page = browser.get(&address).await;
        if theirs.iter().any(|page| address.ends_with(page)) {
            assert_eq!(page.status, StatusCode::OK, "{address}: {}", page.text);
        } else {
            told(&address, &page, right);
        }
    }
    let (_, project) = member(&mut browser, "pat@packyard.test", "PackyardProjectAdmin").await;
    let home = format!("/settings/projects/{project}");
    assert_eq!(browser.get(&format!("{home}/edit")).await.status, StatusCode::OK);
    let refused = browser.get(&format!("{home}/delete")).await;
    told("delete", &refused, PROJECTS);
    refused.shows("in the tenant").shows(&format!("href=\"{home}\""));
    let edit = format!("/settings/users/{}/edit", world.user);
    told(&edit, &browser.get(&edit).await, "iam:UpdateUser");
}

/// Addresses that links of a page lead to, and addresses that its forms go to.
fn offered(path: &str, page: &Page) -> (Vec<String>, Vec<String>) {
    let after = |mark: &str| -> Vec<String> {
        let values = page.text.split(mark).skip(1).filter_map(|rest| rest.split('"').next());
        values.map(|value| value.replace("&#38;", "&").replace("&amp;", "&")).collect()
    };
    let here = path.split('?').next().unwrap_or_default();
    let absolute = |link: String| match link.split('#').next().unwrap_or_default() {
        link if link.starts_with('?') => format!("{here}{link}"),
        link => link.to_owned(),
    };
    let links = after(" href=\"").into_iter().map(absolute);
    let links = links.filter(|link| link.starts_with('/') && !link.starts_with("/assets/")).collect();
    let mut targets = after(" formaction=\"");
    for form in page.text.split("<form ").skip(1).filter_map(|rest| rest.split('>').next()) {
        if form.contains("method=\"post\"") {
            let action = form.split("action=\"").nth(1).and_then(|rest| rest.split('"').next());
            targets.extend(action.map(str::to_owned));
        }
    }
    (links, targets)
}

/// Follows every link from the start on; none may lead to a refusal. Returns where the forms go.
async fn walk(browser: &mut Browser) -> (usize, BTreeSet<String>) {
    let (mut seen, mut targets) = (BTreeSet::new(), BTreeSet::new());
    let mut open = VecDeque::from(["/profiles".to_owned()]);
    while let Some(path) = open.pop_front() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let page = browser.get(&path).await;
        assert!(page.status.is_success() || page.status.is_redirection(), "{path}: {} {}", page.status, page.text);
        let (links, forms) = offered(&path, &page);
        open.extend(links);
        targets.extend(forms);
    }
    (seen.len(), targets)
}

#[tokio::test]
async fn no_link_leads_to_a_refusal_and_a_viewer_has_forms_for_nothing_but_themselves() {
    let mut browser = Browser::open().await;
    World::made(&browser).await;
    for role in ["PackyardProjectAdmin", "PackyardProjectEditor", "PackyardViewer"] {
        let (_, project) = member(&mut browser, &format!("{role}@packyard.test").to_lowercase(), role).await;
        browser.set_cookie("packyard_scope", &project);
        walk(&mut browser).await;
    }
    browser.become_viewer().await;
    let (pages, targets) = walk(&mut browser).await;
    assert!(pages > 20, "{pages}");
    let own = ["/theme", "/scope", "/login", "/logout", "/account/password", "/settings/api-keys"];
    let foreign: Vec<_> = targets.iter().filter(|target| !own.iter().any(|own| target.starts_with(own))).collect();
    assert!(foreign.is_empty() && targets.contains("/logout"), "{foreign:?} of {targets:?}");
}
