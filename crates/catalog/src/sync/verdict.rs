//! Whether a run counts as done, and what there is to know of its registry afterwards.

use super::record::{Run, Stopped};
use crate::hops::sentence;
use crate::{Holds, RunCounts};

impl Run<'_> {
    pub(super) fn is_all_read(&self) -> bool {
        self.counts.unread_repositories == 0 && self.counts.unread_tags == 0
    }

    /// Whether the run counts as done, and what there is to know about it.
    pub(super) fn verdict(&self, result: Result<(), Stopped>) -> (bool, String) {
        let counts = &self.counts;
        let read = counts.added + counts.updated + counts.unchanged;
        match result {
            Err(Stopped { message, .. }) => (false, sentence(&message)),
            Ok(()) if read == 0 && !self.is_all_read() => {
                let first = self.first_unread_repository.as_ref().or(self.first_unread_tag.as_ref());
                (false, first.cloned().unwrap_or_else(|| "No tag could be read.".to_owned()))
            }
            Ok(()) => (true, self.findings(counts.rejected, counts.tags)),
        }
    }

    /// What to know of a registry of which `rejected` of `tags` tags were not taken, as this run saw it.
    fn findings(&self, rejected: u32, tags: u32) -> String {
        let unread = self.counts.unread_repositories;
        let mut parts = Vec::new();
        if unread > 0 {
            let first = self.first_unread_repository.as_deref().unwrap_or_default();
            let count = if unread == 1 { "1 repository".to_owned() } else { format!("{unread} repositories") };
            parts.push(sentence(&format!("{count} could not be read: {first}")));
        }
        if rejected > 0 {
            let were = if rejected == 1 { "was" } else { "were" };
            parts.push(format!("{rejected} of {tags} tags {were} not taken; the history says why."));
        }
        if parts.is_empty() && tags == 0 && self.whole {
            parts.push(nothing_under(self.holds, &self.searched));
        }
        parts.join(" ")
    }

    /// What the registry's status says after a run that went well: as the catalogue is now, since a run after pushes
    /// saw only what was pushed, and one over the whole registry may have been overtaken by such runs.
    pub(super) async fn status_message(&self, paths: &[String]) -> packyard_store::Result<String> {
        let known = self.store.tag_counts(self.uid).await?;
        let count = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
        let mut message = if known.tags == 0 && self.is_all_read() {
            nothing_under(self.holds, paths)
        } else {
            // Of a tag that could not be read no row says so.
            let rejected = count(known.rejected) + self.unread_taken + self.unread_new;
            self.findings(rejected, count(known.tags) + self.unread_new)
        };
        if !self.whole
            && let Some(whole) = self.store.last_whole_run(self.uid).await?
        {
            let counts: RunCounts = crate::stored::parse_json(&whole.counts);
            let unread = counts.unread_repositories + counts.unread_tags;
            if unread > 0 {
                let before = if message.is_empty() { "" } else { " " };
                message += &format!("{before}The last whole sync could not read all: {}", whole.message);
            }
        }
        Ok(message)
    }
}

fn nothing_under(holds: Holds, paths: &[String]) -> String {
    format!("No {} under `{}` yet.", holds.word(), paths.join("`, `"))
}
