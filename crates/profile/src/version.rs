//! Versions of one profile made of each other.

use crate::edit::{EDIT_ATTEMPTS, busy, failed};
use crate::model::{Manifest, PackRef, PackType, Template};
use crate::record;
use crate::row::Stored;
use crate::service::MANAGE;
use crate::{Error, Profiles, Result, check_version};
use packyard_access::Caller;
use packyard_store::{AtRevision, new_uid};

impl Profiles {
    /// Makes a draft of the next version: layers, values and variables of `from_uid` as an editor shows them now.
    /// All of it or nothing, whoever changes the source meanwhile.
    pub async fn new_version(&self, caller: &Caller, from_uid: &str, version: &str) -> Result<String> {
        self.may(caller, MANAGE).await?;
        check_version(version)?;
        for _ in 0..EDIT_ATTEMPTS {
            let source = self.load(caller, MANAGE, from_uid).await?;
            let made = next(&source, version, self.now_ms());
            let entry = record::copied(caller, "packyard:CreateProfileVersion", from_uid, &made);
            let at = AtRevision { uid: &source.uid, revision: source.revision };
            match self.kept().create_from(Some(at), &made.to_row(), &made.uses(), &entry).await {
                Ok(()) => return Ok(made.uid),
                Err(packyard_store::Error::Conflict(_)) => {}
                Err(packyard_store::Error::NotFound(_)) => return Err(Error::ProfileNotFound(from_uid.to_owned())),
                Err(error) => return Err(failed(error, &made)),
            }
        }
        Err(busy(from_uid))
    }
}

fn next(source: &Stored, version: &str, now_ms: i64) -> Stored {
    Stored {
        uid: new_uid(),
        version: version.to_owned(),
        draft: Some(Template { packs: source.current().packs.iter().map(own).collect() }),
        published: None,
        revision: 1,
        created_at: now_ms,
        updated_at: now_ms,
        ..source.clone()
    }
}

/// The layer for another profile: what belongs to one profile alone gets uids of its own.
fn own(pack: &PackRef) -> PackRef {
    let pack_uid = if pack.pack_type == PackType::Manifest { new_uid() } else { pack.pack_uid.clone() };
    let manifests = pack.manifests.iter().map(|manifest| Manifest { uid: new_uid(), ..manifest.clone() }).collect();
    PackRef { pack_uid, manifests, ..pack.clone() }
}
