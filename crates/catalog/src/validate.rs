//! Validate: walks from us to the packs, one hop after the other, and says where the walk ends and what to do.

mod charts;
mod ecr_rights;
mod login;

use crate::connect::{Connection, Unusable};
use crate::error::Error;
use crate::hops::{hop, sentence};
use crate::registries::checked_provider;
use crate::secrets::SecretChanges;
use crate::source::Source;
use crate::{Catalog, Hop, HopResult, HopState, RegistryKind, RegistrySpec, ValidateReport};
use futures_util::{StreamExt, stream};
use login::{OPEN_ECR, not_taken, taken};
use packyard_access::Caller;
use packyard_oci::aws::is_ecr_public;
use packyard_oci::client::{self, ClientError, Endpoint, ProxyOptions, Scheme};

impl Catalog {
    /// Checks `spec` without storing anything. `existing` is the registry being edited, whose stored secret is used
    /// where none is given. A failed walk is a report, not an error.
    pub async fn validate_registry(
        &self,
        caller: &Caller,
        spec: &RegistrySpec,
        existing: Option<&str>,
    ) -> Result<ValidateReport, Error> {
        self.validate_registry_with(caller, spec, existing, |_| {}).await
    }

    /// The same; `tell` hears of each hop as soon as it is known.
    pub async fn validate_registry_with(
        &self,
        caller: &Caller,
        spec: &RegistrySpec,
        existing: Option<&str>,
        tell: impl FnMut(&HopResult) + Send,
    ) -> Result<ValidateReport, Error> {
        self.may(caller, "packyard:ManageRegistries").await?;
        let mut spec = spec.clone();
        if let Some(uid) = existing {
            let before = self.spec_with_secret(uid).await?;
            SecretChanges::of_edit(&mut spec, &before)?;
        }
        checked_provider(&spec)?;
        let mut walk = Walk { report: ValidateReport::default(), hops: Hop::of(&spec), tell };
        walk.all(&spec, self).await;
        walk.skip_rest();
        Ok(walk.report)
    }
}

/// The setting that a failure is about, where the hop alone does not say.
fn field(error: &ClientError) -> Option<&'static str> {
    match error.hop {
        client::Hop::ClientCertificate => Some("tls.key"),
        client::Hop::Proxy if error.status == Some(407) => Some("proxy.username"),
        client::Hop::Tls if error.is_without_tls() => Some("endpoint"),
        _ => None,
    }
}

struct Walk<F> {
    report: ValidateReport,
    /// All that there are on this way.
    hops: Vec<Hop>,
    tell: F,
}

/// The walk ended; the report says where.
struct Ended;

impl<F: FnMut(&HopResult) + Send> Walk<F> {
    async fn all(&mut self, spec: &RegistrySpec, catalog: &Catalog) {
        match spec.kind {
            RegistryKind::Pack => return self.only_written(spec, catalog),
            RegistryKind::Helm => return self.repository(spec, catalog).await,
            RegistryKind::Basic | RegistryKind::Ecr => {}
        }
        let connection = match catalog.checked_connection(spec) {
            Ok(connection) => connection,
            Err(unusable) => return self.unusable(&unusable),
        };
        self.ok(Hop::Endpoint, connection.endpoint.to_string());
        let walked = async {
            self.reach(spec, &connection, catalog).await?;
            match &connection.ecr {
                Some(api) => self.ecr_rights(spec, &connection, api).await?,
                None => self.log_in(spec, &connection).await?,
            }
            match spec.why_not_synced() {
                None => self.look(&connection, catalog.config.limits.parallel_tags).await,
                Some(_) => Ok(()),
            }
        };
        let _: Result<(), Ended> = walked.await;
    }

    /// Nothing is read from such a registry, so nothing is tried; the report says so.
    fn only_written(&mut self, spec: &RegistrySpec, catalog: &Catalog) {
        match catalog.checked_written(spec) {
            Err(unusable) => self.unusable(&unusable),
            Ok(endpoint) => {
                let why = spec.why_not_synced().unwrap_or_default();
                self.add(Hop::Endpoint, HopState::Warning, format!("{endpoint} was not contacted: {why}"));
            }
        }
    }

    fn unusable(&mut self, unusable: &Unusable) {
        for before in self.hops.clone().into_iter().take_while(|hop| *hop < unusable.hop) {
            self.add(before, HopState::Skipped, String::new());
        }
        let field = matches!(unusable.hop, Hop::Tls | Hop::Proxy).then_some(unusable.field);
        self.note(HopResult::new(unusable.hop, HopState::Failed, &unusable.message).about(field));
    }

    /// DNS to "a registry answers": one unauthenticated request, whose error says how far it came.
    async fn reach(&mut self, spec: &RegistrySpec, connection: &Connection, catalog: &Catalog) -> Result<(), Ended> {
        let endpoint = &connection.endpoint;
        let (probe, is_this_server) = match catalog.probe(connection).await {
            Ok(probed) => probed,
            Err(error) => {
                let at = hop(error.hop);
                // Of later hops nothing is known to have passed.
                let passed = if at > Hop::Registry { Vec::new() } else { self.passed_before(at) };
                for hop in passed {
                    self.passed(hop, spec, endpoint, connection.proxy.as_ref());
                }
                if at == Hop::Endpoint {
                    self.report.hops.clear();
                }
                return self.fail_with(at.min(Hop::Registry), &error);
            }
        };
        for hop in self.passed_before(Hop::Registry) {
            self.passed(hop, spec, endpoint, connection.proxy.as_ref());
        }
        self.report.is_this_server = is_this_server;
        if !probe.is_registry && probe.status != 200 {
            let text = format!("{} answers GET /v2/ with {}, not as a registry does", endpoint.origin(), probe.status);
            return self.fail(Hop::Registry, text);
        }
        let what = if self.report.is_this_server {
            "this very server answers: pushes show within a second"
        } else {
            "an OCI registry answers"
        };
        self.ok(Hop::Registry, what.to_owned());
        Ok(())
    }

    /// The hops of the network that worked when one failed. The policy speaks after DNS: it is about addresses.
    fn passed_before(&self, failed: Hop) -> Vec<Hop> {
        let of_network = Hop::Proxy..failed.min(Hop::Registry);
        self.hops.iter().copied().filter(|hop| of_network.contains(hop)).collect()
    }

    fn passed(&mut self, hop: Hop, spec: &RegistrySpec, endpoint: &Endpoint, proxy: Option<&ProxyOptions>) {
        let used = proxy.filter(|proxy| proxy.covers(endpoint.host(), endpoint.port()));
        let (state, detail) = match (hop, used) {
            (Hop::Proxy, Some(proxy)) => (HopState::Ok, format!("the proxy {} lets us through", proxy.authority())),
            (Hop::Proxy, None) => (HopState::Skipped, "this host is reached without the proxy".to_owned()),
            (Hop::Dns | Hop::Tcp, Some(_)) => (HopState::Skipped, "the proxy does that".to_owned()),
            (Hop::Dns, None) if endpoint.ip().is_some() => (HopState::Skipped, "an address was given".to_owned()),
            (Hop::Dns, None) => (HopState::Ok, format!("the name {} resolves", endpoint.host())),
            (Hop::Tcp, None) => (HopState::Ok, format!("port {} is open", endpoint.port())),
            _ if endpoint.scheme == Scheme::Http => (HopState::Skipped, "plain HTTP".to_owned()),
            _ if spec.tls.as_ref().is_some_and(|tls| tls.insecure_skip_verify) => {
                (HopState::Warning, "the certificate is not verified, as the settings say".to_owned())
            }
            _ => (HopState::Ok, "the certificate is trusted".to_owned()),
        };
        self.add(hop, state, detail);
    }

    async fn log_in(&mut self, spec: &RegistrySpec, connection: &Connection) -> Result<(), Ended> {
        match connection.client.ping().await {
            Ok(()) => self.let_in(spec, connection),
            // Some registries refuse the bare ping to users who may read; the list decides.
            Err(error) if error.hop == client::Hop::Permission => self.let_in(spec, connection),
            Err(error) if error.hop == client::Hop::Auth => self.refused(spec, &error),
            Err(error) => self.fail_with(hop(error.hop).clamp(Hop::Registry, Hop::Credentials), &error),
        }
    }

    fn let_in(&mut self, spec: &RegistrySpec, connection: &Connection) -> Result<(), Ended> {
        if spec.kind == RegistryKind::Ecr && !is_ecr_public(connection.endpoint.host()) {
            self.add(Hop::Credentials, HopState::Warning, OPEN_ECR.to_owned());
        } else {
            self.ok(Hop::Credentials, taken(spec).to_owned());
        }
        Ok(())
    }

    /// What is under the base paths, of which so many are listed at the same time. Nothing is not a failure.
    async fn look(&mut self, connection: &Connection, parallel: usize) -> Result<(), Ended> {
        let source = connection.source();
        self.report.searched = connection.paths.searched();
        let repositories = match connection.paths.all_named() {
            Some(named) => named,
            None => match source.repositories().await {
                Ok(all) => {
                    let found = connection.find(all.iter().map(String::as_str));
                    self.report.near_misses = found.near_misses;
                    found.repositories
                }
                Err(error) => return self.fail_with(hop(error.hop).max(Hop::Credentials), &error),
            },
        };
        let source = &source;
        let mut lists = stream::iter(repositories)
            .map(|name| async move {
                let tags = source.tags(&name).await;
                (name, tags)
            })
            .buffer_unordered(parallel.max(1));
        let mut full = Vec::new();
        while let Some((name, listed)) = lists.next().await {
            match listed {
                Ok(tags) => {
                    if tags.as_ref().is_some_and(|tags| !tags.is_empty()) {
                        full.push(name);
                    }
                    self.report.repositories_found += u32::from(tags.is_some());
                    self.report.packs_found += u32::try_from(tags.map_or(0, |tags| tags.len())).unwrap_or(u32::MAX);
                }
                Err(error) => return self.fail_with(hop(error.hop).max(Hop::Credentials), &error),
            }
        }
        self.ok(Hop::Permission, "listing and reading are allowed".to_owned());
        let searched = self.report.searched.join("`, `");
        if self.report.packs_found == 0 {
            self.add(
                Hop::Path,
                HopState::Warning,
                format!("reachable, no {} under `{searched}` yet", connection.holds.word()),
            );
        } else {
            let (packs, repositories) = (self.report.packs_found, self.report.repositories_found);
            let tags = if packs == 1 { "tag" } else { "tags" };
            let places = if repositories == 1 { "repository" } else { "repositories" };
            let found = format!("{packs} {tags} in {repositories} {places} under `{searched}`");
            self.report.empty_paths = connection.paths.bare(&full);
            // One of several paths that is mistyped would go unseen beside those that are right.
            match self.report.empty_paths.join("`, `") {
                empty if empty.is_empty() => self.ok(Hop::Path, found),
                empty => self.add(Hop::Path, HopState::Warning, format!("{found}; nothing under `{empty}`")),
            }
        }
        Ok(())
    }

    fn ok(&mut self, hop: Hop, detail: String) {
        self.add(hop, HopState::Ok, detail);
    }

    fn fail(&mut self, hop: Hop, detail: String) -> Result<(), Ended> {
        self.add(hop, HopState::Failed, detail);
        Err(Ended)
    }

    /// What was seen and what to do are told apart: pages show them in two places.
    fn fail_with(&mut self, hop: Hop, error: &ClientError) -> Result<(), Ended> {
        let advice = error.hint().map(sentence);
        self.note(HopResult { advice, ..HopResult::new(hop, HopState::Failed, &error.seen).about(field(error)) });
        Err(Ended)
    }

    /// The credentials were not taken.
    fn refused(&mut self, spec: &RegistrySpec, error: &ClientError) -> Result<(), Ended> {
        self.note(not_taken(spec, error));
        Err(Ended)
    }

    fn add(&mut self, hop: Hop, state: HopState, detail: String) {
        self.note(HopResult::new(hop, state, &detail));
    }

    fn note(&mut self, result: HopResult) {
        // A later finding about the same hop replaces the earlier one.
        self.report.hops.retain(|known| known.hop != result.hop);
        (self.tell)(&result);
        self.report.hops.push(result);
        self.report.hops.sort_by_key(|known| known.hop);
    }

    fn skip_rest(&mut self) {
        for hop in self.hops.clone() {
            if !self.report.hops.iter().any(|known| known.hop == hop) {
                self.add(hop, HopState::Skipped, String::new());
            }
        }
    }
}
