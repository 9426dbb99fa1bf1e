//! The command line's shape. Each verb's arguments live beside the verb, in `commands/`.

use crate::commands;
use crate::settings::ServeArgs;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Host, publish and compose packs for Kubernetes platforms.
///
/// One process is an OCI registry that is also AWS ECR, a catalogue that keeps in step with any OCI registry, cluster
/// profiles, and a console for all of it. Start with `packyard demo`.
#[derive(Debug, Parser)]
#[command(name = "packyard", version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct GlobalArgs {
    /// How results are printed on standard output.
    #[arg(long, global = true, value_enum, default_value_t = OutputFormat::Text, help_heading = "Global options")]
    pub(crate) output: OutputFormat,
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
  packyard serve --data /var/lib/packyard --listen 0.0.0.0:7225 --public-url https://packs.example.com --tls-self-signed
  packyard serve --database-url postgres://packyard@db/packyard")]
    Serve(Box<ServeArgs>),
    /// Check packs, archive them, and push them to a registry.
    ///
    /// Makes the repositories, pushes, and reads back what the registry has. Works with AWS ECR, Packyard, Harbor and any
    /// OCI registry. A pack whose archive is there already is left alone.
    #[command(after_help = "Examples:
  packyard publish ./my-pack --to localhost:7225/my-base
  packyard publish packs/* --to 123456789012.dkr.ecr.us-east-1.amazonaws.com/spectro-oci-registry
  packyard publish ./my-pack --to https://harbor.example.com/my-project --ca-file ca.pem
  packyard publish ./my-pack --to localhost:7225/my-base --dry-run --deny warnings

AWS keys come from where the AWS CLI takes them; user names and passwords from `packyard login`, `oras login` or
`docker login`. Exit codes: 0 all packs are in the registry, 1 some are not, 2 wrong arguments.")]
    Publish(Box<commands::publish::PublishArgs>),
    /// Check packs on this machine, and find packs in a server's catalogue.
    #[command(subcommand)]
    Pack(PackCommand),
    /// Store a user name and password for a registry, after checking them.
    #[command(after_help = "Examples:
  packyard login localhost:7225 --username ann
  aws ecr get-login-password | packyard login 123456789012.dkr.ecr.us-east-1.amazonaws.com -u AWS --password-stdin")]
    Login(Box<commands::login::LoginArgs>),
    /// Show the whole product in a minute: serve, with a sample pack published, synchronised and ready in the console.
    #[command(after_help = "Examples:
  packyard demo                   # temporary data, removed when stopped
  packyard demo --data ./yard     # kept; a second run continues")]
    Demo(Box<ServeArgs>),
    /// Register registries with a server, and keep its catalogue in step with them.
    #[command(subcommand)]
    Registry(commands::registry::RegistryCommand),
    /// Maintain a data folder whose server is stopped.
    #[command(subcommand)]
    Admin(Box<commands::admin::AdminCommand>),
    /// Manage users, access keys, policies and roles of a running server; verbs and options are those of `aws iam`.
    #[command(after_help = "Examples:
  packyard iam create-user --user-name pack-author
  packyard iam attach-user-policy --user-name pack-author --policy-arn arn:aws:iam::aws:policy/PackPublisher
  packyard iam create-access-key --user-name pack-author

Credentials are found as the AWS CLI finds them: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, ...")]
    Iam(Box<commands::iam::IamArgs>),
    /// Print a completion script for a shell.
    #[command(after_help = "Example:
  packyard completion bash > /etc/bash_completion.d/packyard")]
    Completion { shell: clap_complete::Shell },
}

#[derive(Debug, Subcommand)]
pub(crate) enum PackCommand {
    /// Say what is wrong or odd in packs.
    ///
    /// The same checks as at publish, at sync and in the console; docs/packs.md lists them by code.
    #[command(after_help = "Examples:
  packyard pack lint ./my-pack
  packyard pack lint packs/* my-pack-1.0.0.tar.gz --deny warnings
  packyard pack lint ./my-pack --output json
  packyard pack lint packs/* --format sarif > packs.sarif
  packyard pack lint packs/* --format github --config packlint.toml

A file .packlint.toml in a pack's folder allows findings by code, for a reason; docs/packs.md shows one.
Exit codes: 0 sound, 1 errors (or warnings with --deny warnings), 2 wrong arguments.")]
    Lint(commands::pack_lint::LintArgs),
    /// Find packs in a server's catalogue, over all its registries.
    #[command(after_help = "Examples:
  packyard pack search
  packyard pack search ingress --output json")]
    Search(commands::pack_search::SearchArgs),
}
