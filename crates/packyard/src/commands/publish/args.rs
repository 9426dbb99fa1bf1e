//! What a person types.

use super::ecr_args::EcrArgs;
use crate::commands::reason;
use crate::commands::remote::RegistryArgs;
use crate::limits::PackLimits;
use clap::{Args, ValueEnum};
use packyard_oci::{Tag, media};
use std::path::PathBuf;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Deny {
    Warnings,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct PublishArgs {
    /// Packs: folders with a pack.json, folders of such folders, or archives (.tar.gz)
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Registry and base path; packs go to BASE/spectro-packs/archive/NAME:VERSION
    #[arg(long, value_name = "HOST[:PORT]/BASE", env = "PACKYARD_PUBLISH_TO")]
    pub(super) to: String,
    /// Check and archive, ask the registry what it has, and list the requests that would change it; nothing is changed
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Refuse packs with warnings too
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(super) deny: Option<Deny>,
    /// Publish the packs that are sound even when others are refused
    #[arg(long)]
    pub(super) keep_going: bool,
    /// Replace what a tag holds when it is something else, for this reason, which the report keeps
    #[arg(long, value_name = "REASON", value_parser = reason::parse)]
    pub(super) force: Option<String>,
    /// Packs that are checked, or sent, at the same time
    #[arg(long, short, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(super) jobs: u16,
    /// Tag to publish under, instead of the version in pack.json
    #[arg(long, value_name = "TAG")]
    pub(super) tag: Option<Tag>,
    /// Annotation of the manifest, such as org.opencontainers.image.revision=4f2c1e9; may be repeated
    #[arg(long = "annotation", value_name = "KEY=VALUE", value_parser = annotation)]
    pub(super) annotations: Vec<(String, String)>,
    #[command(flatten)]
    pub(super) limits: PackLimits,
    /// Time to note in the manifest, RFC 3339 [default: SOURCE_DATE_EPOCH, else none, so that equal folders get equal digests]
    #[arg(long, value_name = "TIME")]
    pub(super) created: Option<String>,
    #[command(flatten)]
    pub(super) ecr: EcrArgs,
    #[command(flatten)]
    pub(super) registry: RegistryArgs,
}

/// `KEY=VALUE` of a manifest's annotation (image-spec, "Annotations").
fn annotation(typed: &str) -> Result<(String, String), String> {
    let (key, value) = typed.split_once('=').ok_or("it is KEY=VALUE, such as com.example.commit=4f2c1e9")?;
    if key.is_empty() || !key.bytes().all(|b| b.is_ascii_graphic()) {
        return Err("a key is letters, digits and signs without spaces, such as com.example.commit".to_owned());
    }
    if value.chars().any(char::is_control) {
        return Err("a value has no line ends and control characters".to_owned());
    }
    if key == media::ANNOTATION_CREATED {
        return Err("the time is set with --created".to_owned());
    }
    Ok((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_are_checked() {
        let pair = |key: &str, value: &str| Ok((key.to_owned(), value.to_owned()));
        assert_eq!(annotation("a.b=c=d e"), pair("a.b", "c=d e"));
        assert_eq!(annotation("a="), pair("a", ""));
        for wrong in ["", "a", "=b", "a b=c", "a\u{a0}=c", "a=b\nc", "org.opencontainers.image.created=now"] {
            assert!(annotation(wrong).is_err(), "{wrong:?}");
        }
    }
}
