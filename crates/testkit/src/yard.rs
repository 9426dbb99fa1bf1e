//! A Yard: the real binary, serving on a free port from a temporary folder, with known credentials.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub struct YardBuilder {
    binary: PathBuf,
    data: Option<PathBuf>,
    args: Vec<String>,
    envs: Vec<(String, String)>,
    listen: String,
    wrapper: Vec<String>,
    gives_credentials: bool,
}

/// A running server. Dropping it kills the process and removes its folder.
pub struct Yard {
    child: Child,
    /// The port requests go to, on 127.0.0.1 and `localhost`.
    pub port: u16,
    pub data: PathBuf,
    pub admin_email: String,
    pub admin_password: String,
    pub root_key_id: String,
    pub root_secret: String,
    log: Arc<Mutex<String>>,
    follower: Option<JoinHandle<()>>,
    _folder: Option<TempDir>,
}

const EMAIL: &str = "admin@packyard.test";
const PASSWORD: &str = "correct-horse-battery-staple";
const ROOT_KEY_ID: &str = "AKIAPACKYARDROOTTEST";
const ROOT_SECRET: &str = "wJalrXUtnFEMIK7MDENGbPxRfiCYTESTROOTKEY0";

impl Yard {
    /// A server with the defaults of the tests. `binary` is `env!("CARGO_BIN_EXE_packyard")`, which only the test of
    /// the binary's own package knows.
    pub fn start(binary: &str) -> Self {
        Self::builder(binary).start()
    }

    pub fn builder(binary: &str) -> YardBuilder {
        // A release binary can stand in for the debug one, for benchmarks and the guide.
        let binary = std::env::var_os("PACKYARD_BIN").map_or_else(|| binary.into(), PathBuf::from);
        YardBuilder {
            binary,
            data: None,
            args: Vec::new(),
            envs: Vec::new(),
            listen: "127.0.0.1:0".into(),
            wrapper: Vec::new(),
            gives_credentials: true,
        }
    }

    /// `http://localhost:PORT`, what the server prints as its public URL.
    pub fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    pub fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What the server wrote to its log until now.
    pub fn log(&self) -> String {
        self.log.lock().expect("the log").clone()
    }

    /// The same, once `text` is in it: a reply may be here before the line that was written ahead of it.
    ///
    /// # Panics
    /// When it is not there in 30 s.
    pub fn log_with(&self, text: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let log = self.log();
            if log.contains(text) {
                return log;
            }
            assert!(Instant::now() < deadline, "the log has no {text:?}:\n{log}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// After the end of the process: its last lines may still be in the pipe.
    fn read_log_to_its_end(&mut self) {
        if let Some(follower) = self.follower.take() {
            let _ = follower.join();
        }
    }

    /// SIGKILL: nothing is flushed, nothing is drained. The folder stays; start again with `builder.data(..)`.
    pub fn kill(mut self) -> Option<TempDir> {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self._folder.take()
    }

    /// SIGTERM; waits for the end and gives the exit code.
    pub fn terminate(&mut self) -> Option<i32> {
        let _ = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
        let status = self.child.wait();
        self.read_log_to_its_end();
        status.ok().and_then(|status| status.code())
    }

    /// Waits for the end of a server that was told to stop, and gives the exit code.
    ///
    /// # Panics
    /// When it has not ended in a minute; the message holds its log.
    pub fn wait(&mut self) -> Option<i32> {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                self.read_log_to_its_end();
                return status.code();
            }
            assert!(Instant::now() < deadline, "the server had not ended after 60 s:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The environment of AWS clients: key, secret and region of the account root.
    pub fn aws_env(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ACCESS_KEY_ID", self.root_key_id.clone()),
            ("AWS_SECRET_ACCESS_KEY", self.root_secret.clone()),
            ("AWS_DEFAULT_REGION", "us-east-1".into()),
            ("AWS_PAGER", String::new()),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
        ]
    }
}

impl Drop for Yard {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl YardBuilder {
    /// A folder of the caller's, kept; else a temporary one.
    #[must_use]
    pub fn data(mut self, path: &Path) -> Self {
        self.data = Some(path.to_owned());
        self
    }

    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.envs.push((name.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    pub fn listen(mut self, listen: &str) -> Self {
        self.listen = listen.to_owned();
        self
    }

    /// The server makes its first credentials up, as for somebody who gives none; the fields of [`Yard`] are not them.
    #[must_use]
    pub fn without_credentials(mut self) -> Self {
        self.gives_credentials = false;
        self
    }

    /// A program that runs the server, with its arguments before the server's (`strace -f -o FILE`).
    #[must_use]
    pub fn under(mut self, wrapper: &[&str]) -> Self {
        self.wrapper = wrapper.iter().map(|part| (*part).to_owned()).collect();
        self
    }

    /// # Panics
    /// When the server is not ready in a minute; the message holds its log.
    pub fn start(self) -> Yard {
        let folder = self.data.is_none().then(|| tempfile::tempdir().expect("a temporary folder"));
        let data = self.data.clone().unwrap_or_else(|| folder.as_ref().expect("made above").path().join("data"));
        let mut command = match self.wrapper.split_first() {
            Some((program, args)) => {
                let mut command = Command::new(program);
                command.args(args).arg(&self.binary);
                command
            }
            None => Command::new(&self.binary),
        };
        if self.gives_credentials {
            command
                .env("PACKYARD_ADMIN_EMAIL", EMAIL)
                .env("PACKYARD_ADMIN_PASSWORD", PASSWORD)
                .env("PACKYARD_ROOT_ACCESS_KEY_ID", ROOT_KEY_ID)
                .env("PACKYARD_ROOT_SECRET_ACCESS_KEY", ROOT_SECRET);
        }
        let mut child = command
            .arg("serve")
            .arg("--data")
            .arg(&data)
            .args(["--listen", &self.listen])
            .args(&self.args)
            .envs(self.envs.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("could not run {}: {error}", self.binary.display()));
        let log = Arc::new(Mutex::new(String::new()));
        let follower = follow(child.stderr.take().expect("piped"), log.clone());
        let port = wait_for_port(&mut child, &log);
        Yard {
            child,
            port,
            data,
            admin_email: EMAIL.into(),
            admin_password: PASSWORD.into(),
            root_key_id: ROOT_KEY_ID.into(),
            root_secret: ROOT_SECRET.into(),
            log,
            follower: Some(follower),
            _folder: folder,
        }
    }
}

fn follow(stderr: impl Read + Send + 'static, log: Arc<Mutex<String>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let mut log = log.lock().expect("the log");
            log.push_str(&line);
            log.push('\n');
        }
    })
}

/// The ready line ends with the address: `packyard 0.1.0 is ready: http://localhost:41234, listening on 127.0.0.1:41234`.
fn wait_for_port(child: &mut Child, log: &Mutex<String>) -> u16 {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let text = log.lock().expect("the log").clone();
        if let Some(port) = text.lines().find_map(ready_port) {
            let address = SocketAddr::from(([127, 0, 0, 1], port));
            if TcpStream::connect(address).is_ok() {
                return port;
            }
        }
        if let Ok(Some(status)) = child.try_wait() {
            panic!("the server ended ({status}):\n{text}");
        }
        assert!(Instant::now() < deadline, "the server was not ready after 60 s:\n{text}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn ready_port(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("listening on ")?;
    // In a log of objects the text goes on behind it.
    let address = rest.trim().split(|c: char| c == '"' || c.is_whitespace()).next()?;
    address.rsplit_once(':')?.1.parse().ok()
}
