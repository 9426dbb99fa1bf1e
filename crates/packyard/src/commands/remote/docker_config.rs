//! Logins as docker, ORAS, helm and skopeo keep them: `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`, with
//! credential helpers. What this program does not know in the file is kept as it is.

use super::helper::Helper;
use anyhow::{Context, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use packyard_oci::client::Credentials;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};

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
        Self::load_from(default_path()?)
    }

    fn load_from(path: PathBuf) -> anyhow::Result<Self> {
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| format!("could not read {}", path.display())),
        };
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
            return helper.get(host).await;
        }
        if let Some(found) = self.auths_entry(host)? {
            return Ok(Some(found));
        }
        match self.general_helper() {
            Some(helper) => helper.get(host).await,
            None => Ok(None),
        }
    }

    fn own_helper(&self, host: &str) -> Option<Helper> {
        let name = self.content.get("credHelpers")?.get(host)?.as_str()?;
        Helper::named(name)
    }

    fn general_helper(&self) -> Option<Helper> {
        Helper::named(self.content.get("credsStore")?.as_str()?)
    }

    fn auths_entry(&self, host: &str) -> anyhow::Result<Option<StoredLogin>> {
        let Some(auths) = self.content.get("auths").and_then(Value::as_object) else { return Ok(None) };
        let entry = auths.iter().find(|(key, _)| host_of(key).eq_ignore_ascii_case(host));
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
    pub(crate) async fn store(&mut self, host: &str, user: &str, password: &SecretString) -> anyhow::Result<String> {
        if let Some(helper) = self.own_helper(host).or_else(|| self.general_helper()) {
            helper.store(host, user, password).await?;
            return Ok(helper.program().to_owned());
        }
        let auth = BASE64.encode(format!("{user}:{}", password.expose_secret()));
        let auths = self.content.entry("auths").or_insert_with(|| json!({}));
        let Some(auths) = auths.as_object_mut() else { bail!("`auths` in {} is not an object", self.path.display()) };
        auths.retain(|key, _| !host_of(key).eq_ignore_ascii_case(host));
        auths.insert(host.to_owned(), json!({ "auth": auth }));
        self.save()?;
        Ok(self.path.display().to_string())
    }

    /// A new file beside the old one, then a rename: another program never reads half of it.
    fn save(&self) -> anyhow::Result<()> {
        let doing = || format!("could not write {}", self.path.display());
        let folder = self.path.parent().context("the path of the configuration has no folder")?;
        make_private_folder(folder).with_context(doing)?;
        // Made with mode 0600.
        let mut file = tempfile::NamedTempFile::new_in(folder).with_context(doing)?;
        let mut text = serde_json::to_string_pretty(&self.content).with_context(doing)?;
        text.push('\n');
        file.write_all(text.as_bytes()).with_context(doing)?;
        file.as_file().sync_all().with_context(doing)?;
        file.persist(&self.path).with_context(doing)?;
        Ok(())
    }
}

fn default_path() -> anyhow::Result<PathBuf> {
    if let Some(folder) = std::env::var_os("DOCKER_CONFIG").filter(|folder| !folder.is_empty()) {
        return Ok(PathBuf::from(folder).join("config.json"));
    }
    let home =
        std::env::home_dir().context("there is no home folder; set DOCKER_CONFIG to the folder of config.json")?;
    Ok(home.join(".docker").join("config.json"))
}

#[cfg(unix)]
fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)
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
    async fn storing_keeps_what_is_not_understood_and_is_private() {
        let (_folder, mut config) = config(
            r#"{"currentContext":"x","auths":{"https://h":{"auth":"eDp5"},"other":{"auth":"eDp5"}},"plugins":{"a":{}}}"#,
        );
        config.store("h", "ann", &SecretString::from("pw")).await.unwrap();
        let text = std::fs::read_to_string(&config.path).unwrap();
        let keys: Vec<String> = serde_json::from_str::<Map<String, Value>>(&text).unwrap().keys().cloned().collect();
        assert_eq!(keys, ["currentContext", "auths", "plugins"]);
        let again = DockerConfig::load_from(config.path.clone()).unwrap();
        assert_eq!(user(&again, "h").await.as_deref(), Some("ann"));
        assert_eq!(again.content["auths"].as_object().unwrap().len(), 2, "the old form of the same host is gone");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&config.path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[tokio::test]
    async fn a_broken_entry_is_an_error_that_names_the_file() {
        let (_folder, config) = config(r#"{"auths":{"h":{"auth":"%%%"}}}"#);
        assert!(config.login("h").await.unwrap_err().to_string().contains("config.json"));
    }
}
