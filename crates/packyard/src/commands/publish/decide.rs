//! What is to be done about one pack, given what its tag holds. A tag that holds something else is never replaced
//! silently: clusters may run what was there.

use super::ask::Current;
use super::plan::Plan;
use super::prepare::Prepared;
use packyard_oci::Digest;

#[derive(Debug)]
pub(super) enum Decision {
    /// The archive is there. `lacks` when annotations that were asked for are not.
    Leave { digest: Digest, lacks_annotations: bool },
    Push {
        current: Current,
        /// What the tag holds until then, where it holds something.
        replaces: Option<String>,
    },
    /// The tag holds something else, by its digest where that is known.
    Refuse { digest: Option<String>, why: String },
}

pub(super) fn decide(current: Current, plan: &Plan, pack: &Prepared) -> Decision {
    match current {
        Current::Same { digest, annotated } if annotated || plan.force.is_none() => {
            Decision::Leave { digest, lacks_annotations: !annotated }
        }
        Current::Other { digest, unseen } if plan.force.is_none() => {
            Decision::Refuse { why: refusal(pack, digest.as_deref(), unseen), digest }
        }
        Current::NoRepository | Current::NoTag => Decision::Push { current, replaces: None },
        Current::Same { ref digest, .. } => Decision::Push { replaces: Some(digest.to_string()), current },
        Current::Other { ref digest, .. } => {
            let replaces = digest.clone().or_else(|| Some("something that cannot be read".to_owned()));
            Decision::Push { replaces, current }
        }
    }
}

fn refusal(pack: &Prepared, digest: Option<&str>, unseen: bool) -> String {
    let digest = digest.map(|digest| format!(", {digest}")).unwrap_or_default();
    let holds = if unseen {
        format!(
            "the tag {} holds an archive of the same size{digest}, and without ecr:BatchGetImage it cannot be seen whether it is this one",
            pack.tag
        )
    } else {
        format!("the tag {} holds other content{digest}", pack.tag)
    };
    format!("{holds}: raise the version in pack.json, or replace it with --force \"REASON\"")
}
