//! A server with packs in it, pushed through `/v2` as any client would.

use super::png;
use packyard_testkit::Yard;
use ring::digest::{SHA256, digest};
use serde_json::json;
use std::path::Path;

pub(super) struct PackText {
    pub(super) name: &'static str,
    pub(super) display: &'static str,
    pub(super) versions: &'static [&'static str],
    pub(super) kind: &'static str,
    pub(super) about: &'static str,
    pub(super) clouds: &'static [&'static str],
    pub(super) colour: Option<[u8; 3]>,
}

pub(super) const PACKS: &[PackText] = &[
    pack(
        "hello-universe",
        "Hello Universe",
        &["1.2.0", "1.1.0"],
        "app services",
        "A web page that says hello, to try a cluster with.",
        &["all"],
        Some([59, 91, 219]),
    ),
    pack(
        "grafana-stack",
        "Grafana Stack",
        &["10.4.2"],
        "monitoring",
        "Dashboards, metrics and alerts for a cluster.",
        &["all"],
        Some([224, 108, 32]),
    ),
    pack(
        "prometheus-agent",
        "Prometheus Agent",
        &["2.51.0", "2.50.1", "2.49.0"],
        "monitoring",
        "Scrapes metrics and sends them on.",
        &["all"],
        Some([198, 52, 41]),
    ),
    pack(
        "thanos-receive",
        "Thanos Receive",
        &["17.6.0"],
        "monitoring",
        "Long-term storage for metrics.",
        &["aws", "gcp"],
        Some([104, 66, 190]),
    ),
    pack(
        "fluent-forward",
        "Fluent Forward",
        &["3.0.4"],
        "logging",
        "Collects logs from every node.",
        &["all"],
        Some([12, 116, 137]),
    ),
    pack("loki-ring", "Loki Ring", &["6.1.0"], "logging", "Keeps logs, indexed by label.", &["all"], None),
    pack(
        "vault-keeper",
        "Vault Keeper",
        &["0.28.0"],
        "security",
        "Secrets with leases, for workloads.",
        &["aws", "azure", "gcp"],
        Some([133, 84, 0]),
    ),
    pack(
        "policy-guard",
        "Policy Guard",
        &["1.15.3"],
        "security",
        "Admission rules in plain language.",
        &["all"],
        Some([19, 108, 63]),
    ),
    pack(
        "cert-issuer",
        "Certificate Issuer",
        &["1.14.5"],
        "system app",
        "Issues and renews certificates.",
        &["all"],
        Some([47, 74, 192]),
    ),
    pack(
        "dns-external",
        "External DNS",
        &["0.14.2"],
        "system app",
        "Keeps DNS records in step with services.",
        &["aws", "azure"],
        None,
    ),
    pack(
        "edge-balancer",
        "Edge Balancer",
        &["0.14.9"],
        "load balancer",
        "Addresses for services where there is no cloud.",
        &["edge-native", "maas"],
        Some([160, 40, 110]),
    ),
];

const fn pack(
    name: &'static str,
    display: &'static str,
    versions: &'static [&'static str],
    kind: &'static str,
    about: &'static str,
    clouds: &'static [&'static str],
    colour: Option<[u8; 3]>,
) -> PackText {
    PackText { name, display, versions, kind, about, clouds, colour }
}

/// The base content path that [`push_all`] pushes under.
pub(super) const BASE: &str = "spectro-oci-registry";

pub(super) fn push_all(yard: &Yard) {
    for pack in PACKS {
        for version in pack.versions {
            push(yard, BASE, pack, version);
        }
    }
}

/// One archive that reads as no pack at all, under a tag of its own.
pub(super) fn push_rubbish(yard: &Yard) {
    let door = Door::open(yard);
    door.push(&format!("{BASE}/spectro-packs/archive/not-a-pack"), "0.1.0", b"this is no archive");
}

/// Small packs `many-000` and on, of two types in turn; together more than one page of cards.
pub(super) fn push_many(yard: &Yard, base: &str, count: usize) {
    let door = Door::open(yard);
    for number in 0..count {
        let kind = ["ai", "storage-tools"][number % 2];
        let name = format!("many-{number:03}");
        let metadata = json!({
            "name": name, "displayName": format!("Many {number:03}"), "version": "1.0.0", "layer": "addon",
            "addonType": kind, "cloudTypes": ["all"],
        });
        door.push_folder(base, &name, "1.0.0", &metadata);
    }
}

/// One version of one pack, pushed to its own repository and to one with another name.
pub(super) fn push_twice(yard: &Yard, base: &str) {
    let door = Door::open(yard);
    let metadata = json!({
        "name": "one-name", "displayName": "One Name", "version": "1.0.0", "layer": "addon", "addonType": "security",
        "cloudTypes": ["all"],
    });
    door.push_folder(base, "one-name", "1.0.0", &metadata);
    door.push_folder(base, "other-name", "2.0.0", &metadata);
}

/// A pack whose maker withdrew it.
pub(super) fn push_withdrawn(yard: &Yard, base: &str) {
    let metadata = json!({
        "name": "old-times", "displayName": "Old Times", "version": "1.0.0", "layer": "addon", "addonType": "security",
        "cloudTypes": ["all"], "annotations": { "system_state": "deleted" },
    });
    Door::open(yard).push_folder(base, "old-times", "1.0.0", &metadata);
}

pub(super) fn push(yard: &Yard, base: &str, pack: &PackText, version: &str) {
    let folder = tempfile::tempdir().unwrap();
    write_folder(folder.path(), pack, version);
    let mut archive = Vec::new();
    packyard_pack::archive::write(folder.path(), &mut archive, &packyard_pack::WriteOptions::default()).unwrap();
    Door::open(yard).push(&format!("{base}/spectro-packs/archive/{}", pack.name), version, &archive);
}

/// One pack for each layer that infrastructure needs, and one more network.
pub(super) fn push_infrastructure(yard: &Yard, base: &str) {
    let door = Door::open(yard);
    for (name, display, layer, version) in [
        ("yard-linux", "Yard Linux", "os", "24.4.0"),
        ("kubernetes", "Kubernetes", "k8s", "1.30.2"),
        ("yard-net", "Yard Net", "cni", "3.1.0"),
        ("other-net", "Other Net", "cni", "1.0.0"),
        ("yard-disk", "Yard Disk", "csi", "2.0.1"),
    ] {
        let metadata = json!({
            "name": name, "displayName": display, "version": version, "layer": layer, "cloudTypes": ["all"],
        });
        door.push_folder(base, name, version, &metadata);
    }
}

const SCHEMA: &str = "manifests.main.replicas:
  schema: '{{ required | format \"${number:[1-10]}\" | hints \"How many copies answer\" }}'
";

const PRESETS: &str = "presets:
  - name: one
    displayName: One copy
    group: Size
    remove: []
    add: |
      manifests:
        main:
          replicas: 1
  - name: three
    displayName: Three copies
    group: Size
    remove: []
    add: |
      manifests:
        main:
          replicas: 3
";

fn write_folder(folder: &Path, pack: &PackText, version: &str) {
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    };
    let metadata = json!({
        "name": pack.name, "displayName": pack.display, "version": version, "layer": "addon", "addonType": pack.kind,
        "cloudTypes": pack.clouds,
        "annotations": { "source": "community", "contributor": "packyard", "description": pack.about, "docsURL": "https://docs.example.com" },
        "kubeManifests": ["manifests/main.yaml"],
        "constraints": { "dependencies": [{ "packName": "kubernetes", "layer": "k8s", "minVersion": "1.27", "maxVersion": "", "type": "optional" }] },
    });
    write("pack.json", serde_json::to_string_pretty(&metadata).unwrap().as_bytes());
    write("values.yaml", values(pack, version).as_bytes());
    write("manifests/main.yaml", manifest(pack.name).as_bytes());
    if pack.name == "vault-keeper" {
        write("presets.yaml", PRESETS.as_bytes());
        write("schema.yaml", SCHEMA.as_bytes());
    }
    if pack.name != "dns-external" {
        write("README.md", readme(pack, version).as_bytes());
    }
    if let Some(colour) = pack.colour {
        write("logo.png", &png::logo(colour, pack.name.len().is_multiple_of(2)));
    }
}

fn values(pack: &PackText, version: &str) -> String {
    let name = pack.name;
    // One pack's newest version has other defaults.
    let replicas = if (name, version) == ("prometheus-agent", "2.51.0") { 3 } else { 2 };
    // The image's key is misspelt in one pack, as in packs people really publish.
    let image = if name == "loki-ring" { "iamge" } else { "image" };
    format!(
        "pack:\n  # Where the workloads live.\n  namespace: \"{name}\"\n  spectrocloud.com/install-priority: \"10\"\n  content:\n    images:\n      - {image}: ghcr.io/example/{name}:{version}\n      - image: ghcr.io/example/{name}-init:stable\n\nmanifests:\n  main:\n    # How many copies answer.\n    replicas: {replicas}\n    service:\n      type: ClusterIP\n      port: 8080\n    resources:\n      requests:\n        cpu: 100m\n        memory: 128Mi\n      limits:\n        memory: 256Mi\n    tolerations: []\n    ingress:\n      enabled: false\n      host: {name}.example.com\n"
    )
}

fn manifest(name: &str) -> String {
    format!("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  replicas: 2\n")
}

fn readme(pack: &PackText, version: &str) -> String {
    format!(
        "# {0}\n\n{1}\n\n## Prerequisites\n\n- Kubernetes 1.27 or newer\n- 128 MiB of memory for each replica\n\n## Parameters\n\n| Parameter | Description | Default |\n|---|---|---|\n| `manifests.main.replicas` | How many copies answer | `2` |\n| `manifests.main.service.port` | The port of the service | `8080` |\n| `manifests.main.ingress.enabled` | Whether an ingress is made | `false` |\n\n## Usage\n\nAdd the pack to a cluster profile, then set what differs:\n\n```yaml\nmanifests:\n  main:\n    replicas: 3\n```\n\nVersion {version}. See the [documentation](https://docs.example.com) for the rest.\n\n<script>document.title = \"owned\"</script>\n![tracker](https://tracker.example/pixel.png)\n",
        pack.display, pack.about
    )
}

/// `/v2` with the administrator's registry login.
struct Door<'a> {
    yard: &'a Yard,
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

impl<'a> Door<'a> {
    fn open(yard: &'a Yard) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { yard, client: reqwest::Client::builder().no_proxy().build().unwrap(), runtime }
    }

    /// A pack of nothing but its metadata and a value.
    fn push_folder(&self, base: &str, name: &str, version: &str, metadata: &serde_json::Value) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pack.json"), metadata.to_string()).unwrap();
        std::fs::write(folder.path().join("values.yaml"), "pack:\n  namespace: x\n").unwrap();
        let mut archive = Vec::new();
        packyard_pack::archive::write(folder.path(), &mut archive, &packyard_pack::WriteOptions::default()).unwrap();
        self.push(&format!("{base}/spectro-packs/archive/{name}"), version, &archive);
    }

    fn push(&self, repository: &str, tag: &str, archive: &[u8]) {
        let config = b"{}";
        let layer = self.blob(repository, archive);
        let manifest = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": { "mediaType": "application/vnd.unknown.config.v1+json", "digest": self.blob(repository, config), "size": config.len() },
            "layers": [{ "mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": layer, "size": archive.len(),
                "annotations": { "org.opencontainers.image.title": format!("{}-{tag}.tar.gz", repository.rsplit('/').next().unwrap()) } }],
        });
        let address = format!("{}/v2/{repository}/manifests/{tag}", self.yard.url());
        let request = self.client.put(address).header("content-type", "application/vnd.oci.image.manifest.v1+json");
        self.send(request.body(manifest.to_string()), 201);
    }

    fn blob(&self, repository: &str, bytes: &[u8]) -> String {
        let hex: String = digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let address = format!("{}/v2/{repository}/blobs/uploads/?digest=sha256:{hex}", self.yard.url());
        let request = self.client.post(address).header("content-type", "application/octet-stream").body(bytes.to_vec());
        self.send(request, 201);
        format!("sha256:{hex}")
    }

    fn send(&self, request: reqwest::RequestBuilder, wanted: u16) {
        let request = request.basic_auth(&self.yard.admin_email, Some(&self.yard.admin_password));
        let (status, text) = self.runtime.block_on(async {
            let reply = request.send().await.expect("a reply");
            (reply.status().as_u16(), reply.text().await.unwrap_or_default())
        });
        assert_eq!(status, wanted, "{text}");
    }
}
