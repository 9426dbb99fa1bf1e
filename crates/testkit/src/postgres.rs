//! A private PostgreSQL cluster, shared by the tests of one process; each store gets a database of its own in it.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

struct Cluster {
    folder: PathBuf,
}

static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
static NEXT: AtomicU32 = AtomicU32::new(0);

/// The URL of a fresh database, or `None` where PostgreSQL is not installed.
pub(crate) fn fresh_database() -> Option<String> {
    let cluster = CLUSTER.get_or_init(start).as_ref()?;
    let name = format!("test{}", NEXT.fetch_add(1, Ordering::SeqCst));
    let socket = cluster.folder.join("socket");
    let made =
        as_server_user(Command::new(program("createdb")?).arg("-h").arg(&socket).arg("-U").arg("packyard").arg(&name))
            .stdout(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
    assert!(made, "createdb {name} failed");
    Some(format!("postgres://packyard@localhost/{name}?host={}", socket.display()))
}

fn program(name: &str) -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    folders.sort();
    folders.reverse();
    folders.push("/usr/local/bin".into());
    folders.push("/usr/bin".into());
    folders.into_iter().map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// PostgreSQL refuses to run as root; then it runs as `nobody`.
const NOBODY: u32 = 65_534;

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

fn as_server_user(command: &mut Command) -> &mut Command {
    command.env("LC_ALL", "C").current_dir("/");
    if is_root() { command.uid(NOBODY).gid(NOBODY) } else { command }
}

fn start() -> Option<Cluster> {
    let (initdb, postgres) = (program("initdb")?, program("postgres")?);
    let folder = std::env::temp_dir().join(format!("packyard-pg-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    for part in ["", "socket"] {
        let path = folder.join(part);
        std::fs::create_dir_all(&path).expect("a folder for PostgreSQL");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o777)).expect("permissions");
    }
    let data = folder.join("data");
    let status = as_server_user(Command::new(initdb).arg("-D").arg(&data).args([
        "-U",
        "packyard",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-sync",
    ]))
    .stdout(Stdio::null())
    .status()
    .expect("initdb runs");
    assert!(status.success(), "initdb failed");
    let server =
        as_server_user(Command::new(postgres).arg("-D").arg(&data).arg("-k").arg(folder.join("socket")).args([
            "-c",
            "listen_addresses=",
            "-c",
            "fsync=off",
            "-c",
            "max_connections=200",
        ]))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("postgres runs");
    wait_until_ready(&folder.join("socket"));
    stop_with_this_process(server, folder.clone());
    Some(Cluster { folder })
}

fn wait_until_ready(socket: &Path) {
    let ready = program("pg_isready").expect("pg_isready stands beside postgres");
    let deadline = Instant::now() + Duration::from_secs(30);
    while Instant::now() < deadline {
        let mut probe = Command::new(&ready);
        if probe.arg("-q").arg("-h").arg(socket).status().is_ok_and(|status| status.success()) {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("PostgreSQL was not ready after 30 s");
}

/// Statics are not dropped, so a small shell waits for this process to end and stops the cluster then.
fn stop_with_this_process(server: Child, folder: PathBuf) {
    let script = format!(
        "while kill -0 {own} 2>/dev/null; do sleep 1; done; kill -INT {server} 2>/dev/null; sleep 1; kill -KILL {server} 2>/dev/null; rm -rf '{folder}'",
        own = std::process::id(),
        server = server.id(),
        folder = folder.display()
    );
    let _ = Command::new("sh")
        .arg("-c")
        .arg(script)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn();
}
