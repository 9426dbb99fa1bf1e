//! What a run keeps in mind and writes down: counts, outcomes, near misses. What it makes of them: `verdict`.

use super::tag::failure_reason;
use crate::hops::told;
use crate::stored::json;
use crate::{Holds, NearMiss, Outcome, Reason, RunCounts, SyncLimits};
use packyard_oci::client::ClientError;
use packyard_store::{CatalogStore, Lease, OutcomeRow, PackWritten, TagRow};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Why a run ended before it was through.
pub(super) struct Stopped {
    /// Complete by itself.
    pub(super) message: String,
    /// How long the registry asked us to stay away.
    pub(super) asked: Option<Duration>,
}

impl Stopped {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), asked: None }
    }
}

impl From<&ClientError> for Stopped {
    fn from(error: &ClientError) -> Self {
        Self { message: told(error), asked: error.retry_after }
    }
}

impl From<packyard_store::Error> for Stopped {
    fn from(error: packyard_store::Error) -> Self {
        match error {
            packyard_store::Error::Conflict(_) => Self::new(TAKEN_OVER),
            packyard_store::Error::NotFound(_) => Self::new("the registry was removed meanwhile"),
            other => {
                tracing::error!(error = ?other, "the catalogue could not be written");
                Self::new("the catalogue could not be written; the server's log says why")
            }
        }
    }
}

/// Outcomes that are kept before they are written.
const MANY: usize = 1000;

/// The lease is no longer ours: nothing more is written.
pub(super) const TAKEN_OVER: &str = "the run was cancelled, or another process took it over";

pub(super) struct Run<'a> {
    pub(super) store: CatalogStore,
    pub(super) lease: &'a Lease,
    pub(super) limits: &'a SyncLimits,
    pub(super) uid: &'a str,
    pub(super) id: i64,
    /// Over the whole registry, not after pushes.
    pub(super) whole: bool,
    pub(super) believes_empty: bool,
    /// Known tags are asked whether they still have the digest that is known, where the list does not say it.
    pub(super) rechecks: bool,
    pub(super) holds: Holds,
    pub(super) counts: RunCounts,
    pub(super) near_misses: Vec<NearMiss>,
    pub(super) searched: Vec<String>,
    /// Outcomes that are not written yet.
    pub(super) pending: Vec<OutcomeRow>,
    pub(super) shown: Instant,
    /// Of a run over the whole registry: the runs after pushes, by repository, that had begun before it listed anything.
    pub(super) pushes: Option<HashMap<String, i64>>,
    /// Tags left to such a run that began later.
    pub(super) overtaken: u32,
    pub(super) first_unread_repository: Option<String>,
    pub(super) first_unread_tag: Option<String>,
    /// Unread tags that the catalogue does not know, and those of which it has a pack.
    pub(super) unread_new: u32,
    pub(super) unread_taken: u32,
    /// Failures without an answer in between that may be the registry's.
    pub(super) failures_in_a_row: u32,
}

/// What a run is to do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Aim {
    pub(super) whole: bool,
    pub(super) believes_empty: bool,
    pub(super) rechecks: bool,
    pub(super) holds: Holds,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        store: CatalogStore,
        lease: &'a Lease,
        limits: &'a SyncLimits,
        uid: &'a str,
        id: i64,
        aim: Aim,
    ) -> Self {
        let Aim { whole, believes_empty, rechecks, holds } = aim;
        Self {
            store,
            lease,
            limits,
            uid,
            id,
            whole,
            believes_empty,
            rechecks,
            holds,
            counts: RunCounts::default(),
            near_misses: Vec::new(),
            searched: Vec::new(),
            pending: Vec::new(),
            shown: Instant::now(),
            pushes: None,
            overtaken: 0,
            first_unread_repository: None,
            first_unread_tag: None,
            unread_new: 0,
            unread_taken: 0,
            failures_in_a_row: 0,
        }
    }

    pub(super) fn note_written(
        &mut self,
        repository: &str,
        tag: &str,
        digest: &str,
        row: Option<&TagRow>,
        written: PackWritten,
        warnings: &[Reason],
    ) {
        let (outcome, uid) = match written {
            PackWritten::Added { uid } => (Outcome::Added, uid),
            PackWritten::Updated { uid } => (Outcome::Updated, uid),
            PackWritten::Overtaken => return self.note_overtaken(),
            PackWritten::Shadowed { by_repository, by_tag } => {
                let reason = Reason {
                    code: "same-pack-twice".to_owned(),
                    reason: format!(
                        "its pack.json has the name and version that `{by_repository}:{by_tag}` holds, which goes first"
                    ),
                    hint: "Keep one tag for each version of a pack. A pack of its own needs its own name and version in pack.json."
                        .to_owned(),
                };
                self.counts.rejected += 1;
                // What else is odd often tells why: a repository or a tag that is named otherwise.
                let reasons: Vec<Reason> = std::iter::once(reason).chain(warnings.iter().cloned()).collect();
                self.note(repository, tag, digest, Outcome::Rejected, &reasons, None);
                return self.note_before(row);
            }
        };
        match outcome {
            Outcome::Added => self.counts.added += 1,
            _ => self.counts.updated += 1,
        }
        self.counts.warned += u32::from(!warnings.is_empty());
        self.note(repository, tag, digest, outcome, warnings, Some(uid));
        self.note_before(row);
    }

    /// What the tag that was just noted held before, if that was other content.
    pub(super) fn note_before(&mut self, row: Option<&TagRow>) {
        if let (Some(noted), Some(row)) = (self.pending.last_mut(), row)
            && noted.digest != row.digest
        {
            noted.digest_before.clone_from(&row.digest);
        }
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

    /// A push came after the tag was listed, and a run of its own reads it.
    pub(super) fn note_overtaken(&mut self) {
        self.overtaken += 1;
        self.counts.unchanged += 1;
    }

    /// Not read this time; what the catalogue holds of it stays. Without a tag it is the whole repository.
    pub(super) fn note_not_read(
        &mut self,
        repository: &str,
        tag: &str,
        digest: &str,
        error: &ClientError,
        row: Option<&TagRow>,
    ) {
        if tag.is_empty() {
            self.counts.unread_repositories += 1;
            self.first_unread_repository.get_or_insert_with(|| told(error));
        } else {
            self.counts.unread_tags += 1;
            self.counts.rejected += 1;
            self.unread_new += u32::from(row.is_none());
            self.unread_taken += u32::from(row.is_some_and(|row| row.outcome != "rejected"));
            self.first_unread_tag.get_or_insert_with(|| told(error));
        }
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
            digest_before: String::new(),
        });
    }

    pub(super) async fn flush(&mut self) -> packyard_store::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.pending);
        self.store.put_outcomes(self.lease, self.id, &rows).await
    }

    /// Writes the outcomes so far, once they are many.
    pub(super) async fn flush_many(&mut self) -> packyard_store::Result<()> {
        if self.pending.len() < MANY { Ok(()) } else { self.flush().await }
    }

    pub(super) async fn show(&mut self) -> Result<(), Stopped> {
        self.flush().await?;
        self.store.run_progress(self.lease, self.id, &json(&self.counts)).await?;
        self.shown = Instant::now();
        Ok(())
    }
}
