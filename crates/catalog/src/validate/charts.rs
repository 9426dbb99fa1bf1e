//! Validate of a Helm repository: its index is read as a sync reads it, and nothing is kept.

use super::{Ended, Walk, field, not_taken, taken};
use crate::charts::{IndexFailure, Listed, Repository};
use crate::hops::sentence;
use crate::{Catalog, Hop, HopResult, HopState, RegistrySpec};
use packyard_oci::client::Validators;

/// What an index lists, in which the versions of one chart follow each other.
#[derive(Default)]
struct Seen {
    chart: String,
    charts: u32,
    versions: u32,
}

impl Seen {
    fn take(&mut self, listed: &Listed) {
        let is_first = self.versions == 0;
        self.versions = self.versions.saturating_add(1);
        if is_first || self.chart != listed.entry.name {
            self.chart.clone_from(&listed.entry.name);
            self.charts = self.charts.saturating_add(1);
        }
    }
}

impl<F: FnMut(&HopResult) + Send> Walk<F> {
    pub(super) async fn repository(&mut self, spec: &RegistrySpec, catalog: &Catalog) {
        let repository = match catalog.checked_repository(spec) {
            Ok(repository) => repository,
            Err(unusable) => return self.unusable(&unusable),
        };
        self.ok(Hop::Endpoint, repository.shown());
        self.report.searched = vec![repository.shown()];
        let take = |seen: &mut Seen, listed: &Listed| {
            seen.take(listed);
            Ok(())
        };
        match repository.read_index(&Validators::default(), Seen::default(), take).await {
            Ok((seen, _)) => self.has_index(spec, &repository, &seen),
            Err(failure) => {
                let _: Result<(), Ended> = self.no_index(spec, &repository, &failure).await;
            }
        }
    }

    fn has_index(&mut self, spec: &RegistrySpec, repository: &Repository, seen: &Seen) {
        for hop in self.passed_before(Hop::Registry) {
            self.passed(hop, spec, repository.folder.server(), repository.proxy());
        }
        self.ok(Hop::Registry, "a Helm repository answers".to_owned());
        self.ok(Hop::Credentials, taken(spec).to_owned());
        self.ok(Hop::Permission, "reading the index is allowed".to_owned());
        self.report.repositories_found = seen.charts;
        self.report.packs_found = seen.versions;
        if seen.versions == 0 {
            let text = format!("the index of {} lists no charts yet", repository.shown());
            return self.add(Hop::Path, HopState::Warning, text);
        }
        let versions = if seen.versions == 1 { "version" } else { "versions" };
        let charts = if seen.charts == 1 { "chart" } else { "charts" };
        self.ok(Hop::Path, format!("{} {versions} of {} {charts}", seen.versions, seen.charts));
    }

    async fn no_index(
        &mut self,
        spec: &RegistrySpec,
        repository: &Repository,
        failure: &IndexFailure,
    ) -> Result<(), Ended> {
        let at = failure.hop();
        for hop in self.passed_before(at) {
            self.passed(hop, spec, repository.folder.server(), repository.proxy());
        }
        if at == Hop::Endpoint {
            self.report.hops.clear();
        }
        if let (Hop::Credentials, IndexFailure::Transport(error)) = (at, failure) {
            self.note(not_taken(spec, error));
            return Err(Ended);
        }
        if at == Hop::Path {
            self.ok(Hop::Registry, "a web server answers".to_owned());
        }
        let advice = match (repository.advice(failure).await, failure) {
            (Some(advice), _) => Some(advice),
            (None, IndexFailure::Transport(error)) if at != Hop::Path => error.hint().map(sentence),
            (None, _) => Some("Enter the address that `helm repo add` takes: the folder of index.yaml.".to_owned()),
        };
        // On the way there, it does not matter what was to be read.
        let seen = if at < Hop::Registry { failure.seen() } else { format!("index.yaml: {}", failure.seen()) };
        let about = match failure {
            IndexFailure::Transport(error) => field(error),
            IndexFailure::Index(_) | IndexFailure::Limit { .. } | IndexFailure::Panicked => None,
        };
        self.note(HopResult { advice, ..HopResult::new(at, HopState::Failed, &seen).about(about) });
        Err(Ended)
    }
}
