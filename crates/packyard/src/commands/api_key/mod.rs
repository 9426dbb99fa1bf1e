//! `packyard api-key`: the keys of `/v1`, which the verbs that ask a server, scripts and Terraform use.

mod expiry;
mod shown;

use super::login;
use super::server::{Server, ServerArgs};
use crate::printer::Printer;
use anyhow::bail;
use chrono::Utc;
use clap::{Args, Subcommand};
use expiry::Expiry;
use reqwest::Method;
use serde_json::{Value, json};
use shown::{Deleted, Key, Keys, Made};
use std::collections::HashMap;
use std::io::IsTerminal;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(crate) enum ApiKeyCommand {
    /// Make a key, and show it this once.
    ///
    /// Standard output is the key alone, or with --output json a document. It acts as the user whose login, or key, makes it.
    #[command(after_help = "Examples:
  packyard api-key create laptop --username ann@example.com
  echo $PASSWORD | packyard api-key create laptop --username ann@example.com --password-stdin
  packyard api-key create terraform --expires 365d --output json
  packyard api-key create build --expires 2027-06-30 --description \"of the nightly build\"")]
    Create {
        /// What it is called in lists, such as what will use it
        name: String,
        /// How long it works: 12h, 90d; its last day (by UTC) or moment, as 2027-06-30; or `never` for no end
        #[arg(long, value_name = "TIME", default_value = "90d", value_parser = Expiry::parse)]
        expires: Expiry,
        /// What there is to know of it
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
        #[command(flatten)]
        login: LoginArgs,
    },
    /// List your keys, and everybody's if you manage users.
    #[command(after_help = "Examples:
  packyard api-key list
  packyard api-key list --output json")]
    List {
        #[command(flatten)]
        login: LoginArgs,
    },
    /// Delete a key; what uses it is refused from then on.
    #[command(after_help = "Examples:
  packyard api-key delete laptop")]
    Delete {
        /// Name of one of your keys, or the uid of any
        key: String,
        #[command(flatten)]
        login: LoginArgs,
    },
}

/// Who asks: whoever has a key already, or a password of the console, since the first key comes before all others.
#[derive(Debug, Clone, Args)]
pub(crate) struct LoginArgs {
    /// E-mail address of a user of the console, instead of an API key
    #[arg(long, short, value_name = "EMAIL", visible_alias = "email")]
    username: Option<String>,
    /// Read the password of that user from standard input; without it a person is asked
    #[arg(long, requires = "username")]
    password_stdin: bool,
    #[command(flatten)]
    server: ServerArgs,
}

impl LoginArgs {
    async fn connect(&self) -> anyhow::Result<Server> {
        let email = match &self.username {
            Some(email) => email.clone(),
            None if self.server.given_key().is_some() => return self.server.connect(),
            None if std::io::stdin().is_terminal() => login::ask("E-mail address: ", false)?,
            None => bail!("nobody is logged in: give --username EMAIL and --password-stdin, or set PACKYARD_API_KEY"),
        };
        self.server.log_in(&email, &login::password(self.password_stdin)?).await
    }
}

pub(crate) async fn run(command: ApiKeyCommand, printer: &Printer) -> anyhow::Result<ExitCode> {
    match command {
        ApiKeyCommand::Create { name, expires, description, login } => {
            create(&name, expires, description.as_deref().unwrap_or_default(), &login.connect().await?, printer)
                .await?;
        }
        ApiKeyCommand::List { login } => {
            let server = login.connect().await?;
            let keys = all(&server).await?;
            let owners = owners(&server, &keys).await;
            printer.emit(&Keys { keys, owners });
        }
        ApiKeyCommand::Delete { key, login } => {
            let server = login.connect().await?;
            let keys = all(&server).await?;
            let own = own_uid(&server).await?;
            let Key { uid, name, .. } = find(keys, &key, &own)?;
            server.call(Method::DELETE, &format!("/v1/apiKeys/{uid}"), &[], None).await?;
            printer.emit(&Deleted { uid, name, done: "deleted" });
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn create(
    name: &str,
    expires: Expiry,
    description: &str,
    server: &Server,
    printer: &Printer,
) -> anyhow::Result<()> {
    let expires_at = expires.at(Utc::now())?;
    let body = json!({
        "metadata": { "name": name, "annotations": { "description": description } },
        "spec": { "expiry": expires_at },
    });
    let made = server.call(Method::POST, "/v1/apiKeys", &[], Some(&body)).await?;
    let text = |name: &str| made[name].as_str().unwrap_or_default().to_owned();
    let made = Made { uid: text("uid"), name: name.to_owned(), api_key: text("apiKey"), expires_at };
    printer.emit(&made);
    if !printer.is_json() {
        printer.note(&made.what_to_do());
    }
    Ok(())
}

async fn all(server: &Server) -> anyhow::Result<Vec<Key>> {
    let reply = server.get("/v1/apiKeys", &[]).await?;
    let mut keys: Vec<Key> =
        reply["items"].as_array().into_iter().flatten().map(|item| Key::of(item, Utc::now())).collect();
    keys.sort_by(|a, b| (&a.name, &a.created_at).cmp(&(&b.name, &b.created_at)));
    Ok(keys)
}

/// Addresses by uid, where keys of several users are listed, for whoever may see users.
async fn owners(server: &Server, keys: &[Key]) -> HashMap<String, String> {
    let Some(first) = keys.first() else { return HashMap::new() };
    if keys.iter().all(|key| key.user_uid == first.user_uid) {
        return HashMap::new();
    }
    let users = server.get("/v1/users/meta", &[]).await.unwrap_or_default();
    let named = |user: &Value| {
        let text = |name: &str| user[name].as_str().filter(|text| !text.is_empty());
        Some((text("uid")?.to_owned(), text("emailId").or_else(|| text("name"))?.to_owned()))
    };
    users["items"].as_array().into_iter().flatten().filter_map(named).collect()
}

async fn own_uid(server: &Server) -> anyhow::Result<String> {
    let info = server.get("/v1/users/info", &[]).await?;
    Ok(info["userUid"].as_str().unwrap_or_default().to_owned())
}

/// By name among one's own: whoever manages users sees everybody's, and would not expect `laptop` to be somebody else's.
fn find(keys: Vec<Key>, name_or_uid: &str, own_uid: &str) -> anyhow::Result<Key> {
    let is_own = |key: &Key| key.user_uid == own_uid;
    let names: Vec<String> = keys.iter().filter(|key| is_own(key)).map(|key| key.name.clone()).collect();
    let others: Vec<String> =
        keys.iter().filter(|key| !is_own(key) && key.name == name_or_uid).map(|key| key.uid.clone()).collect();
    let is_meant = |key: &Key| key.uid == name_or_uid || (is_own(key) && key.name == name_or_uid);
    let mut found: Vec<Key> = keys.into_iter().filter(is_meant).collect();
    match (found.pop(), found.is_empty()) {
        (Some(key), true) => Ok(key),
        (Some(last), false) => {
            let uids: Vec<String> = found.into_iter().chain([last]).map(|key| key.uid).collect();
            bail!("several keys are called `{name_or_uid}`; give the uid of one: {}", uids.join(", "))
        }
        (None, _) if !others.is_empty() => {
            bail!("you have no API key `{name_or_uid}`, but others have; give the uid of one: {}", others.join(", "))
        }
        (None, _) if names.is_empty() => bail!("there is no API key `{name_or_uid}`, nor any other"),
        (None, _) => bail!("there is no API key `{name_or_uid}`; there are: {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Vec<Key> {
        let of = |(uid, name, user): (&str, &str, &str)| {
            Key::of(
                &json!({ "metadata": { "uid": uid, "name": name }, "spec": { "user": { "uid": user } } }),
                Utc::now(),
            )
        };
        [("1", "laptop", "ann"), ("2", "build", "me"), ("3", "ci", "me"), ("4", "ci", "me")].map(of).into()
    }

    #[test]
    fn a_name_is_one_of_ones_own_and_a_uid_anybodys() {
        let found = |key: &str| find(keys(), key, "me").map(|key| key.uid).map_err(|error| error.to_string());
        assert_eq!(found("build").as_deref(), Ok("2"));
        assert_eq!(found("1").as_deref(), Ok("1"));
        for (key, says) in
            [("laptop", "the uid of one: 1"), ("ci", "the uid of one: 3, 4"), ("x", "there are: build, ci")]
        {
            assert!(found(key).is_err_and(|text| text.contains(says)), "{key}");
        }
    }
}
