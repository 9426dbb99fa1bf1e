//! `may`: AWS's sentences, resource policies, conditions of the request, and what is remembered.

use super::{World, allow, worlds};
use packyard_access::iam::{Holder, NewUser};
use packyard_access::{Access, AccessConfig, Peer, Target};
use std::time::Instant;

const REPO: &str = "arn:aws:ecr:us-east-1:000000000000:repository/base/spectro-packs/archive/nginx";

async fn denied(world: &World, user: &super::TestUser, action: &str, target: &Target<'_>) -> String {
    world.access.may(&user.caller, action, target).await.unwrap_err().to_string()
}

#[tokio::test]
async fn refusals_are_awss_sentences() {
    for world in worlds().await {
        let none = world.user("none", &[]).await;
        assert_eq!(
            denied(&world, &none, "ecr:PutImage", &Target::arn(REPO)).await,
            format!(
                "User: arn:aws:iam::000000000000:user/none is not authorized to perform: ecr:PutImage on resource: {REPO} \
                 because no identity-based policy allows the ecr:PutImage action"
            ),
            "{}",
            world.engine
        );
        assert_eq!(
            denied(&world, &none, "ecr:GetAuthorizationToken", &Target::any()).await,
            "User: arn:aws:iam::000000000000:user/none is not authorized to perform: ecr:GetAuthorizationToken on \
             resource: * because no identity-based policy allows the ecr:GetAuthorizationToken action"
        );
        let deny = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecr:*","Resource":"*"},
            {"Effect":"Deny","Action":"ecr:Delete*","Resource":"*"}]}"#;
        let careful = world.user("careful", &[deny]).await;
        world.access.may(&careful.caller, "ecr:PutImage", &Target::arn(REPO)).await.unwrap();
        let text = denied(&world, &careful, "ecr:DeleteRepository", &Target::arn(REPO)).await;
        assert!(text.ends_with(" with an explicit deny in an identity-based policy"), "{text}");
    }
}

#[tokio::test]
async fn a_repository_policy_gives_and_takes_also_from_the_root() {
    for world in worlds().await {
        let ada = world.user("ada", &[]).await;
        let policy = format!(
            r#"{{"Version":"2008-10-17","Statement":[
                {{"Sid":"pull","Effect":"Allow","Principal":{{"AWS":"{}"}},"Action":["ecr:BatchGetImage"]}},
                {{"Effect":"Allow","Principal":{{"AWS":"000000000000"}},"Action":"ecr:ListImages"}},
                {{"Effect":"Deny","Principal":"*","Action":"ecr:DeleteRepository"}}]}}"#,
            ada.arn
        );
        let target = Target::arn(REPO).policy(Some(&policy));
        world.access.may(&ada.caller, "ecr:BatchGetImage", &target).await.unwrap();
        let account_only = denied(&world, &ada, "ecr:ListImages", &target).await;
        assert!(account_only.contains("no identity-based policy allows"), "naming the account passes the question on");
        let root = world.root().await;
        world.access.may(&root, "ecr:PutImage", &target).await.unwrap();
        let text = world.access.may(&root, "ecr:DeleteRepository", &target).await.unwrap_err().to_string();
        assert!(text.ends_with(" with an explicit deny in a resource-based policy"), "{text}");
        let broken = Target::arn(REPO).policy(Some("not a policy"));
        assert!(world.access.may(&root, "ecr:PutImage", &broken).await.is_err(), "what cannot be read denies");
    }
}

#[tokio::test]
async fn conditions_see_the_request() {
    let world = worlds().await.remove(0);
    let document = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"ecr:PutImage","Resource":"arn:aws:ecr:*:*:repository/${aws:username}/*",
         "Condition":{"Bool":{"aws:SecureTransport":"true"},"IpAddress":{"aws:SourceIp":"192.0.2.0/24"},
                      "DateLessThan":{"aws:CurrentTime":"2015-08-31T00:00:00Z"}}},
        {"Effect":"Allow","Action":"ecr:CreateRepository","Resource":"*",
         "Condition":{"StringEquals":{"aws:RequestTag/team":"packs"},"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}},
        {"Effect":"Allow","Action":"ecr:DeleteRepository","Resource":"*",
         "Condition":{"StringEquals":{"ecr:ResourceTag/team":"packs"}}}]}"#;
    let mut ada = world.user("ada", &[document]).await;
    let own = Target::arn("arn:aws:ecr:us-east-1:000000000000:repository/ada/x");
    let may = |caller, action, target| {
        let access = &world.access;
        async move { access.may(&caller, action, &target).await.is_ok() }
    };
    assert!(!may(ada.caller.clone(), "ecr:PutImage", own.clone()).await, "not over TLS");
    ada.caller.secure = true;
    assert!(may(ada.caller.clone(), "ecr:PutImage", own.clone()).await);
    assert!(!may(ada.caller.clone(), "ecr:PutImage", Target::arn(REPO)).await, "somebody else's");
    let mut elsewhere = ada.caller.clone();
    elsewhere.source_ip = Some([198, 51, 100, 1].into());
    assert!(!may(elsewhere, "ecr:PutImage", own.clone()).await);
    world.clock.advance_ms(24 * 3_600_000);
    assert!(!may(ada.caller.clone(), "ecr:PutImage", own).await, "too late");

    let team = [("team".to_owned(), "packs".to_owned())];
    let more = [team[0].clone(), ("other".to_owned(), "x".to_owned())];
    assert!(may(ada.caller.clone(), "ecr:CreateRepository", Target::arn(REPO).request_tags(&team)).await);
    assert!(!may(ada.caller.clone(), "ecr:CreateRepository", Target::arn(REPO).request_tags(&more)).await);
    assert!(!may(ada.caller.clone(), "ecr:CreateRepository", Target::arn(REPO)).await);
    assert!(may(ada.caller.clone(), "ecr:DeleteRepository", Target::arn(REPO).resource_tags(&team)).await);
    assert!(!may(ada.caller.clone(), "ecr:DeleteRepository", Target::arn(REPO)).await);
}

#[tokio::test]
async fn conditions_see_the_keys_of_tags_that_are_removed() {
    let world = worlds().await.remove(0);
    let document = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"ecr:*","Resource":"*"},
        {"Effect":"Deny","Action":"ecr:UntagResource","Resource":"*",
         "Condition":{"ForAnyValue:StringEquals":{"aws:TagKeys":["owner"]}}}]}"#;
    let ada = world.user("ada", &[document]).await;
    let untag = async |keys: &[&str]| {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        world.access.may(&ada.caller, "ecr:UntagResource", &Target::arn(REPO).removed_tags(&keys)).await.is_ok()
    };
    assert!(untag(&["team"]).await && untag(&[]).await);
    assert!(!untag(&["team", "owner"]).await);
}

#[tokio::test]
async fn the_root_takes_back_a_policy_that_denies_everybody_everything() {
    let world = worlds().await.remove(0);
    let deny = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*"}]}"#;
    let target = Target::arn(REPO).policy(Some(deny));
    let root = world.root().await;
    world.access.may_govern(&root, "ecr:DeleteRepositoryPolicy", &target).await.unwrap();
    assert!(world.access.may(&root, "ecr:DeleteRepository", &target).await.is_err());
    let ada = world.user("ada", &[&allow("\"ecr:*\"", "*")]).await;
    assert!(world.access.may_govern(&ada.caller, "ecr:DeleteRepositoryPolicy", &target).await.is_err());
    world.access.may_govern(&ada.caller, "ecr:DeleteRepositoryPolicy", &Target::arn(REPO)).await.unwrap();
}

#[tokio::test]
async fn the_managed_policies_give_what_their_names_say() {
    let world = worlds().await.remove(0);
    let root = world.root().await;
    let guide = [
        "ecr:CreateRepository",
        "ecr:InitiateLayerUpload",
        "ecr:CompleteLayerUpload",
        "ecr:PutImage",
        "ecr:UploadLayerPart",
        "ecr:BatchCheckLayerAvailability",
        "ecr:ListImages",
        "ecr:DescribeImages",
        "ecr:BatchDeleteImage",
        "ecr:DeleteRepository",
    ];
    for (name, yes, no) in [
        ("PackPublisher", &guide[..], "ecr:SetRepositoryPolicy"),
        ("AmazonEC2ContainerRegistryPullOnly", &["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], "ecr:ListImages"),
        ("AmazonEC2ContainerRegistryReadOnly", &["ecr:DescribeRepositories", "ecr:ListImages"], "ecr:PutImage"),
        ("AmazonEC2ContainerRegistryPowerUser", &["ecr:PutImage", "ecr:ListImages"], "ecr:DeleteRepository"),
        (
            "AmazonEC2ContainerRegistryFullAccess",
            &["ecr:DeleteRepository", "ecr:SetRepositoryPolicy"],
            "iam:CreateUser",
        ),
        ("PackyardTenantAdmin", &["packyard:ManageUsers", "iam:CreateUser", "ecr:PutImage"], ""),
        ("PackyardProjectEditor", &["packyard:ManageProfiles", "packyard:ReadPacks"], "packyard:ManageRegistries"),
        ("PackyardViewer", &["packyard:ReadProfiles", "packyard:ReadPacks"], "packyard:ManageProfiles"),
    ] {
        let user = world.user(name, &[]).await;
        let arn = format!("arn:aws:iam::aws:policy/{name}");
        world.access.iam(&root).attach_policy(Holder::User(name), &arn).await.unwrap();
        for action in yes.iter().copied().chain((!name.starts_with("Packyard")).then_some("ecr:GetAuthorizationToken"))
        {
            world.access.may(&user.caller, action, &Target::any()).await.unwrap_or_else(|e| panic!("{name}: {e}"));
        }
        assert!(
            no.is_empty() || world.access.may(&user.caller, no, &Target::any()).await.is_err(),
            "{name} gives {no}"
        );
    }
}

#[tokio::test]
async fn a_change_counts_at_once_here_and_within_a_second_on_another_replica() {
    for world in worlds().await {
        let (other, _) = Access::open(&world.store, AccessConfig::default()).await.unwrap();
        let ada = world.user("ada", &[&allow("\"ecr:PutImage\"", "*")]).await;
        let target = Target::arn(REPO);
        world.access.may(&ada.caller, "ecr:PutImage", &target).await.unwrap();
        other.may(&ada.caller, "ecr:PutImage", &target).await.unwrap();
        let root = world.root().await;
        world.access.iam(&root).delete_policy(Holder::User("ada"), "p0").await.unwrap();
        assert!(world.access.may(&ada.caller, "ecr:PutImage", &target).await.is_err(), "{}: here", world.engine);
        world.clock.advance_ms(1_000);
        assert!(other.may(&ada.caller, "ecr:PutImage", &target).await.is_err(), "{}: there", world.engine);
    }
}

/// With the database gone a warm decision still comes, a cold one is refused as unavailable.
#[tokio::test]
async fn a_warm_decision_reads_nothing() {
    for world in worlds().await {
        let bob = world.user("bob", &[]).await;
        // Making ada forgets all that is remembered of bob.
        let ada = world.user("ada", &[&allow("\"ecr:PutImage\"", "*")]).await;
        let target = Target::arn(REPO);
        world.access.may(&ada.caller, "ecr:PutImage", &target).await.unwrap();
        world.store.close().await;
        world.access.may(&ada.caller, "ecr:PutImage", &target).await.unwrap();
        let denied = world.access.may(&bob.caller, "ecr:PutImage", &target).await.unwrap_err();
        assert!(denied.is_unavailable(), "{}: {denied}", world.engine);
    }
}

#[tokio::test]
async fn a_warm_decision_is_fast() {
    let world = worlds().await.remove(0);
    let ada = world.user("ada", &[&allow("[\"ecr:GetDownloadUrlForLayer\",\"ecr:PutImage\"]", "*")]).await;
    let target = Target::arn(REPO);
    world.access.may(&ada.caller, "ecr:PutImage", &target).await.unwrap();
    // Unoptimised, on a busy machine, so the best of some; a single database read each would take longer.
    let mut best = std::time::Duration::MAX;
    for _ in 0..5 {
        let begun = Instant::now();
        for _ in 0..2_000 {
            world.access.may(&ada.caller, "ecr:PutImage", &target).await.unwrap();
        }
        best = best.min(begun.elapsed());
    }
    assert!(best.as_millis() < 1_000, "{best:?}");
}

#[tokio::test]
async fn ipv4_peers_of_a_dual_stack_listener_are_ipv4() {
    let mapped = Peer { addr: "[::ffff:192.0.2.9]:1".parse().unwrap(), secure: false };
    assert_eq!(mapped.ip(), std::net::IpAddr::from([192, 0, 2, 9]));
}

#[tokio::test]
async fn rights_over_oneself_do_not_reach_others() {
    let world = worlds().await.remove(0);
    let own = allow("[\"iam:CreateAccessKey\",\"iam:GetUser\"]", "arn:aws:iam::*:user/${aws:username}");
    let ada = world.user("ada", &[&own]).await;
    let root = world.root().await;
    world.access.iam(&root).create_user(NewUser::named("bob")).await.unwrap();
    let iam = world.access.iam(&ada.caller);
    iam.create_access_key(None).await.unwrap();
    let refused = iam.create_access_key(Some("bob")).await.map(|_| ()).unwrap_err();
    assert_eq!((refused.code(), refused.status()), ("AccessDenied", 403));
    let absent = iam.user(Some("nobody")).await.unwrap_err();
    assert_eq!(absent.code(), "AccessDenied", "who may not ask does not learn that nobody is not there");
}
