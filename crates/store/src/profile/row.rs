//! Rows of cluster profiles, as the profile service gives and gets them.

use crate::ProfileSecrets;

/// A whole version. `labels`, `annotations`, `variables`, `draft` and `published` are JSON of the profile service.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ProfileRow {
    pub uid: String,
    pub scope: String,
    /// Empty unless `scope` is `project`.
    pub project_uid: String,
    pub name: String,
    pub version: String,
    pub kind: String,
    pub cloud: String,
    pub description: String,
    pub labels: String,
    pub annotations: String,
    pub variables: String,
    /// What is secret in the variables; rests sealed.
    #[sqlx(skip)]
    pub secrets: ProfileSecrets,
    pub draft: Option<String>,
    pub published: Option<String>,
    pub revision: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

/// What lists show: everything but the templates.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ProfileHead {
    pub uid: String,
    pub scope: String,
    pub project_uid: String,
    pub name: String,
    pub version: String,
    pub kind: String,
    pub cloud: String,
    pub description: String,
    pub labels: String,
    pub annotations: String,
    /// 0 or 1.
    pub is_published: i64,
    /// 0 or 1.
    pub has_draft: i64,
    pub packs: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

/// One pack that a profile stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackUse {
    pub pack_uid: String,
    pub registry_uid: String,
    pub pack_name: String,
}
