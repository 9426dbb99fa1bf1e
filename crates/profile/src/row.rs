//! Between a profile and its row: JSON texts on one side, types on the other.

use crate::model::{Kind, Labels, Profile, ProfileSummary, ProfileVersion, Scope, Template};
use crate::{Error, Result, Variable, secret_defaults};
use packyard_store::{PackUse, ProfileHead, ProfileRow};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;

/// A version as it is stored, with the revision it was read at.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) uid: String,
    pub(crate) scope: Scope,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) kind: Kind,
    pub(crate) cloud: String,
    pub(crate) description: String,
    pub(crate) labels: Labels,
    pub(crate) annotations: Labels,
    pub(crate) variables: Vec<Variable>,
    pub(crate) draft: Option<Template>,
    pub(crate) published: Option<Template>,
    pub(crate) revision: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl Stored {
    pub(crate) fn from_row(row: ProfileRow) -> Result<Self> {
        let uid = row.uid.as_str();
        let template = |text: Option<String>| text.map(|text| parse(uid, "template", &text)).transpose();
        Ok(Self {
            scope: scope(uid, &row.scope, &row.project_uid)?,
            kind: kind(uid, &row.kind)?,
            labels: parse(uid, "labels", &row.labels)?,
            annotations: parse(uid, "annotations", &row.annotations)?,
            variables: secret_defaults::together(uid, &row.variables, &row.secrets)?,
            draft: template(row.draft)?,
            published: template(row.published)?,
            name: row.name,
            version: row.version,
            cloud: row.cloud,
            description: row.description,
            revision: row.revision,
            created_at: row.created_at,
            updated_at: row.updated_at,
            uid: row.uid,
        })
    }

    pub(crate) fn to_row(&self) -> ProfileRow {
        let (variables, secrets) = secret_defaults::apart(&self.variables);
        ProfileRow {
            uid: self.uid.clone(),
            scope: self.scope.word().to_owned(),
            project_uid: self.scope.project_uid().to_owned(),
            name: self.name.clone(),
            version: self.version.clone(),
            kind: self.kind.as_str().to_owned(),
            cloud: self.cloud.clone(),
            description: self.description.clone(),
            labels: json(&self.labels),
            annotations: json(&self.annotations),
            variables,
            secrets,
            draft: self.draft.as_ref().map(json),
            published: self.published.as_ref().map(json),
            revision: self.revision,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    pub(crate) fn current(&self) -> &Template {
        static EMPTY: Template = Template { packs: Vec::new() };
        self.draft.as_ref().or(self.published.as_ref()).unwrap_or(&EMPTY)
    }

    /// A draft that equals what is published is no draft.
    pub(crate) fn set_draft(&mut self, template: Template) {
        self.draft = (self.published.as_ref() != Some(&template)).then_some(template);
    }

    /// Makes the draft, where there is one, what is published.
    pub(crate) fn publish(&mut self) {
        self.published = Some(self.draft.take().or_else(|| self.published.take()).unwrap_or_default());
    }

    /// Each pack once, whether the draft, the published template or both stand on it.
    pub(crate) fn uses(&self) -> Vec<PackUse> {
        let packs = self.draft.iter().chain(&self.published).flat_map(|template| &template.packs);
        let distinct: BTreeSet<_> = packs
            .filter(|pack| !pack.registry_uid.is_empty() || !pack.pack_uid.is_empty())
            .map(|pack| (pack.pack_uid.as_str(), pack.registry_uid.as_str(), pack.pack_name()))
            .collect();
        distinct
            .into_iter()
            .map(|(pack_uid, registry_uid, pack_name)| PackUse {
                pack_uid: pack_uid.to_owned(),
                registry_uid: registry_uid.to_owned(),
                pack_name: pack_name.to_owned(),
            })
            .collect()
    }

    pub(crate) fn into_profile(self, versions: Vec<ProfileVersion>) -> Profile {
        Profile {
            uid: self.uid,
            scope: self.scope,
            name: self.name,
            version: self.version,
            kind: self.kind,
            cloud: self.cloud,
            description: self.description,
            labels: self.labels,
            annotations: self.annotations,
            variables: self.variables,
            draft: self.draft,
            published: self.published,
            versions,
            created_at_ms: self.created_at,
            updated_at_ms: self.updated_at,
            revision: self.revision,
        }
    }
}

pub(crate) fn summary(head: ProfileHead) -> Result<ProfileSummary> {
    let uid = head.uid.as_str();
    Ok(ProfileSummary {
        scope: scope(uid, &head.scope, &head.project_uid)?,
        kind: kind(uid, &head.kind)?,
        labels: parse(uid, "labels", &head.labels)?,
        name: head.name,
        version: head.version,
        cloud: head.cloud,
        description: head.description,
        is_published: head.is_published != 0,
        has_draft: head.has_draft != 0,
        packs: usize::try_from(head.packs).unwrap_or_default(),
        created_at_ms: head.created_at,
        updated_at_ms: head.updated_at,
        uid: head.uid,
    })
}

fn scope(uid: &str, word: &str, project: &str) -> Result<Scope> {
    match word {
        "system" => Ok(Scope::System),
        "tenant" => Ok(Scope::Tenant),
        "project" => Ok(Scope::Project(project.to_owned())),
        _ => Err(corrupt(uid, "scope")),
    }
}

fn kind(uid: &str, word: &str) -> Result<Kind> {
    word.parse().map_err(|_| corrupt(uid, "type"))
}

pub(crate) fn parse<T: DeserializeOwned>(uid: &str, what: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|_| corrupt(uid, what))
}

fn corrupt(uid: &str, what: &str) -> Error {
    Error::Store(packyard_store::Error::Corrupt(format!("{what} of cluster profile {uid}")))
}

/// Maps with text keys and plain structs always become JSON.
pub(crate) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
