//! ECR tokens, JWTs and API keys: what they carry, and what ends them.

use super::{World, allow, peer, worlds};
use packyard_access::{Access, AccessConfig, ApiKeyChange, ApiKeyError, LoginError, NewApiKeyRequest};
use secrecy::{ExposeSecret, SecretString};

async fn token_of(world: &World, name: &str) -> (super::TestUser, SecretString) {
    let user = world.user(name, &[]).await;
    let token = world.access.ecr_token(&user.caller).await;
    (user, token.password)
}

async fn login(access: &Access, token: &SecretString) -> Result<String, LoginError> {
    access.registry_login("AWS", token.expose_secret(), peer()).await.map(|caller| caller.arn().to_owned())
}

#[tokio::test]
async fn a_token_is_its_users_for_twelve_hours_across_restarts() {
    for world in worlds().await {
        let (user, token) = token_of(&world, "ada").await;
        assert_eq!(login(&world.access, &token).await, Ok(user.arn.clone()));
        let (restarted, _) = Access::open(&world.store, AccessConfig::default()).await.unwrap();
        assert_eq!(login(&restarted, &token).await, Ok(user.arn));
        world.clock.advance_ms(12 * 3_600_000 - 1);
        assert!(login(&restarted, &token).await.is_ok());
        world.clock.advance_ms(1);
        assert_eq!(login(&restarted, &token).await, Err(LoginError::Expired));
    }
}

#[tokio::test]
async fn disabling_or_deleting_the_key_or_the_user_ends_the_token() {
    for world in worlds().await {
        let root = world.root().await;
        let iam = world.access.iam(&root);

        let (user, token) = token_of(&world, "disabled-key").await;
        iam.set_access_key_active(Some("disabled-key"), &user.key_id, false).await.unwrap();
        assert_eq!(login(&world.access, &token).await, Err(LoginError::Disabled));

        let (user, token) = token_of(&world, "deleted-key").await;
        iam.delete_access_key(Some("deleted-key"), &user.key_id).await.unwrap();
        assert_eq!(login(&world.access, &token).await, Err(LoginError::Wrong));

        let (_, token) = token_of(&world, "disabled-user").await;
        iam.set_user_disabled("disabled-user", true).await.unwrap();
        assert_eq!(login(&world.access, &token).await, Err(LoginError::Disabled));
        iam.set_user_disabled("disabled-user", false).await.unwrap();
        assert!(login(&world.access, &token).await.is_ok());

        let (_, token) = token_of(&world, "deleted-user").await;
        iam.delete_user_and_everything("deleted-user").await.unwrap();
        assert_eq!(login(&world.access, &token).await, Err(LoginError::Wrong));
    }
}

#[tokio::test]
async fn a_forged_or_foreign_token_is_wrong() {
    let worlds = worlds().await;
    let world = &worlds[0];
    let (_, token) = token_of(world, "ada").await;
    let mut forged = token.expose_secret().to_owned();
    let middle = forged.len() / 2;
    let other = if forged.as_bytes()[middle] == b'A' { "B" } else { "A" };
    forged.replace_range(middle..=middle, other);
    assert_eq!(login(&world.access, &SecretString::from(forged)).await, Err(LoginError::Wrong));
    assert_eq!(login(&world.access, &SecretString::from("garbage")).await, Err(LoginError::Wrong));
    let elsewhere = super::worlds().await.remove(0);
    assert_eq!(login(&elsewhere.access, &token).await, Err(LoginError::Wrong), "another installation's key");
}

#[tokio::test]
async fn a_jwt_ends_with_its_time_or_its_password() {
    for world in worlds().await {
        let (email, password) = (&world.first.admin_email, world.first.admin_password.expose_secret());
        let session = world.access.login(email, password, peer()).await.unwrap();
        let jwt = world.access.issue_jwt(&session.caller).await;
        assert_eq!(jwt.matches('.').count(), 2);
        assert_eq!(world.access.jwt(&jwt, peer()).await.unwrap().arn(), session.caller.arn());

        let (head, tail) = jwt.split_at(jwt.find('.').unwrap());
        let unsigned = format!("eyJhbGciOiJub25lIn0{tail}");
        assert_eq!(world.access.jwt(&unsigned, peer()).await.map(|_| ()), Err(LoginError::Wrong));
        assert_eq!(world.access.jwt(head, peer()).await.map(|_| ()), Err(LoginError::Wrong));

        world.access.reset_password(email, None).await.unwrap();
        assert_eq!(world.access.jwt(&jwt, peer()).await.map(|_| ()), Err(LoginError::Expired));

        let again = world.access.issue_jwt(&world.root().await).await;
        world.clock.advance_ms(4 * 3_600_000);
        assert_eq!(world.access.jwt(&again, peer()).await.map(|_| ()), Err(LoginError::Expired));
    }
}

#[tokio::test]
async fn an_api_key_works_until_it_is_switched_off_expires_or_goes() {
    for world in worlds().await {
        let ada = world.user("ada", &[&allow("\"packyard:ManageApiKeys\"", "*")]).await;
        let clock: &dyn packyard_store::Clock = &world.clock;
        let expires_at_ms = Some(clock.now_ms() + 60_000);
        let request = NewApiKeyRequest { name: "ci".into(), expires_at_ms, ..NewApiKeyRequest::default() };
        let issued = world.access.create_api_key(&ada.caller, request).await.unwrap();
        let key = issued.secret.expose_secret().to_owned();
        let uid = issued.key.uid.clone();
        let works = || async { world.access.api_key(&key, peer()).await.map(|caller| caller.arn().to_owned()) };
        assert_eq!(works().await, Ok(ada.arn.clone()));
        let jwt = world.access.issue_jwt(&world.access.api_key(&key, peer()).await.unwrap()).await;

        let off = ApiKeyChange { active: Some(false), ..ApiKeyChange::default() };
        world.access.change_api_key(&ada.caller, &uid, off).await.unwrap();
        assert_eq!(works().await, Err(LoginError::Disabled));
        assert_eq!(world.access.jwt(&jwt, peer()).await.map(|_| ()), Err(LoginError::Disabled), "and what it made");
        let on = ApiKeyChange { active: Some(true), ..ApiKeyChange::default() };
        world.access.change_api_key(&ada.caller, &uid, on).await.unwrap();
        world.clock.advance_ms(60_000);
        assert_eq!(works().await, Err(LoginError::Expired));
        let forever = ApiKeyChange { expires_at_ms: Some(None), ..ApiKeyChange::default() };
        world.access.change_api_key(&ada.caller, &uid, forever).await.unwrap();
        assert_eq!(works().await, Ok(ada.arn.clone()));
        world.access.delete_api_key(&ada.caller, &uid).await.unwrap();
        assert_eq!(works().await, Err(LoginError::Wrong));
    }
}

#[tokio::test]
async fn api_keys_of_others_need_the_right_to_manage_users() {
    let world = worlds().await.remove(0);
    let own = allow("\"packyard:ManageApiKeys\"", "*");
    let (ada, bob) = (world.user("ada", &[&own]).await, world.user("bob", &[&own]).await);
    let none = world.user("none", &[]).await;
    let named = |name: &str| NewApiKeyRequest { name: name.into(), ..NewApiKeyRequest::default() };
    let of_ada = world.access.create_api_key(&ada.caller, named("a")).await.unwrap();
    world.access.create_api_key(&bob.caller, named("b")).await.unwrap();
    assert!(matches!(world.access.create_api_key(&none.caller, named("n")).await, Err(ApiKeyError::Denied(_))));
    let refused = world.access.delete_api_key(&bob.caller, &of_ada.key.uid).await;
    assert!(matches!(refused, Err(ApiKeyError::Denied(_))));
    assert_eq!(world.access.list_api_keys(&ada.caller).await.unwrap().len(), 1);
    let root = world.root().await;
    assert_eq!(world.access.list_api_keys(&root).await.unwrap().len(), 2);
    let for_bob = NewApiKeyRequest { user_uid: Some(bob.caller.principal.uid.clone()), ..named("from root") };
    let issued = world.access.create_api_key(&root, for_bob).await.unwrap();
    let caller = world.access.api_key(issued.secret.expose_secret(), peer()).await.unwrap();
    assert_eq!(caller.arn(), bob.arn);
}
