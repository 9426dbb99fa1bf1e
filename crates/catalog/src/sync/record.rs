//! What a run keeps in mind and writes down: counts, outcomes, near misses, its verdict.

use super::tag::failure_reason;
use crate::hops::{sentence, told};
use crate::stored::json;
use crate::{NearMiss, Outcome, Reason, RunCounts, SyncLimits};
use packyard_oci::client::ClientError;
use packyard_store::{CatalogStore, Lease, OutcomeRow, PackWritten, TagRow};
use std::time::Instant;

/// Why a run ended before it was through; complete by itself.
pub(super) struct Stopped(pub(super) String);

impl From<packyard_store::Error> for Stopped {
    fn from(error: packyard_store::Error) -> Self {
        match error {
            packyard_store::Error::Conflict(_) => Self("another process took this run over".to_owned()),
            packyard_store::Error::NotFound(_) => Self("the registry was removed meanwhile".to_owned()),
            other => {
                tracing::error!(error = ?other, "the catalogue could not be written");
                Self("the catalogue could not be written; the server's log says why".to_owned())
            }
        }
    }
}

pub(super) struct Run<'a> {
    pub(super) store: CatalogStore,
    pub(super) lease: &'a Lease,
    pub(super) limits: &'a SyncLimits,
    pub(super) uid: &'a str,
    pub(super) id: i64,
    pub(super) believes_empty: bool,
    pub(super) counts: RunCounts,
    pub(super) near_misses: Vec<NearMiss>,
    pub(super) searched: Vec<String>,
    /// Outcomes that are not written yet.
    pub(super) pending: Vec<OutcomeRow>,
    pub(super) shown: Instant,
    /// Tags and repositories that could not be read this time.
    pub(super) not_read: u32,
    pub(super) first_not_read: Option<String>,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        store: CatalogStore,
        lease: &'a Lease,
        limits: &'a SyncLimits,
        uid: &'a str,
        id: i64,
        believes_empty: bool,
    ) -> Self {
        Self {
            store,
            lease,
            limits,
            uid,
            id,
            believes_empty,
            counts: RunCounts::default(),
            near_misses: Vec::new(),
            searched: Vec::new(),
            pending: Vec::new(),
            shown: Instant::now(),
            not_read: 0,
            first_not_read: None,
        }
    }

    pub(super) fn note_written(
        &mut self,
        repository: &str,
        tag: &str,
        digest: &str,
        written: PackWritten,
        warnings: &[Reason],
    ) {
        let (outcome, uid) = match written {
            PackWritten::Added { uid } => (Outcome::Added, uid),
            PackWritten::Updated { uid } => (Outcome::Updated, uid),
            PackWritten::Shadowed { by_repository, by_tag } => {
                let reason = Reason {
                    code: "same-pack-twice".to_owned(),
                    reason: format!("`{by_repository}:{by_tag}` holds the same name and version, and goes first"),
                    hint: "keep one tag for each version of a pack".to_owned(),
                };
                self.counts.rejected += 1;
                return self.note(repository, tag, digest, Outcome::Rejected, &[reason], None);
            }
        };
        match outcome {
            Outcome::Added => self.counts.added += 1,
            _ => self.counts.updated += 1,
        }
        self.counts.warned += u32::from(!warnings.is_empty());
        self.note(repository, tag, digest, outcome, warnings, Some(uid));
    }

    /// Says again what is still wrong with a tag that did not change.
    pub(super) fn note_unchanged(&mut self, row: &TagRow) {
        let reasons: Vec<Reason> = crate::stored::parse_json(&row.reasons);
        let outcome = if row.outcome == "rejected" { Outcome::Rejected } else { Outcome::Unchanged };
        match outcome {
            Outcome::Rejected => self.counts.rejected += 1,
            _ => {
                self.counts.unchanged += 1;
                self.counts.warned += u32::from(!reasons.is_empty());
            }
        }
        if !reasons.is_empty() {
            self.note(&row.repository, &row.tag, &row.digest, outcome, &reasons, row.pack_uid.clone());
        }
    }

    /// Not read this time; what the catalogue holds of it stays.
    pub(super) fn note_not_read(
        &mut self,
        repository: &str,
        tag: &str,
        digest: &str,
        error: &ClientError,
        row: Option<&TagRow>,
    ) {
        self.not_read += 1;
        self.first_not_read.get_or_insert_with(|| told(error));
        self.counts.rejected += u32::from(!tag.is_empty());
        let pack = row.and_then(|row| row.pack_uid.clone());
        self.note(repository, tag, digest, Outcome::Rejected, &[failure_reason(error)], pack);
    }

    pub(super) fn note(
        &mut self,
        repository: &str,
        tag: &str,
        digest: &str,
        outcome: Outcome,
        reasons: &[Reason],
        pack_uid: Option<String>,
    ) {
        self.pending.push(OutcomeRow {
            repository: repository.to_owned(),
            tag: tag.to_owned(),
            digest: digest.to_owned(),
            outcome: outcome.as_str().to_owned(),
            problem: i64::from(outcome == Outcome::Rejected || !reasons.is_empty()),
            reasons: json(&reasons),
            pack_uid,
        });
    }

    pub(super) async fn flush(&mut self) -> packyard_store::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.pending);
        self.store.put_outcomes(self.id, &rows).await
    }

    pub(super) async fn show(&mut self) -> Result<(), Stopped> {
        self.flush().await?;
        self.store.run_progress(self.lease, self.id, &json(&self.counts)).await?;
        self.shown = Instant::now();
        Ok(())
    }

    /// Whether the run counts as done, and what there is to know about it.
    pub(super) fn verdict(&self, result: Result<(), Stopped>) -> (bool, String) {
        let counts = &self.counts;
        let read = counts.added + counts.updated + counts.unchanged;
        match result {
            Err(Stopped(message)) => (false, sentence(&message)),
            Ok(()) if self.not_read > 0 && read == 0 => {
                (false, self.first_not_read.clone().unwrap_or_else(|| "No tag could be read.".to_owned()))
            }
            Ok(()) if counts.rejected > 0 || self.not_read > 0 => {
                let were = if counts.rejected == 1 { "was" } else { "were" };
                (true, format!("{} of {} tags {were} not taken; the history says why.", counts.rejected, counts.tags))
            }
            Ok(()) if counts.tags == 0 => (true, format!("No packs under `{}` yet.", self.searched.join("`, `"))),
            Ok(()) => (true, String::new()),
        }
    }
}
