//! AWS's published vectors.

use super::{DATE, KEY_ID, SECRET, authorization, sign, verify, world};

pub(super) struct Vector {
    pub(super) name: &'static str,
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) query: &'static str,
    pub(super) headers: &'static [(&'static str, &'static str)],
    pub(super) body: &'static str,
    pub(super) signed: &'static str,
    pub(super) signature: &'static str,
}

pub(super) const PLAIN: Vector = Vector {
    name: "get-vanilla",
    method: "GET",
    path: "/",
    query: "",
    headers: &[],
    body: "",
    signed: "host;x-amz-date",
    signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
};

pub(super) const STS_TOKEN: &str = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

/// The classic suite of AWS (service `service`, 2015-08-30). Left out: the one with folded header lines, which HTTP/1.1
/// servers refuse.
const VECTORS: &[Vector] = &[
    PLAIN,
    Vector {
        name: "get-vanilla-query-order-key-case",
        query: "Param2=value2&Param1=value1",
        signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ..PLAIN
    },
    Vector {
        name: "get-vanilla-empty-query-key",
        query: "Param1=value1",
        signature: "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
        ..PLAIN
    },
    Vector {
        name: "get-vanilla-query-order-key",
        query: "Param1=value2&Param1=Value1",
        signature: "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1",
        ..PLAIN
    },
    Vector {
        name: "get-vanilla-query-order-value",
        query: "Param1=value2&Param1=value1",
        signature: "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694",
        ..PLAIN
    },
    Vector {
        name: "get-vanilla-query-unreserved",
        query: "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        signature: "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
        ..PLAIN
    },
    Vector {
        name: "get-vanilla-utf8-query",
        query: "ሴ=bar",
        signature: "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
        ..PLAIN
    },
    Vector {
        name: "get-utf8",
        path: "/ሴ",
        signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
        ..PLAIN
    },
    Vector {
        name: "get-space",
        path: "/example space/",
        signature: "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
        ..PLAIN
    },
    Vector {
        name: "get-unreserved",
        path: "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        signature: "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
        ..PLAIN
    },
    Vector {
        name: "get-slashes",
        path: "//example//",
        signature: "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
        ..PLAIN
    },
    Vector { name: "get-slash", path: "//", ..PLAIN },
    Vector { name: "get-slash-dot-slash", path: "/./", ..PLAIN },
    Vector {
        name: "get-slash-pointless-dot",
        path: "/./example",
        signature: "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
        ..PLAIN
    },
    Vector { name: "get-relative", path: "/example/..", ..PLAIN },
    Vector { name: "get-relative-relative", path: "/example1/example2/../..", ..PLAIN },
    Vector {
        name: "get-header-key-duplicate",
        headers: &[("My-Header1", "value2"), ("My-Header1", "value2"), ("My-Header1", "value1")],
        signed: "host;my-header1;x-amz-date",
        signature: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
        ..PLAIN
    },
    Vector {
        name: "get-header-value-order",
        headers: &[
            ("My-Header1", "value4"),
            ("My-Header1", "value1"),
            ("My-Header1", "value3"),
            ("My-Header1", "value2"),
        ],
        signed: "host;my-header1;x-amz-date",
        signature: "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
        ..PLAIN
    },
    Vector {
        name: "get-header-value-trim",
        headers: &[("My-Header1", " value1"), ("My-Header2", " \"a   b   c\"")],
        signed: "host;my-header1;my-header2;x-amz-date",
        signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        ..PLAIN
    },
    Vector {
        name: "post-vanilla",
        method: "POST",
        signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
        ..PLAIN
    },
    Vector {
        name: "post-vanilla-query",
        method: "POST",
        query: "Param1=value1",
        signature: "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
        ..PLAIN
    },
    Vector {
        name: "post-header-key-sort",
        method: "POST",
        headers: &[("My-Header1", "value1")],
        signed: "host;my-header1;x-amz-date",
        signature: "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
        ..PLAIN
    },
    Vector {
        name: "post-header-value-case",
        method: "POST",
        headers: &[("My-Header1", "VALUE1")],
        signed: "host;my-header1;x-amz-date",
        signature: "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
        ..PLAIN
    },
    Vector {
        name: "post-x-www-form-urlencoded",
        method: "POST",
        headers: &[("Content-Type", "application/x-www-form-urlencoded")],
        body: "Param1=value1",
        signed: "content-type;host;x-amz-date",
        signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        ..PLAIN
    },
    Vector {
        name: "post-x-www-form-urlencoded-parameters",
        method: "POST",
        headers: &[("Content-Type", "application/x-www-form-urlencoded; charset=utf8")],
        body: "Param1=value1",
        signed: "content-type;host;x-amz-date",
        signature: "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe",
        ..PLAIN
    },
];

#[tokio::test]
async fn the_published_vectors_verify_and_with_one_bit_changed_do_not() {
    let world = world().await;
    for vector in VECTORS {
        verify(&world, vector, &authorization(vector, vector.signature))
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", vector.name));
        let last = if vector.signature.ends_with('0') { "1" } else { "0" };
        let wrong = format!("{}{last}", &vector.signature[..63]);
        let error = verify(&world, vector, &authorization(vector, &wrong)).await.unwrap_err();
        assert_eq!(error.code(), "InvalidSignatureException", "{}", vector.name);
    }
}

/// `post-sts-header-before` has a session token, which no server but AWS's could open; its signature is checked through
/// the canonicaliser by the test's own signer.
#[test]
fn the_test_signer_agrees_with_the_published_vector_with_a_token() {
    let headers = [
        ("host".to_owned(), "example.amazonaws.com".to_owned()),
        ("x-amz-date".to_owned(), DATE.to_owned()),
        ("x-amz-security-token".to_owned(), STS_TOKEN.to_owned()),
    ];
    let made = sign(KEY_ID, SECRET, DATE, "service", &headers, b"");
    assert!(made.ends_with("85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"), "{made}");
}
