//! The IAM services: their rules, codes and status.

use super::{allow, worlds};
use packyard_access::iam::{Holder, IamError, NewPerson, NewRole, NewUser};
use secrecy::SecretString;

fn coded<T>(outcome: Result<T, IamError>) -> (&'static str, u16, String) {
    let error = outcome.err().expect("a refusal");
    (error.code(), error.status(), error.to_string())
}

fn says(outcome: (&'static str, u16, String), code: &str, status: u16, text: &str) {
    assert_eq!(outcome, (leak(code), status, text.to_owned()));
}

fn leak(code: &str) -> &'static str {
    Box::leak(code.to_owned().into_boxed_str())
}

const TRUST: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}"#;

fn role(name: &str) -> NewRole {
    NewRole {
        name: name.into(),
        path: "/".into(),
        description: String::new(),
        trust_policy: TRUST.into(),
        max_session_s: 3600,
        tags: Vec::new(),
    }
}

#[tokio::test]
async fn users_are_made_listed_in_pages_and_deleted_when_nothing_hangs_on_them() {
    for world in worlds().await {
        let root = world.root().await;
        let iam = world.access.iam(&root);
        for name in ["carol", "ada", "Bob"] {
            let path = if name == "ada" { "/packs/" } else { "/" };
            let user = iam.create_user(NewUser { path: path.into(), ..NewUser::named(name) }).await.unwrap();
            assert_eq!(user.arn, format!("arn:aws:iam::000000000000:user{path}{name}"));
            assert!(user.user_id.starts_with("AIDA") && user.user_id.len() == 20);
        }
        says(
            coded(iam.create_user(NewUser::named("ADA")).await),
            "EntityAlreadyExists",
            409,
            "User with name ADA already exists.",
        );
        assert_eq!(iam.user(Some("aDa")).await.unwrap().name, "ada", "case does not count");

        let first = iam.users("/", None, 2).await.unwrap();
        let names = |users: &[packyard_access::iam::User]| users.iter().map(|u| u.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&first.users), ["ada", &world.first.admin_email]);
        let second = iam.users("/", first.marker.as_deref(), 2).await.unwrap();
        assert_eq!((names(&second.users), second.marker), (vec!["Bob".to_owned(), "carol".to_owned()], None));
        assert_eq!(names(&iam.users("/packs/", None, 100).await.unwrap().users), ["ada"]);

        iam.create_access_key(Some("ada")).await.unwrap();
        iam.create_login_profile("ada", &SecretString::from("long enough"), true).await.unwrap();
        iam.put_policy(Holder::User("ada"), "own", &allow("\"ecr:*\"", "*")).await.unwrap();
        iam.attach_policy(Holder::User("ada"), "arn:aws:iam::aws:policy/PackPublisher").await.unwrap();
        let text = "Cannot delete entity, must delete login profile first.";
        says(coded(iam.delete_user("ada").await), "DeleteConflict", 409, text);
        iam.delete_login_profile("ada").await.unwrap();
        says(
            coded(iam.delete_user("ada").await),
            "DeleteConflict",
            409,
            "Cannot delete entity, must delete access keys first.",
        );
        let key = iam.access_keys(Some("ada")).await.unwrap().remove(0);
        iam.delete_access_key(Some("ada"), &key.id).await.unwrap();
        says(
            coded(iam.delete_user("ada").await),
            "DeleteConflict",
            409,
            "Cannot delete entity, must delete policies first.",
        );
        iam.delete_policy(Holder::User("ada"), "own").await.unwrap();
        says(
            coded(iam.delete_user("ada").await),
            "DeleteConflict",
            409,
            "Cannot delete entity, must detach all policies first.",
        );
        iam.detach_policy(Holder::User("ada"), "arn:aws:iam::aws:policy/PackPublisher").await.unwrap();
        iam.delete_user("ada").await.unwrap();
        says(coded(iam.user(Some("ada")).await), "NoSuchEntity", 404, "The user with name ada cannot be found.");
        says(coded(iam.delete_user("ada").await), "NoSuchEntity", 404, "The user with name ada cannot be found.");
    }
}

#[tokio::test]
async fn names_and_paths_obey_the_service_model() {
    let world = worlds().await.remove(0);
    let root = world.root().await;
    let iam = world.access.iam(&root);
    says(
        coded(iam.create_user(NewUser::named("a b")).await),
        "ValidationError",
        400,
        r"1 validation error detected: Value 'a b' at 'userName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]+",
    );
    assert_eq!(coded(iam.create_user(NewUser::named("a".repeat(65))).await).0, "ValidationError");
    assert_eq!(coded(iam.create_user(NewUser::named("AWS")).await).0, "InvalidInput");
    let path = NewUser { path: "nope".into(), ..NewUser::named("x") };
    assert_eq!(coded(iam.create_user(path).await).0, "ValidationError");
    let twice = vec![("a".to_owned(), "1".to_owned()), ("A".to_owned(), "2".to_owned())];
    assert_eq!(coded(iam.create_user(NewUser { tags: twice, ..NewUser::named("x") }).await).0, "InvalidInput");
}

#[tokio::test]
async fn people_have_an_email_address_that_is_theirs_alone() {
    for world in worlds().await {
        let root = world.root().await;
        let iam = world.access.iam(&root);
        let ada = iam.create_user(NewUser::person("ada@example.org", "Ada", "Lovelace")).await.unwrap();
        assert_eq!(ada.arn, "arn:aws:iam::000000000000:user/tenant/ada@example.org");
        assert_eq!(iam.user(Some(&ada.name)).await.unwrap(), ada);
        let mut twin = NewUser::named("twin");
        twin.email = Some("Ada@Example.org".into());
        assert_eq!(coded(iam.create_user(twin).await).0, "EntityAlreadyExists");
        iam.rename(&ada.uid, "Augusta", "King").await.unwrap();
        assert_eq!(iam.user(Some(&ada.name)).await.unwrap().first_name, "Augusta");
    }
}

#[tokio::test]
async fn a_user_has_two_access_keys_at_most() {
    for world in worlds().await {
        let ada = world.user("ada", &[]).await;
        let root = world.root().await;
        let iam = world.access.iam(&root);
        let second = iam.create_access_key(Some("ada")).await.unwrap();
        assert!(second.key.id.starts_with("AKIA") && second.key.id.len() == 20);
        says(
            coded(iam.create_access_key(Some("ada")).await),
            "LimitExceeded",
            409,
            "Cannot exceed quota for AccessKeysPerUser: 2",
        );
        let ids: Vec<String> = iam.access_keys(Some("ada")).await.unwrap().into_iter().map(|key| key.id).collect();
        assert!(ids.contains(&ada.key_id) && ids.contains(&second.key.id));
        let unknown = coded(iam.delete_access_key(Some("ada"), "AKIANOSUCHKEY").await);
        says(unknown, "NoSuchEntity", 404, "The Access Key with id AKIANOSUCHKEY cannot be found.");
        let other = iam.create_user(NewUser::named("bob")).await.unwrap();
        let foreign = coded(iam.delete_access_key(Some(&other.name), &ada.key_id).await);
        assert_eq!(foreign.0, "NoSuchEntity", "only through its own user");
    }
}

#[tokio::test]
async fn policies_are_kept_as_typed_and_refused_when_malformed() {
    for world in worlds().await {
        world.user("ada", &[]).await;
        let root = world.root().await;
        let iam = world.access.iam(&root);
        let ada = Holder::User("ada");
        let document = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": {\"Effect\":\"Allow\",\"Action\":\"ecr:*\",\"Resource\":\"*\"}\n}";
        iam.put_policy(ada, "own", document).await.unwrap();
        assert_eq!(iam.inline_policy(ada, "own").await.unwrap(), document);
        iam.put_policy(ada, "own", &allow("\"ecr:PutImage\"", "*")).await.unwrap();
        assert_eq!(iam.inline_policy_names(ada).await.unwrap(), ["own"]);
        let none = coded(iam.inline_policy(ada, "none").await);
        says(none, "NoSuchEntity", 404, "The user policy with name none cannot be found.");
        let malformed = coded(iam.put_policy(ada, "bad", "{}").await);
        assert_eq!((malformed.0, malformed.1), ("MalformedPolicyDocument", 400));
        let long = allow(&format!("\"ecr:{}\"", "x".repeat(10_240)), "*");
        assert_eq!(coded(iam.put_policy(ada, "long", &long).await).0, "LimitExceeded");
        let unknown = "arn:aws:iam::aws:policy/NoSuchPolicy";
        says(
            coded(iam.attach_policy(ada, unknown).await),
            "NoSuchEntity",
            404,
            "Policy arn:aws:iam::aws:policy/NoSuchPolicy does not exist or is not attachable.",
        );
        let publisher = "arn:aws:iam::aws:policy/PackPublisher";
        iam.attach_policy(ada, publisher).await.unwrap();
        iam.attach_policy(ada, publisher).await.unwrap();
        assert_eq!(iam.attached_policies(ada).await.unwrap().len(), 1);
        assert_eq!(iam.managed_policy(publisher).await.unwrap().attachments, 1);
        iam.detach_policy(ada, publisher).await.unwrap();
        assert_eq!(coded(iam.detach_policy(ada, publisher).await).0, "NoSuchEntity");
        assert_eq!(iam.managed_policies().await.unwrap().len(), 9);
        let later = coded(iam.managed_policy_version(publisher, "v2").await);
        assert_eq!(later.0, "NoSuchEntity");
    }
}

#[tokio::test]
async fn every_managed_policy_is_a_valid_document() {
    use packyard_access::policy::{DocumentKind, Policy, managed_policies};
    for managed in managed_policies() {
        Policy::parse(managed.document, DocumentKind::Identity).unwrap();
        assert_eq!(managed.id.len(), 21, "{}", managed.name);
        assert_eq!(managed.arn, format!("arn:aws:iam::aws:policy/{}", managed.name));
    }
}

#[tokio::test]
async fn roles_have_a_trust_policy_and_policies() {
    for world in worlds().await {
        let root = world.root().await;
        let iam = world.access.iam(&root);
        let made = iam.create_role(role("reader")).await.unwrap();
        assert_eq!(made.arn, "arn:aws:iam::000000000000:role/reader");
        assert!(made.role_id.starts_with("AROA"));
        assert_eq!(coded(iam.create_role(role("READER")).await).0, "EntityAlreadyExists");
        iam.create_user(NewUser::named("reader")).await.expect("users and roles are apart");
        let malformed = NewRole { trust_policy: allow("\"sts:AssumeRole\"", "*"), ..role("x") };
        assert_eq!(coded(iam.create_role(malformed).await).0, "MalformedPolicyDocument");
        let long = NewRole { max_session_s: 50_000, ..role("x") };
        assert_eq!(coded(iam.create_role(long).await).0, "ValidationError");
        iam.put_policy(Holder::Role("reader"), "read", &allow("\"ecr:BatchGetImage\"", "*")).await.unwrap();
        let conflict = coded(iam.delete_role("reader").await);
        says(conflict, "DeleteConflict", 409, "Cannot delete entity, must delete policies first.");
        iam.delete_policy(Holder::Role("reader"), "read").await.unwrap();
        iam.set_trust_policy("reader", TRUST).await.unwrap();
        assert_eq!(iam.role("reader").await.unwrap().trust_policy, TRUST);
        assert_eq!(iam.roles("/", None, 100).await.unwrap().0.len(), 1);
        iam.delete_role("reader").await.unwrap();
        says(coded(iam.role("reader").await), "NoSuchEntity", 404, "The role with name reader cannot be found.");
    }
}

/// Two writers at once: one makes the user, the other hears that it exists.
#[tokio::test]
async fn of_two_that_make_the_same_user_one_succeeds() {
    for world in worlds().await {
        let root = world.root().await;
        let iam = world.access.iam(&root);
        let (a, b) = tokio::join!(iam.create_user(NewUser::named("ada")), iam.create_user(NewUser::named("Ada")));
        assert_eq!([&a, &b].iter().filter(|outcome| outcome.is_ok()).count(), 1, "{}: {a:?} {b:?}", world.engine);
        let refused = a.err().or(b.err()).unwrap();
        assert_eq!(refused.code(), "EntityAlreadyExists", "{}", world.engine);
        let keys = tokio::join!(
            iam.create_access_key(Some("ada")),
            iam.create_access_key(Some("ada")),
            iam.create_access_key(Some("ada"))
        );
        let made = [keys.0.is_ok(), keys.1.is_ok(), keys.2.is_ok()];
        assert_eq!(made.iter().filter(|ok| **ok).count(), 2, "{}: the quota holds under a race", world.engine);
    }
}

/// Delegated administration: which policy, and whose, are conditions; a tag may open what conditions ask for.
#[tokio::test]
async fn conditions_see_the_policy_and_the_tags_of_whom_iam_is_asked_about() {
    const VIEWER: &str = "arn:aws:iam::aws:policy/PackyardViewer";
    const ADMIN: &str = "arn:aws:iam::aws:policy/PackyardTenantAdmin";
    for world in worlds().await {
        let root = world.root().await;
        let iam = world.access.iam(&root);
        let tagged =
            |name: &str, team: &str| NewUser { tags: vec![("team".into(), team.into())], ..NewUser::named(name) };
        iam.create_user(tagged("jo", "packs")).await.unwrap();
        iam.create_user(tagged("max", "other")).await.unwrap();
        let document = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":["iam:AttachUserPolicy","iam:DetachUserPolicy","iam:CreateUser","iam:CreateLoginProfile"],"Resource":"*"},
            {"Effect":"Deny","Action":["iam:AttachUserPolicy","iam:DetachUserPolicy"],"Resource":"*",
             "Condition":{"ArnEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/PackyardTenantAdmin"}}},
            {"Effect":"Allow","Action":"iam:CreateAccessKey","Resource":"*",
             "Condition":{"StringEquals":{"iam:ResourceTag/team":"packs"}}},
            {"Effect":"Allow","Action":"iam:TagUser","Resource":"*",
             "Condition":{"StringEquals":{"aws:RequestTag/team":"packs"}}}]}"#;
        let lead = world.user("lead", &[document]).await;
        let lead = world.access.iam(&lead.caller);
        let refused = |outcome: Result<(), IamError>| outcome.is_err_and(|error| error.code() == "AccessDenied");

        lead.attach_policy(Holder::User("jo"), VIEWER).await.unwrap();
        assert!(refused(lead.attach_policy(Holder::User("jo"), ADMIN).await), "{}", world.engine);
        iam.attach_policy(Holder::User("max"), ADMIN).await.unwrap();
        assert!(refused(lead.detach_policy(Holder::User("max"), ADMIN).await));
        // The same by the console's way.
        let role = |arn| packyard_access::policy::managed_policy(arn).unwrap();
        let jo = iam.user(Some("jo")).await.unwrap().uid;
        assert!(refused(lead.set_roles(&jo, &[role(VIEWER), role(ADMIN)]).await));
        lead.set_roles(&jo, &[]).await.unwrap();
        let person = |roles| NewPerson { email: "new@example.com".into(), roles, ..NewPerson::default() };
        assert!(refused(lead.create_person(person(vec![role(ADMIN)])).await.map(|_| ())));
        lead.create_person(person(vec![role(VIEWER)])).await.unwrap();

        // AWS's usual form allows single roles, and nothing where no role is named.
        let document = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":["iam:CreateUser","iam:CreateLoginProfile"],"Resource":"*"},
            {"Effect":"Allow","Action":["iam:AttachUserPolicy","iam:DetachUserPolicy"],"Resource":"*",
             "Condition":{"ArnEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/PackyardViewer"}}}]}"#;
        let helper = world.user("helper", &[document]).await;
        let helper = world.access.iam(&helper.caller);
        helper.set_roles(&jo, &[role(VIEWER)]).await.unwrap();
        assert!(refused(helper.set_roles(&jo, &[role(ADMIN)]).await));
        assert!(refused(helper.set_roles("nobody", &[role(VIEWER)]).await), "nor is who does not exist told");
        helper.set_roles(&jo, &[]).await.unwrap();
        let other = |roles| NewPerson { email: "other@example.com".into(), roles, ..NewPerson::default() };
        assert!(refused(helper.create_person(other(vec![role(VIEWER), role(ADMIN)])).await.map(|_| ())));
        helper.create_person(other(vec![role(VIEWER)])).await.unwrap();

        lead.create_access_key(Some("jo")).await.unwrap();
        assert!(refused(lead.create_access_key(Some("max")).await.map(|_| ())));

        lead.create_user(NewUser::named("plain")).await.unwrap();
        lead.create_user(tagged("kim", "packs")).await.unwrap();
        let says = lead.create_user(tagged("eve", "admins")).await.unwrap_err().to_string();
        assert!(says.contains("iam:TagUser on resource: arn:aws:iam::000000000000:user/eve"), "{says}");
    }
}
