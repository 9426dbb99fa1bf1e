//! What Validate found, hop by hop, in the order a connection takes.

use crate::RegistrySpec;
use crate::hops::sentence;
use serde::Serialize;
use std::fmt;

/// One step between us and the packs. The first that fails is what to mend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Hop {
    /// The address as typed, and the endpoint policy.
    Endpoint,
    /// Only where the registry is reached by one.
    Proxy,
    Dns,
    Tcp,
    Tls,
    /// What answers is a registry.
    Registry,
    Credentials,
    Permission,
    Path,
}

impl Hop {
    /// Those of every registry.
    pub const ALL: [Self; 8] = [
        Self::Endpoint,
        Self::Dns,
        Self::Tcp,
        Self::Tls,
        Self::Registry,
        Self::Credentials,
        Self::Permission,
        Self::Path,
    ];

    /// Those of a registry, in their order.
    pub fn of(spec: &RegistrySpec) -> Vec<Self> {
        let mut hops = Self::ALL.to_vec();
        hops.extend(spec.proxy.as_ref().map(|_| Self::Proxy));
        hops.sort();
        hops
    }

    /// The word the console shows.
    pub fn label(self) -> &'static str {
        match self {
            Self::Endpoint => "Endpoint",
            Self::Proxy => "Proxy",
            Self::Dns => "DNS",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Registry => "Registry",
            Self::Credentials => "Credentials",
            Self::Permission => "Permission",
            Self::Path => "Path",
        }
    }
}

impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HopState {
    Ok,
    /// Works, with something to know (verification is off, the path is empty).
    Warning,
    Failed,
    /// Not applicable (TLS of a plain HTTP endpoint), or not reached after a failure.
    Skipped,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HopResult {
    pub hop: Hop,
    pub state: HopState,
    /// What was done and seen, in one sentence.
    pub detail: String,
    /// What to do about a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// The setting that it is about, as /v1 names it, where the hop alone does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'static str>,
}

impl HopResult {
    /// `detail` becomes a sentence.
    pub(crate) fn new(hop: Hop, state: HopState, detail: &str) -> Self {
        Self { hop, state, detail: sentence(detail), advice: None, field: None }
    }

    pub(crate) fn about(self, field: Option<&'static str>) -> Self {
        Self { field, ..self }
    }
}

/// A repository that looks as if packs were meant to be found in it, and why they are not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct NearMiss {
    pub repository: String,
    pub why: String,
    pub fix: String,
    /// The base content path that would find it, where adding one is the fix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ValidateReport {
    pub hops: Vec<HopResult>,
    /// `ecr:…` actions the credentials lack, in the order AWS documents them.
    pub missing_actions: Vec<String>,
    /// The IAM policy document that adds them, pretty-printed JSON.
    pub statement: Option<String>,
    /// The repository prefixes that were searched.
    pub searched: Vec<String>,
    /// Those of them that hold nothing, where others do.
    pub empty_paths: Vec<String>,
    pub repositories_found: u32,
    /// Tags under those prefixes; one tag is one pack version.
    pub packs_found: u32,
    pub near_misses: Vec<NearMiss>,
    pub is_this_server: bool,
}

impl ValidateReport {
    /// An empty path is not a failure.
    pub fn is_ok(&self) -> bool {
        !self.hops.iter().any(|hop| hop.state == HopState::Failed)
    }

    pub fn failed(&self) -> Option<&HopResult> {
        self.hops.iter().find(|hop| hop.state == HopState::Failed)
    }

    /// One message that is complete by itself, for clients that show only text.
    pub fn problem(&self) -> Option<String> {
        let failed = self.failed()?;
        let mut text = format!("{}: {}", failed.hop, failed.detail);
        if let Some(advice) = &failed.advice {
            text.push(' ');
            text.push_str(advice);
        }
        if let Some(statement) = &self.statement {
            text.push_str("\nAdd this policy to the user:\n");
            text.push_str(statement);
        }
        Some(text)
    }
}
