//! Every client against every registry, both ways: what `packyard publish` pushes comes out of ORAS and skopeo byte for
//! byte, what they push comes out of `packyard pack`, and helm reads the charts inside.

use crate::docker_registry::{DockerRegistry, PASSWORD, USER};
use crate::doors::Authority;
use crate::pack_shell::pack_shell;
use crate::shell::Shell;
use crate::yard;
use packyard_testkit::{PackBuilder, gnu_tar, peer_or_skip};
use std::path::Path;

/// A registry, and how each program is told to reach it.
struct Registry {
    name: &'static str,
    host: String,
    user: String,
    password: String,
    /// The address for `packyard`.
    address: String,
    flags: &'static str,
    oras: &'static str,
    skopeo: &'static str,
}

/// What went wrong, told apart by registry, client and step.
#[derive(Default)]
struct Matrix {
    passed: usize,
    failed: Vec<String>,
}

impl Matrix {
    /// One step of one cell; true when it worked.
    fn step(&mut self, cell: &str, step: &str, shell: &Shell, script: &str) -> bool {
        let out = shell.run(script);
        if out.status.success() {
            self.passed += 1;
            return true;
        }
        let said = [out.stdout, out.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
        let last: Vec<&str> = said.lines().rev().take(4).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        self.failed.push(format!("{cell}: {step}\n    $ {script}\n    {}", last.join("\n    ")));
        false
    }
}

/// The pack in a registry, under the base path that says who pushed it.
const AT: &str = "spectro-packs/archive/harbour:1.0.0";
const PULLED: &str = "cmp archive.tar.gz $OUT/archive.tar.gz && tar -xzf $OUT/archive.tar.gz -C $OUT && diff -r harbour $OUT/harbour-1.0.0";

fn ours_to_them(matrix: &mut Matrix, registry: &Registry, shell: &Shell) {
    let publish = format!("packyard publish harbour --to $ADDRESS/ours {}", registry.flags);
    if !matrix.step(registry.name, "publish", shell, &publish) {
        return;
    }
    for oras in ["oras-guide", "oras-newest"] {
        let shell = shell.env("OUT", &format!("from-{oras}"));
        let cell = format!("{}: {oras}", registry.name);
        let pull =
            format!("{oras} pull $HOST/ours/{AT} -o $OUT {} && mv $OUT/*.tar.gz $OUT/archive.tar.gz", registry.oras);
        matrix.step(&cell, "pulls what we published", &shell, &pull);
        matrix.step(&cell, "has the same bytes", &shell, PULLED);
        helm(matrix, &cell, &shell);
    }
    let shell = shell.env("OUT", "from-skopeo");
    let cell = format!("{}: skopeo", registry.name);
    let copy = format!(
        "skopeo --insecure-policy copy --src-creds \"$WHO:$WORD\" {} docker://$HOST/ours/{AT} dir:layout",
        registry.skopeo
    );
    matrix.step(&cell, "copies what we published", &shell, &copy);
    let layer = "mkdir -p $OUT && cp layout/$(sha256sum archive.tar.gz | cut -d' ' -f1) $OUT/archive.tar.gz";
    matrix.step(&cell, "has the archive as the layer", &shell, layer);
    matrix.step(&cell, "has the same bytes", &shell, PULLED);
}

/// The charts inside of the unpacked pack.
fn helm(matrix: &mut Matrix, cell: &str, shell: &Shell) {
    let chart = "$OUT/harbour-1.0.0/charts/web-0.1.0.tgz";
    matrix.step(
        cell,
        "helm shows the chart inside",
        shell,
        &format!("helm show chart {chart} | grep -qx 'version: 0.1.0'"),
    );
    let template = format!("helm template lights {chart} --set greeting=ahoy | grep -q 'greeting: ahoy'");
    matrix.step(cell, "helm renders the chart inside", shell, &template);
}

fn theirs_to_us(matrix: &mut Matrix, registry: &Registry, shell: &Shell) {
    for oras in ["oras-guide", "oras-newest"] {
        let cell = format!("{}: {oras}", registry.name);
        // Pushed as the guide does it: the folder by GNU tar.
        let push = format!("{oras} push $HOST/{oras}/{AT} harbour-1.0.0.tar.gz {}", registry.oras);
        if matrix.step(&cell, "pushes a pack", shell, &push) {
            we_read(matrix, &cell, registry, &shell.env("BASE", oras), "harbour-1.0.0.tar.gz");
        }
    }
    let cell = format!("{}: skopeo", registry.name);
    let push = format!(
        "skopeo --insecure-policy copy --dest-creds \"$WHO:$WORD\" {} dir:layout docker://$HOST/skopeo/{AT}",
        registry.skopeo.replace("--src-", "--dest-")
    );
    if matrix.step(&cell, "pushes a pack", shell, &push) {
        we_read(matrix, &cell, registry, &shell.env("BASE", "skopeo"), "archive.tar.gz");
    }
}

fn we_read(matrix: &mut Matrix, cell: &str, registry: &Registry, shell: &Shell, archive: &str) {
    let (shell, flags) = (shell.env("OUT", "ours"), registry.flags);
    let reference = "$ADDRESS/$BASE/harbour:1.0.0";
    for (step, script) in [
        (
            "we pull it and unpack the same",
            format!(
                "rm -rf $OUT && packyard pack pull {reference} --out $OUT {flags} && diff -r harbour $OUT/harbour-1.0.0"
            ),
        ),
        (
            "we pull the same archive",
            format!(
                "packyard pack pull {reference} --archive --out $OUT {flags} && cmp {archive} $OUT/harbour-1.0.0.tar.gz"
            ),
        ),
        (
            "we inspect it",
            format!("packyard pack inspect {reference} --output json {flags} | grep -q '\"name\": \"harbour\"'"),
        ),
        ("we list it", format!("packyard pack list $ADDRESS/$BASE --name harbour {flags} | grep -q 1.0.0")),
        ("we see no difference", format!("packyard pack diff harbour {reference} --brief {flags}")),
        (
            "we leave it alone",
            format!(
                "packyard pack copy {reference} $ADDRESS/$BASE-copy {flags} && packyard pack copy {reference} $ADDRESS/$BASE-copy {flags} | grep -q unchanged"
            ),
        ),
    ] {
        matrix.step(cell, step, &shell, &script);
    }
}

/// With a chart that renders a value.
fn pack(folder: &Path) {
    let chart = folder.join("web");
    std::fs::create_dir_all(chart.join("templates")).unwrap();
    for (name, text) in [
        ("Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n"),
        ("values.yaml", "greeting: hello\n"),
        (
            "templates/app.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app\ndata:\n  greeting: {{ .Values.greeting }}\n",
        ),
    ] {
        std::fs::write(chart.join(name), text).unwrap();
    }
    PackBuilder::new("harbour", "1.0.0")
        .chart("web", "0.1.0")
        .file("charts/web-0.1.0.tgz", gnu_tar(&chart))
        .write_to(&folder.join("harbour"));
}

#[test]
fn every_client_and_every_registry_both_ways() {
    let test = "every_client_and_every_registry_both_ways";
    let find = |name| peer_or_skip(name, test);
    let (Some(guide), Some(newest)) = (find("oras"), find("oras-newest")) else { return };
    let (Some(skopeo), Some(helm)) = (find("skopeo"), find("helm")) else { return };
    let Some(program) = find("docker-registry") else { return };
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::in_folder(&folder.path().join("tls"));
    let (plain, secure) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let yard = yard();
    let htpasswd = DockerRegistry::start(&program, plain.path());
    let tls = DockerRegistry::start_with_tls(&program, secure.path(), &authority.cert, &authority.key);
    // ORAS never speaks TLS to a host that is called `localhost`.
    let tls_host = tls.host.replace("localhost", "127.0.0.1");
    let registry = |name, host: &str, user: &str, password: &str| Registry {
        name,
        host: host.to_owned(),
        user: user.to_owned(),
        password: password.to_owned(),
        address: host.to_owned(),
        flags: "",
        oras: "",
        skopeo: "--src-tls-verify=false",
    };
    let registries = [
        registry("this server", &yard.host(), &yard.admin_email, &yard.admin_password),
        registry("docker-registry with htpasswd", &htpasswd.host, USER, PASSWORD),
        Registry {
            address: format!("https://{tls_host}"),
            flags: "--ca-file ../tls/ca.crt",
            oras: "--ca-file ../tls/ca.crt",
            skopeo: "--src-cert-dir ../tls-of-skopeo",
            ..registry("docker-registry with TLS and a private CA", &tls_host, USER, PASSWORD)
        },
    ];
    // Skopeo takes a folder, in which a client certificate would be used too.
    let certs = folder.path().join("tls-of-skopeo");
    std::fs::create_dir_all(&certs).unwrap();
    std::fs::copy(&authority.ca, certs.join("ca.crt")).unwrap();

    let peers = [("oras-guide", &guide), ("oras-newest", &newest), ("skopeo", &skopeo), ("helm", &helm)];
    let mut matrix = Matrix::default();
    for (at, registry) in registries.iter().enumerate() {
        let place = folder.path().join(at.to_string());
        std::fs::create_dir_all(&place).unwrap();
        pack(&place);
        let shell = pack_shell(&place, &peers)
            .env("HOST", &registry.host)
            .env("ADDRESS", &registry.address)
            .env("WHO", &registry.user)
            .env("WORD", &registry.password);
        let login = format!("printf %s $WORD | packyard login $ADDRESS -u $WHO --password-stdin {}", registry.flags);
        // One login for all of them.
        shell.ok(&format!(
            "{login} && packyard pack build harbour --out archive.tar.gz && tar -czf harbour-1.0.0.tar.gz harbour"
        ));
        ours_to_them(&mut matrix, registry, &shell);
        theirs_to_us(&mut matrix, registry, &shell);
    }
    packyard_testkit::note(&format!(
        "{} steps with {}, {}, {}, {}",
        matrix.passed, guide.label, newest.label, skopeo.label, helm.label
    ));
    assert!(
        matrix.failed.is_empty(),
        "{} steps failed, {} passed:\n{}",
        matrix.failed.len(),
        matrix.passed,
        matrix.failed.join("\n")
    );
    assert_eq!(matrix.passed, 99, "every step was done");
}
