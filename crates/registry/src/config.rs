//! Settings of the registry. Every limit is one of them, and running over one is an error that names it.

use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Debug, Clone)]
pub struct RegistryConfig {
    /// This server's own.
    pub data_dir: PathBuf,
    /// Where blobs live: `<data_dir>/blobs`, unless servers that share a database share another folder.
    pub blobs_dir: PathBuf,
    /// As clients reach this server: `http://localhost:7225`, without a slash at the end.
    pub public_url: String,
    pub account_id: String,
    pub region: String,
    /// Which installation answers: told with each 401, for people.
    pub instance_id: String,
    pub limits: Limits,
    pub collector: CollectorConfig,
}

impl RegistryConfig {
    pub fn new(
        data_dir: impl AsRef<Path>,
        public_url: impl Into<String>,
        account_id: impl Into<String>,
        region: impl Into<String>,
        instance_id: impl Into<String>,
    ) -> Self {
        let public_url: String = public_url.into();
        Self {
            data_dir: data_dir.as_ref().to_owned(),
            blobs_dir: data_dir.as_ref().join("blobs"),
            public_url: public_url.trim_end_matches('/').to_owned(),
            account_id: account_id.into(),
            region: region.into(),
            instance_id: instance_id.into(),
            limits: Limits::default(),
            collector: CollectorConfig::default(),
        }
    }

    /// Host and port of the public URL: what stands before a repository name in an image reference.
    pub(crate) fn public_host(&self) -> &str {
        self.public_url.split_once("://").map_or(self.public_url.as_str(), |(_, host)| host)
    }
}

#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of one manifest; never more than [`packyard_oci::MANIFEST_LIMIT`].
    pub manifest_bytes: usize,
    /// Bytes of one blob. ECR's quota.
    pub blob_bytes: u64,
    /// Descriptors in one manifest.
    pub manifest_references: usize,
    /// Open upload sessions of one principal.
    pub uploads_per_principal: usize,
    /// Open upload sessions of all.
    pub uploads: usize,
    /// A session that nobody wrote to for so long is dropped.
    pub upload_idle: Duration,
    /// ECR API calls with large bodies (a layer part, a manifest) that are read at the same time.
    pub large_calls: usize,
    /// A request body that stands still for so long is given up.
    pub body_idle: Duration,
    /// Entries of one page of tags, repositories or referrers.
    pub page: usize,
    /// Bytes of manifests kept in memory.
    pub manifest_cache_bytes: usize,
    /// Bytes of small blobs, and of what is known of others, kept in memory.
    pub blob_cache_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            manifest_bytes: packyard_oci::MANIFEST_LIMIT,
            blob_bytes: 52_000 * 1024 * 1024,
            manifest_references: 10_000,
            uploads_per_principal: 1_000,
            uploads: 20_000,
            upload_idle: Duration::from_secs(60 * 60),
            large_calls: 4,
            body_idle: Duration::from_secs(60),
            page: 10_000,
            manifest_cache_bytes: 16 * 1024 * 1024,
            blob_cache_bytes: 8 * 1024 * 1024,
        }
    }
}

#[derive(Debug, Clone)]
pub struct CollectorConfig {
    /// Time between two runs.
    pub interval: Duration,
    /// A blob nothing refers to is kept this long after it was pushed, asked for, or lost its last manifest: a push
    /// that found it there must have time to finish.
    pub grace: Duration,
    /// An object no blob claims is kept this long: it may be an upload under way.
    pub stray_age: Duration,
    /// Of the 256 folders of objects, so many are searched for strays in one run.
    pub stray_folders: u8,
}

impl Default for CollectorConfig {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(10 * 60),
            grace: Duration::from_secs(60 * 60),
            stray_age: Duration::from_secs(24 * 60 * 60),
            stray_folders: 8,
        }
    }
}
