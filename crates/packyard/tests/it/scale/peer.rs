//! A generated registry: so many repositories with so many tags each, every archive a real pack of a few KiB. It answers
//! from memory, keeps connections open, and counts.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub(super) struct Peer {
    pub(super) addr: SocketAddr,
    pub(super) content: Arc<Content>,
}

#[derive(Default)]
pub(super) struct Content {
    /// Replies by path, without the query.
    replies: HashMap<String, (&'static str, Vec<u8>)>,
    pub(super) artifacts: Vec<Artifact>,
    /// What a first sync asks, in no order.
    pub(super) first_sync: Vec<String>,
    pub(super) lists: AtomicU64,
    pub(super) others: AtomicU64,
}

/// A tag and what it holds.
pub(super) struct Artifact {
    pub(super) repository: String,
    pub(super) tag: String,
    /// Digests.
    pub(super) manifest: String,
    pub(super) layer: String,
}

fn digest(bytes: &[u8]) -> String {
    packyard_oci::Digest::sha256(bytes).to_string()
}

impl Peer {
    pub(super) fn start(repositories: usize, tags: usize) -> Self {
        let content = Arc::new(Content::generate(repositories, tags));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let of_threads = content.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let content = of_threads.clone();
                std::thread::spawn(move || serve(stream, &content));
            }
        });
        Self { addr, content }
    }

    /// Requests since the last call: lists, and all others.
    pub(super) fn counted(&self) -> (u64, u64) {
        (self.content.lists.swap(0, Relaxed), self.content.others.swap(0, Relaxed))
    }
}

impl Content {
    pub(super) fn manifest(&self, artifact: &Artifact) -> &[u8] {
        &self.replies[&format!("/v2/{}/manifests/{}", artifact.repository, artifact.tag)].1
    }

    pub(super) fn blob(&self, artifact: &Artifact) -> &[u8] {
        &self.replies[&format!("/v2/{}/blobs/{}", artifact.repository, artifact.layer)].1
    }

    pub(super) fn generate(repositories: usize, tags: usize) -> Self {
        let mut content = Self::default();
        let mut names = Vec::new();
        let folder = pack_folder();
        for n in 0..repositories {
            let name = format!("team/spectro-packs/archive/pack-{n:05}");
            let versions: Vec<String> = (0..tags).map(|tag| format!("1.{tag}.0")).collect();
            for version in &versions {
                content.add(folder.path(), &name, &format!("pack-{n:05}"), version);
            }
            let list = serde_json::json!({ "name": name, "tags": versions });
            content.put(format!("/v2/{name}/tags/list"), "application/json", list.to_string().into_bytes());
            names.push(name);
        }
        content.put("/v2/".to_owned(), "application/json", b"{}".to_vec());
        // Pages of the catalogue, by where they begin.
        for (at, page) in names.chunks(1000).enumerate() {
            let list = serde_json::json!({ "repositories": page }).to_string();
            content.put(format!("/v2/_catalog#{}", at * 1000), "application/json", list.into_bytes());
        }
        content
    }

    fn put(&mut self, path: String, kind: &'static str, body: Vec<u8>) {
        self.replies.insert(path, (kind, body));
    }

    fn add(&mut self, folder: &Path, repository: &str, name: &str, version: &str) {
        let pack = serde_json::json!({
            "name": name, "displayName": name, "version": version, "layer": "addon", "addonType": "app services",
            "cloudTypes": ["all"], "kubeManifests": ["manifests/app.yaml"],
        });
        std::fs::write(folder.join("pack.json"), pack.to_string()).unwrap();
        let mut values = format!("pack:\n  namespace: {name}\nmanifests:\n  app:\n    version: \"{version}\"\n");
        for n in 0..60 {
            let _ = writeln!(
                values,
                "    # a line of {name} {version} that compression does not take away: {:x}",
                n * 7919
            );
        }
        std::fs::write(folder.join("values.yaml"), values).unwrap();
        std::fs::write(folder.join("README.md"), readme(name, version)).unwrap();
        let mut archive = Vec::new();
        let options = packyard_pack::WriteOptions { top_folder: Some(name.to_owned()), ..Default::default() };
        packyard_pack::archive::write(folder, &mut archive, &options).unwrap();
        let layer = digest(&archive);
        let manifest = serde_json::json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": { "mediaType": "application/vnd.unknown.config.v1+json", "digest": digest(b"{}"), "size": 2 },
            "layers": [{ "mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": layer, "size": archive.len() }],
        });
        let (blob, tag) = (format!("/v2/{repository}/blobs/{layer}"), format!("/v2/{repository}/manifests/{version}"));
        let manifest = manifest.to_string().into_bytes();
        self.artifacts.push(Artifact {
            repository: repository.to_owned(),
            tag: version.to_owned(),
            manifest: digest(&manifest),
            layer,
        });
        self.first_sync.extend([tag.clone(), blob.clone()]);
        self.put(blob, "application/octet-stream", archive);
        self.put(tag, "application/vnd.oci.image.manifest.v1+json", manifest);
    }
}

/// A folder of a pack whose files are written anew for each version.
fn pack_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("manifests")).unwrap();
    let manifest = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: scale\n";
    std::fs::write(folder.path().join("manifests/app.yaml"), manifest).unwrap();
    folder
}

/// Some words that all have, some of one pack, and the version.
fn readme(name: &str, version: &str) -> String {
    let mut text = format!("# {name}\n\nInstalls {name} {version} with what it needs.\n\n");
    for n in 0..24 {
        let _ = writeln!(text, "- setting-{n} of {name}: what it does, when to change it, and what it is by default");
    }
    text
}

fn serve(mut stream: TcpStream, content: &Content) {
    let _ = stream.set_nodelay(true);
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    while let Some(first) = lines.next() {
        lines.by_ref().take_while(|line| !line.is_empty()).for_each(drop);
        let target = first.split(' ').nth(1).unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut key = path.to_owned();
        let mut link = String::new();
        if path == "/v2/_catalog" {
            let last = query.split('&').find_map(|pair| pair.strip_prefix("last=")).unwrap_or("0");
            key = format!("{path}#{last}");
            let next = last.parse::<usize>().unwrap_or_default() + 1000;
            if content.replies.contains_key(&format!("{path}#{next}")) {
                link = format!("Link: <{path}?n=1000&last={next}>; rel=\"next\"\r\n");
            }
        }
        let is_list = path.ends_with("/tags/list") || path == "/v2/_catalog";
        if is_list { &content.lists } else { &content.others }.fetch_add(1, Relaxed);
        let none = ("application/json", Vec::new());
        let (status, (kind, body)) = match content.replies.get(&key) {
            Some(found) => ("200 OK", found),
            None => ("404 Not Found", &none),
        };
        let content = if path.contains("/manifests/") {
            format!("Docker-Content-Digest: {}\r\n", digest(body))
        } else {
            String::new()
        };
        let mut reply = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nDocker-Distribution-Api-Version: registry/2.0\r\n{content}{link}Content-Length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        if !first.starts_with("HEAD") {
            reply.extend_from_slice(body);
        }
        if stream.write_all(&reply).is_err() {
            return;
        }
    }
}
