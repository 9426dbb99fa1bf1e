//! The command line's shape. Each verb's arguments live beside the verb, in `commands/`.

mod elsewhere;
mod pack;
mod usage;

use crate::colour::Colour;
use crate::commands;
use crate::settings::ServeArgs;
use clap::error::{ContextKind, ContextValue};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use packyard_oci::client::without_userinfo;

pub(crate) use pack::PackCommand;

/// Host, publish and compose packs for Kubernetes platforms.
///
/// One process is an OCI registry that is also AWS ECR, a catalogue that keeps in step with any OCI registry, cluster
/// profiles, and a console for all of it. Start with `packyard demo`.
#[derive(Debug, Parser)]
#[command(
    name = "packyard",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    after_help = "Examples:
  packyard demo
  packyard serve --data ./packyard-data
  packyard pack init ./my-chart
  packyard publish ./my-pack --to localhost:7225/my-base

Exit codes: 0 done, 1 not done, 2 wrong arguments; `pack diff` has those of diff(1)."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// The command line of this process.
    pub(crate) fn from_words() -> Result<Self, clap::Error> {
        let words = crate::words::typed();
        let command = Self::command().color(Colour::in_words(&words));
        let advised = |error| usage::as_in_help(elsewhere::advise(discreet(error), &command, &words), &command, &words);
        let matches = command.clone().try_get_matches().map_err(advised)?;
        Self::from_arg_matches(&matches)
    }
}

/// The error without passwords that stand in an address.
fn discreet(mut error: clap::Error) -> clap::Error {
    if let Some(ContextValue::String(value)) = error.get(ContextKind::InvalidValue) {
        let shown = without_userinfo(value).into_owned();
        error.insert(ContextKind::InvalidValue, ContextValue::String(shown));
    }
    error
}

#[derive(Debug, Clone, Args)]
pub(crate) struct GlobalArgs {
    /// How results are printed on standard output.
    #[arg(long, global = true, value_enum, value_name = "FORMAT", default_value_t = OutputFormat::Text, help_heading = "Global options")]
    pub(crate) output: OutputFormat,
    /// When to paint.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Colour::Auto, help_heading = "Global options")]
    pub(crate) color: Colour,
    /// Print results and errors only.
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub(crate) quiet: bool,
    /// Log more, on standard error; twice for everything.
    #[arg(long, short, global = true, action = clap::ArgAction::Count, help_heading = "Global options")]
    pub(crate) verbose: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the registry, the catalogue and the console on one port.
    #[command(after_help = "Examples:
  packyard serve
  packyard serve --data /var/lib/packyard --listen 0.0.0.0:7225 \\
      --public-url https://packs.example.com --tls-self-signed
  packyard serve --database-url postgres://packyard@db/packyard")]
    Serve(Box<ServeArgs>),
    /// Check packs, archive them, and push them to a registry.
    ///
    /// Makes the repositories, pushes, and reads back what the registry has. Works with AWS ECR, Packyard, Harbor and any
    /// OCI registry. A pack whose archive is there already is left alone; a tag that holds something else is replaced only
    /// with --force. After an interruption the same command goes on.
    #[command(after_help = "Examples:
  packyard publish ./my-pack --to localhost:7225/my-base
  packyard publish packs/ --jobs 8 \\
      --to 123456789012.dkr.ecr.us-east-1.amazonaws.com/spectro-oci-registry
  packyard publish ./my-pack --to https://harbor.example.com/my-project --ca-file ca.pem
  packyard publish ./my-pack --to localhost:7225/my-base --dry-run --deny warnings
  packyard publish ./my-pack --to localhost:7225/my-base --force \"the image was wrong\"
  packyard publish ./my-pack --to localhost:7225/my-base \\
      --annotation org.opencontainers.image.revision=$(git rev-parse HEAD)

AWS keys come from where the AWS CLI takes them; user names and passwords from `packyard login`,
`oras login` or `docker login`.
Exit codes: 0 all packs are in the registry (or could be, in a dry run), 1 at least one is not, and
the report says which and why, 2 wrong arguments.")]
    Publish(Box<commands::publish::PublishArgs>),
    /// Make, check, build, pull, compare and copy packs, and find them in a server's catalogue.
    #[command(
        subcommand,
        after_help = "Examples:
  packyard pack init ./my-chart
  packyard pack lint ./my-pack
  packyard pack list localhost:7225/my-base
  packyard pack diff ./my-pack localhost:7225/my-base/my-pack:1.0.0"
    )]
    Pack(PackCommand),
    /// Store a login for a registry, after checking it.
    ///
    /// It is kept in docker's config.json, or by the credential helper that is named there, for docker, ORAS, helm and
    /// skopeo too. A host of AWS is logged in to with AWS keys, found as the AWS CLI finds them.
    #[command(after_help = "Examples:
  packyard login localhost:7225 --username ann
  echo $PASSWORD | packyard login harbor.example.com --username robot --password-stdin
  packyard login 123456789012.dkr.ecr.us-east-1.amazonaws.com
  packyard login public.ecr.aws --aws-profile publisher
  packyard login https://registry.example.com:5000 --username ann \\
      --ca-file ca.pem --cert ann.pem --key ann.key

Exit codes: 0 logged in, 1 not, 2 wrong arguments.")]
    Login(Box<commands::login::LoginArgs>),
    /// Forget the login for a registry that login, docker or ORAS stored.
    #[command(after_help = "Examples:
  packyard logout localhost:7225
  packyard logout 123456789012.dkr.ecr.us-east-1.amazonaws.com --output json

Exit codes: 0 no login is stored now, also when there was none;
1 it could not be removed, 2 wrong arguments.")]
    Logout(commands::logout::LogoutArgs),
    /// Show the whole product in a minute: serve, with a sample pack published, synchronised and ready in the console.
    #[command(after_help = "Examples:
  packyard demo                   # temporary data, removed when stopped
  packyard demo --data ./yard     # kept; a second run continues")]
    #[command(mut_arg("data", |data| data.help("Folder that is kept, and in which a second run continues [default: a \
temporary one, removed when stopped]")))]
    Demo(Box<ServeArgs>),
    /// Register registries with a server, and keep its catalogue in step with them.
    #[command(
        subcommand,
        after_help = "Examples:
  packyard registry list
  packyard registry add harbor --endpoint https://harbor.example.com --base production
  packyard registry sync harbor --follow
  packyard registry history harbor --run last --problems

The server is that of PACKYARD_SERVER or --server, else http://localhost:7225; PACKYARD_API_KEY says
who you are (`packyard api-key create` makes a key).
Exit codes: 0 done, 1 not done, or the sync of `add`, `sync` and `status` failed, 2 wrong arguments."
    )]
    Registry(commands::registry::RegistryCommand),
    /// Make, list and delete API keys of a server, for the verbs that ask it, for scripts and for Terraform.
    #[command(
        subcommand,
        after_help = "Examples:
  packyard api-key create laptop --username ann@example.com
  packyard api-key list
  packyard api-key delete laptop

The server is that of PACKYARD_SERVER or --server, else http://localhost:7225. Who asks is said by
--username and a password of the console, else by PACKYARD_API_KEY, to which a key is set for other
verbs: export PACKYARD_API_KEY=$(packyard api-key create ...)
Exit codes: 0 done, 1 not done, 2 wrong arguments."
    )]
    ApiKey(commands::api_key::ApiKeyCommand),
    /// Maintain a data folder whose server is stopped.
    #[command(
        subcommand,
        after_help = "Examples:
  packyard admin reset-password --data /var/lib/packyard
  packyard admin rotate-root-key --data /var/lib/packyard"
    )]
    Admin(Box<commands::admin::AdminCommand>),
    /// Manage users, access keys, policies and roles of a running server; verbs and options are those of `aws iam`.
    #[command(after_help = "Examples:
  packyard iam create-user --user-name pack-author
  packyard iam attach-user-policy --user-name pack-author \\
      --policy-arn arn:aws:iam::aws:policy/PackPublisher
  packyard iam create-access-key --user-name pack-author

Credentials are found as the AWS CLI finds them: AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY, AWS_PROFILE, ...")]
    Iam(Box<commands::iam::IamArgs>),
    /// Print a completion script for a shell.
    #[command(after_help = "Examples:
  packyard completion bash > /etc/bash_completion.d/packyard
  packyard completion zsh > \"${fpath[1]}/_packyard\"
  packyard completion fish > ~/.config/fish/completions/packyard.fish
  packyard completion powershell >> $PROFILE")]
    Completion {
        /// Whose script
        shell: clap_complete::Shell,
    },
    /// Write the manual pages, one for each verb.
    #[command(after_help = "Examples:
  packyard man ~/.local/share/man/man1
  packyard man pages && man -l pages/packyard-publish.1")]
    Man(commands::man::ManArgs),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Clap breaks longer lines, and half an example is another command.
    const HELP_WIDTH: usize = 100;

    /// The help of every verb, and of every group of verbs, has examples, and each is a command line of it.
    #[test]
    fn every_verb_shows_examples() {
        fn walk(command: &clap::Command, path: &str) {
            if command.has_subcommands() {
                command.get_subcommands().for_each(|verb| walk(verb, &format!("{path} {}", verb.get_name())));
            }
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let examples: Vec<&str> = help
                .lines()
                .skip_while(|line| *line != "Examples:")
                .skip(1)
                .take_while(|line| !line.is_empty())
                .filter(|line| !line.starts_with("      "))
                .collect();
            let wrapped: Vec<&str> = help.lines().filter(|line| line.chars().count() > HELP_WIDTH).collect();
            assert!(wrapped.is_empty(), "`{path} --help` breaks lines that are typed as they stand: {wrapped:#?}");
            assert!(!examples.is_empty(), "`{path} --help` has no examples:\n{help}");
            for example in examples {
                // Something may be piped into it.
                let verb = example.trim_start().rsplit(" | ").next().unwrap();
                assert!(example.starts_with("  ") && verb.starts_with(path), "`{path} --help`: `{example}`");
            }
        }
        walk(&Cli::command(), "packyard");
    }
}
