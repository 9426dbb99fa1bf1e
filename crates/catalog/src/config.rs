//! Settings of the catalogue, every limit with a name.

use packyard_oci::client::{EndpointPolicy, RetryOptions};
use packyard_pack::ReadLimits;
use packyard_pack::helm::IndexLimits;
use std::time::Duration;

#[derive(Clone)]
pub struct CatalogConfig {
    /// Addresses that a registered endpoint may have.
    pub endpoint_policy: EndpointPolicy,
    /// How long creating a registry waits for its first sync.
    pub first_sync_wait: Duration,
    /// How long a read waits for first syncs that still run.
    pub read_wait: Duration,
    pub sync_interval: Duration,
    /// After a failed run, or one with tags that could not be fetched; it doubles with each failure in a row, and is
    /// never longer than the interval.
    pub retry_interval: Duration,
    /// Where a list of tags says no digests, known tags are asked whether they changed after this time; and whenever
    /// somebody asks for a sync.
    pub recheck_tags: Duration,
    /// A run that goes on for longer may be ended by a forced sync.
    pub force_after: Duration,
    /// Whether registries may be read with this server's own AWS identity: one registered so, or with a role and no key.
    pub server_aws_identity: bool,
    /// Tries of each call to a registry.
    pub retry: RetryOptions,
    pub limits: SyncLimits,
}

#[derive(Debug, Clone)]
pub struct SyncLimits {
    /// Archive size, entries, ratio and the rest.
    pub pack: ReadLimits,
    /// Of the index of a Helm repository.
    pub index: IndexLimits,
    /// What changed in such an index, packed, which is held in memory until it has been read whole.
    pub index_changes_bytes: u64,
    /// Versions of each chart of a Helm repository, the newest, whose archives a sync reads; those of others are read when
    /// somebody opens them.
    pub newest_charts: usize,
    /// Archives of charts that one request for packs has read.
    pub chart_reads: usize,
    /// Repositories listed in one registry.
    pub repositories: usize,
    /// Tags of one repository.
    pub tags_per_repository: usize,
    /// Pages of one listing.
    pub pages: usize,
    /// Tags fetched at the same time in one run.
    pub parallel_tags: usize,
    /// Requests to one host at the same time, of all registries there.
    pub host_parallel: usize,
    /// Requests to one host in a second.
    pub host_rate: u32,
    /// Registries synchronised at the same time.
    pub parallel_runs: usize,
    /// Fetching one tag, with retries.
    pub tag_time: Duration,
    /// One whole run.
    pub run_time: Duration,
    /// One run after pushes to this server. What it cannot read in this time is left to a run over the whole registry.
    pub push_time: Duration,
    /// Runs kept in the history of a registry.
    pub history_runs: u32,
    /// Days that they are kept.
    pub history_days: u32,
    /// A server that is not heard of for so long is taken for dead, and another one takes its run over.
    pub lease_time: Duration,
}

impl Default for CatalogConfig {
    fn default() -> Self {
        Self {
            endpoint_policy: EndpointPolicy::Any,
            first_sync_wait: Duration::from_secs(60),
            read_wait: Duration::from_secs(30),
            sync_interval: Duration::from_secs(24 * 3600),
            retry_interval: Duration::from_secs(15 * 60),
            recheck_tags: Duration::from_secs(7 * 24 * 3600),
            force_after: Duration::from_secs(3600),
            server_aws_identity: false,
            retry: RetryOptions::default(),
            limits: SyncLimits::default(),
        }
    }
}

impl Default for SyncLimits {
    fn default() -> Self {
        Self {
            pack: ReadLimits::PACK,
            index: IndexLimits::HELM,
            index_changes_bytes: 64 << 20,
            newest_charts: 1,
            chart_reads: 200,
            repositories: 20_000,
            tags_per_repository: 10_000,
            pages: 1_000,
            parallel_tags: 16,
            host_parallel: 16,
            host_rate: 10_000,
            parallel_runs: 4,
            tag_time: Duration::from_secs(300),
            run_time: Duration::from_secs(4 * 3600),
            push_time: Duration::from_secs(15),
            history_runs: 100,
            history_days: 90,
            lease_time: Duration::from_secs(20),
        }
    }
}
