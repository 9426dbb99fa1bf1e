//! The proxy of a registry, as clients write it: what cannot be one is refused by the field, whatever kind of registry it
//! is for, and no login that stood in it is shown or kept.

use crate::world::World;
use serde_json::{Value, json};

const SECRET: &str = "proxy-word-1";

fn body(name: &str, proxy: &str) -> Value {
    json!({ "metadata": { "name": name }, "spec": {
        "endpoint": "http://127.0.0.1:9", "auth": { "type": "noAuth" }, "proxy": { "url": proxy },
    }})
}

#[tokio::test]
async fn what_is_no_proxy_is_refused_by_its_field() {
    let world = World::new().await;
    for (proxy, shown, says) in [
        (format!("ftp://ann:{SECRET}@proxy:21"), "`ftp://proxy:21`", "only http and https; give one such as http://"),
        ("socks5://proxy:1080".to_owned(), "`socks5://proxy:1080`", "proxies of the kind `socks5` are not supported"),
        (
            format!("ann:{SECRET}@proxy:3128"),
            "`proxy:3128`",
            "no http:// or https:// before it; write http://proxy:3128",
        ),
        (format!("http://ann:{SECRET}@proxy:3128/path"), "`http://proxy:3128/path`", "write http://proxy:3128"),
        ("http://proxy:99999".to_owned(), "`http://proxy:99999`", "it is not a URL (invalid port number)"),
        (format!("http://ann:{SECRET}@"), "`http://`", "it is not a URL"),
    ] {
        for kind in ["oci/basic", "helm", "pack"] {
            let made = world.post(&format!("/v1/registries/{kind}"), body("by-proxy", &proxy)).await;
            let error = made.is_error(400, "InvalidField");
            assert_eq!(error["details"]["field"], "proxy.url", "{kind} {proxy}: {error}");
            let tried = world.post(&format!("/v1/registries/{kind}/validate"), body("", &proxy)["spec"].clone()).await;
            let stopped = tried.is_error(400, "RegistryValidationFailed");
            assert_eq!(stopped["details"]["hop"], "proxy", "{kind} {proxy}: {stopped}");
            let hops = stopped["details"]["hops"].as_array().unwrap();
            assert!(hops.iter().any(|hop| hop["state"] == "failed" && hop["field"] == "proxy.url"), "{stopped}");
            for error in [error, stopped] {
                let message = error["message"].as_str().unwrap();
                assert!(message.contains(shown) && message.contains(says), "{kind} {proxy}: {message}");
                assert!(!error.to_string().contains(SECRET), "{error}");
            }
        }
    }
    assert_eq!(world.get("/v1/registries/metadata").await.is(200).json()["items"], json!([]));
    // A password may have what an address may not: it is taken out before.
    let odd = body("odd", &format!("HTTP://ann:{SECRET}/@?#@127.0.0.1:9"));
    let uid = world.post("/v1/registries/pack", odd).await.uid();
    let read = world.get(&format!("/v1/registries/pack/{uid}")).await.is(200).json();
    assert!(!read.to_string().contains(SECRET), "{read}");
}

#[tokio::test]
async fn a_forbidden_address_of_a_proxy_is_told_as_the_proxys() {
    let world = World::new().await;
    for kind in ["oci/basic", "helm"] {
        let spec = body("", "http://169.254.169.254:3128")["spec"].clone();
        let stopped = world.post(&format!("/v1/registries/{kind}/validate"), spec).await;
        let stopped = stopped.is_error(400, "RegistryValidationFailed");
        assert_eq!(stopped["details"]["hop"], "proxy", "{stopped}");
        let message = stopped["message"].as_str().unwrap();
        for part in ["Proxy: The proxy 169.254.169.254:3128 may not be used", "never connected to", "endpoint policy"] {
            assert!(message.contains(part), "{kind}: no `{part}` in {message}");
        }
        let first = &stopped["details"]["hops"][0];
        assert_eq!((&first["hop"], &first["state"]), (&json!("endpoint"), &json!("ok")), "{stopped}");
    }
}
