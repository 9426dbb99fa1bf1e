//! Inline and attached policies of users and roles; the managed policies.

use super::Reply;
use super::form::Form;
use super::users::one;
use super::xml::Xml;
use packyard_access::iam::{Holder, Iam, IamError, ManagedPolicySummary};

/// When the built-in policies came to be: the day of AWS's first ECR policies. IAM shows a date for each.
const BUILT_IN_SINCE_MS: i64 = 1_450_000_000_000;

pub(super) async fn perform(iam: Iam<'_>, action: &str, form: &Form) -> Option<Reply> {
    Some(match action {
        "PutUserPolicy" => put(iam, user(form), form).await,
        "PutRolePolicy" => put(iam, role(form), form).await,
        "GetUserPolicy" => get(iam, user(form), "UserName", form).await,
        "GetRolePolicy" => get(iam, role(form), "RoleName", form).await,
        "ListUserPolicies" => list(iam, user(form)).await,
        "ListRolePolicies" => list(iam, role(form)).await,
        "DeleteUserPolicy" => delete(iam, user(form), form).await,
        "DeleteRolePolicy" => delete(iam, role(form), form).await,
        "AttachUserPolicy" => attach(iam, user(form), form).await,
        "AttachRolePolicy" => attach(iam, role(form), form).await,
        "DetachUserPolicy" => detach(iam, user(form), form).await,
        "DetachRolePolicy" => detach(iam, role(form), form).await,
        "ListAttachedUserPolicies" => attached(iam, user(form)).await,
        "ListAttachedRolePolicies" => attached(iam, role(form)).await,
        "ListPolicies" => list_managed(iam, form).await,
        "GetPolicy" => get_managed(iam, form).await,
        "GetPolicyVersion" => get_version(iam, form).await,
        _ => return None,
    })
}

fn user(form: &Form) -> Result<Holder<'_>, IamError> {
    form.need("UserName").map(Holder::User)
}

fn role(form: &Form) -> Result<Holder<'_>, IamError> {
    form.need("RoleName").map(Holder::Role)
}

type OfHolder<'a> = Result<Holder<'a>, IamError>;

async fn put(iam: Iam<'_>, holder: OfHolder<'_>, form: &Form) -> Reply {
    iam.put_policy(holder?, form.need("PolicyName")?, form.need("PolicyDocument")?).await?;
    Ok(None)
}

async fn get(iam: Iam<'_>, holder: OfHolder<'_>, holder_member: &str, form: &Form) -> Reply {
    let name = form.need("PolicyName")?;
    let document = iam.inline_policy(holder?, name).await?;
    let holder_name = form.need(holder_member)?;
    Ok(one(|xml| {
        xml.text(holder_member, holder_name).text("PolicyName", name).document("PolicyDocument", &document);
    }))
}

async fn list(iam: Iam<'_>, holder: OfHolder<'_>) -> Reply {
    let names = iam.inline_policy_names(holder?).await?;
    Ok(one(|xml| {
        xml.node("PolicyNames", |node| {
            for name in &names {
                node.text("member", name);
            }
        });
        xml.boolean("IsTruncated", false);
    }))
}

async fn delete(iam: Iam<'_>, holder: OfHolder<'_>, form: &Form) -> Reply {
    iam.delete_policy(holder?, form.need("PolicyName")?).await?;
    Ok(None)
}

async fn attach(iam: Iam<'_>, holder: OfHolder<'_>, form: &Form) -> Reply {
    iam.attach_policy(holder?, form.need("PolicyArn")?).await?;
    Ok(None)
}

async fn detach(iam: Iam<'_>, holder: OfHolder<'_>, form: &Form) -> Reply {
    iam.detach_policy(holder?, form.need("PolicyArn")?).await?;
    Ok(None)
}

async fn attached(iam: Iam<'_>, holder: OfHolder<'_>) -> Reply {
    let policies = iam.attached_policies(holder?).await?;
    Ok(one(|xml| {
        xml.members("AttachedPolicies", &policies, |member, policy| {
            member.text("PolicyName", policy.name).text("PolicyArn", policy.arn);
        });
        xml.boolean("IsTruncated", false);
    }))
}

async fn list_managed(iam: Iam<'_>, form: &Form) -> Reply {
    let mut policies = iam.managed_policies().await?;
    if form.get("Scope") == Some("Local") {
        policies.clear();
    }
    if form.boolean("OnlyAttached")? == Some(true) {
        policies.retain(|summary| summary.attachments > 0);
    }
    Ok(one(|xml| {
        xml.members("Policies", &policies, |member, summary| managed_fields(member, summary, false));
        xml.boolean("IsTruncated", false);
    }))
}

async fn get_managed(iam: Iam<'_>, form: &Form) -> Reply {
    let summary = iam.managed_policy(form.need("PolicyArn")?).await?;
    Ok(one(|xml| {
        xml.node("Policy", |node| managed_fields(node, &summary, true));
    }))
}

async fn get_version(iam: Iam<'_>, form: &Form) -> Reply {
    let summary = iam.managed_policy_version(form.need("PolicyArn")?, form.need("VersionId")?).await?;
    Ok(one(|xml| {
        xml.node("PolicyVersion", |node| {
            node.document("Document", summary.policy.document).text("VersionId", "v1");
            node.boolean("IsDefaultVersion", true).time("CreateDate", BUILT_IN_SINCE_MS);
        });
    }))
}

/// Lists leave the description out, as in IAM.
fn managed_fields(xml: &mut Xml, summary: &ManagedPolicySummary, with_description: bool) {
    let policy = summary.policy;
    xml.text("PolicyName", policy.name).text("PolicyId", policy.id).text("Arn", policy.arn);
    xml.text("Path", "/").text("DefaultVersionId", "v1");
    xml.text("AttachmentCount", &summary.attachments.to_string()).text("PermissionsBoundaryUsageCount", "0");
    xml.boolean("IsAttachable", true);
    if with_description {
        xml.text("Description", policy.description);
    }
    xml.time("CreateDate", BUILT_IN_SINCE_MS).time("UpdateDate", BUILT_IN_SINCE_MS);
}
