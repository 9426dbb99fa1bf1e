//! What a tag holds already, other tags, annotations, and how repositories are made.

use crate::publish::{GUIDE_POLICY, iam_user, only, publish, shell};
use crate::publish_many::{outcomes, six_packs, through};
use crate::relay::{Fate, Relay};
use crate::yard;
use packyard_testkit::peer_or_skip;
use serde_json::{Value, json};

#[test]
fn other_content_is_replaced_only_with_a_reason() {
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let relay = Relay::start(yard.port, |_, _| Fate::Pass);
    let root = through(&relay, folder.path(), &yard);
    six_packs(folder.path());
    let (first, _) = publish(&root, "packs/one --to $H/team");
    let before = only(&first)["digest"].as_str().unwrap().to_owned();
    root.ok("echo changed >>packs/one/README.md");
    relay.take();

    // Others are held back with it, and nothing is written.
    let out = root.run("packyard publish packs --to $H/team");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert_eq!(out.status.code(), Some(1), "{text}");
    for expected in [
        format!(
            "the tag 1.0.0 holds other content, {before}: raise the version in pack.json, or replace it with --force"
        ),
        "5 not tried, 1 refused".to_owned(),
        "6 packs left: mend what is refused, then run this again, which skips what is there: packyard publish packs"
            .to_owned(),
    ] {
        assert!(text.contains(&expected), "{expected}\n{text}");
    }
    assert!(!relay.take().iter().any(crate::relay::Line::writes));
    let (report, good) = publish(&root, "packs --to $H/team --keep-going");
    assert!(!good && outcomes(&report)[2] == "refused" && report["packs"][0]["outcome"] == "published", "{report}");
    assert_eq!(report["left"], json!(["packs/one"]));

    for empty in ["--force ''", "--force ' '"] {
        let out = root.run(&format!("packyard publish packs --to $H/team {empty}"));
        assert_eq!(out.status.code(), Some(2), "a reason says something");
    }
    let (report, good) = publish(&root, "packs --to $H/team --force 'the README was wrong'");
    assert!(good && outcomes(&report).iter().filter(|outcome| **outcome == "unchanged").count() == 5, "{report}");
    let replaced = &report["packs"][2];
    assert_eq!((&replaced["outcome"], &replaced["replaced"]), (&json!("replaced"), &json!(before)));
    assert_eq!(report["forced"], "the README was wrong");
    root.ok("echo more >>packs/one/README.md");
    let text = root.ok("packyard publish packs/one --to $H/team --force 'still wrong'");
    let was = replaced["digest"].as_str().unwrap();
    assert!(text.contains(&format!("was        {was}")) && text.ends_with("forced: still wrong\n"), "{text}");
    let (report, _) = publish(&root, "packs/one --to $H/team");
    let replaced = &report["packs"][0];
    // Forced or not, equal folders have equal digests.
    let (elsewhere, _) = publish(&root, "packs/one --to $H/elsewhere");
    assert_eq!(only(&elsewhere)["digest"], replaced["digest"]);
    let (again, good) = publish(&root, "packs/one --to $H/team");
    assert!(good && only(&again)["outcome"] == "unchanged", "{again}");
}

#[test]
fn annotations_are_in_the_manifest_and_make_equal_digests() {
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let root = shell(folder.path(), &[]).envs(&yard.aws_env()).env("H", &yard.host());
    six_packs(folder.path());
    let publish = |arguments: &str| publish(&root, &format!("packs/one {arguments}"));
    let both = [
        "--annotation com.example.commit=4f2c --annotation 'com.example.by=Ann = Bob'",
        "--annotation 'com.example.by=Ann = Bob' --annotation com.example.commit=4f2c",
    ];
    let (first, _) = publish(&format!("--to $H/a {}", both[0]));
    let (second, _) = publish(&format!("--to $H/b {}", both[1]));
    assert_eq!(only(&first)["digest"], only(&second)["digest"], "the order does not count");
    let manifest = crate::http::Client::of(&yard).expect("GET", "/v2/a/spectro-packs/archive/one/manifests/1.0.0", 200);
    let manifest: Value = serde_json::from_slice(&manifest.body).unwrap();
    let expected = json!({"com.example.by": "Ann = Bob", "com.example.commit": "4f2c"});
    assert_eq!(manifest["annotations"], expected);

    // Without any, the archive is what counts; others are asked for explicitly.
    let (report, good) = publish("--to $H/a");
    assert!(good && only(&report)["outcome"] == "unchanged" && only(&report)["note"].is_null(), "{report}");
    let (report, good) = publish("--to $H/a --annotation com.example.commit=9999");
    assert!(good && only(&report)["outcome"] == "unchanged", "{report}");
    assert!(only(&report)["note"].as_str().unwrap().contains("without the annotations"), "{report}");
    let (report, good) = publish("--to $H/a --annotation com.example.commit=9999 --force 'the commit was wrong'");
    assert!(good && only(&report)["outcome"] == "replaced" && only(&report)["digest"] != only(&first)["digest"]);

    for wrong in ["novalue", "=x", "'a b=c'", "org.opencontainers.image.created=now", "a=1 --annotation a=2"] {
        let out = root.run(&format!("packyard publish packs/one --to $H/a --annotation {wrong}"));
        assert_eq!(out.status.code(), Some(2), "{wrong}: {}", String::from_utf8_lossy(&out.stderr));
    }
}

#[test]
fn another_tag_is_a_warning() {
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let root = shell(folder.path(), &[]).envs(&yard.aws_env()).env("H", &yard.host());
    six_packs(folder.path());
    let (report, good) = publish(&root, "packs/one --to $H/team --tag candidate --deny warnings");
    assert!(!good && only(&report)["outcome"] == "refused", "{report}");
    let (report, good) = publish(&root, "packs/one --to $H/team --tag candidate");
    assert!(good && only(&report)["warnings"] == 1, "{report}");
    assert_eq!(only(&report)["findings"][0]["code"], "PACK130");
    assert_eq!(only(&report)["reference"], format!("{}/team/spectro-packs/archive/one:candidate", yard.host()));
    root.ok("packyard pack pull $H/team/one:candidate --out back && diff -r packs/one back/one-1.0.0");
    // The version's own tag is no other.
    let (report, good) = publish(&root, "packs/one --to $H/team --tag 1.0.0 --deny warnings");
    assert!(good && only(&report)["warnings"] == 0, "{report}");
    assert_eq!(root.run("packyard publish packs/one --to $H/team --tag 'a b'").status.code(), Some(2));
}

#[test]
fn repositories_are_made_as_asked() {
    let Some(aws) = peer_or_skip("aws", "repositories_are_made_as_asked") else { return };
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let root =
        shell(folder.path(), &[("aws", &aws)]).envs(&yard.aws_env()).env("H", &yard.host()).env("E", &yard.url());
    six_packs(folder.path());
    let (report, good) = publish(
        &root,
        "packs/one --to $H/team --ecr-tag-mutability IMMUTABLE --ecr-scan-on-push --ecr-encryption KMS:alias/packs \
         --ecr-repository-tag team=platform --ecr-repository-tag 'cost centre=42'",
    );
    assert!(good, "{report}");
    for name in ["team/spectro-packs/archive", "team/spectro-packs/archive/one"] {
        let root = root.env("N", name);
        let told = root.ok("aws --endpoint-url $E ecr describe-repositories --repository-names $N");
        let told: Value = serde_json::from_str::<Value>(&told).unwrap()["repositories"][0].clone();
        assert_eq!(told["imageTagMutability"], "IMMUTABLE", "{told}");
        assert_eq!(told["imageScanningConfiguration"], json!({"scanOnPush": true}), "{told}");
        let encryption = json!({"encryptionType": "KMS", "kmsKey": "alias/packs"});
        assert_eq!(told["encryptionConfiguration"], encryption, "{told}");
        let arn = told["repositoryArn"].as_str().unwrap();
        let tags =
            root.env("A", arn).ok("aws --endpoint-url $E ecr list-tags-for-resource --resource-arn $A --output text");
        assert!(tags.contains("team\tplatform") && tags.contains("cost centre\t42"), "{tags}");
    }
    // Tags that may not be overwritten are not, with a reason either.
    root.ok("echo changed >>packs/one/README.md");
    let (report, good) = publish(&root, "packs/one --to $H/team --force 'a typo'");
    assert!(!good && only(&report)["error"].as_str().unwrap().contains("may not be overwritten"), "{report}");

    for arguments in ["--create-repositories=never", "--create-repositories=never --dry-run"] {
        let (report, good) = publish(&root, &format!("packs/two --to $H/new {arguments}"));
        let error = only(&report)["error"].as_str().unwrap();
        assert!(!good && error.contains("there is no repository new/spectro-packs/archive/two"), "{report}");
    }
    root.ok("aws --endpoint-url $E ecr create-repository --repository-name new/spectro-packs/archive/two");
    let (report, good) = publish(&root, "packs/two --to $H/new --create-repositories=never");
    assert!(good && only(&report)["repositoriesCreated"] == json!([]), "{report}");
    for wrong in [
        "--create-repositories=never --ecr-scan-on-push",
        "--ecr-encryption DES",
        "--ecr-tag-mutability SOMETIMES",
        "--ecr-repository-tag novalue",
        "--ecr-repository-tag a=1 --ecr-repository-tag a=2",
    ] {
        let out = root.run(&format!("packyard publish packs/two --to $H/new {wrong}"));
        assert_eq!(out.status.code(), Some(2), "{wrong}: {}", String::from_utf8_lossy(&out.stderr));
    }
}

/// What those rights do not show is not taken for equal, and the reason is said; a dry run asks no more than they allow.
#[test]
fn with_the_guides_rights_what_cannot_be_seen_is_refused() {
    let Some(aws) = peer_or_skip("aws", "with_the_guides_rights_what_cannot_be_seen_is_refused") else { return };
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let bare = shell(folder.path(), &[("aws", &aws)]).env("H", &yard.host());
    let (id, secret) = iam_user(&bare.envs(&yard.aws_env()), &yard, "author", GUIDE_POLICY);
    let author = bare.env("AWS_ACCESS_KEY_ID", &id).env("AWS_SECRET_ACCESS_KEY", &secret);
    six_packs(folder.path());
    let (report, good) = publish(&author, "packs/one packs/two --to $H/team --dry-run");
    assert!(good && report["notAsked"].is_null() && outcomes(&report) == ["checked", "checked"], "{report}");
    let (report, good) = publish(&author, "packs/one --to $H/team --annotation com.example.commit=4f2c");
    assert!(good, "{report}");
    let (report, good) = publish(&author, "packs/one packs/two --to $H/team --keep-going");
    assert!(!good && outcomes(&report) == ["refused", "published"], "{report}");
    let error = report["packs"][0]["error"].as_str().unwrap();
    assert!(error.contains("without ecr:BatchGetImage it cannot be seen"), "{error}");
    // With the right it is the same archive.
    let (report, good) = publish(&author.envs(&yard.aws_env()), "packs/one --to $H/team");
    assert!(good && only(&report)["outcome"] == "unchanged", "{report}");
}
