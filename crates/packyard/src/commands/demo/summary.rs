//! The way in, when the demo is ready: the end of the text, and the whole of the document.

use super::door::Door;
use super::kept::Credentials;
use super::steps::{REGISTRY, Step, Steps};
use crate::serve::Server;
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary {
    /// Of the console, for browsers that know the name.
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    https_url: Option<String>,
    /// From this machine.
    server: String,
    data: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    authority: Option<PathBuf>,
    credentials: Shown,
    registry: &'static str,
    steps: Vec<Step>,
}

/// The demo's secrets are made to be shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    email: String,
    password: String,
    access_key_id: String,
    secret_access_key: String,
    api_key: String,
}

impl Summary {
    pub(super) fn of(server: &Server, door: &Door, data: &Path, login: Credentials, steps: Steps<'_>) -> Self {
        let authority = data.join("tls/ca.pem");
        Self {
            url: server.public_url.clone(),
            https_url: server.https_url.clone().filter(|url| *url != server.public_url),
            server: door.url.clone(),
            data: data.to_owned(),
            authority: authority.exists().then_some(authority),
            credentials: Shown {
                email: login.admin_email,
                password: login.admin_password,
                access_key_id: login.root_access_key_id,
                secret_access_key: login.root_secret_access_key,
                api_key: steps.api_key,
            },
            registry: REGISTRY,
            steps: steps.lines,
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = match &self.authority {
            Some(path) => format!("  (authority: {})", path.display()),
            None => String::new(),
        };
        let hint = |url: &str| if url.starts_with("https") { authority.clone() } else { String::new() };
        writeln!(f, "\nPackyard is ready.\n\n  Console    {}{}", self.url, hint(&self.url))?;
        if self.server != self.url {
            writeln!(f, "             {}  (from this machine)", self.server)?;
        }
        if let Some(url) = &self.https_url {
            writeln!(f, "             {url}{}", hint(url))?;
        }
        let login = &self.credentials;
        write!(
            f,
            "  email      {}\n  password   {}\n\n  For the AWS CLI, `packyard iam` and the rest, as the account root:\n  export AWS_ACCESS_KEY_ID={}\n  export AWS_SECRET_ACCESS_KEY={}\n  export PACKYARD_SERVER={}\n  export PACKYARD_API_KEY={}\n\nIn the console: Profiles, Add Cluster Profile, Add-on, Add Pack, and choose the registry `{}`: the pack is there.\nCtrl-C stops.",
            login.email,
            login.password,
            login.access_key_id,
            login.secret_access_key,
            self.server,
            login.api_key,
            self.registry,
        )
    }
}
