//! The sibling guide: a pack in a registry with basic authentication, from `oras login` to the pack in the wizard; against
//! Debian's docker-registry in Harbor's place, and against this server itself by a registry login.

use crate::console::browser::Browser;
use crate::console::steps::{Login, NewRegistry, add_registry, find_in_the_wizard, sync_by_the_menu};
use crate::docker_registry::{self, DockerRegistry};
use crate::shell::Shell;
use crate::yard;
use packyard_testkit::{Peer, Yard, peer_or_skip};
use std::path::Path;

const VALUES: &str = "pack:\n  namespace: hello\n";

struct Target<'a> {
    host: &'a str,
    username: &'a str,
    password: &'a str,
}

/// Steps 2 to 8 with one ORAS.
fn follow(yard: &Yard, browser: &Browser, oras: &Peer, target: &Target<'_>, name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("my-folder");
    std::fs::create_dir_all(&pack).unwrap();
    let json = format!(
        r#"{{"name":"{name}","displayName":"Pack {name}","version":"1.0.0","layer":"addon","addonType":"app services","cloudTypes":["all"]}}"#
    );
    std::fs::write(pack.join("pack.json"), json).unwrap();
    std::fs::write(pack.join("values.yaml"), VALUES).unwrap();
    std::os::unix::fs::symlink(&oras.path, folder.path().join("oras")).unwrap();
    let shell = Shell::in_folder(folder.path())
        .env("PATH", &format!("{}:/usr/bin:/bin", folder.path().display()))
        .env("HARBOR_ADDRESS", target.host)
        .env("HARBOR_PROJECT", name)
        .env("LOGIN", target.username)
        .env("PASSWORD", target.password)
        .env("NAME", name)
        .env("VERSION", "1.0.0");
    let out = shell.ok("echo $PASSWORD | oras login $HARBOR_ADDRESS --username $LOGIN --password-stdin");
    assert_eq!(out.lines().next(), Some("Login Succeeded"));
    shell.ok("tar -czvf $NAME-$VERSION.tar.gz my-folder");
    shell.ok("oras push $HARBOR_ADDRESS/$HARBOR_PROJECT/spectro-packs/archive");
    let out = shell
        .ok("oras push $HARBOR_ADDRESS/$HARBOR_PROJECT/spectro-packs/archive/$NAME:$VERSION $NAME-$VERSION.tar.gz");
    let pushed = format!("Pushed [registry] {}/{name}/spectro-packs/archive/{name}:1.0.0", target.host);
    assert!(out.lines().any(|line| line == pushed), "{out}");

    let endpoint = format!("http://{}", target.host);
    let new = NewRegistry {
        name,
        endpoint: &endpoint,
        base_content_path: name,
        login: Login::Basic { username: target.username, password: target.password },
        certificate: "",
    };
    add_registry(browser, &new);
    sync_by_the_menu(browser, name);
    find_in_the_wizard(browser, &format!("with-{name}"), name, &format!("Pack {name}"), VALUES);
    packyard_testkit::note(&format!(
        "the sibling guide passed at {} with {}, seen by {}",
        target.host,
        oras.label,
        yard.url()
    ));
}

#[test]
fn the_sibling_guide_at_docker_registry() {
    let test = "the_sibling_guide_at_docker_registry";
    let (Some(program), Some(oras), Some(newest)) =
        (peer_or_skip("docker-registry", test), peer_or_skip("oras", test), peer_or_skip("oras-newest", test))
    else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let registry = DockerRegistry::start(&program, folder.path());
    let yard = yard();
    let Some(browser) = Browser::open(test, &yard.url()) else { return };
    browser.log_in(&yard.admin_email, &yard.admin_password);
    let target = Target { host: &registry.host, username: docker_registry::USER, password: docker_registry::PASSWORD };
    follow(&yard, &browser, &oras, &target, "first");
    follow(&yard, &browser, &newest, &target, "second");
}

#[test]
fn the_sibling_guide_at_this_server() {
    let test = "the_sibling_guide_at_this_server";
    let (Some(aws), Some(oras)) = (peer_or_skip("aws", test), peer_or_skip("oras", test)) else { return };
    let yard = yard();
    robot(&yard, &aws);
    let Some(browser) = Browser::open(test, &yard.url()) else { return };
    browser.log_in(&yard.admin_email, &yard.admin_password);
    let host = yard.host();
    follow(&yard, &browser, &oras, &Target { host: &host, username: "robot", password: ROBOT }, "third");
}

const ROBOT: &str = "a-long-password-1";

/// A registry login that may create repositories.
fn robot(yard: &Yard, aws: &Peer) {
    let root = Shell::in_folder(Path::new("/")).envs(&yard.aws_env()).env("AWS", aws.path.to_str().unwrap());
    root.env("ENDPOINT", &yard.url()).env("PASSWORD", ROBOT).ok(
        "$AWS --endpoint-url $ENDPOINT iam create-user --user-name robot >/dev/null
         $AWS --endpoint-url $ENDPOINT iam create-login-profile --user-name robot --password $PASSWORD >/dev/null
         $AWS --endpoint-url $ENDPOINT iam attach-user-policy --user-name robot --policy-arn arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryFullAccess",
    );
}
