//! Logins as docker, ORAS, helm and skopeo keep them: `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`, with
//! credential helpers. What this program does not know in the file is kept as it is.

mod file;
mod json_text;

pub(super) use file::folder;

use super::helper::Helper;
use anyhow::{Context, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use packyard_oci::client::Credentials;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// A login found for a host.
#[derive(Debug)]
pub(crate) enum StoredLogin {
    Password {
        user: String,
        password: SecretString,
    },
    /// A refresh token.
    IdentityToken(SecretString),
}

impl StoredLogin {
    pub(crate) fn user(&self) -> Option<&str> {
        match self {
            Self::Password { user, .. } => Some(user),
            Self::IdentityToken(_) => None,
        }
    }

    pub(crate) fn into_credentials(self) -> Credentials {
        match self {
            Self::Password { user, password } => Credentials::Basic { user, password },
            Self::IdentityToken(token) => Credentials::IdentityToken(token),
        }
    }
}

#[derive(Debug)]
pub(crate) struct DockerConfig {
    path: PathBuf,
    content: Map<String, Value>,
}

impl DockerConfig {
    /// The file of this user; empty when there is none.
    pub(crate) fn load() -> anyhow::Result<Self> {
        Self::load_from(file::default_path()?)
    }

    fn load_from(path: PathBuf) -> anyhow::Result<Self> {
        let text = file::read(&path)?;
        let content = if text.trim().is_empty() {
            Map::new()
        } else {
            serde_json::from_str(&text).with_context(|| format!("{} is not a JSON object", path.display()))?
        };
        Ok(Self { path, content })
    }

    /// The login for `host[:port]`: the host's own helper, else the entry in the file, else the general helper.
    pub(crate) async fn login(&self, host: &str) -> anyhow::Result<Option<StoredLogin>> {
        if let Some(helper) = self.own_helper(host) {
            return helper.get(server_key(host)).await;
        }
        if let Some(found) = self.auths_entry(host)? {
            return Ok(Some(found));
        }
        match self.general_helper() {
            Some(helper) => helper.get(server_key(host)).await,
            None => Ok(None),
        }
    }

    fn own_helper(&self, host: &str) -> Option<Helper> {
        let helpers = self.content.get("credHelpers")?.as_object()?;
        let (_, name) = helpers.iter().find(|(key, _)| is_key_of(key, host))?;
        Helper::named(name.as_str()?)
    }

    fn general_helper(&self) -> Option<Helper> {
        Helper::named(self.content.get("credsStore")?.as_str()?)
    }

    fn auths_entry(&self, host: &str) -> anyhow::Result<Option<StoredLogin>> {
        let Some(auths) = self.content.get("auths").and_then(Value::as_object) else { return Ok(None) };
        let entry = auths.iter().find(|(key, _)| is_key_of(key, host));
        let Some((_, entry)) = entry else { return Ok(None) };
        let text = |name: &str| entry.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let Some(token) = text("identitytoken") {
            return Ok(Some(StoredLogin::IdentityToken(SecretString::from(token))));
        }
        if let (Some(user), Some(password)) = (text("username"), text("password")) {
            return Ok(Some(StoredLogin::Password { user: user.to_owned(), password: SecretString::from(password) }));
        }
        let Some(auth) = text("auth") else { return Ok(None) };
        let decoded = BASE64.decode(auth.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        match decoded.as_deref().and_then(|text| text.trim_end_matches('\0').split_once(':')) {
            Some((user, password)) => {
                Ok(Some(StoredLogin::Password { user: user.to_owned(), password: SecretString::from(password) }))
            }
            None => bail!("the entry for {host} in {} is not base64 of USER:PASSWORD", self.path.display()),
        }
    }

    /// Stores a login: with the helper that is configured, else in the file. Says where.
    pub(crate) async fn store(&self, host: &str, user: &str, password: &SecretString) -> anyhow::Result<Place> {
        let key = server_key(host);
        let (place, entry) = match self.helper(host) {
            Some(helper) => {
                helper.store(key, user, password).await?;
                // As docker does it: the entry says that there is a login, and a password in it is no longer needed.
                (Place { name: helper.program().to_owned(), encrypts: true }, json!({}))
            }
            None => {
                let auth = BASE64.encode(format!("{user}:{}", password.expose_secret()));
                (Place { name: self.path.display().to_string(), encrypts: false }, json!({ "auth": auth }))
            }
        };
        file::update(&self.path, |text| {
            let text = json_text::remove(text, "auths", |other| other != key && is_key_of(other, host))?;
            Ok(json_text::set(&text, "auths", key, &entry)?)
        })?;
        Ok(place)
    }

    /// Forgets the login for a host, wherever it is kept. Says where it was.
    pub(crate) async fn erase(&self, host: &str) -> anyhow::Result<Vec<String>> {
        let mut places = Vec::new();
        if let Some(helper) = self.helper(host) {
            let key = server_key(host);
            if helper.get(key).await?.is_some() {
                helper.erase(key).await?;
                places.push(helper.program().to_owned());
            }
        }
        let held_a_login = self.auths_entry(host).map_or(true, |entry| entry.is_some());
        file::update(&self.path, |text| Ok(json_text::remove(text, "auths", |key| is_key_of(key, host))?))?;
        if held_a_login {
            places.push(self.path.display().to_string());
        }
        Ok(places)
    }

    fn helper(&self, host: &str) -> Option<Helper> {
        self.own_helper(host).or_else(|| self.general_helper())
    }
}

/// Where a login was stored.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) name: String,
    /// False for the file, whose base64 hides nothing.
    pub(crate) encrypts: bool,
}

/// Docker Hub under all its names.
const DOCKER_HUB: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];

/// What a login for the host is kept under: the host, but for Docker Hub, which every program keeps under an old address.
fn server_key(host: &str) -> &str {
    if DOCKER_HUB.contains(&host) { "https://index.docker.io/v1/" } else { host }
}

/// Whether a key of the file means the host. Old programs wrote URLs.
fn is_key_of(key: &str, host: &str) -> bool {
    let of_key = host_of(key);
    of_key.eq_ignore_ascii_case(host) || DOCKER_HUB.contains(&of_key) && DOCKER_HUB.contains(&host)
}

/// The host of a key, which old programs wrote as a URL: `https://index.docker.io/v1/`.
fn host_of(key: &str) -> &str {
    let key = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    key.split('/').next().unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> (tempfile::TempDir, DockerConfig) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("docker").join("config.json");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        let config = DockerConfig::load_from(path).unwrap();
        (folder, config)
    }

    async fn user(config: &DockerConfig, host: &str) -> Option<String> {
        config.login(host).await.unwrap().and_then(|login| login.user().map(str::to_owned))
    }

    #[tokio::test]
    async fn entries_in_every_form() {
        let (_folder, config) = config(
            r#"{"auths":{"localhost:5000":{"auth":"YW5uOnA6dw=="},"https://old.example.com/v1/":{"username":"bob","password":"x"},
                "token.example.com":{"identitytoken":"t"},"empty.example.com":{}}}"#,
        );
        let login = config.login("localhost:5000").await.unwrap().unwrap();
        let StoredLogin::Password { user: name, password } = login else { panic!() };
        assert_eq!((name.as_str(), password.expose_secret()), ("ann", "p:w"));
        assert_eq!(user(&config, "old.example.com").await.as_deref(), Some("bob"));
        assert!(matches!(config.login("token.example.com").await.unwrap(), Some(StoredLogin::IdentityToken(_))));
        for none in ["localhost", "localhost:5001", "empty.example.com", "example.com"] {
            assert!(config.login(none).await.unwrap().is_none(), "{none}");
        }
    }

    #[tokio::test]
    async fn storing_and_erasing_leave_every_other_byte() {
        let others = r#"{"currentContext":"x", "auths":{"https://h":{"auth":"eDp5"},"other":{"auth":"eDp5"}},"plugins":{"a":{}}}"#;
        let (_folder, config) = config(others);
        let text = || std::fs::read_to_string(&config.path).unwrap();
        config.store("h", "ann", &SecretString::from("pw")).await.unwrap();
        let stored =
            r#"{"currentContext":"x", "auths":{"other":{"auth":"eDp5"},"h":{"auth":"YW5uOnB3"}},"plugins":{"a":{}}}"#;
        assert_eq!(text(), stored, "the old form of the same host is gone");
        let again = DockerConfig::load_from(config.path.clone()).unwrap();
        assert_eq!(user(&again, "h").await.as_deref(), Some("ann"));
        assert_eq!(again.erase("h").await.unwrap(), [config.path.display().to_string()]);
        assert_eq!(text(), stored.replace(r#","h":{"auth":"YW5uOnB3"}"#, ""));
        let again = DockerConfig::load_from(config.path.clone()).unwrap();
        assert!(again.erase("h").await.unwrap().is_empty(), "there is nothing left");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_new_file_is_private_and_an_old_one_keeps_its_mode_and_its_link() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/config.json");
        let password = SecretString::from("pw");
        DockerConfig::load_from(path.clone()).unwrap().store("h", "ann", &password).await.unwrap();
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let link = folder.path().join("config.json");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        DockerConfig::load_from(link.clone()).unwrap().store("i", "ann", &password).await.unwrap();
        assert_eq!(mode(&path), 0o640);
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert!(std::fs::read_to_string(&path).unwrap().contains("\"i\""));
    }

    #[tokio::test]
    async fn docker_hub_has_many_names_and_one_login() {
        let (_folder, config) = config(r#"{"auths":{"https://index.docker.io/v1/":{"auth":"YW5uOnA6dw=="}}}"#);
        for host in ["docker.io", "registry-1.docker.io", "index.docker.io"] {
            assert_eq!(user(&config, host).await.as_deref(), Some("ann"), "{host}");
        }
        config.erase("docker.io").await.unwrap();
        assert_eq!(std::fs::read_to_string(&config.path).unwrap(), r#"{"auths":{}}"#);
    }

    #[tokio::test]
    async fn a_broken_entry_is_an_error_that_names_the_file() {
        let (_folder, config) = config(r#"{"auths":{"h":{"auth":"%%%"}}}"#);
        assert!(config.login("h").await.unwrap_err().to_string().contains("config.json"));
    }
}
