//! People and their roles, on both engines: what holds when several change them at once.

use super::{World, peer, worlds};
use packyard_access::Caller;
use packyard_access::iam::{IamFault, Membership, NewPerson, OneTimePassword};
use packyard_access::policy::{ManagedPolicy, managed_policies};
use packyard_store::{AuditEntry, ProjectRow, new_uid};
use secrecy::ExposeSecret;

fn role(name: &str) -> &'static ManagedPolicy {
    managed_policies().iter().find(|role| role.name == name).expect("a role")
}

async fn person(world: &World, email: &str, roles: &[&str]) -> OneTimePassword {
    let root = world.root().await;
    let roles = roles.iter().map(|name| role(name)).collect();
    let new = NewPerson { email: email.into(), roles, ..NewPerson::default() };
    world.access.iam(&root).create_person(new).await.unwrap()
}

/// Chooses a password and logs in.
async fn logged_in(world: &World, person: &OneTimePassword) -> Caller {
    let (email, chosen) = (&person.user.name, "a chosen password");
    let secret = chosen.to_owned().into();
    world.access.change_password(email, person.password.expose_secret(), &secret, peer()).await.unwrap();
    world.access.login(email, chosen, peer()).await.unwrap().caller
}

async fn project(world: &World, name: &str) -> String {
    let row = ProjectRow {
        uid: new_uid(),
        name: name.into(),
        description: String::new(),
        labels: "{}".into(),
        is_default: 0,
        created_at: 0,
        updated_at: 0,
    };
    world.store.projects().create(&row, &AuditEntry::new("tests", "packyard:CreateProject", "p")).await.unwrap();
    row.uid
}

#[tokio::test]
async fn administrators_who_switch_each_other_off_at_once_leave_one() {
    for world in worlds().await {
        let root = world.root().await;
        let (ada, bob) = (
            person(&world, "ada@x.org", &["PackyardTenantAdmin"]).await,
            person(&world, "bob@x.org", &["PackyardTenantAdmin"]).await,
        );
        world.access.iam(&root).set_user_disabled(&world.first.admin_email, true).await.unwrap();
        let (a, b) = (logged_in(&world, &ada).await, logged_in(&world, &bob).await);
        let (of_a, of_b) = (world.access.iam(&a), world.access.iam(&b));
        let (one, other) = tokio::join!(of_a.set_active(&bob.user.uid, false), of_b.delete_person(&ada.user.uid));
        assert_eq!(u8::from(one.is_ok()) + u8::from(other.is_ok()), 1, "{}: {one:?} {other:?}", world.engine);
    }
}

#[tokio::test]
async fn the_last_administrator_stays_whoever_asks() {
    for world in worlds().await {
        let root = world.root().await;
        let iam = world.access.iam(&root);
        let admin = world.first.admin_email.as_str();
        let holder = packyard_access::iam::Holder::User(admin);
        let last = iam.detach_policy(holder, role("PackyardTenantAdmin").arn).await.unwrap_err();
        assert_eq!(last.fault, IamFault::DeleteConflict, "{}", world.engine);
        assert!(last.to_string().contains(admin), "{last}");
        assert_eq!(iam.set_user_disabled(admin, true).await.unwrap_err().fault, IamFault::DeleteConflict);
        assert_eq!(iam.delete_user_and_everything(admin).await.unwrap_err().fault, IamFault::DeleteConflict);
        person(&world, "ada@x.org", &["PackyardTenantAdmin"]).await;
        iam.detach_policy(holder, role("PackyardTenantAdmin").arn).await.unwrap();
    }
}

#[tokio::test]
async fn a_role_in_a_project_ends_with_it_and_with_the_user() {
    for world in worlds().await {
        let root = world.root().await;
        let iam = world.access.iam(&root);
        let (ours, theirs) = (project(&world, "ours").await, project(&world, "theirs").await);
        let ada = person(&world, "ada@x.org", &[]).await;
        let caller = logged_in(&world, &ada).await;
        let give = |project: &str, roles: &[&str]| Membership {
            user_uid: ada.user.uid.clone(),
            project_uid: project.to_owned(),
            roles: roles.iter().map(|name| role(name)).collect(),
        };
        let both = vec![give(&ours, &["PackyardProjectEditor"]), give("none", &["PackyardViewer"])];
        assert_eq!(iam.set_memberships(both).await.unwrap_err().fault, IamFault::NoSuchEntity);
        assert!(iam.members(&ours).await.unwrap().is_empty(), "{}: half of it was done", world.engine);

        iam.set_memberships(vec![give(&ours, &["PackyardProjectEditor", "PackyardViewer"])]).await.unwrap();
        let access = &world.access;
        let may = async |action: &str, target| access.may(&caller, action, &target).await.is_ok();
        assert!(may("packyard:ManageProfiles", access.project(&ours)).await);
        assert!(may("packyard:ReadProfiles", access.tenant()).await);
        assert!(!may("packyard:ManageProfiles", access.tenant()).await);
        assert!(!may("packyard:ManageProfiles", access.project(&theirs)).await);
        assert!(access.may_somewhere(&caller, "packyard:ManageProfiles").await.is_ok());
        assert!(access.may_somewhere(&caller, "packyard:ManageRegistries").await.is_err());

        let entry = AuditEntry::new("tests", "packyard:DeleteProject", &ours);
        assert!(world.store.projects().delete(&ours, false, &entry).await.is_err());
        world.store.projects().delete(&ours, true, &entry).await.unwrap();
        iam.set_memberships(vec![give(&theirs, &["PackyardViewer"])]).await.unwrap();
        assert!(access.may_somewhere(&caller, "packyard:ManageProfiles").await.is_err(), "{}", world.engine);
        iam.delete_person(&ada.user.uid).await.unwrap();
        assert!(iam.members(&theirs).await.unwrap().is_empty());
    }
}
