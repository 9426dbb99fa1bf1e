//! Charts of Helm repositories whose archives no sync read: they are read when somebody opens them, once, and kept.

use super::document::{Content, finding};
use super::repository::{NotRead, Repository};
use crate::error::{Doing, Error};
use crate::packs::StoredDetail;
use crate::snapshot::Summary;
use crate::stored::json;
use crate::sync::convert::search_text;
use crate::{Catalog, ChartPlace, PackDetail, PackFinding, Reason};
use futures_util::{StreamExt, stream};
use packyard_store::ChartWrite;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A chart that could not be read is not asked for again so soon: pages are looked at more than once.
const ASK_AGAIN: Duration = Duration::from_secs(60);
/// Charts of which that is remembered.
const REMEMBERED: usize = 10_000;

/// Why charts could not be read, by uid, for a moment.
#[derive(Clone, Default)]
pub(crate) struct Unread(Arc<Mutex<HashMap<String, (Instant, Reason)>>>);

impl Unread {
    fn why(&self, uid: &str) -> Option<Reason> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(uid).filter(|(at, _)| at.elapsed() < ASK_AGAIN).map(|(_, reason)| reason.clone())
    }

    fn note(&self, uid: &str, reason: &Reason) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (at, _)| at.elapsed() < ASK_AGAIN);
        if known.len() < REMEMBERED {
            known.insert(uid.to_owned(), (Instant::now(), reason.clone()));
        }
    }
}

impl Catalog {
    /// Fills in what the archives of charts among `details` hold that have not been read: the first ones, up to the limit
    /// `chart_reads`, within `read_wait`. Of one that cannot be read, a finding says why.
    pub(crate) async fn open_charts(&self, details: &mut [PackDetail]) -> Result<(), Error> {
        let wanted: Vec<usize> = (0..details.len()).filter(|at| is_unread(&details[*at])).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let deadline = tokio::time::Instant::now() + self.config.read_wait;
        let limits = &self.config.limits;
        let subjects: Vec<(usize, PackDetail)> =
            wanted.iter().take(limits.chart_reads).map(|at| (*at, details[*at].clone())).collect();
        let mut opened = stream::iter(subjects)
            .map(|(at, detail)| async move { (at, self.open_chart(detail).await) })
            .buffer_unordered(limits.parallel_tags.max(1));
        // What is late is read when somebody asks again.
        while let Ok(Some((at, opened))) = tokio::time::timeout_at(deadline, opened.next()).await {
            details[at] = opened?;
        }
        drop(opened);
        let late = || reason("not-read-yet", "its archive has not been read yet", "open it again in a moment");
        for detail in details.iter_mut().filter(|detail| is_unread(detail) && detail.findings.is_empty()) {
            detail.findings.push(finding(&late()));
        }
        Ok(())
    }

    async fn open_chart(&self, mut detail: PackDetail) -> Result<PackDetail, Error> {
        let uid = detail.row.uid.clone();
        if let Some(why) = self.unread.why(&uid) {
            return Ok(unread(detail, &why));
        }
        let read = match self.repository(&detail.row.registry_uid).await {
            Ok(Ok(repository)) => read(&repository, &detail).await.map_err(|not_read| not_read.reason),
            Ok(Err(unusable)) => Err(reason("archive-not-read", &unusable.message, "edit the registry")),
            Err(error) if error.is_not_found() => {
                Err(reason("archive-not-read", "its registry is no longer registered", ""))
            }
            Err(error) => return Err(error),
        };
        match read {
            Ok(content) => {
                self.keep(&mut detail, content).await?;
                Ok(detail)
            }
            Err(why) => {
                tracing::info!(pack = uid, reason = why.reason, "the archive of a chart could not be read");
                self.unread.note(&uid, &why);
                Ok(unread(detail, &why))
            }
        }
    }

    /// Writes what was read, unless the row has changed since: then another reading will.
    async fn keep(&self, detail: &mut PackDetail, content: Content) -> Result<(), Error> {
        let before = json(&stored(detail));
        detail.values = content.values;
        detail.readme = content.readme;
        detail.metadata = content.metadata;
        detail.content.files = content.files;
        detail.row.has_readme = detail.readme.is_some();
        detail.row.has_logo = content.logo.is_some();
        detail.archive.get_or_insert_default().is_read = true;
        let row = &detail.row;
        let summary = Summary {
            display_name: row.display_name.clone(),
            description: row.description.clone(),
            ..Summary::default()
        };
        let write = ChartWrite {
            uid: &row.uid,
            digest_before: &row.digest,
            detail_before: &before,
            search: &search_text(&row.name, &summary, detail.readme.as_deref()),
            detail: &json(&stored(detail)),
            values: &detail.values,
            readme: detail.readme.as_deref(),
            logo: content.logo.as_ref().map(|(kind, bytes)| (kind.as_str(), bytes.as_slice())),
        };
        self.packs_store().fill_chart(write).await.doing("keep what a chart holds")?;
        Ok(())
    }
}

fn is_unread(detail: &PackDetail) -> bool {
    detail.archive.as_ref().is_some_and(|archive| !archive.is_read)
}

async fn read(repository: &Repository, detail: &PackDetail) -> Result<Content, NotRead> {
    let row = &detail.row;
    let urls = detail.archive.as_ref().map_or(&[][..], |ChartPlace { urls, .. }| urls.as_slice());
    repository.chart(&row.name, &row.version, urls, &row.digest).await
}

fn unread(mut detail: PackDetail, why: &Reason) -> PackDetail {
    let known = |found: &PackFinding| found.code == why.code;
    if !detail.findings.iter().any(known) {
        detail.findings.push(finding(why));
    }
    detail
}

fn reason(code: &str, text: &str, hint: &str) -> Reason {
    Reason { code: code.to_owned(), reason: text.to_owned(), hint: hint.to_owned() }
}

/// The document of the row as it is stored.
fn stored(detail: &PackDetail) -> StoredDetail {
    StoredDetail {
        schema: detail.schema.clone(),
        presets: detail.presets.clone(),
        dependencies: detail.dependencies.clone(),
        findings: detail.findings.clone(),
        metadata: detail.metadata.clone(),
        content: detail.content.clone(),
        archive: detail.archive.clone(),
    }
}
