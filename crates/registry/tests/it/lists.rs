//! tags/list and _catalog.

use super::world::World;

#[tokio::test]
async fn tags_come_in_byte_order_in_pages_that_join() {
    for world in World::all().await {
        for tag in ["b", "a", "B", "_1", "10", "9"] {
            world.push_image("a", tag, b"layer").await;
        }
        let all = world.call("GET", "/v2/a/tags/list").await.expect(200);
        assert_eq!(all.json()["tags"], serde_json::json!(["10", "9", "B", "_1", "a", "b"]), "{}", world.engine);
        assert_eq!(all.header("link"), "");
        let mut next = "/v2/a/tags/list?n=4".to_owned();
        let mut seen = Vec::new();
        while !next.is_empty() {
            let page = world.call("GET", &next).await.expect(200);
            seen.extend(page.json()["tags"].as_array().unwrap().clone());
            next =
                page.header("link").strip_prefix('<').and_then(|l| l.split_once('>')).map_or("", |(l, _)| l).to_owned();
        }
        assert_eq!(serde_json::Value::from(seen), all.json()["tags"]);
        let after = world.call("GET", "/v2/a/tags/list?last=_1").await.json();
        assert_eq!(after["tags"], serde_json::json!(["a", "b"]));
        let none = world.call("GET", "/v2/a/tags/list?n=0").await.expect(200);
        assert_eq!((none.json()["tags"].clone(), none.header("link")), (serde_json::json!([]), ""));
    }
}

#[tokio::test]
async fn pages_are_bounded_whatever_is_asked() {
    let world = World::one_with(|config| config.limits.page = 2).await;
    for tag in ["a", "b", "c"] {
        world.push_image("a", tag, b"layer").await;
    }
    for path in ["/v2/a/tags/list", "/v2/a/tags/list?n=1000000000", "/v2/a/tags/list?n=18446744073709551615"] {
        let page = world.call("GET", path).await.expect(200);
        assert_eq!(page.json()["tags"].as_array().unwrap().len(), 2, "{path}");
        assert!(page.header("link").contains("rel=\"next\""));
    }
    for path in ["/v2/a/tags/list?n=-1", "/v2/a/tags/list?n=x", "/v2/_catalog?n=99999999999999999999999"] {
        assert_eq!(world.call("GET", path).await.expect(400).code(), "PAGINATION_NUMBER_INVALID");
    }
    let long = format!("/v2/a/tags/list?last={}", "x".repeat(60_000));
    world.call("GET", &long).await.expect(400);
    world.call("GET", "/v2/nowhere/tags/list").await.expect(404);
}

#[tokio::test]
async fn the_catalog_lists_what_the_caller_may_describe() {
    for mut world in World::all().await {
        for repo in ["x/one", "y/two", "x/three", "z"] {
            world.push_blob(repo, b"{}").await;
        }
        assert_eq!(
            world.call("GET", "/v2/_catalog").await.json()["repositories"],
            serde_json::json!(["x/one", "x/three", "y/two", "z"])
        );
        let statement =
            r#"{"Effect":"Allow","Action":"ecr:DescribeRepositories","Resource":"arn:aws:ecr:*:*:repository/x/*"}"#;
        world.user("partial", statement).await;
        world.asked_by("partial", super::world::PASSWORD);
        let page = world.call("GET", "/v2/_catalog?n=1").await.expect(200);
        assert_eq!(page.json()["repositories"], serde_json::json!(["x/one"]));
        let next = page.header("link").split(['<', '>']).nth(1).unwrap().to_owned();
        let page = world.call("GET", &next).await.expect(200);
        assert_eq!((page.json()["repositories"].clone(), page.header("link")), (serde_json::json!(["x/three"]), ""));
    }
}
