//! What a registry is registered with.

use super::connection::ConnectionArgs;
use crate::commands::WrongArguments;
use crate::commands::login::ask;
use anyhow::{Context, anyhow};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::io::{IsTerminal, Read};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// An OCI registry with a user name and password, or with none
    Basic,
    /// Amazon ECR, or this server
    Ecr,
    /// A Helm repository: charts listed by an index.yaml
    Helm,
}

impl Kind {
    /// As `/v1` calls it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Ecr => "ecr",
            Self::Helm => "helm",
        }
    }

    /// Where `/v1` has registries of this kind.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Basic => "/v1/registries/oci/basic",
            Self::Ecr => "/v1/registries/oci/ecr",
            Self::Helm => "/v1/registries/helm",
        }
    }
}

/// What an OCI registry holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Provider {
    /// Packs below PATH/spectro-packs/archive
    Pack,
    /// Helm charts, anywhere below PATH
    Helm,
}

#[derive(Debug, Args)]
pub(crate) struct SettingsArgs {
    /// What it is, and how it is logged in to
    #[arg(long, value_enum, default_value = "basic")]
    pub(super) kind: Kind,
    /// What an OCI registry holds [default: pack]
    #[arg(long, value_enum)]
    provider: Option<Provider>,
    /// Its address
    #[arg(long, value_name = "URL")]
    endpoint: String,
    /// Base content path: packs are below PATH/spectro-packs/archive, charts anywhere below PATH; repeat for several
    #[arg(long = "base", value_name = "PATH")]
    bases: Vec<String>,
    /// User of a registry with basic authentication, or of a Helm repository; none logs in as nobody
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// Access key of an ECR registry
    #[arg(long, value_name = "ID")]
    access_key: Option<String>,
    /// Role to assume for an ECR registry
    #[arg(long, value_name = "ARN")]
    role_arn: Option<String>,
    /// Let the server read an ECR registry with its own AWS identity, where its operator allows that
    #[arg(long, conflicts_with_all = ["access_key", "username"])]
    server_identity: bool,
    /// External id that the role's trust policy wants
    #[arg(long, value_name = "ID", requires = "role_arn")]
    external_id: Option<String>,
    /// Region, where the address does not say it
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Read the password or secret access key from standard input; without it a person is asked
    #[arg(long)]
    secret_stdin: bool,
    /// Take any certificate of the registry
    #[arg(long)]
    insecure_skip_verify: bool,
    #[command(flatten)]
    connection: ConnectionArgs,
}

impl SettingsArgs {
    /// The `spec` of `/v1`.
    pub(super) fn spec(&self) -> anyhow::Result<Value> {
        if let Some(why) = self.misfit() {
            return Err(WrongArguments(anyhow!(why)).into());
        }
        let secret = self.secret()?;
        let mut tls = json!({ "enabled": true, "certificate": "", "insecureSkipVerify": self.insecure_skip_verify });
        self.connection.set_tls(&mut tls)?;
        let auth = match &self.username {
            Some(name) => json!({ "type": "basic", "username": name, "password": secret, "tls": &tls }),
            None => json!({ "type": "noAuth", "tls": &tls }),
        };
        let mut spec = match self.kind {
            Kind::Helm => json!({ "endpoint": self.endpoint, "isPrivate": self.username.is_some(), "auth": auth }),
            Kind::Basic | Kind::Ecr => self.oci(auth, tls, secret),
        };
        if let Some(proxy) = self.connection.proxy()? {
            spec["proxy"] = proxy;
        }
        Ok(spec)
    }

    pub(super) fn has_login(&self) -> bool {
        self.username.is_some() || self.access_key.is_some() || self.role_arn.is_some() || self.server_identity
    }

    /// What belongs to the user name or access key; a role may be assumed without one.
    fn secret(&self) -> anyhow::Result<String> {
        let (whose, prompt) = match (&self.username, &self.access_key) {
            (Some(_), _) => ("--username", "Password: "),
            (None, Some(_)) => ("--access-key", "Secret access key: "),
            (None, None) => return Ok(String::new()),
        };
        if self.secret_stdin {
            return secret_from_stdin();
        }
        if !std::io::stdin().is_terminal() {
            let why = anyhow!("{whose} needs its secret: pipe it in, with --secret-stdin");
            return Err(WrongArguments(why).into());
        }
        ask(prompt, true)
    }

    fn oci(&self, auth: Value, tls: Value, secret: String) -> Value {
        let provider = if self.provider == Some(Provider::Helm) { "helm" } else { "pack" };
        let mut spec = json!({
            "endpoint": self.endpoint, "baseContentPath": self.bases.join(","), "providerType": provider,
            "isSyncSupported": true,
        });
        if self.kind == Kind::Basic {
            spec["auth"] = auth;
            return spec;
        }
        let is_private = self.access_key.is_some() || self.role_arn.is_some() || self.server_identity;
        spec["isPrivate"] = is_private.into();
        spec["defaultRegion"] = self.region.clone().unwrap_or_default().into();
        spec["tls"] = tls;
        spec["credentials"] = json!({
            "credentialType": match (&self.role_arn, self.server_identity) {
                (Some(_), _) => "sts",
                (None, true) => "pod-identity",
                (None, false) => "secret",
            },
            "accessKey": self.access_key, "secretKey": secret,
            "sts": { "arn": self.role_arn, "externalId": self.external_id },
        });
        spec
    }

    /// What was given and means nothing for this kind: left out, it would be missed only when nobody can log in.
    fn misfit(&self) -> Option<String> {
        let of_oci = [("--provider", self.provider.is_some()), ("--base", !self.bases.is_empty())];
        let of_ecr = [
            ("--access-key", self.access_key.is_some()),
            ("--role-arn", self.role_arn.is_some()),
            ("--server-identity", self.server_identity),
            ("--region", self.region.is_some()),
        ];
        let given =
            |flags: &[(&'static str, bool)]| flags.iter().find(|(_, is_given)| *is_given).map(|(flag, _)| *flag);
        let (flag, owner) = match self.kind {
            Kind::Helm => {
                (given(&of_oci).or_else(|| given(&of_ecr)), "OCI registries; a Helm repository has no such thing")
            }
            Kind::Basic => (given(&of_ecr), "ECR registries: add --kind ecr"),
            Kind::Ecr => (given(&[("--username", self.username.is_some())]), "other registries; ECR has --access-key"),
        };
        let has_login = if self.kind == Kind::Ecr { self.access_key.is_some() } else { self.username.is_some() };
        let whose = if self.kind == Kind::Ecr { "--access-key" } else { "--username" };
        flag.map(|flag| format!("{flag} is for {owner}"))
            .or_else(|| (self.secret_stdin && !has_login).then(|| format!("--secret-stdin needs {whose} beside it")))
    }
}

pub(super) fn secret_from_stdin() -> anyhow::Result<String> {
    let mut text = String::new();
    std::io::stdin()
        .take(64 * 1024)
        .read_to_string(&mut text)
        .context("could not read the secret from standard input")?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
