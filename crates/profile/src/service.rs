//! The rules of profiles: create, change, publish, delete, find.

use crate::model::{Draft, NewProfile, Profile, ProfileChange, ProfileSummary, ProfileVersion, Scope, Template};
use crate::row::{self, Stored};
use crate::{Error, Projects, Result, Variable, check_name, check_version, compose, undefined_variables, variable};
use packyard_store::{AuditEntry, ProfileHead, Store, new_uid};

/// How often a change is tried again when somebody else changed the profile between our read and our write.
const EDIT_ATTEMPTS: usize = 5;

#[derive(Clone)]
pub struct Profiles {
    store: Store,
    projects: Projects,
}

impl Profiles {
    pub async fn open(store: &Store) -> Result<Self> {
        Ok(Self { store: store.clone(), projects: Projects::open(store).await? })
    }

    pub fn projects(&self) -> &Projects {
        &self.projects
    }

    /// Makes a version and returns its uid.
    pub async fn create(&self, new: NewProfile, actor: &str) -> Result<String> {
        check_name("name", &new.name)?;
        check_version(&new.version)?;
        if new.cloud.trim().is_empty() {
            return Err(Error::invalid("cloudType", "a cloud type is needed; add-on profiles have `all`"));
        }
        variable::check(&new.variables)?;
        let template = self.compose(new.packs, &Template::default(), new.kind).await?;
        defined(&template, &new.variables)?;
        let now = self.store.core.now_ms();
        let (draft, published) = if new.publish { (None, Some(template)) } else { (Some(template), None) };
        let stored = Stored {
            uid: new_uid(),
            scope: new.scope,
            name: new.name,
            version: new.version,
            kind: new.kind,
            cloud: new.cloud,
            description: new.description,
            labels: new.labels,
            annotations: new.annotations,
            variables: new.variables,
            draft,
            published,
            revision: 1,
            created_at: now,
            updated_at: now,
        };
        let entry = entry(actor, "packyard:CreateProfile", &stored);
        let written = self.store.profiles().create(&stored.to_row(), &stored.uses(), &entry).await;
        written.map_err(|error| failed(error, &stored))?;
        Ok(stored.uid)
    }

    pub async fn get(&self, uid: &str) -> Result<Profile> {
        let stored = self.load(uid).await?;
        let versions = self.versions(&stored.scope, &stored.name).await?;
        Ok(stored.into_profile(versions))
    }

    /// What can be seen from a project (`None`: from the tenant), by name, newest version first.
    pub async fn list(&self, project: Option<&str>) -> Result<Vec<ProfileSummary>> {
        let heads = self.store.profiles().heads().await.map_err(Error::Store)?;
        let mut list: Vec<_> = heads.into_iter().map(row::summary).collect::<Result<_>>()?;
        list.retain(|profile| profile.scope.is_visible_from(project));
        list.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| newest_first(&a.version, &b.version)));
        Ok(list)
    }

    /// The profiles that have a pack in their draft or published template.
    pub async fn using_pack(&self, pack_uid: &str) -> Result<Vec<ProfileSummary>> {
        let uids = self.store.profiles().uids_using_pack(pack_uid).await.map_err(Error::Store)?;
        Ok(self.list(None).await?.into_iter().filter(|profile| uids.contains(&profile.uid)).collect())
    }

    /// The profiles that have packs of a registry: what a deletion of the registry would touch.
    pub async fn using_registry(&self, registry_uid: &str) -> Result<Vec<ProfileSummary>> {
        let uids = self.store.profiles().uids_using_registry(registry_uid).await.map_err(Error::Store)?;
        Ok(self.list(None).await?.into_iter().filter(|profile| uids.contains(&profile.uid)).collect())
    }

    /// Whether a new profile may have this name and version, without making it.
    pub async fn validate_name(&self, scope: &Scope, name: &str, version: &str) -> Result<()> {
        check_name("name", name)?;
        check_version(version)?;
        let versions = self.versions(scope, name).await?;
        if versions.iter().any(|known| known.version == version) {
            return Err(Error::ProfileExists { name: name.to_owned(), version: version.to_owned() });
        }
        Ok(())
    }

    /// Replaces the draft; what is published stays until [`Profiles::publish`].
    pub async fn update(&self, uid: &str, draft: Draft, actor: &str) -> Result<()> {
        for _ in 0..EDIT_ATTEMPTS {
            let mut stored = self.load(uid).await?;
            let template = self.compose(draft.packs.clone(), stored.current(), stored.kind).await?;
            defined(&template, &stored.variables)?;
            rename(&mut stored, draft.name.as_deref(), draft.version.as_deref())?;
            stored.set_draft(template);
            if self.save(stored, actor, "packyard:UpdateProfile").await? {
                return Ok(());
            }
        }
        Err(busy(uid))
    }

    pub async fn update_metadata(&self, uid: &str, change: ProfileChange, actor: &str) -> Result<()> {
        self.edit(uid, actor, "packyard:UpdateProfileMetadata", |stored| {
            rename(stored, change.name.as_deref(), change.version.as_deref())?;
            if let Some(description) = &change.description {
                stored.description.clone_from(description);
            }
            if let Some(labels) = &change.labels {
                stored.labels.clone_from(labels);
            }
            if let Some(annotations) = &change.annotations {
                stored.annotations.clone_from(annotations);
            }
            Ok(())
        })
        .await
    }

    /// Replaces all variables. Uses of a variable that goes away are judged when packs are saved next, since clients
    /// change variables first and packs after.
    pub async fn set_variables(&self, uid: &str, variables: Vec<Variable>, actor: &str) -> Result<()> {
        variable::check(&variables)?;
        self.edit(uid, actor, "packyard:UpdateProfileVariables", |stored| {
            stored.variables.clone_from(&variables);
            Ok(())
        })
        .await
    }

    /// Adds variables, or replaces those of the same name.
    pub async fn merge_variables(&self, uid: &str, variables: Vec<Variable>, actor: &str) -> Result<()> {
        self.edit(uid, actor, "packyard:UpdateProfileVariables", |stored| {
            for new in &variables {
                match stored.variables.iter_mut().find(|old| old.name == new.name) {
                    Some(old) => old.clone_from(new),
                    None => stored.variables.push(new.clone()),
                }
            }
            variable::check(&stored.variables)
        })
        .await
    }

    /// Makes the draft what is published.
    pub async fn publish(&self, uid: &str, actor: &str) -> Result<()> {
        self.edit(uid, actor, "packyard:PublishProfile", |stored| {
            defined(stored.current(), &stored.variables)?;
            stored.published = Some(stored.draft.take().or_else(|| stored.published.take()).unwrap_or_default());
            Ok(())
        })
        .await
    }

    pub async fn delete(&self, uid: &str, actor: &str) -> Result<()> {
        let stored = self.load(uid).await?;
        let entry = entry(actor, "packyard:DeleteProfile", &stored);
        self.store.profiles().delete(uid, &entry).await.map_err(|error| failed(error, &stored))
    }

    async fn edit(
        &self,
        uid: &str,
        actor: &str,
        action: &'static str,
        change: impl Fn(&mut Stored) -> Result<()>,
    ) -> Result<()> {
        for _ in 0..EDIT_ATTEMPTS {
            let mut stored = self.load(uid).await?;
            change(&mut stored)?;
            if self.save(stored, actor, action).await? {
                return Ok(());
            }
        }
        Err(busy(uid))
    }

    /// False when somebody else was faster.
    async fn save(&self, mut stored: Stored, actor: &str, action: &'static str) -> Result<bool> {
        stored.updated_at = self.store.core.now_ms();
        let entry = entry(actor, action, &stored);
        match self.store.profiles().replace(&stored.to_row(), &stored.uses(), &entry).await {
            Ok(()) => Ok(true),
            Err(packyard_store::Error::Conflict(_)) => Ok(false),
            Err(error) => Err(failed(error, &stored)),
        }
    }

    async fn load(&self, uid: &str) -> Result<Stored> {
        let row = self.store.profiles().by_uid(uid).await.map_err(Error::Store)?;
        Stored::from_row(row.ok_or_else(|| Error::ProfileNotFound(uid.to_owned()))?)
    }

    async fn versions(&self, scope: &Scope, name: &str) -> Result<Vec<ProfileVersion>> {
        let heads = self.store.profiles().heads().await.map_err(Error::Store)?;
        let is_sibling = |head: &ProfileHead| {
            head.name == name && head.scope == scope.word() && head.project_uid == scope.project_uid()
        };
        let mut versions: Vec<_> = heads
            .into_iter()
            .filter(is_sibling)
            .map(|head| ProfileVersion { uid: head.uid, version: head.version })
            .collect();
        versions.sort_by(|a, b| newest_first(&a.version, &b.version));
        Ok(versions)
    }

    async fn compose(&self, packs: Vec<crate::PackInput>, before: &Template, kind: crate::Kind) -> Result<Template> {
        compose::template(packs, before, kind)
    }
}

fn defined(template: &Template, variables: &[Variable]) -> Result<()> {
    let missing = undefined_variables(&template.packs, variables);
    if missing.is_empty() { Ok(()) } else { Err(Error::VariablesUndefined(missing)) }
}

fn rename(stored: &mut Stored, name: Option<&str>, version: Option<&str>) -> Result<()> {
    if let Some(name) = name.filter(|name| *name != stored.name) {
        check_name("name", name)?;
        name.clone_into(&mut stored.name);
    }
    if let Some(version) = version.filter(|version| *version != stored.version) {
        check_version(version)?;
        version.clone_into(&mut stored.version);
    }
    Ok(())
}

fn newest_first(a: &str, b: &str) -> std::cmp::Ordering {
    match (semver::Version::parse(a), semver::Version::parse(b)) {
        (Ok(a), Ok(b)) => b.cmp(&a),
        _ => b.cmp(a),
    }
}

fn entry(actor: &str, action: &'static str, stored: &Stored) -> AuditEntry {
    let detail = serde_json::json!({ "name": stored.name, "version": stored.version });
    AuditEntry::new(actor, action, stored.uid.as_str()).detail(detail.to_string())
}

fn busy(uid: &str) -> Error {
    Error::Conflict(format!("cluster profile {uid} is being changed by others all the time. Try again"))
}

fn failed(error: packyard_store::Error, stored: &Stored) -> Error {
    match error {
        packyard_store::Error::AlreadyExists(_) => {
            Error::ProfileExists { name: stored.name.clone(), version: stored.version.clone() }
        }
        packyard_store::Error::NotFound(what) if what.starts_with("project") => {
            Error::ProjectNotFound(stored.scope.project_uid().to_owned())
        }
        packyard_store::Error::NotFound(_) => Error::ProfileNotFound(stored.uid.clone()),
        packyard_store::Error::Conflict(why) => Error::Conflict(why),
        other => Error::Store(other),
    }
}
