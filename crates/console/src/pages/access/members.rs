//! One project and who works in it.

use super::users::{directory, shown_name};
use super::{Choice, KEEP, LIST_USERS, PROJECTS, failure, project_failure, role, role_choices};
use crate::ConsoleState;
use crate::dialog::Dialog;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::visit::{Post, Visit};
use crate::words::counted;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use packyard_access::iam::Membership;
use packyard_profile::{Project, Scope};

const MANAGE_MEMBERS: &str = "packyard:ManageMembers";

#[derive(Template)]
#[template(path = "access/project.html")]
struct ProjectPage {
    frame: Frame,
    project: Project,
    profile_versions: String,
    member_count: String,
    can_edit: bool,
    can_manage: bool,
    /// Who may see users sees members.
    can_see: bool,
    members: Vec<Member>,
    /// Who could become a member: uid and name.
    others: Vec<(String, String)>,
    /// For a new member.
    roles: Vec<Choice>,
    dialog: Option<Dialog>,
}

struct Member {
    uid: String,
    name: String,
    email: String,
    words: String,
    roles: Vec<Choice>,
}

async fn page(state: &ConsoleState, visit: &Visit, uid: &str) -> Result<ProjectPage, Failure> {
    let projects = state.profiles.projects();
    let project = projects.get(visit.caller(), uid).await.map_err(project_failure)?;
    let target = state.access.project(uid);
    let can_see = visit.may(LIST_USERS).await;
    let users = if can_see { directory(state, visit).await? } else { Vec::new() };
    let (mut members, mut others) = (Vec::new(), Vec::new());
    for known in users {
        let held = known.roles_in(uid);
        let email = known.user.email.clone().unwrap_or_else(|| known.user.name.clone());
        let name = shown_name(&known.user);
        if held.is_empty() {
            let label = if name == email { email } else { format!("{name} ({email})") };
            others.push((known.user.uid, label));
            continue;
        }
        let words: Vec<_> = held.iter().map(|role| super::project_word(role)).collect();
        let roles = role_choices(&held, false);
        members.push(Member { uid: known.user.uid, name, email, words: words.join(", "), roles });
    }
    let contents = projects.contents(visit.caller(), uid).await.map_err(project_failure)?;
    Ok(ProjectPage {
        frame: visit.frame(project.name.clone(), Section::Access).under("Projects", PROJECTS),
        profile_versions: counted(contents.profile_versions, "cluster profile version"),
        member_count: counted(contents.members, "member"),
        can_edit: state.access.could(visit.caller(), super::projects::MANAGE, &target).await,
        can_manage: state.access.could(visit.caller(), MANAGE_MEMBERS, &target).await,
        can_see,
        project,
        members,
        others,
        roles: role_choices(&[], false),
        dialog: None,
    })
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
) -> Result<Response, Failure> {
    visit.page(&page(&state, &visit, &uid).await?)
}

/// The name of the user `user`, whom the visitor may see.
async fn name_of(state: &ConsoleState, visit: &Visit, user: &str) -> Result<String, Failure> {
    Ok(shown_name(&super::users::one(state, visit, user).await?.user))
}

/// Adds a member, or gives one another role.
pub(super) async fn set(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let address = format!("{PROJECTS}/{uid}");
    let (user, sent) = (post.fields.text("user"), post.fields.text("role"));
    if sent == KEEP {
        return Ok(visit.go(&address));
    }
    let Some(role) = role(&sent) else { return Err(Failure::Refused("Choose a role".to_owned())) };
    let name = name_of(&state, &visit, &user).await?;
    let wanted = Membership { user_uid: user, project_uid: uid, roles: vec![role] };
    state.access.iam(visit.caller()).set_memberships(vec![wanted]).await.map_err(failure)?;
    Ok(visit.done(&address, &format!("{name} is {} now", super::project_word(role))))
}

pub(super) async fn ask_remove(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path((uid, user)): Path<(String, String)>,
) -> Result<Response, Failure> {
    visit.require_in(MANAGE_MEMBERS, &Scope::Project(uid.clone())).await?;
    let name = name_of(&state, &visit, &user).await?;
    let mut page = page(&state, &visit, &uid).await?;
    page.frame = page.frame.under(page.project.name.clone(), format!("{PROJECTS}/{uid}"));
    page.frame.title = format!("Remove {name}");
    page.dialog = Some(Dialog {
        title: format!("Remove {name} from {}?", page.project.name),
        consequences: vec![
            "Roles in the tenant, and in other projects, stay.".to_owned(),
            "What the user made in the project stays too.".to_owned(),
        ],
        links: Vec::new(),
        action: format!("{PROJECTS}/{uid}/members/{user}/remove"),
        back: format!("{PROJECTS}/{uid}"),
        csrf: visit.session.csrf.clone(),
        verb: "Remove member",
    });
    visit.page(&page)
}

pub(super) async fn remove(
    State(state): State<ConsoleState>,
    Path((uid, user)): Path<(String, String)>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let name = name_of(&state, &visit, &user).await?;
    let address = format!("{PROJECTS}/{uid}");
    let wanted = Membership { user_uid: user, project_uid: uid, roles: Vec::new() };
    state.access.iam(visit.caller()).set_memberships(vec![wanted]).await.map_err(failure)?;
    Ok(visit.done(&address, &format!("{name} is no member any more")))
}
