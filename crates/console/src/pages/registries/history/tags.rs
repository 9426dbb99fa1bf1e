//! What became of each tag of a run, why, and what to do about it.

use crate::parts::Status;
use packyard_catalog::{Outcome, Reason, TagOutcome};

pub(super) struct OutcomeView {
    pub(super) leaf: String,
    pub(super) tag: String,
    pub(super) repository: String,
    pub(super) address: Option<String>,
    pub(super) status: Status,
    /// The digest before and after, of a tag with other content.
    pub(super) change: Option<(String, String)>,
    pub(super) reasons: Vec<ReasonView>,
}

/// Reasons that are mended in the same way stand together.
pub(super) struct ReasonView {
    pub(super) reasons: Vec<String>,
    pub(super) hint: String,
}

/// Enough of a digest to tell two apart.
fn short(digest: &str) -> String {
    digest.chars().take("sha256:".len() + 12).collect()
}

pub(super) fn outcome_view(tag: TagOutcome) -> OutcomeView {
    let status = match tag.outcome {
        Outcome::Added | Outcome::Updated | Outcome::Unchanged if !tag.reasons.is_empty() => {
            Status::warn("With warnings")
        }
        Outcome::Added => Status::good("Added"),
        Outcome::Updated => Status::good("Updated"),
        Outcome::Unchanged => Status::idle("Unchanged"),
        Outcome::Rejected => Status::bad("Rejected"),
        Outcome::Deleted => Status::idle("Deleted"),
    };
    let has_findings = tag.outcome != Outcome::Rejected && !tag.reasons.is_empty();
    OutcomeView {
        change: tag.digest_before.map(|before| (short(&before), short(&tag.digest))),
        leaf: tag.repository.rsplit('/').next().unwrap_or_default().to_owned(),
        address: tag
            .pack_uid
            .map(|uid| if has_findings { format!("/packs/{uid}/findings") } else { format!("/packs/{uid}") }),
        tag: tag.tag,
        repository: tag.repository,
        status,
        reasons: reason_views(tag.reasons),
    }
}

fn reason_views(reasons: Vec<Reason>) -> Vec<ReasonView> {
    let mut views: Vec<ReasonView> = Vec::new();
    for Reason { reason, hint, .. } in reasons {
        match views.iter_mut().find(|view| view.hint == hint) {
            Some(view) if view.reasons.contains(&reason) => {}
            Some(view) => view.reasons.push(reason),
            None => views.push(ReasonView { reasons: vec![reason], hint }),
        }
    }
    views
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_with_the_same_cure_stand_together_and_once() {
        let reason =
            |text: &str, hint: &str| Reason { code: String::new(), reason: text.to_owned(), hint: hint.to_owned() };
        let views = reason_views(vec![reason("a", "x"), reason("b", "y"), reason("c", "x"), reason("a", "x")]);
        assert_eq!(views.len(), 2);
        assert_eq!(
            (views[0].reasons.as_slice(), views[0].hint.as_str()),
            (["a".to_owned(), "c".to_owned()].as_slice(), "x")
        );
    }
}
