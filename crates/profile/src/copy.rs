//! A copy of a version: under another name, as another version, or in another scope.

use crate::edit::failed;
use crate::model::Template;
use crate::record;
use crate::service::{MANAGE, READ};
use crate::{Error, Profiles, Result, Scope, check_name, check_version};
use packyard_access::Caller;
use packyard_store::new_uid;
use std::collections::HashMap;

/// What a copy is called and where it lives.
#[derive(Debug, Clone)]
pub struct CopyTarget {
    /// `None` keeps the name: a new version.
    pub name: Option<String>,
    pub version: String,
    /// `None` keeps the scope.
    pub scope: Option<Scope>,
}

impl Profiles {
    /// Copies everything, drafts and published templates each to their own, in one transaction. Returns the uid.
    pub async fn copy(&self, caller: &Caller, uid: &str, target: CopyTarget) -> Result<String> {
        self.may(caller, MANAGE).await?;
        check_version(&target.version)?;
        let mut stored = self.load(caller, READ, uid).await?;
        if let Some(name) = target.name {
            check_name("name", &name)?;
            stored.name = name;
        }
        stored.scope = target.scope.unwrap_or(stored.scope);
        self.may_in(caller, MANAGE, &stored.scope).await?;
        stored.version = target.version;
        stored.uid = new_uid();
        stored.revision = 1;
        stored.created_at = self.now_ms();
        stored.updated_at = stored.created_at;
        let mut renewed = HashMap::new();
        for template in stored.draft.iter_mut().chain(&mut stored.published) {
            renew_manifests(template, &mut renewed);
        }
        let entry = record::copied(caller, "packyard:CloneProfile", uid, &stored);
        let written = self.kept().create(&stored.to_row(), &stored.uses(), &entry).await;
        written.map_err(|error| failed(error, &stored))?;
        Ok(stored.uid)
    }

    /// Deletes each of them; what could not be deleted comes back with its name, where the caller may read it, and the
    /// reason.
    pub async fn delete_all(&self, caller: &Caller, uids: &[String]) -> Result<Vec<(String, String, Error)>> {
        self.may(caller, MANAGE).await?;
        let known = self.readable(caller, self.heads().await?).await;
        let names: HashMap<String, String> = known.into_iter().map(|profile| (profile.uid, profile.name)).collect();
        let mut left = Vec::new();
        for uid in uids {
            if let Err(error) = self.delete(caller, uid).await {
                left.push((uid.clone(), names.get(uid).cloned().unwrap_or_default(), error));
            }
        }
        Ok(left)
    }
}

/// A manifest of a copy is another object. One that stands in the draft and in what is published stays one.
fn renew_manifests(template: &mut Template, renewed: &mut HashMap<String, String>) {
    for manifest in template.packs.iter_mut().flat_map(|pack| &mut pack.manifests) {
        let uid = renewed.entry(std::mem::take(&mut manifest.uid)).or_insert_with(new_uid);
        manifest.uid.clone_from(uid);
    }
}
