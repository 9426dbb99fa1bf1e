//! The rules of profiles: create, change, publish, delete. Finding them is in `lookup`.

use crate::edit::{EDIT_ATTEMPTS, busy, failed};
use crate::model::{Draft, Kind, NewProfile, PackInput, PackType, ProfileChange, Template};
use crate::record;
use crate::row::Stored;
use crate::{
    Error, ProfileLimits, Projects, Result, UserMacros, Variable, check_name, check_version, compose, manifest,
    secret_defaults, undefined_variables, variable,
};
use packyard_access::{Access, Caller};
use packyard_catalog::{Catalog, PackName, PackRow};
use packyard_store::{AtRevision, Store, new_uid};

#[derive(Clone)]
pub struct Profiles {
    pub(crate) store: Store,
    pub(crate) access: Access,
    pub(crate) catalog: Catalog,
    projects: Projects,
    macros: UserMacros,
    pub(crate) limits: ProfileLimits,
    /// The revision that changes are made of; `None` for whatever there is.
    pub(crate) seen: Option<i64>,
}

pub(crate) const READ: &str = "packyard:ReadProfiles";
pub(crate) const MANAGE: &str = "packyard:ManageProfiles";

impl Profiles {
    pub async fn open(store: &Store, access: &Access, catalog: &Catalog) -> Result<Self> {
        secret_defaults::seal_what_is_clear(&store.profiles()).await?;
        let projects = Projects::open(store, access).await?;
        let (macros, limits) = (UserMacros::new(store, access), ProfileLimits::default());
        let (store, access, catalog) = (store.clone(), access.clone(), catalog.clone());
        Ok(Self { store, access, catalog, projects, macros, limits, seen: None })
    }

    /// Under other limits.
    #[must_use]
    pub fn limited(mut self, limits: ProfileLimits) -> Self {
        self.limits = limits;
        self
    }

    /// For a change made of what somebody saw: a version that is at another revision by now is left alone, and
    /// [`Error::Overtaken`] says so.
    #[must_use]
    pub fn at(&self, revision: i64) -> Self {
        Self { seen: Some(revision), ..self.clone() }
    }

    /// The store, which keeps as many states as the limits say.
    pub(crate) fn kept(&self) -> packyard_store::Profiles {
        self.store.profiles().keeping(i64::from(self.limits.states))
    }

    pub fn projects(&self) -> &Projects {
        &self.projects
    }

    pub fn macros(&self) -> &UserMacros {
        &self.macros
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.store.core.now_ms()
    }

    /// Makes a version and returns its uid.
    pub async fn create(&self, caller: &Caller, new: NewProfile) -> Result<String> {
        self.may_in(caller, MANAGE, &new.scope).await?;
        check_name("name", &new.name)?;
        check_version(&new.version)?;
        if new.cloud.trim().is_empty() {
            return Err(Error::invalid("cloudType", "a cloud type is needed; add-on profiles have `all`"));
        }
        crate::rules::check_text("cloudType", &new.cloud)?;
        crate::rules::check_text("description", &new.description)?;
        variable::check(&new.variables)?;
        let template = self.compose(caller, new.packs, &Template::default(), new.kind).await?;
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
        let entry = record::created(caller, "packyard:CreateProfile", &stored);
        let written = self.kept().create(&stored.to_row(), &stored.uses(), &entry).await;
        written.map_err(|error| failed(error, &stored))?;
        Ok(stored.uid)
    }

    /// Replaces the draft; what is published stays until [`Profiles::publish`].
    pub async fn update(&self, caller: &Caller, uid: &str, draft: Draft) -> Result<()> {
        self.may(caller, MANAGE).await?;
        for _ in 0..EDIT_ATTEMPTS {
            let mut stored = self.load_to_change(caller, uid).await?;
            let before = record::facts(&stored);
            let template = self.compose(caller, draft.packs.clone(), stored.current(), stored.kind).await?;
            defined(&template, &stored.variables)?;
            rename(&mut stored, draft.name.as_deref(), draft.version.as_deref())?;
            stored.set_draft(template);
            if self.save(stored, before, caller, "packyard:UpdateProfile").await? {
                return Ok(());
            }
        }
        Err(busy(uid))
    }

    pub async fn update_metadata(&self, caller: &Caller, uid: &str, change: ProfileChange) -> Result<()> {
        self.edit(caller, uid, "packyard:UpdateProfileMetadata", |stored| {
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

    /// Makes the draft what is published.
    pub async fn publish(&self, caller: &Caller, uid: &str) -> Result<()> {
        self.edit(caller, uid, "packyard:PublishProfile", |stored| {
            defined(stored.current(), &stored.variables)?;
            stored.publish();
            Ok(())
        })
        .await
    }

    pub async fn delete(&self, caller: &Caller, uid: &str) -> Result<()> {
        self.may(caller, MANAGE).await?;
        for _ in 0..EDIT_ATTEMPTS {
            let stored = self.load_to_change(caller, uid).await?;
            let entry = record::deleted(caller, "packyard:DeleteProfile", &stored);
            let at = AtRevision { uid, revision: stored.revision };
            match self.store.profiles().delete(at, &entry).await {
                Ok(()) => return Ok(()),
                // What was recorded as deleted would not be what is.
                Err(packyard_store::Error::Conflict(_)) => {}
                Err(error) => return Err(failed(error, &stored)),
            }
        }
        Err(busy(uid))
    }

    async fn compose(&self, caller: &Caller, packs: Vec<PackInput>, before: &Template, kind: Kind) -> Result<Template> {
        let facts = self.catalogued(caller, &packs).await?;
        let template = compose::template(packs, &facts, before, kind)?;
        manifest::bounded(&template, before, self.limits.manifest_bytes)?;
        Ok(template)
    }

    /// What the catalogue knows of each pack, in the same order; a profile may also hold packs that it knows nothing of.
    pub(crate) async fn catalogued(&self, caller: &Caller, packs: &[PackInput]) -> Result<Vec<Option<PackRow>>> {
        if packs.iter().all(|pack| pack.pack_type == Some(PackType::Manifest)) {
            return Ok(vec![None; packs.len()]);
        }
        let asked: Vec<PackName<'_>> = packs.iter().map(catalogue_name).collect();
        self.catalog.find_packs(caller, &asked).await.map_err(Error::Catalog)
    }
}

/// Manifests of a profile's own are in no catalogue: no pack has the empty uid.
fn catalogue_name(pack: &PackInput) -> PackName<'_> {
    match (pack.pack_type, pack.uid.as_str()) {
        (Some(PackType::Manifest), _) => PackName::Uid(""),
        (_, "") => PackName::Version {
            registry_uid: &pack.registry_uid,
            name: compose::pack_name(&pack.name),
            version: &pack.tag,
        },
        (_, uid) => PackName::Uid(uid),
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
