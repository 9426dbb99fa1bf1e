//! Debian's docker-registry with htpasswd: a registry that nobody of this project wrote.

use packyard_testkit::Peer;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) const USER: &str = "team";
pub(crate) const PASSWORD: &str = "forest-green-7";
/// bcrypt of the password with 4 rounds, so that the registry is quick.
const HTPASSWD: &str = "team:$2b$04$LRBhR9l6W/KlE2SMEp0zIOQul7SxWSLllN4GFQ6e8cqAhjblsXWi6\n";

pub(crate) struct DockerRegistry {
    child: Child,
    /// `localhost:PORT`
    pub(crate) host: String,
}

impl DockerRegistry {
    pub(crate) fn start(program: &Peer, folder: &Path) -> Self {
        Self::start_with(program, folder, "")
    }

    /// Behind TLS, with a certificate and its key.
    pub(crate) fn start_with_tls(program: &Peer, folder: &Path, cert: &Path, key: &Path) -> Self {
        let tls = format!("  tls:\n    certificate: {}\n    key: {}\n", cert.display(), key.display());
        Self::start_with(program, folder, &tls)
    }

    /// For everybody, without a login.
    pub(crate) fn start_open(program: &Peer, folder: &Path) -> Self {
        Self::start_as(program, folder, "", "")
    }

    /// `http` is added to the settings of that name.
    fn start_with(program: &Peer, folder: &Path, http: &str) -> Self {
        std::fs::write(folder.join("htpasswd"), HTPASSWD).unwrap();
        let auth = format!("auth:\n  htpasswd:\n    realm: packs\n    path: {}/htpasswd\n", folder.display());
        Self::start_as(program, folder, http, &auth)
    }

    fn start_as(program: &Peer, folder: &Path, http: &str, auth: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = format!(
            "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {folder}/registry\n  delete:\n    enabled: true\nhttp:\n  addr: 127.0.0.1:{port}\n{http}{auth}",
            folder = folder.display()
        );
        std::fs::write(folder.join("config.yml"), config).unwrap();
        let child = Command::new(&program.path)
            .arg("serve")
            .arg(folder.join("config.yml"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let start = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(20), "docker-registry does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        Self { child, host: format!("localhost:{port}") }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
