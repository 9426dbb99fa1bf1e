//! Assuming roles: trust, external id, session policies, and the credentials that come of it.

use super::{World, allow, peer, worlds};
use packyard_access::iam::{Holder, IamError, NewRole};
use packyard_access::sts::{AssumeRole, AssumedRole};
use packyard_access::{Caller, LoginError, Target};
use secrecy::ExposeSecret;

const ROLE: &str = "arn:aws:iam::000000000000:role/reader";

async fn make_role(world: &World, trust: &str) {
    let root = world.root().await;
    let iam = world.access.iam(&root);
    let role = NewRole {
        name: "reader".into(),
        path: "/".into(),
        description: String::new(),
        trust_policy: trust.into(),
        max_session_s: 7_200,
        tags: Vec::new(),
    };
    iam.create_role(role).await.unwrap();
    iam.put_policy(Holder::Role("reader"), "read", &allow("[\"ecr:BatchGetImage\",\"ecr:ListImages\"]", "*"))
        .await
        .unwrap();
}

fn trust(principal: &str, external_id: Option<&str>) -> String {
    let condition = external_id
        .map_or_else(String::new, |id| format!(r#","Condition":{{"StringEquals":{{"sts:ExternalId":"{id}"}}}}"#));
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"sts:AssumeRole"{condition}}}]}}"#
    )
}

fn request(external_id: Option<&str>) -> AssumeRole {
    AssumeRole {
        role_arn: ROLE.into(),
        session_name: "sync".into(),
        external_id: external_id.map(str::to_owned),
        ..AssumeRole::default()
    }
}

async fn session(world: &World, assumed: &AssumedRole) -> Caller {
    let credentials = &assumed.credentials;
    let token = Some(&credentials.session_token);
    world.signed_in(&credentials.access_key_id, &credentials.secret_access_key, token).await.unwrap()
}

fn code(outcome: Result<AssumedRole, IamError>) -> (&'static str, u16, String) {
    let error = outcome.err().expect("a refusal");
    (error.code(), error.status(), error.to_string())
}

#[tokio::test]
async fn the_external_id_is_enforced() {
    for world in worlds().await {
        let ada = world.user("ada", &[]).await;
        make_role(&world, &trust(&ada.arn, Some("pack-1234"))).await;
        let refusal = format!("User: {} is not authorized to perform: sts:AssumeRole on resource: {ROLE}", ada.arn);
        for wrong in [None, Some("pack-9999")] {
            let outcome = world.access.assume_role(&ada.caller, request(wrong)).await;
            assert_eq!(code(outcome), ("AccessDenied", 403, refusal.clone()), "{}", world.engine);
        }
        let assumed = world.access.assume_role(&ada.caller, request(Some("pack-1234"))).await.unwrap();
        assert!(assumed.id.starts_with("AROA") && assumed.id.ends_with(":sync"));
        assert_eq!(assumed.arn, "arn:aws:sts::000000000000:assumed-role/reader/sync");
        let caller = session(&world, &assumed).await;
        assert_eq!((caller.arn(), &caller.principal.user_id), (assumed.arn.as_str(), &assumed.id));
        world.access.may(&caller, "ecr:BatchGetImage", &Target::any()).await.unwrap();
        let denied = world.access.may(&caller, "ecr:PutImage", &Target::any()).await.unwrap_err().to_string();
        assert!(
            denied.starts_with("User: arn:aws:sts::000000000000:assumed-role/reader/sync is not authorized"),
            "{denied}"
        );
    }
}

#[tokio::test]
async fn trusting_the_account_asks_the_callers_own_policies() {
    for world in worlds().await {
        make_role(&world, &trust("arn:aws:iam::000000000000:root", None)).await;
        let without = world.user("without", &[]).await;
        let with = world.user("with", &[&allow("\"sts:AssumeRole\"", ROLE)]).await;
        assert_eq!(code(world.access.assume_role(&without.caller, request(None)).await).0, "AccessDenied");
        world.access.assume_role(&with.caller, request(None)).await.unwrap();
        let root = world.root().await;
        let text = code(world.access.assume_role(&root, request(None)).await).2;
        assert_eq!(text, "Roles may not be assumed by root accounts.");
    }
}

#[tokio::test]
async fn an_identity_policy_alone_opens_no_role() {
    let world = worlds().await.remove(0);
    let ada = world.user("ada", &[&allow("\"*\"", "*")]).await;
    make_role(&world, &trust("arn:aws:iam::000000000000:user/somebody-else", None)).await;
    assert_eq!(code(world.access.assume_role(&ada.caller, request(None)).await).0, "AccessDenied");
    let absent = AssumeRole { role_arn: ROLE.replace("reader", "absent"), ..request(None) };
    assert_eq!(code(world.access.assume_role(&ada.caller, absent).await).0, "AccessDenied");
    let foreign = AssumeRole { role_arn: ROLE.replace("000000000000", "111111111111"), ..request(None) };
    assert_eq!(code(world.access.assume_role(&ada.caller, foreign).await).0, "AccessDenied");
}

#[tokio::test]
async fn a_session_policy_only_takes_away() {
    let world = worlds().await.remove(0);
    let ada = world.user("ada", &[]).await;
    make_role(&world, &trust(&ada.arn, None)).await;
    let narrow = allow("[\"ecr:ListImages\",\"ecr:PutImage\"]", "*");
    let asked = AssumeRole { policy: Some(narrow), ..request(None) };
    let assumed = world.access.assume_role(&ada.caller, asked).await.unwrap();
    let caller = session(&world, &assumed).await;
    world.access.may(&caller, "ecr:ListImages", &Target::any()).await.unwrap();
    assert!(world.access.may(&caller, "ecr:PutImage", &Target::any()).await.is_err(), "the role has not got it");
    let denied = world.access.may(&caller, "ecr:BatchGetImage", &Target::any()).await.unwrap_err().to_string();
    assert!(denied.ends_with("because no session policy allows the ecr:BatchGetImage action"), "{denied}");
    // The registry login made from the session is as narrow.
    let token = world.access.ecr_token(&caller).await;
    let login = world.access.registry_login("AWS", token.password.expose_secret(), peer()).await.unwrap();
    assert!(world.access.may(&login, "ecr:BatchGetImage", &Target::any()).await.is_err());
}

#[tokio::test]
async fn temporary_credentials_end_and_need_their_own_token() {
    for world in worlds().await {
        let ada = world.user("ada", &[]).await;
        make_role(&world, &trust(&ada.arn, None)).await;
        let asked = AssumeRole { duration_s: Some(900), ..request(None) };
        let first = world.access.assume_role(&ada.caller, asked.clone()).await.unwrap();
        let second = world.access.assume_role(&ada.caller, asked).await.unwrap();
        let (a, b) = (&first.credentials, &second.credentials);
        assert!(a.access_key_id.starts_with("ASIA"));
        let missing = world.signed_in(&a.access_key_id, &a.secret_access_key, None).await.unwrap_err();
        assert_eq!(missing.query_code(), "InvalidClientTokenId");
        let crossed =
            world.signed_in(&a.access_key_id, &a.secret_access_key, Some(&b.session_token)).await.unwrap_err();
        assert_eq!(crossed.query_code(), "InvalidClientTokenId");

        let caller = session(&world, &first).await;
        let token = world.access.ecr_token(&caller).await;
        assert_eq!(token.expires_at_ms, a.expires_at_ms, "no longer than the credentials it came from");
        world.clock.advance_ms(900_000);
        let ended = world.signed_in(&a.access_key_id, &a.secret_access_key, Some(&a.session_token)).await.unwrap_err();
        assert_eq!((ended.code(), ended.query_code()), ("ExpiredTokenException", "ExpiredToken"));
        let login = world.access.registry_login("AWS", token.password.expose_secret(), peer()).await;
        assert_eq!(login.map(|_| ()), Err(LoginError::Expired));
    }
}

#[tokio::test]
async fn durations_and_names_obey_the_service_model() {
    let world = worlds().await.remove(0);
    let ada = world.user("ada", &[]).await;
    make_role(&world, &trust(&ada.arn, None)).await;
    let with = |change: fn(&mut AssumeRole)| {
        let mut asked = request(None);
        change(&mut asked);
        world.access.assume_role(&ada.caller, asked)
    };
    assert_eq!(code(with(|r| r.duration_s = Some(899)).await).0, "ValidationError");
    let long = code(with(|r| r.duration_s = Some(7_201)).await);
    assert_eq!(long.2, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
    with(|r| r.duration_s = Some(7_200)).await.unwrap();
    assert_eq!(code(with(|r| r.session_name = "x".into()).await).0, "ValidationError");
    assert_eq!(code(with(|r| r.session_name = "a b".into()).await).0, "ValidationError");
    assert_eq!(code(with(|r| r.external_id = Some("a b".into())).await).0, "ValidationError");
    assert_eq!(code(with(|r| r.policy = Some("{".into())).await).0, "MalformedPolicyDocument");
    // What a session token carries is bounded, as at AWS.
    let long = |chars: usize| format!("{:chars$}", allow("\"ecr:*\"", "*"));
    let with_policy =
        |policy: String| world.access.assume_role(&ada.caller, AssumeRole { policy: Some(policy), ..request(None) });
    with_policy(long(2048)).await.unwrap();
    let refused = code(with_policy(long(2049)).await);
    assert!(refused.0 == "ValidationError" && refused.2.contains("2048 are the most"), "{refused:?}");
    let arns = |count: usize| AssumeRole {
        policy_arns: vec!["arn:aws:iam::aws:policy/PackyardViewer".into(); count],
        ..request(None)
    };
    world.access.assume_role(&ada.caller, arns(10)).await.unwrap();
    assert_eq!(code(world.access.assume_role(&ada.caller, arns(11)).await).0, "ValidationError");
}

#[tokio::test]
async fn deleting_the_role_ends_its_sessions() {
    let world = worlds().await.remove(0);
    let ada = world.user("ada", &[]).await;
    make_role(&world, &trust(&ada.arn, None)).await;
    let assumed = world.access.assume_role(&ada.caller, request(None)).await.unwrap();
    session(&world, &assumed).await;
    let root = world.root().await;
    let iam = world.access.iam(&root);
    iam.delete_policy(Holder::Role("reader"), "read").await.unwrap();
    iam.delete_role("reader").await.unwrap();
    let credentials = &assumed.credentials;
    let token = Some(&credentials.session_token);
    let ended = world.signed_in(&credentials.access_key_id, &credentials.secret_access_key, token).await;
    assert_eq!(ended.map(|_| ()).unwrap_err().query_code(), "InvalidClientTokenId");
}
