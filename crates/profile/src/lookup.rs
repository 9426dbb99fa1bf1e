//! Finding profiles: one, lists, the versions of a name, and what uses a pack or a registry.

use crate::model::{Profile, ProfileSummary, ProfileVersion, Scope};
use crate::service::READ;
use crate::{Error, Profiles, Result, check_name, check_version, row};
use packyard_access::Caller;
use std::collections::HashMap;

impl Profiles {
    pub async fn get(&self, caller: &Caller, uid: &str) -> Result<Profile> {
        self.may(caller, READ).await?;
        let stored = self.load(caller, READ, uid).await?;
        let versions = self.versions(&stored.scope, &stored.name).await?;
        Ok(stored.into_profile(versions))
    }

    /// What can be seen from a project (`None`: from the tenant), by name, newest version first.
    pub async fn list(&self, caller: &Caller, project: Option<&str>) -> Result<Vec<ProfileSummary>> {
        self.may(caller, READ).await?;
        let mut list = self.heads().await?;
        list.retain(|profile| profile.scope.is_visible_from(project));
        let mut list = self.readable(caller, list).await;
        list.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| newest_first(&a.version, &b.version)));
        Ok(list)
    }

    pub(crate) async fn heads(&self) -> Result<Vec<ProfileSummary>> {
        let heads = self.store.profiles().heads().await.map_err(Error::Store)?;
        heads.into_iter().map(row::summary).collect()
    }

    /// Name and version of those of these uids that are profiles, by uid.
    pub async fn names(&self, caller: &Caller, uids: &[&str]) -> Result<HashMap<String, (String, String)>> {
        self.may(caller, READ).await?;
        let rows = self.store.profiles().names(uids).await.map_err(Error::Store)?;
        Ok(rows.into_iter().map(|(uid, name, version)| (uid, (name, version))).collect())
    }

    /// The profiles that have a pack in their draft or published template.
    pub async fn using_pack(&self, caller: &Caller, pack_uid: &str) -> Result<Vec<ProfileSummary>> {
        let uids = self.store.profiles().uids_using_pack(pack_uid).await.map_err(Error::Store)?;
        Ok(self.list(caller, None).await?.into_iter().filter(|profile| uids.contains(&profile.uid)).collect())
    }

    /// The profiles that have packs of a registry: what a deletion of the registry would touch.
    pub async fn using_registry(&self, caller: &Caller, registry_uid: &str) -> Result<Vec<ProfileSummary>> {
        let uids = self.store.profiles().uids_using_registry(registry_uid).await.map_err(Error::Store)?;
        Ok(self.list(caller, None).await?.into_iter().filter(|profile| uids.contains(&profile.uid)).collect())
    }

    /// Whether a new profile may have this name and version, without making it.
    pub async fn validate_name(&self, caller: &Caller, scope: &Scope, name: &str, version: &str) -> Result<()> {
        self.may_in(caller, READ, scope).await?;
        check_name("name", name)?;
        check_version(version)?;
        if let Scope::Project(uid) = scope {
            self.projects().known(uid).await?;
        }
        let versions = self.versions(scope, name).await?;
        if versions.iter().any(|known| known.version == version) {
            return Err(Error::ProfileExists { name: name.to_owned(), version: version.to_owned() });
        }
        Ok(())
    }

    pub(crate) async fn versions(&self, scope: &Scope, name: &str) -> Result<Vec<ProfileVersion>> {
        let found = self.store.profiles().versions(scope.word(), scope.project_uid(), name).await;
        let mut versions: Vec<_> =
            found.map_err(Error::Store)?.into_iter().map(|(uid, version)| ProfileVersion { uid, version }).collect();
        versions.sort_by(|a, b| newest_first(&a.version, &b.version));
        Ok(versions)
    }
}

fn newest_first(a: &str, b: &str) -> std::cmp::Ordering {
    match (semver::Version::parse(a), semver::Version::parse(b)) {
        (Ok(a), Ok(b)) => b.cmp(&a),
        _ => b.cmp(a),
    }
}
