//! The limits: each with its name, its unit, and the field that keeps it.

use super::Limits;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Bytes,
    Time,
    Count,
}

/// A limit's name and where it is kept.
pub(super) struct Limit {
    pub(super) name: &'static str,
    pub(super) unit: Unit,
    pub(super) what: &'static str,
    pub(super) get: fn(&Limits) -> u64,
    /// False when the number does not fit.
    pub(super) set: fn(&mut Limits, u64) -> bool,
}

/// The types that limits have. Times are whole seconds.
trait Number: Copy {
    fn get(self) -> u64;
    fn of(number: u64) -> Option<Self>;
}

macro_rules! numbers {
    ($($type:ty),*) => {$(
        impl Number for $type {
            fn get(self) -> u64 {
                u64::try_from(self).unwrap_or(u64::MAX)
            }

            fn of(number: u64) -> Option<Self> {
                Self::try_from(number).ok()
            }
        }
    )*};
}

numbers!(u64, u32, usize);

impl Number for Duration {
    fn get(self) -> u64 {
        self.as_secs()
    }

    fn of(number: u64) -> Option<Self> {
        // More is a mistake, and would run over when it is added to a time.
        (number <= 100 * 365 * 24 * 3600).then(|| Self::from_secs(number))
    }
}

fn put<N: Number>(place: &mut N, number: u64) -> bool {
    N::of(number).map(|number| *place = number).is_some()
}

macro_rules! limits {
    ($($name:literal $unit:ident $($field:ident).+: $what:literal;)*) => {
        pub(super) const ALL: &[Limit] = &[$(Limit {
            name: $name,
            unit: Unit::$unit,
            what: $what,
            get: |limits| Number::get(limits.$($field).+),
            set: |limits, number| put(&mut limits.$($field).+, number),
        }),*];
    };
}

limits! {
    "manifest_bytes" Bytes registry.manifest_bytes: "one manifest; 4 MiB is the most";
    "manifest_references" Count registry.manifest_references: "blobs and manifests in one manifest";
    "blob_bytes" Bytes registry.blob_bytes: "one blob";
    "uploads_per_principal" Count registry.uploads_per_principal: "open uploads of one principal";
    "uploads" Count registry.uploads: "open uploads of all";
    "upload_idle" Time registry.upload_idle: "an upload without a request is dropped";
    "body_idle" Time registry.body_idle: "a request's body without a byte is given up";
    "connections" Count connections.most: "connections at the same time; half of the files that may be open is the most";
    "head_wait" Time connections.head_wait: "a connection on which no request comes is closed";
    "reply_idle" Time connections.reply_idle: "a reply of which the client takes no byte is given up";
    "page" Count registry.page: "entries of one page of tags, repositories or referrers";
    "large_calls" Count registry.large_calls: "ECR calls with large bodies that are read at the same time";
    "manifest_cache_bytes" Bytes registry.manifest_cache_bytes: "manifests kept in memory";
    "blob_cache_bytes" Bytes registry.blob_cache_bytes: "small blobs kept in memory";
    "repositories" Count sync.repositories: "repositories listed in one registered registry";
    "tags_per_repository" Count sync.tags_per_repository: "tags of one repository of it";
    "pages" Count sync.pages: "pages of one list of it";
    "parallel_tags" Count sync.parallel_tags: "tags fetched at the same time in one sync";
    "host_parallel" Count sync.host_parallel: "requests to one host at the same time, of all registries there";
    "host_rate" Count sync.host_rate: "requests to one host in a second, of all registries there";
    "parallel_runs" Count sync.parallel_runs: "registries synchronised at the same time";
    "tag_time" Time sync.tag_time: "fetching one tag, with retries";
    "run_time" Time sync.run_time: "one whole sync";
    "push_time" Time sync.push_time: "reading what was pushed to this server; what is left goes to a whole sync";
    "history_runs" Count sync.history_runs: "syncs kept in the history of a registry";
    "history_days" Count sync.history_days: "days that they are kept; the newest one stays";
    "profile_states" Count profiles.states: "saved states kept in the history of a cluster profile's version";
    "profile_manifest_bytes" Bytes profiles.manifest_bytes: "one manifest of a cluster profile's layer";
    "lease_time" Time sync.lease_time: "a server not heard of for so long is taken for dead, and another takes its sync over";
    "pack.archive_bytes" Bytes sync.pack.archive_bytes: "a pack's archive as it travels";
    "pack.unpacked_bytes" Bytes sync.pack.unpacked_bytes: "all files of a pack together";
    "pack.file_bytes" Bytes sync.pack.file_bytes: "one file of a pack";
    "pack.entries" Count sync.pack.entries: "entries of an archive, of every kind";
    "pack.depth" Count sync.pack.depth: "folders a path is deep";
    "pack.path_bytes" Count sync.pack.path_bytes: "bytes of a path";
    "pack.ratio" Count sync.pack.ratio: "unpacked bytes for each packed byte, asked beyond 16 MiB";
    "pack.text_bytes" Bytes sync.pack.text_bytes: "each of pack.json, values.yaml, README.md, schema.yaml, presets.yaml, Chart.yaml";
    "pack.logo_bytes" Bytes sync.pack.logo_bytes: "the logo; a larger one is not shown";
    "pack.manifest_bytes" Bytes sync.pack.manifest_bytes: "a Kubernetes manifest; a larger one is not shown";
    "pack.kept_bytes" Bytes sync.pack.kept_bytes: "kept in memory for one pack";
    "pack.chart_bytes" Bytes sync.pack.chart_bytes: "what all charts of a pack unpack to";
    "pack.zstd_window_bytes" Bytes sync.pack.zstd_window_bytes: "the window a zstd archive asks for";
    "helm.index_bytes" Bytes sync.index.bytes: "index.yaml of a Helm repository, which syncs and `pack init` read";
    "helm.index_entries" Count sync.index.entries: "versions of all charts in it";
    "helm.index_value_bytes" Bytes sync.index.value_bytes: "one text in it";
    "helm.index_depth" Count sync.index.depth: "levels that it is nested";
    "helm.index_anchors" Count sync.index.anchors: "anchors of YAML in it";
    "index_changes_bytes" Bytes sync.index_changes_bytes: "what changed in it, packed, which one sync holds in memory";
    "newest_charts" Count sync.newest_charts: "newest versions of each chart of a Helm repository whose archives a sync reads";
    "chart_reads" Count sync.chart_reads: "archives of other versions that one request for packs has read";
}
