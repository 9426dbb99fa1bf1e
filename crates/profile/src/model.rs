//! What a cluster profile is made of.

use crate::Variable;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

pub type Labels = BTreeMap<String, String>;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $(#[serde(rename = $text)] $variant),+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    other => Err(format!("`{other}` is not one of {}", [$($text),+].join(", "))),
                }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// `cluster` is shown as "Full".
    Kind { Cluster = "cluster", Infra = "infra", AddOn = "add-on", System = "system" }
}
words! {
    /// The kind of source a pack comes from, echoed as it was sent.
    PackType { Spectro = "spectro", Helm = "helm", Manifest = "manifest", Oci = "oci" }
}

/// `all` for add-on profiles, else the name of a cloud; custom clouds make this an open set.
pub type CloudType = String;

/// Where a profile lives and who sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    System,
    Tenant,
    Project(String),
}

impl Scope {
    pub fn word(&self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Tenant => "tenant",
            Self::Project(_) => "project",
        }
    }

    /// Empty outside a project.
    pub fn project_uid(&self) -> &str {
        match self {
            Self::Project(uid) => uid,
            _ => "",
        }
    }

    /// Seen from a project: its own profiles, the tenant's and the system's. Seen from no project: all of them.
    pub(crate) fn is_visible_from(&self, project: Option<&str>) -> bool {
        match (self, project) {
            (Self::Project(own), Some(seen_from)) => own == seen_from,
            _ => true,
        }
    }
}

/// One manifest of a pack in a profile; its uid survives updates that send the same uid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub uid: String,
    pub name: String,
    pub content: String,
}

/// A pack as it stands in a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackRef {
    pub name: String,
    /// As sent, or resolved from registry, name and tag; empty while neither was possible.
    pub pack_uid: String,
    pub registry_uid: String,
    pub tag: String,
    #[serde(rename = "type")]
    pub pack_type: PackType,
    /// kernel, os, k8s, cni, csi or addon.
    pub layer: String,
    /// Exactly as given.
    pub values: String,
    #[serde(default)]
    pub manifests: Vec<Manifest>,
    /// What the pack was when it was put in; kept so that a profile can say when the tag moved.
    #[serde(default)]
    pub version: String,
    #[serde(default)]
    pub digest: String,
}

impl PackRef {
    /// The pack's own name, also where the profile calls it `<any>--<pack>`.
    pub fn pack_name(&self) -> &str {
        crate::compose::pack_name(&self.name)
    }

    /// The uid that a layer of manifests has of its own and keeps when it is renamed; that of others is the pack's.
    pub fn own_uid(&self) -> Option<&str> {
        (self.pack_type == PackType::Manifest && !self.pack_uid.is_empty()).then_some(self.pack_uid.as_str())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Template {
    pub packs: Vec<PackRef>,
}

/// A pack as a caller gives it.
#[derive(Debug, Clone, Default)]
pub struct PackInput {
    pub name: String,
    /// The pack's uid; empty when only registry, name and tag are known.
    pub uid: String,
    pub registry_uid: String,
    pub tag: String,
    /// Absent means `spectro`, as in Palette.
    pub pack_type: Option<PackType>,
    /// Absent: taken from the catalogue, else `addon`.
    pub layer: Option<String>,
    pub values: String,
    pub manifests: Vec<ManifestInput>,
}

#[derive(Debug, Clone, Default)]
pub struct ManifestInput {
    /// The uid of a manifest that is already in the profile; empty for a new one.
    pub uid: String,
    pub name: String,
    pub content: String,
}

/// What makes a new profile.
#[derive(Debug, Clone)]
pub struct NewProfile {
    pub scope: Scope,
    pub name: String,
    pub version: String,
    pub description: String,
    pub labels: Labels,
    pub annotations: Labels,
    pub kind: Kind,
    pub cloud: CloudType,
    pub packs: Vec<PackInput>,
    pub variables: Vec<Variable>,
    /// Publish in the same transaction.
    pub publish: bool,
}

/// A new draft for a version, as a PUT gives it: all packs, in order; what is missing from the list leaves the profile.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    pub name: Option<String>,
    pub version: Option<String>,
    pub packs: Vec<PackInput>,
}

/// What a change of metadata may set; `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct ProfileChange {
    pub name: Option<String>,
    pub version: Option<String>,
    pub description: Option<String>,
    pub labels: Option<Labels>,
    pub annotations: Option<Labels>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileVersion {
    pub uid: String,
    pub version: String,
}

/// One version, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub uid: String,
    pub scope: Scope,
    pub name: String,
    pub version: String,
    pub kind: Kind,
    pub cloud: CloudType,
    pub description: String,
    pub labels: Labels,
    /// Without the ones we derive (scope, description, projectUid).
    pub annotations: Labels,
    pub variables: Vec<Variable>,
    /// `None` while it equals what is published.
    pub draft: Option<Template>,
    pub published: Option<Template>,
    /// All versions of this name in this scope, newest first.
    pub versions: Vec<ProfileVersion>,
    pub created_at_ms: i64,
    pub updated_at_ms: i64,
    /// Grows with each change; see [`Profiles::at`](crate::Profiles::at).
    pub revision: i64,
}

impl Profile {
    /// What an editor shows: the draft where there is one.
    pub fn current(&self) -> &Template {
        static EMPTY: Template = Template { packs: Vec::new() };
        self.draft.as_ref().or(self.published.as_ref()).unwrap_or(&EMPTY)
    }

    pub fn is_published(&self) -> bool {
        self.published.is_some()
    }
}

/// What lists show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileSummary {
    pub uid: String,
    pub scope: Scope,
    pub name: String,
    pub version: String,
    pub kind: Kind,
    pub cloud: CloudType,
    pub description: String,
    pub labels: Labels,
    pub is_published: bool,
    pub has_draft: bool,
    pub packs: usize,
    pub created_at_ms: i64,
    pub updated_at_ms: i64,
}
