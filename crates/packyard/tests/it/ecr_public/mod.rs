//! `packyard` against a model of ECR Public: by its real names, which a proxy leads to the model, and with TLS.

mod model;

use crate::doors::{Authority, PROXY_PASSWORD, Proxy, tls_door};
use crate::pack_shell::{json, pack_shell, said};
use crate::publish::{only, publish};
use crate::shell::Shell;
use model::{ALIAS, API, Call, EcrPublic, KEY_ID};
use packyard_testkit::{PackBuilder, Peer, peer_or_skip};
use serde_json::json;
use tempfile::TempDir;

struct World {
    ecr: EcrPublic,
    /// Without keys.
    anybody: Shell,
    /// With the keys of the account.
    account: Shell,
    folder: TempDir,
}

impl World {
    fn new(peers: &[(&str, &Peer)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ecr = EcrPublic::start();
        let authority = Authority::in_folder(&folder.path().join("tls"));
        let proxy = Proxy::start_with_https_at(tls_door(&authority, ecr.port, false));
        let anybody = pack_shell(folder.path(), peers)
            .env("NO_PROXY", "")
            .env("HTTPS_PROXY", &proxy.url(PROXY_PASSWORD))
            .env("AWS_PAGER", "")
            .env("AWS_CA_BUNDLE", authority.ca.to_str().unwrap())
            .env("TO", &format!("public.ecr.aws/{ALIAS}/team --ca-file {}", authority.ca.display()))
            .env("CA", &format!("--ca-file {}", authority.ca.display()))
            .env("BASE", &format!("public.ecr.aws/{ALIAS}/team"));
        let account = anybody
            .env("AWS_ACCESS_KEY_ID", KEY_ID)
            .env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
            // That of ECR Public is us-east-1, whatever is said here.
            .env("AWS_REGION", "eu-central-1");
        Self { ecr, anybody, account, folder }
    }

    fn pack(&self, version: &str) {
        PackBuilder::new("hello", version).write_to(&self.folder.path().join("hello"));
    }

    /// The names that were made since this was asked last.
    fn made(&self) -> Vec<String> {
        let made = self.ecr.take_calls().into_iter().filter(|call| call.operation == "CreateRepository");
        made.map(|call| call.input["repositoryName"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

#[test]
fn a_pack_goes_to_ecr_public_and_comes_back() {
    let world = World::new(&[]);
    world.pack("1.0.0");
    let archive = format!("{ALIAS}/team/spectro-packs/archive");

    // A dry run names what would be made, and makes nothing.
    let (report, good) = publish(&world.account, "hello --to $TO --dry-run");
    let requests: Vec<String> = only(&report)["requests"]
        .as_array()
        .unwrap_or_else(|| panic!("{report}"))
        .iter()
        .map(|request| {
            format!("{} {}", request["url"].as_str().unwrap_or_default(), request["what"].as_str().unwrap_or_default())
        })
        .collect();
    let creates = |name: &str| format!("https://{API}/ CreateRepository {archive}{name}");
    assert!(good && requests.starts_with(&[creates(""), creates("/hello")]), "{requests:?}");
    assert!(world.made().is_empty() && world.ecr.repositories().is_empty());

    let (report, good) = publish(&world.account, "hello --to $TO");
    assert!(good && only(&report)["outcome"] == "published", "{report}");
    assert_eq!(only(&report)["reference"], format!("public.ecr.aws/{archive}/hello:1.0.0"));
    assert_eq!(report["packs"][0]["repositoriesCreated"], json!([archive, format!("{archive}/hello")]));
    // The API knows repositories without the alias.
    assert_eq!(world.made(), ["team/spectro-packs/archive", "team/spectro-packs/archive/hello"]);

    let (report, good) = publish(&world.account, "hello --to $TO");
    assert!(good && only(&report)["outcome"] == "unchanged" && world.made().is_empty(), "{report}");
    world.pack("1.1.0");
    let (report, good) = publish(&world.account, "hello --to $TO");
    assert!(good && only(&report)["outcome"] == "published" && world.made().is_empty(), "{report}");
    world.anybody.ok("echo changed >hello/README.md");
    let (report, good) = publish(&world.account, "hello --to $TO");
    assert!(!good && only(&report)["outcome"] == "refused", "{report}");
    let (report, good) = publish(&world.account, "hello --to $TO --force 'the README was wrong'");
    assert!(good && only(&report)["outcome"] == "replaced", "{report}");

    // Reading is for everybody; with keys the same.
    for (shell, out) in [(&world.anybody, "a"), (&world.account, "b")] {
        shell.ok(&format!("packyard pack pull $BASE/hello:1.1.0 $CA --out {out} && diff -r hello {out}/hello-1.1.0"));
        let listed = json(shell, "packyard pack list $BASE --name hello $CA --output json").to_string();
        assert!(listed.contains("1.0.0") && listed.contains("1.1.0"), "{listed}");
    }
}

#[test]
fn what_ecr_public_does_not_have_is_said_before_anything_is_asked() {
    let world = World::new(&[]);
    world.pack("1.0.0");
    for flag in ["--ecr-scan-on-push", "--ecr-tag-mutability IMMUTABLE", "--ecr-encryption KMS"] {
        for dry in ["", "--dry-run"] {
            let (code, text) = said(&world.account, &format!("packyard publish hello --to $TO {flag} {dry}"));
            assert!(code == Some(2) && text.contains("ECR Public has no tag mutability"), "{text}");
            assert!(world.made().is_empty() && world.ecr.repositories().is_empty(), "{flag}");
        }
    }
    // Resource tags it has.
    let (report, good) = publish(&world.account, "hello --to $TO --ecr-repository-tag team=platform");
    assert!(good, "{report}");
    let tagged = world.ecr.take_calls().into_iter().filter(|call| call.operation == "CreateRepository");
    assert!(tagged.into_iter().all(|call| call.input["tags"] == json!([{ "Key": "team", "Value": "platform" }])));

    // Nobody may publish, and the error says why.
    let (code, text) = said(&world.anybody, "packyard publish hello --to $BASE/other $CA");
    assert!(code == Some(1) && !text.contains("published  "), "{text}");
    assert_eq!(world.ecr.repositories().len(), 2);
    // What the registry holds can be asked for by name only.
    let (code, text) = said(&world.account, "packyard pack list $BASE $CA");
    assert!(code == Some(1) && text.contains("--name"), "{text}");
}

/// A token that `packyard login` stored is enough where the repositories are.
#[test]
fn a_stored_token_of_ecr_public_pushes_where_repositories_are() {
    let world = World::new(&[]);
    world.pack("1.0.0");
    world.account.ok("packyard login public.ecr.aws $CA");
    let (report, good) = publish(&world.anybody, "hello --to $TO");
    let why = only(&report)["error"].as_str().unwrap_or_default();
    assert!(!good && why.contains("create the repositories") && why.contains("AWS keys"), "{report}");
    publish(&world.account, "hello --to $TO");
    world.ecr.take_calls();
    world.pack("1.1.0");
    let (report, good) = publish(&world.anybody, "hello --to $TO");
    assert!(good && only(&report)["outcome"] == "published", "{report}");
    assert_eq!(world.ecr.take_calls(), []);
}

/// The AWS CLI and packyard ask the same of the API, and each goes on where the other was.
#[test]
fn the_aws_cli_asks_the_same() {
    let test = "the_aws_cli_asks_the_same";
    let Some(aws) = peer_or_skip("aws", test) else { return };
    let world = World::new(&[("aws", &aws)]);
    world.pack("1.0.0");
    let cli = world.account.env("AWS_REGION", "us-east-1");
    cli.ok("aws ecr-public create-repository --repository-name team/spectro-packs/archive >made.json");
    let theirs = world.ecr.take_calls();
    let (report, good) = publish(&world.account, "hello --to $TO");
    assert!(good, "{report}");
    let calls = world.ecr.take_calls();
    let of = |calls: &[Call], name: &str| -> Call {
        let found = calls.iter().find(|call| call.input["repositoryName"] == name);
        found.unwrap_or_else(|| panic!("{name}: {calls:?}")).clone()
    };
    let base = "team/spectro-packs/archive";
    assert_eq!(of(&calls, base), of(&theirs, base));
    // That one was there.
    assert_eq!(report["packs"][0]["repositoriesCreated"], json!([format!("{ALIAS}/{base}/hello")]));
    let listed = cli.ok("aws ecr-public describe-repositories --query repositories[].repositoryUri --output text");
    assert!(listed.contains(&format!("public.ecr.aws/{ALIAS}/{base}/hello")), "{listed}");

    // The token of the CLI is taken, and so is ours by it.
    world.pack("1.1.0");
    let piped = "aws ecr-public get-login-password | packyard login public.ecr.aws --username AWS --password-stdin $CA";
    cli.ok(piped);
    let (report, good) = publish(&world.anybody, "hello --to $TO");
    assert!(good, "{report}");
}

/// Another address of the API has a variable of its own for each of the two services, as for the AWS CLI.
#[test]
fn the_address_of_the_private_api_is_not_that_of_the_public_one() {
    let world = World::new(&[]);
    world.pack("1.0.0");
    let private = world.account.env("AWS_ENDPOINT_URL_ECR", "https://vpce-1.api.ecr.eu-central-1.vpce.amazonaws.com");
    let (report, good) = publish(&private, "hello --to $TO");
    assert!(good, "{report}");
    assert_eq!(world.made().len(), 2);
    let elsewhere = private.env("AWS_ENDPOINT_URL_ECR_PUBLIC", "http://127.0.0.1:1");
    let (code, text) = said(&elsewhere, "packyard publish hello --to $BASE/other $CA");
    assert!(code == Some(1) && text.contains("127.0.0.1:1"), "{text}");
}
