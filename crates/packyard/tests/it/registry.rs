//! Round trips with the clients people use. Each gets its bytes back unchanged.

use crate::http::Client;
use crate::shell::Shell;
use crate::yard;
use packyard_testkit::{Yard, peer_or_skip};

/// A shell in its own folder that knows the registry as `$HOST`, the login as `$WHO` and `$WORD`, and the client as `c`.
fn shell(yard: &Yard, folder: &std::path::Path, peer: &packyard_testkit::Peer) -> Shell {
    let bin = folder.join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    let _ = std::os::unix::fs::symlink(&peer.path, bin.join("c"));
    Shell::in_folder(folder)
        .env("PATH", &format!("{}:/usr/bin:/bin", bin.display()))
        .env("HOST", &yard.host())
        .env("WHO", &yard.admin_email)
        .env("WORD", &yard.admin_password)
}

fn oras_round_trip(name: &str) {
    let Some(oras) = peer_or_skip(name, "round trip with ORAS") else { return };
    let (yard, folder) = (yard(), tempfile::tempdir().unwrap());
    let sh = shell(&yard, folder.path(), &oras);
    sh.ok(r"head -c 3000000 /dev/urandom > pack.tar.gz
        echo attached > note.txt
        c login $HOST -u $WHO --password-stdin <<< $WORD
        c push $HOST/team/app:1.0.0 pack.tar.gz
        c tag $HOST/team/app:1.0.0 latest stable
        c attach --artifact-type application/x-note $HOST/team/app:1.0.0 note.txt
        c copy $HOST/team/app:1.0.0 $HOST/other/place:2
        mkdir back copied && c pull $HOST/team/app:latest -o back && c pull $HOST/other/place:2 -o copied
        cmp pack.tar.gz back/pack.tar.gz && cmp pack.tar.gz copied/pack.tar.gz");
    assert_eq!(
        sh.ok("c repo tags $HOST/team/app").split_whitespace().collect::<Vec<_>>(),
        ["1.0.0", "latest", "stable"]
    );
    assert_eq!(sh.ok("c repo ls $HOST").split_whitespace().collect::<Vec<_>>(), ["other/place", "team/app"]);
    assert!(sh.ok("c discover $HOST/team/app:1.0.0").contains("application/x-note"));
    let (one, two) = (sh.ok("c manifest fetch $HOST/team/app:1.0.0"), sh.ok("c manifest fetch $HOST/other/place:2"));
    assert_eq!(one, two);
    packyard_testkit::note(&format!("round trip with {}", oras.label));
}

#[test]
fn oras_of_the_guide() {
    oras_round_trip("oras");
}

#[test]
fn oras_newest() {
    oras_round_trip("oras-newest");
}

#[test]
fn crane_and_skopeo_move_an_image_between_repositories_and_layouts() {
    let Some(crane) = peer_or_skip("crane", "round trip with crane") else { return };
    let (yard, folder) = (yard(), tempfile::tempdir().unwrap());
    let sh = shell(&yard, folder.path(), &crane);
    sh.ok(r"mkdir files && head -c 400000 /dev/urandom > files/data && tar -C files -czf layer.tar.gz data
        c auth login $HOST -u $WHO --password-stdin <<< $WORD
        c append --oci-empty-base -f layer.tar.gz -t $HOST/images/one:v1
        c copy $HOST/images/one:v1 $HOST/images/two:v1
        test $(c digest $HOST/images/one:v1) = $(c digest $HOST/images/two:v1)
        test $(c ls $HOST/images/two) = v1
        c pull --format=oci $HOST/images/two:v1 pulled
        c validate --remote $HOST/images/two:v1");
    let Some(skopeo) = peer_or_skip("skopeo", "round trip with skopeo") else { return };
    let sh = sh.env("SKOPEO", &skopeo.path.display().to_string());
    sh.ok(r#"$SKOPEO --insecure-policy copy --src-tls-verify=false --src-creds "$WHO:$WORD" docker://$HOST/images/two:v1 oci:layout:v1
        $SKOPEO --insecure-policy copy --dest-tls-verify=false --dest-creds "$WHO:$WORD" oci:layout:v1 docker://$HOST/images/three:v1
        test $(c digest $HOST/images/one:v1) = $(c digest $HOST/images/three:v1)
        $SKOPEO --insecure-policy delete --tls-verify=false --creds "$WHO:$WORD" docker://$HOST/images/three:v1"#);
    assert!(!sh.succeeds("c digest $HOST/images/three:v1"));
    assert_eq!(sh.ok("c ls $HOST/images/one").trim(), "v1");
}

#[test]
fn helm_pushes_and_pulls_a_chart() {
    let Some(helm) = peer_or_skip("helm", "round trip with helm") else { return };
    let (yard, folder) = (yard(), tempfile::tempdir().unwrap());
    let sh = shell(&yard, folder.path(), &helm);
    sh.ok(r"c create demo > /dev/null && c package demo > /dev/null
        c registry login $HOST -u $WHO --password-stdin --plain-http <<< $WORD || c registry login $HOST -u $WHO --password-stdin --insecure <<< $WORD
        c push demo-0.1.0.tgz oci://$HOST/charts --plain-http
        mkdir back && c pull oci://$HOST/charts/demo --version 0.1.0 --plain-http -d back
        cmp demo-0.1.0.tgz back/demo-0.1.0.tgz");
}

/// Lists leave out what the caller may not see, a mount of what they may not read becomes an upload, and a HEAD is answered
/// to whoever holds one of three rights: an operator who looks for refusals in the log finds none of these.
#[test]
fn what_is_tried_beside_a_request_is_no_refusal_in_the_log() {
    const WORD: &str = "a-long-password-1";
    let (yard, folder) = (yard(), tempfile::tempdir().unwrap());
    let admin = Client::of(&yard);
    let index = "application/vnd.oci.image.index.v1+json";
    let content = format!(r#"{{"schemaVersion":2,"mediaType":"{index}","manifests":[]}}"#);
    for path in ["/v2/team/app/manifests/v1", "/v2/other/app/manifests/v1"] {
        let put = admin.send("PUT", path, &format!("Content-Type: {index}\r\n"), content.as_bytes()).unwrap();
        assert_eq!(put.status, 201, "{path}");
    }
    let blob = packyard_oci::Digest::sha256(b"hers");
    assert_eq!(
        admin.send("POST", &format!("/v2/other/app/blobs/uploads/?digest={blob}"), "", b"hers").unwrap().status,
        201
    );
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
        "Action":["ecr:DescribeImages","ecr:DescribeRepositories","ecr:InitiateLayerUpload"],
        "Resource":"arn:aws:ecr:*:*:repository/team/*"}]}"#;
    Shell::in_folder(folder.path())
        .envs(&yard.aws_env())
        .env("P", &format!("{} iam --server {}", env!("CARGO_BIN_EXE_packyard"), yard.url()))
        .env("POLICY", policy)
        .env("WORD", WORD)
        .ok(r#"$P create-user --user-name jo && $P create-login-profile --user-name jo --password $WORD
            $P put-user-policy --user-name jo --policy-name own --policy-document "$POLICY""#);

    let jo = Client::with_login(&yard, "jo", WORD);
    assert_eq!(jo.send("HEAD", "/v2/team/app/manifests/v1", "", b"").unwrap().status, 200);
    let listed = jo.send("GET", "/v2/_catalog", "", b"").unwrap();
    assert_eq!(String::from_utf8_lossy(&listed.body), r#"{"repositories":["team/app"]}"#);
    let mount = format!("/v2/team/app/blobs/uploads/?mount={blob}&from=other/app");
    assert_eq!(jo.send("POST", &mount, "", b"").unwrap().status, 202);
    let refused = |log: &str| log.matches("is not authorized to perform").count();
    assert_eq!(refused(&yard.log()), 0, "{}", yard.log());
    assert_eq!(jo.send("HEAD", "/v2/other/app/manifests/v1", "", b"").unwrap().status, 403);
    assert!(refused(&yard.log()) > 0, "{}", yard.log());
}

/// A client that is still sending when it is refused gets to read why, also where the refusal comes from behind the
/// point at which reading began.
#[test]
fn who_is_refused_while_sending_reads_the_reason() {
    let yard = yard();
    let client = Client::of(&yard);
    let begun = client.begin("refused/big");
    let gone = format!("{}00000000", &begun[..begun.len() - 8]);
    let chunk = vec![b'x'; 8 * 1024 * 1024];
    let out_of_order = format!("Content-Range: 5000-{}\r\n", 4999 + chunk.len());
    let unknown = format!("{gone}?digest=sha256:{}", "0".repeat(64));
    for (method, path, headers, status, code) in [
        ("PATCH", begun.as_str(), out_of_order.as_str(), 416, "BLOB_UPLOAD_INVALID"),
        ("PATCH", &gone, "", 404, "BLOB_UPLOAD_UNKNOWN"),
        ("PUT", &unknown, "", 404, "BLOB_UPLOAD_UNKNOWN"),
        ("PUT", "/v2/refused/big/manifests/1", "", 413, "SIZE_INVALID"),
    ] {
        let reply = client.send(method, path, headers, &chunk).unwrap_or_else(|e| panic!("{method} {path}: {e}"));
        let text = String::from_utf8_lossy(&reply.body);
        assert!(reply.status == status && text.contains(code), "{method} {path}: {} {text}", reply.status);
    }
    client.finish(&begun, b"still open");
}
