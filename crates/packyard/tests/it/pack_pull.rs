//! `packyard pack pull` from this server and from Debian's docker-registry: what we and others pushed, and what nobody
//! honest pushes.

use crate::docker_registry::DockerRegistry;
use crate::pack_shell::{as_root, json, logged_in, pack_shell, said};
use crate::yard;
use packyard_testkit::{PackBuilder, peer_or_skip};
use std::path::Path;
use std::process::Command;

#[test]
fn a_published_pack_comes_back_by_every_name() {
    let folder = tempfile::tempdir().unwrap();
    let yard = yard();
    let shell = as_root(&pack_shell(folder.path(), &[]), &yard);
    PackBuilder::new("hello", "1.0.0+5").chart("web", "0.1.0").write_to(&folder.path().join("src"));
    let published = json(&shell, "packyard publish src --to $H/team --output json");
    let digest = published["packs"][0]["digest"].as_str().unwrap();
    let shell = shell.env("DIGEST", digest);
    for (at, reference) in [
        "$H/team/hello:1.0.0_5",
        "$H/team/hello:1.0.0+5",
        "http://$H/team/spectro-packs/archive/hello:1.0.0_5",
        "oci://$H/team/hello:1.0.0_5",
        "$H/team/hello@$DIGEST",
        "$H/team/spectro-packs/archive/hello:1.0.0_5@$DIGEST",
    ]
    .iter()
    .enumerate()
    {
        let pulled = json(&shell, &format!("packyard pack pull {reference} --out out{at} --output json"));
        assert_eq!((&pulled["digest"], &pulled["path"]), (&digest.into(), &format!("out{at}/hello-1.0.0+5").into()));
        assert_eq!(pulled["archiveDigest"], published["packs"][0]["archiveDigest"]);
        shell.ok(&format!("diff -r src out{at}/hello-1.0.0+5 && test $(ls -A out{at} | wc -l) = 1"));
    }
    let text = shell.ok("packyard pack pull $H/team/hello:1.0.0+5");
    assert!(text.starts_with("pulled     ./hello-1.0.0+5\nfrom       localhost:"), "{text}");
    assert!(text.contains(&format!("digest     {digest}\n")) && text.contains("holds      6 files, "), "{text}");

    shell.ok("packyard pack build src && packyard pack pull $H/team/hello:1.0.0+5 --archive --out kept");
    shell.ok("cmp hello-1.0.0+5.tar.gz kept/hello-1.0.0+5.tar.gz && test $(stat -c %a kept/*.gz) = 644");
}

#[test]
fn what_is_in_the_place_stays_unless_forced() {
    let folder = tempfile::tempdir().unwrap();
    let yard = yard();
    let shell = as_root(&pack_shell(folder.path(), &[]), &yard);
    PackBuilder::new("hello", "1.0.0").write_to(&folder.path().join("src"));
    shell.ok("packyard publish src --to $H/team && mkdir hello-1.0.0 && echo mine >hello-1.0.0/notes");
    let (code, text) = said(&shell, "packyard pack pull $H/team/hello:1.0.0");
    assert_eq!(code, Some(1));
    assert!(text.contains("./hello-1.0.0 is there already; --force replaces it, --out"), "{text}");
    assert_eq!(shell.ok("cat hello-1.0.0/notes; ls -A"), "mine\nbin\nhello-1.0.0\nsrc\n");
    shell.ok("packyard pack pull $H/team/hello:1.0.0 --force && diff -r src hello-1.0.0");
    shell.ok("echo mine >hello-1.0.0.tar.gz");
    let (code, text) = said(&shell, "packyard pack pull $H/team/hello:1.0.0 --archive");
    assert!(code == Some(1) && text.contains("./hello-1.0.0.tar.gz is there already"), "{text}");
    assert_eq!(shell.ok("cat hello-1.0.0.tar.gz; ls -A | wc -l"), "mine\n4\n");
    // A link in the place is replaced, never followed.
    shell.ok("mkdir elsewhere && rm -r hello-1.0.0 && ln -s elsewhere hello-1.0.0");
    shell.ok("packyard pack pull $H/team/hello:1.0.0 --force && test ! -L hello-1.0.0 && test -z \"$(ls elsewhere)\"");
}

#[test]
fn errors_say_what_was_looked_for_and_where() {
    let folder = tempfile::tempdir().unwrap();
    let yard = yard();
    let bare = pack_shell(folder.path(), &[]).env("H", &yard.host());
    let shell = as_root(&bare, &yard);
    PackBuilder::new("hello", "1.0.0").write_to(&folder.path().join("src"));
    shell.ok("packyard publish src --to $H/team");
    for (reference, code, expected) in [
        ("$H/team/hello:9.9.9", 1, "/team/spectro-packs/archive/hello:9.9.9 and no localhost:"),
        ("$H/team/hello", 2, "names no version; add :VERSION or @DIGEST"),
        ("$H/team/spectro-packs/archive@sha256:0000", 2, "not a digest"),
        ("hello", 2, "is not a reference to a pack"),
        ("localhost:1/team/hello:1.0.0", 1, "no connection to localhost:1"),
        ("$H/team/hello:1.0.0 --auth basic", 1, "no login is stored"),
        ("", 2, "REFERENCE"),
    ] {
        let (exit, text) = said(&shell, &format!("packyard pack pull {reference} --out nothing"));
        assert_eq!(exit, Some(code), "{reference}: {text}");
        assert!(text.contains(expected), "{reference}: {text}");
    }
    let (exit, text) = said(&bare, "packyard pack pull $H/team/hello:1.0.0");
    assert!(exit == Some(1) && text.contains("no AWS keys"), "{text}");
    assert!(!folder.path().join("nothing").exists(), "nothing is made for what is not there");
}

/// An archive in docker-registry as `p:N`, pushed by ORAS.
fn push_archive(shell: &crate::shell::Shell, script: &str, tag: &str) {
    shell.env("TAG", tag).ok(&format!(
        "rm -rf evil && mkdir evil && cd evil && mkdir p && printf '%s' '{}' >p/pack.json && {script} && oras push $D/team/spectro-packs/archive/p:$TAG p.tar.gz",
        r#"{"name":"p","displayName":"P","version":"1.0.0","layer":"addon","cloudTypes":["all"]}"#
    ));
}

#[test]
fn from_docker_registry_what_others_pushed_and_nothing_hostile() {
    let test = "from_docker_registry_what_others_pushed_and_nothing_hostile";
    let (Some(program), Some(oras)) = (peer_or_skip("docker-registry", test), peer_or_skip("oras", test)) else {
        return;
    };
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let registry = DockerRegistry::start(&program, data.path());
    let shell = logged_in(&pack_shell(folder.path(), &[("oras", &oras)]), &registry);

    PackBuilder::new("hello", "1.0.0").write_to(&folder.path().join("hello"));
    shell.ok(
        "tar -czf hello-1.0.0.tar.gz hello && oras push $D/team/spectro-packs/archive/hello:1.0.0 hello-1.0.0.tar.gz",
    );
    // Also where the guide would not put it, beside another file, and as plain tar.
    shell.ok(
        "tar -cf plain.tar hello && echo x >note.txt && oras push $D/other/place/hello:2 plain.tar note.txt:text/plain",
    );
    shell.ok("packyard pack pull $D/team/hello:1.0.0 --out a && diff -r hello a/hello-1.0.0");
    shell.ok("packyard pack pull $D/other/place/hello:2 --out b && diff -r hello b/hello-1.0.0");
    shell.ok("packyard pack pull $D/other/place/hello:2 --out b --archive && cmp plain.tar b/hello-1.0.0.tar");
    shell.ok("oras push $D/team/spectro-packs/archive");
    let empty = shell.ok("oras repo tags $D/team/spectro-packs/archive || true");
    assert_eq!(empty.trim(), "");

    let before = shell.ok("ls -A");
    for (tag, script, expected) in [
        ("parent", "echo x >x && tar -Pczf p.tar.gz p --transform 's,^x$,../../evil,' x", "leads out of the folder"),
        ("absolute", "echo x >x && tar -Pczf p.tar.gz p --transform 's,^x$,/tmp/packyard-evil,' x", "absolute path"),
        ("link", "ln -s ../../../evil p/a && tar -czf p.tar.gz p", "outside of the folder"),
        (
            "through",
            "ln -s .. p/a && tar -cf p.tar p && mkdir -p q/a && echo x >q/a/evil && tar -rf p.tar --transform 's,^q,p,' q/a/evil && gzip p.tar",
            "lies below",
        ),
        ("pipe", "mkfifo p/pipe && tar -czf p.tar.gz p", "named pipe"),
        ("case", "echo x >p/Pack.json && tar -czf p.tar.gz p", "differ only in case"),
        ("bomb", "head -c 60000000 /dev/zero >p/zeros && tar -czf p.tar.gz p", "ratio = 200"),
        (
            "cut",
            "head -c 100000 /dev/urandom >p/x && tar -czf whole p && head -c 50000 whole >p.tar.gz",
            "ends too early",
        ),
        ("no-pack", "mv p/pack.json p/other.json && tar -czf p.tar.gz p", "no pack.json"),
        ("name", r#"sed -i 's,"p",".." ,' p/pack.json && tar -czf p.tar.gz p"#, "cannot be read"),
        ("html", "echo '<html>' >p.tar.gz", "web page"),
    ] {
        push_archive(&shell, script, tag);
        shell.ok("rm -rf evil");
        for flag in ["", "--archive"] {
            let (code, text) = said(&shell, &format!("packyard pack pull $D/team/p:{tag} --out deep/er {flag}"));
            assert_eq!(code, Some(1), "{tag}: {text}");
            assert!(text.contains(expected) && text.contains(&format!("p:{tag}")), "{tag}: {text}");
            assert_eq!(shell.ok("ls -A deep/er"), "", "{tag}: something was left");
        }
        shell.ok("rm -r deep && test ! -e /tmp/packyard-evil");
        assert_eq!(shell.ok("ls -A"), before, "{tag}");
    }
    let (code, text) = said(&shell, "packyard pack pull $D/team/spectro-packs/archive/nothing:1");
    assert!(code == Some(1) && text.contains("there is no "), "{text}");
}

#[test]
fn bytes_that_are_not_those_promised_are_refused() {
    let test = "bytes_that_are_not_those_promised_are_refused";
    let Some(program) = peer_or_skip("docker-registry", test) else { return };
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let registry = DockerRegistry::start(&program, data.path());
    let shell = logged_in(&pack_shell(folder.path(), &[]), &registry);
    PackBuilder::new("hello", "1.0.0").write_to(&folder.path().join("src"));
    let published = json(&shell, "packyard publish src --to $D/team --output json");
    let digest = published["packs"][0]["archiveDigest"].as_str().unwrap();
    let hex = digest.strip_prefix("sha256:").unwrap();
    let blob = data.path().join(format!("registry/docker/registry/v2/blobs/sha256/{}/{hex}/data", &hex[..2]));

    // Another sound archive of the same size: the gzip header's operating system is another.
    let mut bytes = std::fs::read(&blob).unwrap();
    bytes[9] = 3;
    std::fs::write(&blob, &bytes).unwrap();
    refused(&shell, "have the digest");
    // And one that is damaged.
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    std::fs::write(&blob, &bytes).unwrap();
    refused(&shell, "have the digest");
}

#[track_caller]
fn refused(shell: &crate::shell::Shell, expected: &str) {
    for flag in ["", "--archive"] {
        let (code, text) = said(shell, &format!("packyard pack pull $D/team/hello:1.0.0 --out out {flag}"));
        assert!(code == Some(1) && text.contains(expected), "{text}");
        assert_eq!(shell.ok("ls -A out"), "");
    }
}

/// Memory stays far below the size of what is pulled.
#[test]
fn a_large_pack_is_not_held_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let yard = yard();
    let shell = as_root(&pack_shell(folder.path(), &[]), &yard);
    PackBuilder::new("large", "1.0.0").write_to(&folder.path().join("src"));
    shell.ok("head -c 80000000 /dev/urandom >src/image.bin && packyard publish src --to $H/team");
    let peak = peak_kib(&shell, folder.path(), "packyard pack pull $H/team/large:1.0.0");
    shell.ok("cmp src/image.bin large-1.0.0/image.bin");
    assert!(peak < 70 << 10, "{peak} KiB at the peak, for an archive of 80 MB");
}

/// Peak memory of a command, as the kernel counts it.
fn peak_kib(shell: &crate::shell::Shell, folder: &Path, command: &str) -> u64 {
    assert!(Command::new("python3").arg("--version").output().is_ok(), "python3 measures the memory");
    let script = "import resource, subprocess, sys\nsubprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)\nprint(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n";
    std::fs::write(folder.join("peak.py"), script).unwrap();
    shell.ok(&format!("python3 peak.py {command}")).trim().parse().unwrap()
}
