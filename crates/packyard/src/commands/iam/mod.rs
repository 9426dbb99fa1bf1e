//! `packyard iam`: users, passwords, access keys, policies and roles of a running server, over HTTP and signed like
//! any AWS call. What `aws iam` does, for machines without it.

mod result;
mod verbs;
mod way_back;

use super::WrongArguments;
use super::remote::certs;
use super::server::unreachable;
use crate::printer::Printer;
use anyhow::Context;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, Subcommand};
use packyard_oci::aws::{AwsCredentials, AwsQuery};
use packyard_oci::client::{ClientOptions, Endpoint, InvalidEndpoint};
use result::Answer;
use serde_json::{Map, Value};
use std::path::PathBuf;
use std::process::ExitCode;
use verbs::{Kind, VERBS, Verb};

#[derive(Debug, Args)]
pub(crate) struct IamArgs {
    /// The server
    #[arg(long, env = "PACKYARD_SERVER", value_name = "URL", default_value = "http://localhost:7225", global = true)]
    server: String,
    /// Region to sign for; a Packyard server takes any
    #[arg(long, env = "AWS_DEFAULT_REGION", value_name = "REGION", default_value = "us-east-1", global = true)]
    region: String,
    /// Profile of the AWS configuration files; else the credentials are found as the AWS CLI finds them
    #[arg(long, value_name = "NAME", global = true)]
    profile: Option<String>,
    /// Certificate authorities (PEM) to trust beside the system's
    #[arg(long, alias = "server-ca", env = "AWS_CA_BUNDLE", value_name = "FILE", global = true)]
    ca_file: Option<PathBuf>,
    #[command(subcommand)]
    call: IamCall,
}

/// One verb with its parameters.
pub(crate) struct IamCall {
    verb: &'static Verb,
    parameters: Vec<(String, String)>,
}

/// Parameters may be secrets, so they do not print.
impl std::fmt::Debug for IamCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IamCall").field("verb", &self.verb.name).finish_non_exhaustive()
    }
}

impl Subcommand for IamCall {
    fn augment_subcommands(command: Command) -> Command {
        VERBS.iter().fold(command.subcommand_required(true).arg_required_else_help(true), |command, verb| {
            command.subcommand(
                verb.options
                    .iter()
                    .fold(Command::new(verb.name).about(verb.about).after_help(verb.examples()), |command, option| {
                        command.arg(argument(option))
                    }),
            )
        })
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        VERBS.iter().any(|verb| verb.name == name)
    }
}

impl FromArgMatches for IamCall {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let missing = || clap::Error::new(clap::error::ErrorKind::MissingSubcommand);
        let (name, matches) = matches.subcommand().ok_or_else(missing)?;
        let verb = VERBS.iter().find(|verb| verb.name == name).ok_or_else(missing)?;
        let mut parameters = Vec::new();
        for option in verb.options {
            let values = matches.get_many::<String>(option.parameter).into_iter().flatten();
            for (value, number) in values.zip(1..) {
                if option.kind == Kind::Tags {
                    let (key, text) = tag(value).ok_or_else(|| not_a_tag(value))?;
                    parameters.push((format!("{}.member.{number}.Key", option.parameter), key.to_owned()));
                    parameters.push((format!("{}.member.{number}.Value", option.parameter), text.to_owned()));
                } else {
                    parameters.push((option.parameter.to_owned(), value.clone()));
                }
            }
        }
        Ok(Self { verb, parameters })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn argument(option: &verbs::Opt) -> Arg {
    let argument = Arg::new(option.parameter).long(option.flag).required(option.required).help(option.help);
    match option.kind {
        Kind::Text => argument.value_name("VALUE"),
        Kind::Secret => argument.value_name("SECRET"),
        Kind::Boolean => argument.value_name("BOOLEAN").num_args(0..=1).default_missing_value("true"),
        Kind::Tags => argument.value_name("Key=KEY,Value=VALUE").num_args(1..),
    }
}

/// The AWS CLI's shorthand, in either order.
fn tag(text: &str) -> Option<(&str, &str)> {
    if let Some(rest) = text.strip_prefix("Key=") {
        return Some(rest.split_once(",Value=").unwrap_or((rest, "")));
    }
    let (value, key) = text.strip_prefix("Value=")?.rsplit_once(",Key=")?;
    Some((key, value))
}

fn not_a_tag(text: &str) -> clap::Error {
    let message = format!("`{text}` is not a tag; expected Key=KEY,Value=VALUE\n");
    clap::Error::raw(clap::error::ErrorKind::ValueValidation, message)
}

pub(super) async fn run(args: IamArgs, printer: &Printer) -> anyhow::Result<ExitCode> {
    let verb = args.call.verb;
    let parameters = args
        .call
        .parameters
        .into_iter()
        .map(|(name, value)| Ok((name, from_file(value)?)))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let mut options = ClientOptions { proxies_from_env: true, ..ClientOptions::default() };
    let endpoint: Endpoint = args.server.parse().map_err(|error: InvalidEndpoint| WrongArguments(error.into()))?;
    options.tls = certs::tls(&endpoint, args.ca_file.as_deref(), None)?;
    let credentials = AwsCredentials::DefaultChain { profile: args.profile };
    let client = AwsQuery::new(&args.server, &args.region, credentials, options)?;
    let answer = all_pages(&client, verb, &parameters).await?;
    // Like the AWS CLI: an action without output prints nothing.
    if !answer.is_empty() {
        printer.emit(&Answer::read(answer));
    }
    if let Some(way) = way_back::of(verb.action, &parameters) {
        printer.note(&way);
    }
    Ok(ExitCode::SUCCESS)
}

/// `file://PATH` stands for what the file holds.
fn from_file(value: String) -> anyhow::Result<String> {
    let Some(path) = value.strip_prefix("file://") else { return Ok(value) };
    let text = std::fs::read_to_string(path).with_context(|| format!("could not read {path}"))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Follows `Marker` to the end of a list.
async fn all_pages(
    client: &AwsQuery,
    verb: &Verb,
    parameters: &[(String, String)],
) -> anyhow::Result<Map<String, Value>> {
    let mut whole = Map::new();
    let mut marker: Option<String> = None;
    loop {
        let mut page_parameters: Vec<(&str, &str)> = parameters.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        page_parameters.extend(marker.as_deref().map(|marker| ("Marker", marker)));
        let reply = client.call(verb.service, verb.action, &page_parameters).await;
        let mut page = reply.map_err(|error| unreachable(error, "--ca-file"))?;
        page.remove("IsTruncated");
        let next = page.remove("Marker").and_then(|marker| marker.as_str().map(str::to_owned));
        for (name, value) in page {
            match (whole.get_mut(&name), value) {
                (Some(Value::Array(rows)), Value::Array(more)) => rows.extend(more),
                (_, value) => {
                    whole.insert(name, value);
                }
            }
        }
        if next.is_none() || next == marker {
            return Ok(whole);
        }
        marker = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(clap::Parser)]
    struct Cli {
        #[command(flatten)]
        iam: IamArgs,
    }

    #[test]
    fn every_verb_has_a_sound_command_line() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
        for verb in VERBS {
            let mut words: Vec<String> = vec!["iam".into(), verb.name.into()];
            words
                .extend(verb.options.iter().filter(|o| o.required).flat_map(|o| [format!("--{}", o.flag), "x".into()]));
            let cli = <Cli as clap::Parser>::try_parse_from(&words).unwrap_or_else(|e| panic!("{words:?}: {e}"));
            assert_eq!(cli.iam.call.verb.action, verb.action);
            assert_eq!(cli.iam.call.parameters.len(), verb.options.iter().filter(|o| o.required).count());
        }
    }

    #[test]
    fn tags_become_members_of_a_list() {
        let words = |tags: &[&'static str]| [&["iam", "create-user", "--user-name", "u", "--tags"], tags].concat();
        let cli =
            <Cli as clap::Parser>::try_parse_from(words(&["Key=a,Value=b=c,d", "Value=x,Key=y", "Key=z"])).unwrap();
        let given: Vec<_> = cli.iam.call.parameters.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let expected = [
            ("UserName", "u"),
            ("Tags.member.1.Key", "a"),
            ("Tags.member.1.Value", "b=c,d"),
            ("Tags.member.2.Key", "y"),
            ("Tags.member.2.Value", "x"),
            ("Tags.member.3.Key", "z"),
            ("Tags.member.3.Value", ""),
        ];
        assert_eq!(given, expected);
        let error = <Cli as clap::Parser>::try_parse_from(words(&["team=packs"])).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("Key=KEY,Value=VALUE"), "{error}");
    }

    #[test]
    fn secrets_do_not_print() {
        let words = ["iam", "create-login-profile", "--user-name", "u", "--password", "hunter2"];
        let cli = <Cli as clap::Parser>::try_parse_from(words).unwrap();
        assert!(!format!("{:?}", cli.iam).contains("hunter2"));
    }
}
