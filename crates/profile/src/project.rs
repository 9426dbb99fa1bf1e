//! Projects: scopes below the tenant. One of them, `Default`, is always there.

use crate::{Error, Labels, Result, check_name, rights};
use packyard_access::{Access, Caller};
use packyard_store::{AuditEntry, ProjectRow, Store, new_uid};

const DEFAULT_NAME: &str = "Default";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    pub uid: String,
    pub name: String,
    pub description: String,
    pub labels: Labels,
    pub is_default: bool,
    pub created_at_ms: i64,
    pub updated_at_ms: i64,
}

/// What lives in a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProjectContents {
    pub profile_versions: i64,
    pub members: i64,
}

/// What makes or replaces a project.
#[derive(Debug, Clone, Default)]
pub struct NewProject {
    pub name: String,
    pub description: String,
    pub labels: Labels,
}

#[derive(Clone)]
pub struct Projects {
    store: Store,
    access: Access,
}

const READ: &str = "packyard:ReadProjects";
const MANAGE: &str = "packyard:ManageProjects";

pub(crate) async fn known(store: &Store, uid: &str) -> Result<()> {
    let found = store.projects().by_uid(uid).await.map_err(Error::Store)?;
    found.map(drop).ok_or_else(|| Error::ProjectNotFound(uid.to_owned()))
}

impl Projects {
    pub(crate) async fn open(store: &Store, access: &Access) -> Result<Self> {
        let now = store.core.now_ms();
        let row = ProjectRow {
            uid: new_uid(),
            name: DEFAULT_NAME.to_owned(),
            description: String::new(),
            labels: "{}".to_owned(),
            is_default: 1,
            created_at: now,
            updated_at: now,
        };
        store.projects().ensure_default(&row).await.map_err(Error::Store)?;
        Ok(Self { store: store.clone(), access: access.clone() })
    }

    /// Of one project, or of the tenant, which makes and deletes them.
    async fn may(&self, caller: &Caller, action: &str, project: Option<&str>) -> Result<()> {
        let target = rights::target(&self.access, project);
        self.access.may(caller, action, &target).await.map_err(Error::Denied)
    }

    /// Fails when there is no such project. No right is needed: who asks has the uid.
    pub async fn known(&self, uid: &str) -> Result<()> {
        known(&self.store, uid).await
    }

    pub async fn create(&self, caller: &Caller, new: NewProject) -> Result<String> {
        self.may(caller, MANAGE, None).await?;
        let now = self.store.core.now_ms();
        let row = row_of(new_uid(), new, now)?;
        let entry =
            AuditEntry::new(caller.arn(), "packyard:CreateProject", row.uid.as_str()).detail(detail(None, Some(&row)));
        self.store.projects().create(&row, &entry).await.map_err(|error| failed(error, &row.uid, &row.name))?;
        Ok(row.uid)
    }

    pub async fn get(&self, caller: &Caller, uid: &str) -> Result<Project> {
        self.may(caller, READ, Some(uid)).await?;
        let row = self.store.projects().by_uid(uid).await.map_err(Error::Store)?;
        row.map(Project::try_from).transpose()?.ok_or_else(|| Error::ProjectNotFound(uid.to_owned()))
    }

    /// The projects that the caller may see, by name.
    pub async fn list(&self, caller: &Caller) -> Result<Vec<Project>> {
        self.access.may_somewhere(caller, READ).await.map_err(Error::Denied)?;
        let mut seen = Vec::new();
        for row in self.store.projects().all().await.map_err(Error::Store)? {
            if self.access.could(caller, READ, &self.access.project(&row.uid)).await {
                seen.push(Project::try_from(row)?);
            }
        }
        Ok(seen)
    }

    /// What keeps a project from being deleted.
    pub async fn contents(&self, caller: &Caller, uid: &str) -> Result<ProjectContents> {
        self.may(caller, READ, Some(uid)).await?;
        let (profile_versions, members) = self.store.projects().contents(uid).await.map_err(Error::Store)?;
        Ok(ProjectContents { profile_versions, members })
    }

    pub async fn update(&self, caller: &Caller, uid: &str, new: NewProject) -> Result<()> {
        self.may(caller, MANAGE, Some(uid)).await?;
        let row = row_of(uid.to_owned(), new, self.store.core.now_ms())?;
        let before = self.store.projects().by_uid(uid).await.map_err(Error::Store)?;
        let entry =
            AuditEntry::new(caller.arn(), "packyard:UpdateProject", uid).detail(detail(before.as_ref(), Some(&row)));
        self.store.projects().update(&row, &entry).await.map_err(|error| failed(error, uid, &row.name))
    }

    /// Refused for the default project, and while it holds profiles or members unless `with_everything` takes them along.
    pub async fn delete(&self, caller: &Caller, uid: &str, with_everything: bool) -> Result<()> {
        self.may(caller, MANAGE, None).await?;
        let project = self.store.projects().by_uid(uid).await.map_err(Error::Store)?;
        let project = project.ok_or_else(|| Error::ProjectNotFound(uid.to_owned()))?;
        if project.is_default != 0 {
            return Err(Error::Conflict(format!("project {} is the default project and stays", project.name)));
        }
        let entry = AuditEntry::new(caller.arn(), "packyard:DeleteProject", uid).detail(detail(Some(&project), None));
        let deleted = self.store.projects().delete(uid, with_everything, &entry).await;
        deleted.map_err(|error| failed(error, uid, &project.name))
    }
}

fn row_of(uid: String, new: NewProject, now: i64) -> Result<ProjectRow> {
    check_name("name", &new.name)?;
    let labels = serde_json::to_string(&new.labels).unwrap_or_default();
    Ok(ProjectRow {
        uid,
        name: new.name,
        description: new.description,
        labels,
        is_default: 0,
        created_at: now,
        updated_at: now,
    })
}

/// What a project was and became.
fn detail(before: Option<&ProjectRow>, after: Option<&ProjectRow>) -> String {
    let facts = |row: &ProjectRow| {
        let labels: serde_json::Value = serde_json::from_str(&row.labels).unwrap_or_default();
        serde_json::json!({ "name": row.name, "description": row.description, "labels": labels })
    };
    serde_json::json!({ "before": before.map(facts), "after": after.map(facts) }).to_string()
}

fn failed(error: packyard_store::Error, uid: &str, name: &str) -> Error {
    match error {
        packyard_store::Error::AlreadyExists(_) => Error::ProjectExists(name.to_owned()),
        packyard_store::Error::NotFound(_) => Error::ProjectNotFound(uid.to_owned()),
        packyard_store::Error::Conflict(why) => Error::Conflict(format!("project {name} cannot be deleted: {why}")),
        other => Error::Store(other),
    }
}

impl TryFrom<ProjectRow> for Project {
    type Error = Error;

    fn try_from(row: ProjectRow) -> Result<Self> {
        let labels = serde_json::from_str(&row.labels)
            .map_err(|_| Error::Store(packyard_store::Error::Corrupt(format!("labels of project {}", row.uid))))?;
        Ok(Self {
            uid: row.uid,
            name: row.name,
            description: row.description,
            labels,
            is_default: row.is_default != 0,
            created_at_ms: row.created_at,
            updated_at_ms: row.updated_at,
        })
    }
}
