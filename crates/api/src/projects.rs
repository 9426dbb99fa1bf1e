//! Projects. None of these look at `ProjectUid`.

use crate::ApiState;
use crate::auth::Auth;
use crate::body::{Created, Done, Payload, Reply, Uid};
use crate::error::ApiError;
use crate::meta::{DESCRIPTION, Items, MetaInput, ObjectEntity, ObjectMeta};
use crate::operation::{Operations, delete, get, post, put};
use crate::page::Query;
use crate::path::Path;
use crate::users::{UserRoleMap, members};
use axum::extract::State;
use packyard_profile::{Labels, NewProject, Project};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const READ: &str = "packyard:ReadProjects";
const MANAGE: &str = "packyard:ManageProjects";

pub(crate) fn operations(all: Operations) -> Operations {
    all.on(
        get("/v1/dashboard/projects/metadata", "v1ProjectsMetadata", "Uids and names of all projects")
            .needs(READ)
            .query("name", "string", "Only the project of this name.")
            .gives_items::<ProjectMetadata>(),
        metadata,
    )
    .on(
        post("/v1/projects", "v1ProjectsCreate", "Create a project")
            .needs(MANAGE)
            .takes::<ProjectEntity>()
            .gives::<Uid>(),
        create,
    )
    .on(get("/v1/projects/{uid}", "v1ProjectsUidGet", "A project").needs(READ).gives::<ProjectReply>(), read)
    .on(
        put("/v1/projects/{uid}", "v1ProjectsUidUpdate", "Change a project").needs(MANAGE).takes::<ProjectEntity>(),
        update,
    )
    .on(
        delete("/v1/projects/{uid}", "v1ProjectsUidDelete", "Delete a project").needs(MANAGE).query(
            "cleanupProjectResources",
            "boolean",
            "Delete its cluster profiles and end its memberships too; else they refuse the deletion.",
        ),
        remove,
    )
}

#[derive(Debug, Serialize, ToSchema)]
struct ProjectMetadata {
    metadata: ObjectEntity,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
struct ProjectEntity {
    #[serde(default)]
    metadata: MetaInput,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Project)]
struct ProjectReply {
    metadata: ObjectMeta,
    spec: ProjectSpec,
    status: ProjectStatus,
}

#[derive(Debug, Serialize, ToSchema)]
struct ProjectSpec {
    /// None, as of teams: there are neither here.
    alerts: Vec<ObjectEntity>,
    teams: Vec<ObjectEntity>,
    users: Vec<UserRoleMap>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProjectStatus {
    is_disabled: bool,
}

impl From<ProjectEntity> for NewProject {
    fn from(entity: ProjectEntity) -> Self {
        Self {
            description: entity.metadata.description().unwrap_or_default(),
            name: entity.metadata.name,
            labels: entity.metadata.labels.unwrap_or_default(),
        }
    }
}

impl ProjectReply {
    fn new(project: Project, users: Vec<UserRoleMap>) -> Self {
        let annotations = Labels::from([(DESCRIPTION.to_owned(), project.description)]);
        Self {
            metadata: ObjectMeta::new(project.uid, project.name)
                .labels(project.labels)
                .annotations(annotations)
                .times(project.created_at_ms, project.updated_at_ms),
            spec: ProjectSpec { alerts: Vec::new(), teams: Vec::new(), users },
            status: ProjectStatus { is_disabled: false },
        }
    }
}

async fn metadata(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    query: Query,
) -> Result<Reply<Items<ProjectMetadata>>, ApiError> {
    let wanted = query.text("name");
    let projects = state.profiles.projects().list(&caller).await?;
    let items = projects
        .into_iter()
        .filter(|project| wanted.is_empty() || project.name == wanted)
        .map(|project| ProjectMetadata { metadata: ObjectEntity { uid: project.uid, name: project.name } })
        .collect();
    Ok(Reply(Items { items }))
}

async fn create(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Payload(body): Payload<ProjectEntity>,
) -> Result<Created<Uid>, ApiError> {
    Ok(Created::uid(state.profiles.projects().create(&caller, body.into()).await?))
}

async fn read(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Reply<ProjectReply>, ApiError> {
    let project = state.profiles.projects().get(&caller, &uid).await?;
    Ok(Reply(ProjectReply::new(project, members(&state, &caller, &uid).await?)))
}

async fn update(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    Payload(body): Payload<ProjectEntity>,
) -> Result<Done, ApiError> {
    state.profiles.projects().update(&caller, &uid, body.into()).await?;
    Ok(Done)
}

async fn remove(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    query: Query,
) -> Result<Done, ApiError> {
    let with_everything = query.flag("cleanupProjectResources")?;
    state.profiles.projects().delete(&caller, &uid, with_everything).await?;
    Ok(Done)
}
