//! Commands as a person types them, in a folder and an environment of their own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[derive(Debug, Clone)]
pub(crate) struct Shell {
    folder: PathBuf,
    envs: Vec<(String, String)>,
}

impl Shell {
    /// `HOME` is the folder, so that no credentials of the machine are found.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        let home = folder.display().to_string();
        let envs = [
            ("HOME", home.as_str()),
            ("PATH", "/usr/bin:/bin"),
            ("LC_ALL", "C.UTF-8"),
            ("NO_PROXY", "*"),
            ("DOCKER_CONFIG", &home),
        ];
        Self { folder: folder.to_owned(), envs: envs.map(|(name, value)| (name.to_owned(), value.to_owned())).into() }
    }

    #[must_use]
    pub(crate) fn env(&self, name: &str, value: &str) -> Self {
        let mut shell = self.clone();
        shell.envs.push((name.to_owned(), value.to_owned()));
        shell
    }

    #[must_use]
    pub(crate) fn envs(&self, envs: &[(&'static str, String)]) -> Self {
        envs.iter().fold(self.clone(), |shell, (name, value)| shell.env(name, value))
    }

    pub(crate) fn run(&self, script: &str) -> Output {
        Command::new("bash")
            .args(["-o", "pipefail", "-e", "-c", script])
            .current_dir(&self.folder)
            .env_clear()
            .envs(self.envs.iter().map(|(name, value)| (name, value)))
            .output()
            .expect("bash runs")
    }

    /// Standard output of a script that must succeed.
    #[track_caller]
    pub(crate) fn ok(&self, script: &str) -> String {
        let out = self.run(script);
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(out.status.success(), "{script}\n{}\n{text}\n{}", out.status, String::from_utf8_lossy(&out.stderr));
        text
    }

    pub(crate) fn succeeds(&self, script: &str) -> bool {
        self.run(script).status.success()
    }
}

/// A file of the material beside the project, or `None` after saying by name that the test is skipped. It is not part
/// of the project, so its absence is never a failure.
pub(crate) fn shared(name: &str, test: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(name);
    if path.exists() {
        return Some(path);
    }
    packyard_testkit::skip_without_shared(test, &format!("../shared/{name}"));
    None
}
