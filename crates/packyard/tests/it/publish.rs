//! `packyard publish` and `packyard login` against Packyard (as ECR and with a registry login) and against Debian's
//! docker-registry; what was published is fetched by ORAS and unpacked by GNU tar.

use crate::shell::{Shell, shared};
use crate::{yard, yard_builder};
use packyard_testkit::{Peer, Yard, peer_or_skip};
use serde_json::Value;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The guide's list of permissions, and the one it forgets and AWS demands. Nothing else may be needed.
pub(crate) const GUIDE_POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","Action":[
    "ecr:CreateRepository","ecr:InitiateLayerUpload","ecr:CompleteLayerUpload","ecr:PutImage","ecr:UploadLayerPart",
    "ecr:BatchCheckLayerAvailability","ecr:ListImages","ecr:DescribeImages","ecr:BatchDeleteImage","ecr:DeleteRepository",
    "ecr:GetAuthorizationToken"]}]}"#;

/// A shell that knows `packyard` and the peers by name, and no credentials.
pub(crate) fn shell(folder: &Path, peers: &[(&str, &Peer)]) -> Shell {
    let bin = folder.join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    let mut programs: Vec<(&str, PathBuf)> = peers.iter().map(|(name, peer)| (*name, peer.path.clone())).collect();
    programs.push(("packyard", env!("CARGO_BIN_EXE_packyard").into()));
    for (name, path) in programs {
        std::os::unix::fs::symlink(path, bin.join(name)).unwrap();
    }
    Shell::in_folder(folder)
        .env("PATH", &format!("{}:/usr/bin:/bin", bin.display()))
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_PAGER", "")
}

pub(crate) fn write_pack(pack: &Path, name: &str, readme: &str) {
    std::fs::create_dir_all(pack.join("manifests")).unwrap();
    let json = format!(
        r#"{{"name":"{name}","displayName":"Hello","version":"1.0.0","layer":"addon","addonType":"app services","cloudTypes":["all"],"kubeManifests":["manifests/hello.yaml"]}}"#
    );
    std::fs::write(pack.join("pack.json"), json).unwrap();
    std::fs::write(pack.join("values.yaml"), "pack:\n  namespace: hello\nmanifests:\n  hello:\n    replicas: 1\n")
        .unwrap();
    std::fs::write(pack.join("README.md"), readme).unwrap();
    std::fs::write(pack.join("manifests/hello.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: hello\n")
        .unwrap();
}

/// `packyard publish ... --output json`: the report, and whether the exit code was 0.
pub(crate) fn publish(shell: &Shell, arguments: &str) -> (Value, bool) {
    let out = shell.run(&format!("packyard publish {arguments} --output json"));
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let report =
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}\n{}", String::from_utf8_lossy(&out.stderr)));
    (report, out.status.success())
}

pub(crate) fn only(report: &Value) -> &Value {
    assert_eq!(report["packs"].as_array().unwrap().len(), 1, "{report}");
    &report["packs"][0]
}

/// Pulls with ORAS, unpacks with GNU tar, and compares with the folder.
fn comes_back(shell: &Shell, reference: &str, pack: &Path, name: &str) {
    let script = format!(
        "rm -rf back && mkdir back && cd back && oras pull --plain-http {reference} >/dev/null && tar -xzf {name}-1.0.0.tar.gz && diff -r {name}-1.0.0 {}",
        pack.display()
    );
    assert_eq!(shell.ok(&script), "");
}

/// An IAM user with `policy`, and its access key.
pub(crate) fn iam_user(root: &Shell, yard: &Yard, name: &str, policy: &str) -> (String, String) {
    let out = root.env("E", &yard.url()).env("POLICY", policy).env("U", name).ok(
        r#"aws --endpoint-url $E iam create-user --user-name $U >/dev/null
           aws --endpoint-url $E iam put-user-policy --user-name $U --policy-name p --policy-document "$POLICY"
           aws --endpoint-url $E iam create-access-key --user-name $U --query AccessKey.[AccessKeyId,SecretAccessKey] --output text"#,
    );
    let mut words = out.split_whitespace();
    (words.next().expect(&out).to_owned(), words.next().expect(&out).to_owned())
}

#[test]
fn to_ecr_with_exactly_the_guides_policy() {
    let test = "to_ecr_with_exactly_the_guides_policy";
    let (Some(aws), Some(oras)) = (peer_or_skip("aws", test), peer_or_skip("oras", test)) else { return };
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let bare = shell(folder.path(), &[("aws", &aws), ("oras", &oras)]);
    let (id, secret) = iam_user(&bare.envs(&yard.aws_env()), &yard, "author", GUIDE_POLICY);
    let author =
        bare.env("AWS_ACCESS_KEY_ID", &id).env("AWS_SECRET_ACCESS_KEY", &secret).env("AWS_DEFAULT_REGION", "us-east-1");
    let pack = folder.path().join("any-folder-name");
    write_pack(&pack, "hello", "# Hello\n");
    let to = format!("any-folder-name --to {}/team", yard.host());

    let (report, good) = publish(&author, &to);
    let first = only(&report).clone();
    assert!(good, "{report}");
    assert_eq!(first["outcome"], "published");
    assert_eq!(first["reference"], format!("{}/team/spectro-packs/archive/hello:1.0.0", yard.host()));
    let created = serde_json::json!(["team/spectro-packs/archive", "team/spectro-packs/archive/hello"]);
    assert_eq!(first["repositoriesCreated"], created);
    let digest = author.env("E", &yard.url()).ok(
        "aws --endpoint-url $E ecr describe-images --repository-name team/spectro-packs/archive/hello --image-ids imageTag=1.0.0 --query imageDetails[0].imageDigest --output text",
    );
    assert_eq!(first["digest"], digest.trim());

    let (report, good) = publish(&author, &to);
    assert!(good && only(&report)["outcome"] == "unchanged" && only(&report)["digest"] == first["digest"], "{report}");

    write_pack(&pack, "hello", "# Hello again\n");
    let (report, good) = publish(&author, &to);
    assert!(!good && only(&report)["outcome"] == "refused" && only(&report)["digest"] == first["digest"], "{report}");
    let (report, good) = publish(&author, &format!("{to} --force 'the README was wrong'"));
    assert!(good && only(&report)["outcome"] == "replaced" && only(&report)["digest"] != first["digest"], "{report}");

    let reader = bare.envs(&yard.aws_env()).env("E", &yard.url()).env("H", &yard.host());
    reader.ok("aws --endpoint-url $E ecr get-login-password | oras login --username AWS --password-stdin $H");
    comes_back(&reader, first["reference"].as_str().unwrap(), &pack, "hello");
}

#[test]
fn what_is_missing_is_said_by_its_name() {
    let test = "what_is_missing_is_said_by_its_name";
    let Some(aws) = peer_or_skip("aws", test) else { return };
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let bare = shell(folder.path(), &[("aws", &aws)]);
    write_pack(&folder.path().join("p"), "hello", "x");
    for (at, action) in ["GetAuthorizationToken", "DescribeImages", "CreateRepository", "PutImage"].iter().enumerate() {
        let policy = GUIDE_POLICY.replace(&format!("\"ecr:{action}\""), "\"ecr:DescribeRegistry\"");
        let (id, secret) = iam_user(&bare.envs(&yard.aws_env()), &yard, &format!("u{at}"), &policy);
        let author = bare.env("AWS_ACCESS_KEY_ID", &id).env("AWS_SECRET_ACCESS_KEY", &secret);
        let out = author.run(&format!("packyard publish p --to {}/team", yard.host()));
        let text =
            [out.stdout.as_slice(), out.stderr.as_slice()].map(|t| String::from_utf8_lossy(t).into_owned()).concat();
        assert_eq!(out.status.code(), Some(1), "{action}: {text}");
        assert!(text.contains(&format!("is not authorized to perform: ecr:{action}")), "{action}: {text}");
    }
}

#[test]
fn with_a_registry_login_stored_by_packyard_login() {
    let test = "with_a_registry_login_stored_by_packyard_login";
    let (Some(aws), Some(oras)) = (peer_or_skip("aws", test), peer_or_skip("oras", test)) else { return };
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let bare = shell(folder.path(), &[("aws", &aws), ("oras", &oras)]).env("H", &yard.host());
    let all = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecr:*","Resource":"*"}]}"#;
    let root = bare.envs(&yard.aws_env());
    iam_user(&root, &yard, "harbor-user", all);
    root.env("E", &yard.url())
        .ok("aws --endpoint-url $E iam create-login-profile --user-name harbor-user --password s3cret-Passw0rd");

    let wrong = bare.run("echo wrong | packyard login $H -u harbor-user --password-stdin");
    assert_eq!(wrong.status.code(), Some(1));
    assert!(!folder.path().join("config.json").exists(), "a login that does not work is not stored");
    let said = bare.ok("echo s3cret-Passw0rd | packyard login $H -u harbor-user --password-stdin");
    assert!(said.starts_with(&format!("logged in to {} as harbor-user", yard.host())), "{said}");

    let pack = folder.path().join("p");
    write_pack(&pack, "hello", "# Hello\n");
    let to = format!("p --to {}/project", yard.host());
    let (report, good) = publish(&bare, &to);
    assert!(good && only(&report)["outcome"] == "published", "{report}");
    let created = serde_json::json!(["project/spectro-packs/archive", "project/spectro-packs/archive/hello"]);
    assert_eq!(only(&report)["repositoriesCreated"], created);
    comes_back(&bare, only(&report)["reference"].as_str().unwrap(), &pack, "hello");
    let (report, _) = publish(&bare, &to);
    assert_eq!(only(&report)["outcome"], "unchanged");
}

#[test]
fn one_refused_pack_stops_all_unless_told_to_keep_going() {
    let yard = yard_builder().start();
    let folder = tempfile::tempdir().unwrap();
    let root = shell(folder.path(), &[]).envs(&yard.aws_env());
    write_pack(&folder.path().join("good"), "good", "# Good\n");
    std::fs::create_dir_all(folder.path().join("bad")).unwrap();
    std::fs::write(folder.path().join("bad/pack.json"), r#"{"name":"bad","version":"1.0.0"}"#).unwrap();
    let to = format!("good bad --to {}/team", yard.host());
    let (report, good) = publish(&root, &to);
    assert!(
        !good && report["packs"][0]["outcome"] == "not tried" && report["packs"][1]["outcome"] == "refused",
        "{report}"
    );
    assert!(report["packs"][1]["findings"].as_array().is_some_and(|f| !f.is_empty()), "{report}");
    let (report, good) = publish(&root, &format!("{to} --keep-going"));
    assert!(
        !good && report["packs"][0]["outcome"] == "published" && report["packs"][1]["outcome"] == "refused",
        "{report}"
    );
}

#[test]
fn warnings_are_printed_and_counted_and_refused_when_denied() {
    let folder = tempfile::tempdir().unwrap();
    let shell = shell(folder.path(), &[]);
    let pack = folder.path().join("p");
    write_pack(&pack, "hello", "x");
    std::fs::write(pack.join("values.yaml"), "replicas: 1\n").unwrap();
    // Nothing listens there: a dry run needs no registry.
    let (report, good) = publish(&shell, "p --to localhost:1/team --dry-run");
    let warnings = only(&report)["warnings"].as_u64().unwrap();
    assert!(good && warnings > 0 && only(&report)["outcome"] == "checked", "{report}");
    let out = shell.run("packyard publish p// --to localhost:1/team --dry-run");
    let (stdout, stderr) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(
        stderr.contains("warning PACK") && stdout.contains(&format!("1 checked, {warnings} warning")),
        "{stdout}{stderr}"
    );
    assert!(stderr.contains("p/values.yaml") && !stderr.contains("p//"), "{stderr}");
    assert!(!stderr.contains("uploading"), "no progress where nobody watches: {stderr}");
    let (report, good) = publish(&shell, "p --to localhost:1/team --dry-run --deny warnings");
    assert!(!good && only(&report)["outcome"] == "refused", "{report}");
}

#[test]
fn the_same_folder_gives_the_same_digest_and_a_time_changes_it() {
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let root = shell(folder.path(), &[]).envs(&yard.aws_env());
    for name in ["one", "two"] {
        write_pack(&folder.path().join(name), "hello", "# Hello\n");
    }
    let digest = |shell: &Shell, arguments: &str| {
        let (report, good) = publish(shell, &format!("{arguments} --to {}", yard.host()));
        assert!(good, "{report}");
        only(&report)["digest"].as_str().unwrap().to_owned()
    };
    let first = digest(&root, "one");
    assert_eq!(digest(&root, "two"), first);
    // The tag's archive is the same: a time alone is no change.
    assert_eq!(digest(&root, "two --created 2026-11-23T17:30:00Z"), first);
    let dated = |base: &str, shell: &Shell, extra: &str| {
        let (report, _) = publish(shell, &format!("one --to {}/{base} {extra}", yard.host()));
        only(&report)["digest"].as_str().unwrap().to_owned()
    };
    let by_flag = dated("a", &root, "--created 1970-01-01T01:00:00+01:00");
    assert_ne!(by_flag, first);
    assert_eq!(dated("b", &root.env("SOURCE_DATE_EPOCH", "0"), ""), by_flag);
}

#[test]
fn errors_say_what_failed_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let shell = shell(folder.path(), &[]);
    write_pack(&folder.path().join("p"), "hello", "x");
    let yard = yard();
    for (arguments, code, expected) in [
        ("p --to localhost:1/team".to_owned(), 1, "no connection to localhost:1"),
        ("p --to no-such-host.invalid/team".to_owned(), 1, "does not resolve"),
        (format!("p --to {}/team", yard.host()), 1, "no AWS keys"),
        (format!("p --to https://{}/team", yard.host()), 1, "does not speak TLS"),
        (format!("p --to {}/team --auth basic", yard.host()), 1, "no login is stored"),
        ("p --to localhost/UPPER".to_owned(), 2, "is not a repository name"),
        ("p --to localhost/x --ca-file none.pem".to_owned(), 1, "none.pem"),
        ("missing --to localhost:1/team".to_owned(), 1, "missing"),
        ("p".to_owned(), 2, "--to"),
    ] {
        let out = shell.run(&format!("packyard publish {arguments}"));
        let text =
            [out.stdout.as_slice(), out.stderr.as_slice()].map(|t| String::from_utf8_lossy(t).into_owned()).concat();
        assert_eq!(out.status.code(), Some(code), "{arguments}: {text}");
        assert!(text.contains(expected), "{arguments}: {text}");
        assert!(!text.contains("panicked"), "{text}");
    }
}

/// Debian's docker-registry with one htpasswd user, `ann` with the password `pw`.
pub(crate) struct DockerRegistry {
    child: Child,
    pub(crate) port: u16,
    _folder: tempfile::TempDir,
}

impl DockerRegistry {
    pub(crate) fn start(program: &Peer, password_file: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // bcrypt of `pw`, cost 5.
        let auth = if password_file {
            let hash = "ann:$2y$05$.snRVk459ah1HQSoz4jbDeeG91sb5xGhf5ZcX4vRqp0fTPEwA7LlG\n";
            std::fs::write(folder.path().join("htpasswd"), hash).unwrap();
            format!("auth:\n  htpasswd:\n    realm: test\n    path: {}/htpasswd\n", folder.path().display())
        } else {
            String::new()
        };
        let config = format!(
            "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {}/data\nhttp:\n  addr: 127.0.0.1:{port}\n{auth}",
            folder.path().display()
        );
        let path = folder.path().join("config.yml");
        std::fs::write(&path, config).unwrap();
        let child = Command::new(&program.path)
            .arg("serve")
            .arg(&path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "docker-registry does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        Self { child, port, _folder: folder }
    }
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn to_debians_docker_registry_with_a_password() {
    let test = "to_debians_docker_registry_with_a_password";
    let (Some(program), Some(oras)) = (peer_or_skip("docker-registry", test), peer_or_skip("oras", test)) else {
        return;
    };
    let registry = DockerRegistry::start(&program, true);
    let folder = tempfile::tempdir().unwrap();
    let host = format!("localhost:{}", registry.port);
    let shell = shell(folder.path(), &[("oras", &oras)]).env("H", &host);
    shell.ok("echo pw | oras login --username ann --password-stdin $H");
    let pack = folder.path().join("p");
    write_pack(&pack, "hello", "# Hello\n");
    let to = format!("p --to {host}/team");
    let (report, good) = publish(&shell, &to);
    assert!(good && only(&report)["outcome"] == "published", "{report}");
    let (first, reference) = (only(&report)["digest"].clone(), only(&report)["reference"].as_str().unwrap().to_owned());
    comes_back(&shell, &reference, &pack, "hello");
    assert_eq!(shell.ok("oras repo ls $H").trim(), "team/spectro-packs/archive\nteam/spectro-packs/archive/hello");

    // The same archive pushed by ORAS has a time and so another manifest; it is unchanged all the same.
    shell.ok(&format!("cd back && oras push {reference} hello-1.0.0.tar.gz >/dev/null"));
    let (report, good) = publish(&shell, &to);
    assert!(good && only(&report)["outcome"] == "unchanged" && only(&report)["digest"] != first, "{report}");
}

#[test]
fn a_credential_helper_is_asked() {
    use std::os::unix::fs::PermissionsExt;
    let Some(program) = peer_or_skip("docker-registry", "a_credential_helper_is_asked") else { return };
    let registry = DockerRegistry::start(&program, true);
    let folder = tempfile::tempdir().unwrap();
    let shell = shell(folder.path(), &[]);
    write_pack(&folder.path().join("p"), "hello", "# Hello\n");
    let to = format!("p --to localhost:{}/team", registry.port);
    std::fs::write(folder.path().join("config.json"), r#"{"credsStore":"vault"}"#).unwrap();
    let out = shell.run(&format!("packyard publish {to}"));
    let text = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.code() == Some(1) && text.contains("docker-credential-vault cannot be run"), "{text}");

    let helper = folder.path().join("bin/docker-credential-vault");
    let script = format!(
        "#!/bin/sh\nread host\n[ \"$1 $host\" = 'get localhost:{}' ] || {{ echo 'credentials not found in native keychain'; exit 1; }}\necho '{{\"ServerURL\":\"x\",\"Username\":\"ann\",\"Secret\":\"pw\"}}'\n",
        registry.port
    );
    std::fs::write(&helper, script).unwrap();
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).unwrap();
    let (report, good) = publish(&shell, &to);
    assert!(good && only(&report)["outcome"] == "published", "{report}");
}

#[test]
fn to_a_registry_that_asks_for_nothing() {
    let Some(program) = peer_or_skip("docker-registry", "to_a_registry_that_asks_for_nothing") else { return };
    let registry = DockerRegistry::start(&program, false);
    let folder = tempfile::tempdir().unwrap();
    write_pack(&folder.path().join("p"), "hello", "# Hello\n");
    let (report, good) = publish(&shell(folder.path(), &[]), &format!("p --to 127.0.0.1:{}/team", registry.port));
    assert!(good && only(&report)["outcome"] == "published", "{report}");
}

#[test]
fn every_real_pack_is_published_and_comes_back() {
    let test = "every_real_pack_is_published_and_comes_back";
    let (Some(packs), Some(oras), Some(aws)) =
        (shared("packs", test), peer_or_skip("oras", test), peer_or_skip("aws", test))
    else {
        return;
    };
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let root = shell(folder.path(), &[("oras", &oras), ("aws", &aws)]).envs(&yard.aws_env());
    let (report, good) = publish(&root, &format!("{}/* --to {}/real", packs.display(), yard.host()));
    assert!(good, "{report:#}");
    let all = report["packs"].as_array().unwrap();
    let warnings: u64 = all.iter().map(|p| p["warnings"].as_u64().unwrap()).sum();
    packyard_testkit::note(&format!("{} real packs published, {warnings} warnings", all.len()));
    assert_eq!(all.len(), std::fs::read_dir(&packs).unwrap().count());
    root.env("E", &yard.url())
        .env("H", &yard.host())
        .ok("aws --endpoint-url $E ecr get-login-password | oras login --username AWS --password-stdin $H");
    for pack in all {
        let (name, version) = (pack["name"].as_str().unwrap(), pack["version"].as_str().unwrap());
        // What the archive leaves out is left out of the comparison.
        root.ok(&format!(
            "rm -rf back && mkdir back && cd back && oras pull {} >/dev/null && tar -xzf {name}-{version}.tar.gz && diff -r -x .git -x .DS_Store -x '._*' -x '*.orig' {name}-{version} {}",
            pack["reference"].as_str().unwrap(),
            pack["folder"].as_str().unwrap()
        ));
    }
}
