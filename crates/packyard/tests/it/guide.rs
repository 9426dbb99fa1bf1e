//! "Add a Pack to an ECR Registry" from the first command to the pack in the wizard, with the guide's own clients and a
//! browser; outputs compared, not only exit codes.

use crate::console::browser::Browser;
use crate::console::steps::{Login, NewRegistry, add_registry, find_in_the_wizard, sync_by_the_menu};
use crate::shell::{Shell, shared};
use crate::{yard, yard_builder};
use packyard_testkit::{Peer, Yard, peer_or_skip, skip};
use std::path::{Path, PathBuf};

/// The guide's list of permissions, and the one it forgets and AWS demands.
const GUIDE_POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","Action":[
    "ecr:CreateRepository","ecr:InitiateLayerUpload","ecr:CompleteLayerUpload","ecr:PutImage","ecr:UploadLayerPart",
    "ecr:BatchCheckLayerAvailability","ecr:ListImages","ecr:DescribeImages","ecr:BatchDeleteImage","ecr:DeleteRepository",
    "ecr:GetAuthorizationToken"]}]}"#;

const VALUES: &str = "pack:\n  namespace: hello\nmanifests:\n  hello:\n    replicas: 1\n";

struct Clients {
    aws: Peer,
    oras: Peer,
}

fn clients(test: &str) -> Option<Clients> {
    Some(Clients { aws: peer_or_skip("aws", test)?, oras: peer_or_skip("oras", test)? })
}

/// A shell in which `aws` and `oras` are the peers, and that knows no other credentials.
fn shell(clients: &Clients, folder: &Path) -> Shell {
    let bin = folder.join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    for (name, peer) in [("aws", &clients.aws), ("oras", &clients.oras)] {
        let _ = std::fs::remove_file(bin.join(name));
        std::os::unix::fs::symlink(&peer.path, bin.join(name)).unwrap();
    }
    Shell::in_folder(folder).env("PATH", &format!("{}:/usr/bin:/bin", bin.display()))
}

/// The IAM user of the guide's prerequisites, made by the account root with the AWS CLI.
fn guide_user(root: &Shell, endpoint: &str) -> (String, String) {
    let out = root.env("ENDPOINT", endpoint).env("POLICY", GUIDE_POLICY).ok(
        r#"aws --endpoint-url $ENDPOINT iam create-user --user-name pack-author >/dev/null
           aws --endpoint-url $ENDPOINT iam put-user-policy --user-name pack-author --policy-name guide --policy-document "$POLICY"
           aws --endpoint-url $ENDPOINT iam create-access-key --user-name pack-author --query AccessKey.[AccessKeyId,SecretAccessKey] --output text"#,
    );
    let mut words = out.split_whitespace();
    (words.next().expect(&out).to_owned(), words.next().expect(&out).to_owned())
}

/// A pack of our own in `folder/my-folder`; the folder's name is deliberately not the pack's.
fn pack_folder(folder: &Path) -> PathBuf {
    let pack = folder.join("my-folder");
    std::fs::create_dir_all(pack.join("manifests")).unwrap();
    std::fs::write(
        pack.join("pack.json"),
        r#"{"name":"hello-guide","displayName":"Hello Guide","version":"1.0.0","layer":"addon","addonType":"app services","cloudTypes":["all"],"kubeManifests":["manifests/hello.yaml"]}"#,
    )
    .unwrap();
    std::fs::write(pack.join("values.yaml"), VALUES).unwrap();
    std::fs::write(pack.join("README.md"), "# Hello Guide\n").unwrap();
    std::fs::write(pack.join("manifests/hello.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: hello\n")
        .unwrap();
    pack
}

fn check_pushed(yard: &Yard, root: &Shell, digest_line: &str) {
    let shown = root.env("ENDPOINT", &yard.url()).ok(
        "aws --endpoint-url $ENDPOINT ecr describe-images --repository-name team/spectro-packs/archive/hello-guide --output json",
    );
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let image = &shown["imageDetails"][0];
    assert_eq!(image["imageTags"], serde_json::json!(["1.0.0"]), "{shown}");
    assert_eq!(format!("Digest: {}", image["imageDigest"].as_str().unwrap()), digest_line);
}

#[test]
fn the_guide_on_localhost() {
    let Some(clients) = clients("the_guide_on_localhost") else { return };
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let root = shell(&clients, folder.path()).envs(&yard.aws_env());
    let (id, secret) = guide_user(&root, &yard.url());
    pack_folder(folder.path());

    // Steps 1 and 2.
    let user = shell(&clients, folder.path())
        .env("AWS_ACCESS_KEY_ID", &id)
        .env("AWS_SECRET_ACCESS_KEY", &secret)
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_PAGER", "")
        .env("REPOSITORY_NAME", "team")
        .env("NAME", "hello-guide")
        .env("VERSION", "1.0.0")
        .env("ENDPOINT", &yard.url())
        .env("HOST", &yard.host());
    // Steps 3 and 4.
    for (name, suffix) in [("team/spectro-packs/archive", ""), ("team/spectro-packs/archive/hello-guide", "/$NAME")] {
        let out = user.ok(&format!(
            "aws --endpoint-url $ENDPOINT ecr create-repository --repository-name $REPOSITORY_NAME/spectro-packs/archive{suffix} --region $AWS_DEFAULT_REGION"
        ));
        let made: serde_json::Value = serde_json::from_str(&out).unwrap();
        let repository = &made["repository"];
        assert_eq!(repository["repositoryName"], name);
        assert_eq!(repository["repositoryUri"], format!("{}/{name}", yard.host()));
        assert_eq!(repository["repositoryArn"], format!("arn:aws:ecr:us-east-1:000000000000:repository/{name}"));
    }
    // Step 5.
    let out = user.ok(
        "aws --endpoint-url $ENDPOINT ecr get-login-password --region $AWS_DEFAULT_REGION | oras login --username AWS --password-stdin $HOST",
    );
    assert_eq!(out.lines().next(), Some("Login Succeeded"));
    // Step 7.
    let out = user.ok("tar -czvf $NAME-$VERSION.tar.gz my-folder");
    assert!(out.lines().any(|line| line == "my-folder/pack.json"), "{out}");
    // Step 8.
    let out = user.ok("oras push $HOST/$REPOSITORY_NAME/spectro-packs/archive/$NAME:$VERSION $NAME-$VERSION.tar.gz");
    let reference = format!("Pushed [registry] {}/team/spectro-packs/archive/hello-guide:1.0.0", yard.host());
    assert!(out.lines().any(|line| line == reference), "{out}");
    let digest = out.lines().find(|line| line.starts_with("Digest: sha256:")).expect(&out);
    check_pushed(&yard, &root, digest);

    // What was pushed comes back, to somebody who may pull: the guide's list does not allow that.
    let pull = "mkdir -p back && cd back && oras pull $HOST/$REPOSITORY_NAME/spectro-packs/archive/$NAME:$VERSION && cmp $NAME-$VERSION.tar.gz ../$NAME-$VERSION.tar.gz";
    let refused = user.run(pull);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("is not authorized to perform: ecr:BatchGetImage"));
    root.env("REPOSITORY_NAME", "team").env("NAME", "hello-guide").env("VERSION", "1.0.0").env("ENDPOINT", &yard.url()).env("HOST", &yard.host()).ok(&format!(
        "aws --endpoint-url $ENDPOINT ecr get-login-password | oras login --username AWS --password-stdin $HOST && {pull}"
    ));

    // Step 9, by a key that may also read what it registers, and Validate.
    root.env("ENDPOINT", &yard.url())
        .ok("aws --endpoint-url $ENDPOINT iam attach-user-policy --user-name pack-author \
         --policy-arn arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly");
    let Some(browser) = Browser::open("the_guide_on_localhost", &yard.url()) else { return };
    browser.log_in(&yard.admin_email, &yard.admin_password);
    let new = NewRegistry {
        name: "ecr-registry",
        endpoint: &yard.host(),
        base_content_path: "team",
        login: Login::Ecr { access_key: &id, secret_key: &secret },
        certificate: "",
    };
    add_registry(&browser, &new);
    sync_by_the_menu(&browser, "ecr-registry");
    find_in_the_wizard(&browser, "from-the-guide", "ecr-registry", "Hello Guide", VALUES);
    packyard_testkit::note(&format!("the guide passed with {} and {}", clients.aws.label, clients.oras.label));
}

#[test]
fn oras_on_localhost_and_https_with_the_private_authority_share_one_server() {
    let test = "oras_on_localhost_and_https_with_the_private_authority_share_one_server";
    let Some(clients) = clients(test) else { return };
    let Some(curl) = peer_or_skip("curl", test) else { return };
    let yard = yard_builder().arg("--tls-self-signed").start();
    let folder = tempfile::tempdir().unwrap();
    let root = shell(&clients, folder.path())
        .envs(&yard.aws_env())
        .env("CURL", curl.path.to_str().unwrap())
        .env("HOST", &yard.host())
        .env("CA", yard.data.join("tls/ca.pem").to_str().unwrap());
    let out = root.ok(
        "aws --endpoint-url http://$HOST ecr get-login-password | oras login --username AWS --password-stdin $HOST",
    );
    assert_eq!(out.lines().next(), Some("Login Succeeded"));
    let out = root.ok("aws --endpoint-url https://$HOST --ca-bundle $CA ecr get-authorization-token --query 'authorizationData[0].proxyEndpoint' --output text");
    assert_eq!(out.trim(), yard.url());
    let out = root
        .ok("$CURL -sS --noproxy '*' --cacert $CA https://$HOST/v2/ -o /dev/null -w '%{http_code} %{http_version}'");
    assert_eq!(out.trim(), "401 2");

    // The same content by the old ORAS over http and by the newest over https, whatever either pushed.
    let Some(newest) = peer_or_skip("oras-newest", test) else { return };
    let both = root.env("NEWEST", newest.path.to_str().unwrap()).env("SECURE", "--plain-http=false --ca-file $CA");
    let script = "set -e
        aws --endpoint-url http://$HOST ecr create-repository --repository-name both > /dev/null
        echo http > old.txt; echo https > new.txt
        oras push $HOST/both:old old.txt > /dev/null
        token=$(aws --endpoint-url https://$HOST --ca-bundle $CA ecr get-login-password)
        echo $token | $NEWEST login $(eval echo $SECURE) --username AWS --password-stdin $HOST > /dev/null
        $NEWEST push $(eval echo $SECURE) $HOST/both:new new.txt > /dev/null
        mkdir a b
        (cd a && oras pull $HOST/both:new > /dev/null)
        (cd b && $NEWEST pull $(eval echo $SECURE) $HOST/both:old > /dev/null)
        cat a/new.txt b/old.txt";
    assert_eq!(both.ok(script), "https\nhttp\n");
    assert!(
        !both.succeeds("$NEWEST pull --plain-http=false $HOST/both:old"),
        "without the authority there is no trust"
    );
}

/// The code blocks of the guide, in order, exactly as published.
fn guide_blocks(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for line in text.lines() {
        let trimmed = line.trim_start();
        match &mut open {
            None if trimmed == "```bash" => open = Some((line.len() - trimmed.len(), String::new())),
            Some(_) if trimmed == "```" => blocks.extend(open.take().map(|(_, block)| block)),
            Some((indent, block)) => {
                block.push_str(line.get(*indent..).unwrap_or(""));
                block.push('\n');
            }
            None => {}
        }
    }
    blocks
}

/// Not one character of the guide's commands changed: in a mount namespace with its own hosts file, the AWS host names
/// are this machine, port 443 is ours, and the clients trust our authority. Only what the guide asks its reader to fill
/// in (`<your-...>`) is filled in.
#[test]
fn the_guide_verbatim_under_aws_host_names() {
    let test = "the_guide_verbatim_under_aws_host_names";
    let Some(clients) = clients(test) else { return };
    let Some(guide) = shared("guide-ecr.md", test) else { return };
    let (account, region) = ("123456789012", "eu-central-1");
    let registry = format!("{account}.dkr.ecr.{region}.amazonaws.com");
    let api = format!("api.ecr.{region}.amazonaws.com");
    let folder = tempfile::tempdir().unwrap();
    if !Shell::in_folder(folder.path())
        .succeeds("[ $(id -u) = 0 ] && unshare --mount true && ! (exec 3<>/dev/tcp/127.0.0.1/443) 2>/dev/null")
    {
        skip(test, "needs root, mount namespaces and a free port 443");
        return;
    }
    // The server lives in the same namespace: it registers itself under its AWS names, too.
    let hosts = folder.path().join("hosts");
    std::fs::write(&hosts, format!("127.0.0.1 localhost {registry} {api}\n")).unwrap();
    let mount = format!("mount --bind '{}' /etc/hosts && exec \"$0\" \"$@\"", hosts.display());
    let yard = yard_builder()
        .under(&["unshare", "--mount", "bash", "-c", &mount])
        .listen("127.0.0.1:443")
        .arg("--tls-self-signed")
        .arg(format!("--account-id={account}"))
        .arg(format!("--region={region}"))
        .arg(format!("--public-url=https://{registry}"))
        .arg(format!("--allowed-hosts={api}"))
        .start();
    let root = shell(&clients, folder.path()).envs(&yard.aws_env());
    let (id, secret) = guide_user(&root, "http://localhost:443");
    pack_folder(folder.path());

    let values = [
        ("<your-access-key-id>", id.as_str()),
        ("<your-secret-access-key>", secret.as_str()),
        ("<your-default-region>", region),
        ("<your-repository-name>", "team"),
        ("<your-pack-name>", "hello-guide"),
        ("<your-pack-version>", "1.0.0"),
        ("<your-aws-account-id>", account),
        ("<Your_Pack_Folder_Name>", "my-folder"),
    ];
    let blocks = guide_blocks(&std::fs::read_to_string(guide).unwrap());
    assert_eq!(blocks.len(), 7, "the guide's commands: {blocks:#?}");
    let mut script = String::from("set -e\nmount --bind hosts /etc/hosts\n");
    for block in blocks {
        let filled = values.iter().fold(block, |text, (place, value)| text.replace(place, value));
        assert!(!filled.contains('<'), "something to fill in is left: {filled}");
        script.push_str(&filled);
    }
    std::fs::write(folder.path().join("guide.sh"), script).unwrap();
    let ca = yard.data.join("tls/ca.pem");
    let out = shell(&clients, folder.path())
        .env("AWS_CA_BUNDLE", ca.to_str().unwrap())
        .env("SSL_CERT_FILE", ca.to_str().unwrap())
        .env("AWS_PAGER", "")
        .ok("unshare --mount bash guide.sh");
    let pushed = format!("Pushed [registry] {registry}/team/spectro-packs/archive/hello-guide:1.0.0");
    assert!(out.contains("Login Succeeded") && out.lines().any(|line| line == pushed), "{out}");
    assert!(
        out.contains(&format!("\"repositoryUri\": \"{registry}/team/spectro-packs/archive/hello-guide\"")),
        "{out}"
    );
    packyard_testkit::note(&format!(
        "the guide, verbatim, passed with {} and {}",
        clients.aws.label, clients.oras.label
    ));
}
