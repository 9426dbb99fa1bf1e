//! What the tests of the `packyard pack` verbs share: a shell that knows `packyard` and the peers by name, a server and a
//! foreign registry with packs in them.

use crate::docker_registry::{DockerRegistry, PASSWORD, USER};
use crate::shell::Shell;
use packyard_testkit::{Peer, Yard};
use serde_json::Value;
use std::path::Path;

/// No credentials but those that a test gives.
pub(crate) fn pack_shell(folder: &Path, peers: &[(&str, &Peer)]) -> Shell {
    let bin = folder.join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_packyard"), bin.join("packyard")).unwrap();
    for (name, peer) in peers {
        std::os::unix::fs::symlink(&peer.path, bin.join(name)).unwrap();
    }
    Shell::in_folder(folder)
        .env("PATH", &format!("{}:/usr/bin:/bin", bin.display()))
        .env("AWS_EC2_METADATA_DISABLED", "true")
}

/// As the account root of a server, whose host is `$H`.
pub(crate) fn as_root(shell: &Shell, yard: &Yard) -> Shell {
    shell.envs(&yard.aws_env()).env("H", &yard.host())
}

/// Logged in to docker-registry, whose host is `$D`.
pub(crate) fn logged_in(shell: &Shell, registry: &DockerRegistry) -> Shell {
    let shell = shell.env("D", &registry.host).env("PASSWORD", PASSWORD).env("U", USER);
    shell.ok("echo $PASSWORD | packyard login $D --username $U --password-stdin");
    shell
}

/// The document that a script prints.
#[track_caller]
pub(crate) fn json(shell: &Shell, script: &str) -> Value {
    let out = shell.ok(script);
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{script}: {error}: {out}"))
}

/// Exit code, and both outputs together.
pub(crate) fn said(shell: &Shell, script: &str) -> (Option<i32>, String) {
    let out = shell.run(script);
    let text = [out.stdout.as_slice(), out.stderr.as_slice()].map(|t| String::from_utf8_lossy(t).into_owned()).concat();
    assert!(!text.contains("panicked"), "{script}: {text}");
    (out.status.code(), text)
}
