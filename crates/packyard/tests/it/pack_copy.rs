//! `packyard pack copy` between this server and Debian's docker-registry, and within this server.

use crate::docker_registry::DockerRegistry;
use crate::pack_shell::{as_root, json, logged_in, pack_shell, said};
use crate::yard;
use packyard_testkit::{PackBuilder, peer_or_skip};
use serde_json::{Value, json};

fn outcomes(report: &Value) -> Vec<&str> {
    report["packs"].as_array().unwrap().iter().map(|pack| pack["outcome"].as_str().unwrap()).collect()
}

#[test]
fn between_registries_digest_by_digest() {
    let test = "between_registries_digest_by_digest";
    let (Some(program), Some(oras)) = (peer_or_skip("docker-registry", test), peer_or_skip("oras", test)) else {
        return;
    };
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (yard, registry) = (yard(), DockerRegistry::start(&program, data.path()));
    let shell = as_root(&logged_in(&pack_shell(folder.path(), &[("oras", &oras)]), &registry), &yard);
    PackBuilder::new("hello", "1.0.0").write_to(&folder.path().join("hello"));
    PackBuilder::new("hello", "1.1.0").write_to(&folder.path().join("hello-next"));
    // What ORAS pushed stays what ORAS pushed, its time stamp included.
    shell.ok(
        "tar -czf hello-1.0.0.tar.gz hello && oras push $D/team/spectro-packs/archive/hello:1.0.0 hello-1.0.0.tar.gz",
    );
    shell.ok("packyard publish hello-next --to $D/team");
    let theirs = shell.ok("oras manifest fetch --descriptor $D/team/spectro-packs/archive/hello:1.0.0");
    let digest = serde_json::from_str::<Value>(&theirs).unwrap()["digest"].as_str().unwrap().to_owned();

    let report = json(&shell, "packyard pack copy $D/team/hello $H/mirror --output json");
    assert_eq!(outcomes(&report), ["copied", "copied"], "{report}");
    let first = &report["packs"][0];
    assert_eq!((first["digest"].as_str(), &first["blobsSent"]), (Some(digest.as_str()), &json!(2)));
    assert_eq!(first["to"], format!("{}/mirror/spectro-packs/archive/hello:1.0.0", yard.host()));
    let created = json!(["mirror/spectro-packs/archive", "mirror/spectro-packs/archive/hello"]);
    assert_eq!(first["repositoriesCreated"], created);
    shell.ok("packyard pack pull $H/mirror/hello:1.0.0 --out back && diff -r hello back/hello-1.0.0");
    shell.ok("packyard pack pull $H/mirror/hello:1.1.0 --out back && diff -r hello-next back/hello-1.1.0");
    let again = shell.ok("packyard pack copy $D/team/hello $H/mirror");
    assert!(again.starts_with("unchanged  ") && again.ends_with("2 unchanged\n"), "{again}");

    // And back, to a registry without the ECR API, pinned.
    let back = format!("packyard pack copy $H/mirror/hello:1.0.0@{digest} $D/copies --output json");
    let report = json(&shell, &back);
    assert_eq!(outcomes(&report), ["copied"], "{report}");
    assert_eq!(
        report["packs"][0]["repositoriesCreated"],
        json!(["copies/spectro-packs/archive", "copies/spectro-packs/archive/hello"])
    );
    let copied = shell.ok("oras manifest fetch --descriptor $D/copies/spectro-packs/archive/hello:1.0.0");
    assert_eq!(copied, theirs);
    assert_eq!(outcomes(&json(&shell, &back)), ["unchanged"]);
}

#[test]
fn within_a_registry_blobs_are_mounted() {
    let folder = tempfile::tempdir().unwrap();
    let yard = yard();
    let shell = as_root(&pack_shell(folder.path(), &[]), &yard);
    PackBuilder::new("hello", "1.0.0").write_to(&folder.path().join("src"));
    shell.ok("packyard publish src --to $H/team");
    let report = json(&shell, "packyard pack copy $H/team/hello:1.0.0 $H/second --output json");
    let pack = &report["packs"][0];
    assert_eq!((outcomes(&report)[0], &pack["blobsMounted"], &pack["bytesSent"]), ("copied", &json!(2), &json!(0)));
    shell.ok("packyard pack diff src $H/second/hello:1.0.0");
    // The empty config is the base repository's too; it is there or mounted, never an error.
    PackBuilder::new("hello", "1.0.0").file("README.md", "# Other\n").write_to(&folder.path().join("other"));
    shell.ok("packyard publish other --to $H/third");
    let (code, text) = said(&shell, "packyard pack copy $H/team/hello:1.0.0 $H/third");
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("/third/spectro-packs/archive/hello:1.0.0 holds something else, sha256:"), "{text}");
    assert!(text.contains("--force \"REASON\" replaces it") && text.ends_with("1 failed\n"), "{text}");
    let (code, text) = said(&shell, "packyard pack copy $H/team/hello:1.0.0 $H/third --force ' '");
    assert_eq!(code, Some(2), "a reason says something: {text}");
    let forced = json(&shell, "packyard pack copy $H/team/hello:1.0.0 $H/third --force 'a typo' --output json");
    assert_eq!((outcomes(&forced)[0], &forced["forced"]), ("replaced", &json!("a typo")));
    shell.ok("packyard publish other --to $H/third --force back");
    let text = shell.ok("packyard pack copy $H/team/hello:1.0.0 $H/third --force 'a typo'");
    assert!(text.ends_with("1 replaced\nforced: a typo\n"), "{text}");
    shell.ok("packyard pack diff src $H/third/hello:1.0.0");
}

#[test]
fn one_that_fails_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let yard = yard();
    let shell = as_root(&pack_shell(folder.path(), &[]), &yard);
    PackBuilder::new("hello", "1.0.0").write_to(&folder.path().join("src"));
    shell.ok("packyard publish src --to $H/team");
    let digest = format!("sha256:{}", "0".repeat(64));
    let script = format!(
        "packyard pack copy $H/team/absent:1 $H/team/absent $H/team/hello@{digest} $H/team/hello:1.0.0@{digest} localhost:1/a/b:1 $H/team/hello:1.0.0 $H/to --output json"
    );
    let out = shell.run(&script);
    let report: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(out.status.code(), Some(1));
    assert_eq!(outcomes(&report), ["failed", "failed", "failed", "failed", "failed", "copied"], "{report:#}");
    let error = |at: usize| report["packs"][at]["error"].as_str().unwrap().to_owned();
    assert!(error(0).contains("there is no ") && error(1).contains("there is no "), "{report:#}");
    assert!(error(2).contains("write NAME:VERSION@DIGEST"), "{}", error(2));
    assert!(error(3).contains("there is no ") && error(4).contains("no connection to localhost:1"), "{report:#}");
    for (arguments, code) in [("$H/team/hello:1.0.0", 2), ("nonsense $H/to", 2), ("$H/team/hello:1.0.0 h/UPPER", 2)] {
        assert_eq!(said(&shell, &format!("packyard pack copy {arguments}")).0, Some(code), "{arguments}");
    }
}

#[test]
fn wrong_bytes_are_not_passed_on_and_large_ones_not_held() {
    let test = "wrong_bytes_are_not_passed_on_and_large_ones_not_held";
    let Some(program) = peer_or_skip("docker-registry", test) else { return };
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (yard, registry) = (yard(), DockerRegistry::start(&program, data.path()));
    let shell = as_root(&logged_in(&pack_shell(folder.path(), &[]), &registry), &yard);
    PackBuilder::new("large", "1.0.0").write_to(&folder.path().join("src"));
    shell.ok("head -c 80000000 /dev/urandom >src/image.bin");
    let published = json(&shell, "packyard publish src --to $D/team --output json");
    let script = "import resource, subprocess, sys\nsubprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)\nprint(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n";
    std::fs::write(folder.path().join("peak.py"), script).unwrap();
    let peak: u64 = shell.ok("python3 peak.py packyard pack copy $D/team/large:1.0.0 $H/to").trim().parse().unwrap();
    assert!(peak < 70 << 10, "{peak} KiB at the peak, for an archive of 80 MB");

    let digest = published["packs"][0]["archiveDigest"].as_str().unwrap();
    let hex = digest.strip_prefix("sha256:").unwrap();
    let blob = data.path().join(format!("registry/docker/registry/v2/blobs/sha256/{}/{hex}/data", &hex[..2]));
    let mut bytes = std::fs::read(&blob).unwrap();
    bytes[9] = 3;
    std::fs::write(&blob, &bytes).unwrap();
    let (code, text) = said(&shell, "packyard pack copy $D/team/large:1.0.0 $H/second");
    assert!(code == Some(1) && text.contains("have the digest"), "{text}");
    let (_, text) = said(&shell, "packyard pack list $H/second");
    assert!(!text.contains("1.0.0"), "{text}");
}
