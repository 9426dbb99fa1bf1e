//! What `packyard pack init` is told.

use crate::commands::remote::RegistryArgs;
use crate::limits::SourceLimits;
use clap::{ArgGroup, Args};
use packyard_pack::Layer;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("source").required(true).args(["chart", "manifests", "empty"]))]
pub(crate) struct InitArgs {
    /// Helm chart: a folder, an archive, or oci://HOST/PATH/CHART[:VERSION]; with --repo its name there
    #[arg(value_name = "CHART")]
    pub(super) chart: Option<String>,
    /// Make the pack from Kubernetes manifests instead: files, and folders of files
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub(super) manifests: Vec<PathBuf>,
    /// Make a pack without content, to be filled by hand
    #[arg(long)]
    pub(super) empty: bool,
    #[command(flatten)]
    pub(super) repository: RepositoryArgs,
    /// Folder to make [default: NAME-VERSION]
    #[arg(long, short, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Write into a folder that is not empty; files of the pack that are there are replaced, others stay
    #[arg(long)]
    pub(super) force: bool,
    /// Image for logo.png: PNG, JPEG, GIF or WebP
    #[arg(long, value_name = "FILE")]
    pub(super) logo: Option<PathBuf>,
    #[command(flatten)]
    pub(super) limits: SourceLimits,
    #[command(flatten)]
    pub(super) answers: AnswerArgs,
    /// Ask nothing; take what fits the source
    #[arg(long, short)]
    pub(super) yes: bool,
    #[command(flatten)]
    pub(super) registry: RegistryArgs,
}

/// Which chart, where there are several.
#[derive(Debug, Args)]
pub(super) struct RepositoryArgs {
    /// Helm repository, http:// or https://, that has the chart
    #[arg(long, value_name = "URL", requires = "chart")]
    pub(super) repo: Option<String>,
    /// Version of the chart, or a range such as ~1.2; of several the newest [default: the newest release]
    #[arg(long = "version", value_name = "RANGE", requires = "chart")]
    pub(super) chart_version: Option<String>,
    /// User name for the Helm repository; for registries see `packyard login`
    #[arg(long, value_name = "NAME", requires = "repo")]
    pub(super) username: Option<String>,
    /// Read the password for the Helm repository from standard input
    #[arg(long, requires = "username")]
    pub(super) password_stdin: bool,
}

/// What is asked at a terminal; each answer may be given instead.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Answers")]
pub(super) struct AnswerArgs {
    /// Name of the pack [default: that of the chart]
    #[arg(long)]
    pub(super) name: Option<String>,
    /// Name to show [default: the name in words]
    #[arg(long, value_name = "NAME")]
    pub(super) display_name: Option<String>,
    /// Version of the pack [default: that of the chart, else 1.0.0]
    #[arg(long, value_name = "VERSION")]
    pub(super) pack_version: Option<String>,
    /// Layer: kernel, os, k8s, cni, csi or addon [default: addon]
    #[arg(long)]
    pub(super) layer: Option<Layer>,
    /// Kind of add-on, such as monitoring [default: what the chart's keywords say, else system app]
    #[arg(long, value_name = "TYPE")]
    pub(super) addon_type: Option<String>,
    /// Clouds that may use it, with commas between [default: all]
    #[arg(long, value_name = "CLOUD", value_delimiter = ',')]
    pub(super) cloud_types: Vec<String>,
    /// Namespace it is installed to; "" for none [default: the name]
    #[arg(long)]
    pub(super) namespace: Option<String>,
}
