//! Who asks, with what proof, about what.

use crate::policy::Policy;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Where a request came from; the server puts this into every request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// The client's, also behind a proxy that the operator trusts; the port is 0 then.
    pub addr: SocketAddr,
    /// The connection to this server is TLS.
    pub secure: bool,
}

impl Peer {
    /// IPv4 peers of a dual-stack listener count as IPv4.
    pub fn ip(&self) -> IpAddr {
        self.addr.ip().to_canonical()
    }

    /// The detail of audit rows of those who say who they are.
    pub(crate) fn audited(&self) -> String {
        json!({ "address": self.ip() }).to_string()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The account itself: may do everything that no resource policy denies.
    Root,
    User,
    /// A session of a role.
    AssumedRole {
        role_arn: String,
        session: String,
    },
}

/// A principal as policies and audit rows see it. `uid` is that of the stored principal; for an assumed role the role's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    pub uid: String,
    pub arn: String,
    /// User name, role name, or `root`.
    pub name: String,
    pub kind: Kind,
    pub account_id: String,
    /// `AIDA...`, the account id, or `AROA...:session`.
    pub user_id: String,
    pub email: Option<String>,
    pub first_name: String,
    pub last_name: String,
    pub tags: Vec<(String, String)>,
}

impl Principal {
    pub fn is_root(&self) -> bool {
        self.kind == Kind::Root
    }

    /// What people are called in lists: first and last name, else the name.
    pub fn display_name(&self) -> String {
        let full = format!("{} {}", self.first_name, self.last_name);
        if full.trim().is_empty() { self.name.clone() } else { full.trim().to_owned() }
    }
}

/// With what a caller proved who it is. A token made for the caller carries it, and ends when it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Proof {
    /// The server itself, for tasks of the operator at the data folder.
    Operator,
    AccessKey {
        id: String,
    },
    /// Temporary credentials; nothing of them is stored.
    Temporary {
        id: String,
        expires_at: i64,
    },
    /// The console or registry password, as of this epoch.
    Password {
        epoch: i64,
    },
    ApiKey {
        uid: String,
    },
}

/// The session of an assumed role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RoleSession {
    pub(crate) name: String,
    /// Session policies as given to AssumeRole: documents, already checked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) policies: Vec<String>,
}

/// A principal that has proved itself, and how it came here.
#[derive(Debug, Clone)]
pub struct Caller {
    pub principal: Arc<Principal>,
    pub source_ip: Option<IpAddr>,
    pub secure: bool,
    pub(crate) proof: Proof,
    pub(crate) role_session: Option<Arc<RoleSession>>,
    pub(crate) session_policies: Option<Arc<[Arc<Policy>]>>,
}

impl Caller {
    /// For audit rows.
    pub fn arn(&self) -> &str {
        &self.principal.arn
    }

    /// The id of the access key that signed, when one did.
    pub fn access_key_id(&self) -> Option<&str> {
        match &self.proof {
            Proof::AccessKey { id } | Proof::Temporary { id, .. } => Some(id),
            _ => None,
        }
    }
}

/// What an action is about.
#[derive(Debug, Clone, Default)]
pub struct Target<'a> {
    pub arn: Cow<'a, str>,
    /// The resource's own policy (JSON), if it has one.
    pub policy: Option<&'a str>,
    pub resource_tags: &'a [(String, String)],
    /// Tags the request wants to set.
    pub request_tags: &'a [(String, String)],
    /// Keys of the tags the request wants to remove.
    pub removed_tags: &'a [String],
}

impl<'a> Target<'a> {
    /// For actions that have no resource.
    pub fn any() -> Self {
        Self::arn("*")
    }

    pub fn arn(arn: impl Into<Cow<'a, str>>) -> Self {
        Self { arn: arn.into(), ..Self::default() }
    }

    #[must_use]
    pub fn policy(mut self, policy: Option<&'a str>) -> Self {
        self.policy = policy;
        self
    }

    #[must_use]
    pub fn resource_tags(mut self, tags: &'a [(String, String)]) -> Self {
        self.resource_tags = tags;
        self
    }

    #[must_use]
    pub fn request_tags(mut self, tags: &'a [(String, String)]) -> Self {
        self.request_tags = tags;
        self
    }

    #[must_use]
    pub fn removed_tags(mut self, keys: &'a [String]) -> Self {
        self.removed_tags = keys;
        self
    }
}
