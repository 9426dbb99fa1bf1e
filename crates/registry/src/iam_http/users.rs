//! Users, login profiles, access keys.

use super::Reply;
use super::form::{Form, marker_of};
use super::xml::Xml;
use packyard_access::iam::{AccessKey, Iam, IamError, LoginProfile, NewUser, User};
use secrecy::{ExposeSecret, SecretString};

pub(super) async fn perform(iam: Iam<'_>, action: &str, form: &Form) -> Option<Reply> {
    Some(match action {
        "CreateUser" => create_user(iam, form).await,
        "GetUser" => iam.user(form.get("UserName")).await.map(|user| one(|xml| write_user(xml, "User", &user))),
        "ListUsers" => list_users(iam, form).await,
        "DeleteUser" => delete_user(iam, form).await,
        "ListGroupsForUser" => list_groups(iam, form).await,
        "CreateLoginProfile" => create_login_profile(iam, form).await,
        "GetLoginProfile" => get_login_profile(iam, form).await,
        "UpdateLoginProfile" => update_login_profile(iam, form).await,
        "DeleteLoginProfile" => delete_login_profile(iam, form).await,
        "CreateAccessKey" => create_access_key(iam, form).await,
        "ListAccessKeys" => list_access_keys(iam, form).await,
        "UpdateAccessKey" => update_access_key(iam, form).await,
        "DeleteAccessKey" => delete_access_key(iam, form).await,
        _ => return None,
    })
}

/// A reply with an output.
pub(super) fn one(write: impl FnOnce(&mut Xml)) -> Option<Xml> {
    let mut xml = Xml::default();
    write(&mut xml);
    Some(xml)
}

async fn create_user(iam: Iam<'_>, form: &Form) -> Reply {
    let mut new = NewUser::named(form.need("UserName")?);
    if let Some(path) = form.get("Path") {
        new.path = path.to_owned();
    }
    new.tags = form.tags();
    let user = iam.create_user(new).await?;
    Ok(one(|xml| write_user(xml, "User", &user)))
}

async fn list_users(iam: Iam<'_>, form: &Form) -> Reply {
    let prefix = form.get("PathPrefix").unwrap_or("/");
    let page = iam.users(prefix, form.marker("users")?.as_deref(), form.max_items()?).await?;
    let marker = page.marker.map(|last| marker_of("users", &last));
    Ok(one(|xml| {
        xml.members("Users", &page.users, user_fields);
        xml.boolean("IsTruncated", marker.is_some()).maybe("Marker", marker.as_deref());
    }))
}

async fn delete_user(iam: Iam<'_>, form: &Form) -> Reply {
    iam.delete_user(form.need("UserName")?).await?;
    Ok(None)
}

/// None: whoever deletes a user, as Terraform does, first asks for its groups.
async fn list_groups(iam: Iam<'_>, form: &Form) -> Reply {
    iam.may_list_groups(form.need("UserName")?).await?;
    Ok(one(|xml| {
        xml.node("Groups", |_| ()).boolean("IsTruncated", false);
    }))
}

fn write_user(xml: &mut Xml, name: &str, user: &User) {
    xml.node(name, |node| user_fields(node, user));
}

fn user_fields(xml: &mut Xml, user: &User) {
    xml.text("Path", &user.path);
    xml.maybe("UserName", Some(user.name.as_str()).filter(|name| !name.is_empty()));
    xml.text("UserId", &user.user_id).text("Arn", &user.arn).time("CreateDate", user.created_at_ms);
    if let Some(at) = user.last_login_at_ms {
        xml.time("PasswordLastUsed", at);
    }
    write_tags(xml, &user.tags);
}

pub(super) fn write_tags(xml: &mut Xml, tags: &[(String, String)]) {
    if !tags.is_empty() {
        xml.members("Tags", tags, |member, (key, value)| {
            member.text("Key", key).text("Value", value);
        });
    }
}

fn password(form: &Form) -> Option<SecretString> {
    form.get("Password").map(|password| SecretString::from(password.to_owned()))
}

async fn create_login_profile(iam: Iam<'_>, form: &Form) -> Reply {
    form.need("Password")?;
    let password = password(form).unwrap_or_default();
    let reset = form.boolean("PasswordResetRequired")?.unwrap_or(false);
    let profile = iam.create_login_profile(form.need("UserName")?, &password, reset).await?;
    Ok(one(|xml| write_profile(xml, &profile)))
}

async fn get_login_profile(iam: Iam<'_>, form: &Form) -> Reply {
    let profile = iam.login_profile(form.need("UserName")?).await?;
    Ok(one(|xml| write_profile(xml, &profile)))
}

fn write_profile(xml: &mut Xml, profile: &LoginProfile) {
    xml.node("LoginProfile", |node| {
        node.text("UserName", &profile.user_name).time("CreateDate", profile.created_at_ms);
        node.boolean("PasswordResetRequired", profile.reset_required);
    });
}

async fn update_login_profile(iam: Iam<'_>, form: &Form) -> Reply {
    let reset = form.boolean("PasswordResetRequired")?;
    iam.update_login_profile(form.need("UserName")?, password(form).as_ref(), reset).await?;
    Ok(None)
}

async fn delete_login_profile(iam: Iam<'_>, form: &Form) -> Reply {
    iam.delete_login_profile(form.need("UserName")?).await?;
    Ok(None)
}

async fn create_access_key(iam: Iam<'_>, form: &Form) -> Reply {
    let issued = iam.create_access_key(form.get("UserName")).await?;
    Ok(one(|xml| {
        xml.node("AccessKey", |node| {
            key_fields(node, &issued.key);
            node.text("SecretAccessKey", issued.secret.expose_secret());
        });
    }))
}

async fn list_access_keys(iam: Iam<'_>, form: &Form) -> Reply {
    let keys = iam.access_keys(form.get("UserName")).await?;
    Ok(one(|xml| {
        xml.members("AccessKeyMetadata", &keys, key_fields).boolean("IsTruncated", false);
    }))
}

fn key_fields(xml: &mut Xml, key: &AccessKey) {
    xml.text("UserName", &key.user_name).text("AccessKeyId", &key.id);
    xml.text("Status", if key.active { "Active" } else { "Inactive" }).time("CreateDate", key.created_at_ms);
}

async fn update_access_key(iam: Iam<'_>, form: &Form) -> Reply {
    let active = match form.need("Status")? {
        "Active" => true,
        "Inactive" => false,
        other => return Err(IamError::constraint(other, "status", "satisfy enum value set: [Active, Inactive]")),
    };
    iam.set_access_key_active(form.get("UserName"), form.need("AccessKeyId")?, active).await?;
    Ok(None)
}

async fn delete_access_key(iam: Iam<'_>, form: &Form) -> Reply {
    iam.delete_access_key(form.get("UserName"), form.need("AccessKeyId")?).await?;
    Ok(None)
}
