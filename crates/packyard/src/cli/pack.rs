//! The verbs of `packyard pack`.

use crate::commands;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum PackCommand {
    /// Make a pack from a Helm chart or from Kubernetes manifests.
    ///
    /// Writes pack.json, values.yaml with the chart's own values in it, README, schema.yaml where the chart has a schema, and
    /// the list of images. At a terminal it asks; each answer is also a flag.
    #[command(
        disable_version_flag = true,
        after_help = "Examples:
  packyard pack init ./my-chart                        # asks, then makes ./my-chart-1.0.0
  packyard pack init my-chart-1.0.0.tgz --yes --out ./my-pack
  packyard pack init oci://registry-1.docker.io/bitnamicharts/nginx:18.1.0
  packyard pack init ingress-nginx --repo https://kubernetes.github.io/ingress-nginx --version ~4.11
  packyard pack init --manifests ./deploy --name my-app --pack-version 1.0.0 --yes
  packyard pack init --empty --name my-os --layer os --yes

Logins and AWS keys for registries are found as `packyard publish` finds them.
Exit codes: 0 the pack is there, 1 it is not, 2 wrong arguments, 130 interrupted;
then nothing is there."
    )]
    Init(Box<commands::pack_init::InitArgs>),
    /// Say what is wrong or odd in packs.
    ///
    /// The same checks as at publish, at sync and in the console; docs/packs.md lists them by code.
    #[command(after_help = "Examples:
  packyard pack lint ./my-pack
  packyard pack lint packs/ my-pack-1.0.0.tar.gz --deny warnings
  packyard pack lint ./my-pack --output json
  packyard pack lint packs/ --format sarif > packs.sarif
  packyard pack lint packs/ --format github --config packlint.toml
  packyard pack lint ./my-pack --fix --dry-run
  packyard pack lint localhost:7225/my-base/my-pack:1.0.0
  packyard pack lint ./my-pack --against localhost:7225/my-base

A file .packlint.toml in a pack's folder allows findings by code, for a reason; docs/packs.md
shows one.
Exit codes: 0 sound, 1 errors (or warnings with --deny warnings), 2 wrong arguments.")]
    Lint(Box<commands::pack_lint::LintArgs>),
    /// Say what a finding means: what it is about, why it matters, what to do.
    #[command(after_help = "Examples:
  packyard pack explain PACK101
  packyard pack explain                # every code
  packyard pack explain --output json

Exit codes: 0 explained, 1 no such code, 2 wrong arguments.")]
    Explain(commands::pack_explain::ExplainArgs),
    /// Write the archive that publish would push.
    ///
    /// The same folder gives the same bytes on any machine. Findings are printed; errors stop it.
    #[command(after_help = "Examples:
  packyard pack build ./my-pack                        # ./my-pack-1.0.0.tar.gz
  packyard pack build ./my-pack --out /tmp/pack.tar.gz
  packyard pack build packs/ --out archives/ --deny warnings

Exit codes: 0 all archives are there, 1 some are not, 2 wrong arguments.")]
    Build(commands::pack_build::BuildArgs),
    /// Fetch a pack from any registry, verified and safely unpacked.
    ///
    /// Every digest is checked while the archive streams; the folder is in its place only when all of it is sound.
    #[command(after_help = "Examples:
  packyard pack pull localhost:7225/my-base/my-pack:1.0.0              # ./my-pack-1.0.0/
  packyard pack pull localhost:7225/my-base/spectro-packs/archive/my-pack:1.0.0 --out packs
  packyard pack pull harbor.example.com/my-project/my-pack@sha256:5f0c... --archive

Logins and AWS keys are found as `packyard publish` finds them.
Exit codes: 0 the pack is there, 1 it is not, 2 wrong arguments.")]
    Pull(Box<commands::pack_pull::PullArgs>),
    /// Show what a pack is and holds: a folder, an archive, or a pack in any registry.
    #[command(after_help = "Examples:
  packyard pack inspect ./my-pack
  packyard pack inspect localhost:7225/my-base/my-pack:1.0.0 --files
  packyard pack inspect my-pack-1.0.0.tar.gz --values > values.yaml
  packyard pack inspect localhost:7225/my-base/my-pack:1.0.0 --output json

Exit codes: 0 shown, 1 it cannot be read, 2 wrong arguments.")]
    Inspect(Box<commands::pack_inspect::InspectArgs>),
    /// List the packs under a base path of any registry, with their versions, newest first.
    #[command(after_help = "Examples:
  packyard pack list localhost:7225/my-base
  packyard pack list 123456789012.dkr.ecr.us-east-1.amazonaws.com/spectro-oci-registry --output json
  packyard pack list harbor.example.com/my-project --name my-pack    # needs no right to list
  packyard pack list localhost:7225/my-base --all-tags

Exit codes: 0 listed (also when there is nothing), 1 it could not be listed, 2 wrong arguments.")]
    List(Box<commands::pack_list::ListArgs>),
    /// Show what changed between two packs: folders, archives, or packs in any registry.
    #[command(after_help = "Examples:
  packyard pack diff localhost:7225/my-base/my-pack:1.0.0 ./my-pack
  packyard pack diff my-pack-1.0.0.tar.gz my-pack-1.1.0.tar.gz --output json
  packyard pack diff ./my-pack localhost:7225/my-base/my-pack:1.0.0 --brief && echo published

Exit codes, as of diff(1): 0 the same, 1 different, 2 trouble or wrong arguments.")]
    Diff(Box<commands::pack_diff::DiffArgs>),
    /// Copy packs from one registry to another, or within one, byte for byte.
    #[command(after_help = "Examples:
  packyard pack copy localhost:7225/my-base/my-pack:1.0.0 harbor.example.com/my-project
  packyard pack copy localhost:7225/my-base/my-pack localhost:7225/production     # every version
  packyard pack copy harbor.example.com/my-project/{one:1.0.0,two:2.1.0} \\
      123456789012.dkr.ecr.us-east-1.amazonaws.com/spectro-oci-registry
  packyard pack copy localhost:7225/my-base/my-pack:1.0.0 localhost:7225/production \\
      --force \"the image was wrong\"

Logins and AWS keys are found for each host as `packyard publish` finds them.
Exit codes: 0 all packs are there, 1 some are not, 2 wrong arguments.")]
    Copy(Box<commands::pack_copy::CopyArgs>),
    /// Find packs in a server's catalogue, over all its registries.
    #[command(after_help = "Examples:
  packyard pack search
  packyard pack search ingress --output json
  packyard pack search --layer cni --server https://packs.example.com

Exit codes: 0 listed (also when there is nothing), 1 it could not be listed, 2 wrong arguments.")]
    Search(commands::pack_search::SearchArgs),
}
