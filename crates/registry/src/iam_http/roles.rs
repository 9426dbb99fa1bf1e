//! Roles.

use super::Reply;
use super::form::{Form, marker_of};
use super::users::{one, write_tags};
use super::xml::Xml;
use packyard_access::iam::{Iam, NewRole, Role};

pub(super) async fn perform(iam: Iam<'_>, action: &str, form: &Form) -> Option<Reply> {
    Some(match action {
        "CreateRole" => create(iam, form).await,
        "GetRole" => get(iam, form).await,
        "ListRoles" => list(iam, form).await,
        "DeleteRole" => delete(iam, form).await,
        "ListInstanceProfilesForRole" => list_instance_profiles(iam, form).await,
        "UpdateAssumeRolePolicy" => set_trust(iam, form).await,
        _ => return None,
    })
}

async fn create(iam: Iam<'_>, form: &Form) -> Reply {
    let new = NewRole {
        name: form.need("RoleName")?.to_owned(),
        path: form.get("Path").unwrap_or("/").to_owned(),
        description: form.get("Description").unwrap_or_default().to_owned(),
        trust_policy: form.need("AssumeRolePolicyDocument")?.to_owned(),
        max_session_s: form.integer("MaxSessionDuration")?.unwrap_or(3600),
        tags: form.tags(),
    };
    let role = iam.create_role(new).await?;
    Ok(one(|xml| write_role(xml, &role)))
}

async fn get(iam: Iam<'_>, form: &Form) -> Reply {
    let role = iam.role(form.need("RoleName")?).await?;
    Ok(one(|xml| write_role(xml, &role)))
}

async fn list(iam: Iam<'_>, form: &Form) -> Reply {
    let prefix = form.get("PathPrefix").unwrap_or("/");
    let (roles, last) = iam.roles(prefix, form.marker("roles")?.as_deref(), form.max_items()?).await?;
    let marker = last.map(|last| marker_of("roles", &last));
    Ok(one(|xml| {
        xml.members("Roles", &roles, role_fields);
        xml.boolean("IsTruncated", marker.is_some()).maybe("Marker", marker.as_deref());
    }))
}

async fn delete(iam: Iam<'_>, form: &Form) -> Reply {
    iam.delete_role(form.need("RoleName")?).await?;
    Ok(None)
}

/// None: whoever deletes a role, as Terraform does, first asks for its instance profiles.
async fn list_instance_profiles(iam: Iam<'_>, form: &Form) -> Reply {
    iam.may_list_instance_profiles(form.need("RoleName")?).await?;
    Ok(one(|xml| {
        xml.node("InstanceProfiles", |_| ()).boolean("IsTruncated", false);
    }))
}

async fn set_trust(iam: Iam<'_>, form: &Form) -> Reply {
    iam.set_trust_policy(form.need("RoleName")?, form.need("PolicyDocument")?).await?;
    Ok(None)
}

fn write_role(xml: &mut Xml, role: &Role) {
    xml.node("Role", |node| role_fields(node, role));
}

fn role_fields(xml: &mut Xml, role: &Role) {
    xml.text("Path", &role.path).text("RoleName", &role.name).text("RoleId", &role.role_id).text("Arn", &role.arn);
    xml.time("CreateDate", role.created_at_ms).document("AssumeRolePolicyDocument", &role.trust_policy);
    xml.maybe("Description", Some(role.description.as_str()).filter(|text| !text.is_empty()));
    xml.text("MaxSessionDuration", &role.max_session_s.to_string());
    write_tags(xml, &role.tags);
}
