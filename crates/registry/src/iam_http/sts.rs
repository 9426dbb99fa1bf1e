//! STS.

use super::Reply;
use super::form::Form;
use super::users::one;
use packyard_access::sts::AssumeRole;
use packyard_access::{Access, Caller};
use secrecy::ExposeSecret;

pub(super) const ACTIONS: [&str; 2] = ["GetCallerIdentity", "AssumeRole"];

pub(super) async fn perform(access: &Access, caller: &Caller, action: &str, form: &Form) -> Option<Reply> {
    Some(match action {
        "GetCallerIdentity" => Ok(caller_identity(caller)),
        "AssumeRole" => assume_role(access, caller, form).await,
        _ => return None,
    })
}

/// Needs no right: whoever can sign may know who they are.
fn caller_identity(caller: &Caller) -> Option<super::Xml> {
    let principal = &caller.principal;
    one(|xml| {
        xml.text("UserId", &principal.user_id).text("Account", &principal.account_id).text("Arn", &principal.arn);
    })
}

async fn assume_role(access: &Access, caller: &Caller, form: &Form) -> Reply {
    let request = AssumeRole {
        role_arn: form.need("RoleArn")?.to_owned(),
        session_name: form.need("RoleSessionName")?.to_owned(),
        external_id: form.get("ExternalId").map(str::to_owned),
        duration_s: form.integer("DurationSeconds")?,
        policy: form.get("Policy").map(str::to_owned),
        policy_arns: form.policy_arns(),
    };
    let assumed = access.assume_role(caller, request).await?;
    let credentials = &assumed.credentials;
    Ok(one(|xml| {
        xml.node("Credentials", |node| {
            node.text("AccessKeyId", &credentials.access_key_id);
            node.text("SecretAccessKey", credentials.secret_access_key.expose_secret());
            node.text("SessionToken", credentials.session_token.expose_secret());
            node.time("Expiration", credentials.expires_at_ms);
        });
        xml.node("AssumedRoleUser", |node| {
            node.text("AssumedRoleId", &assumed.id).text("Arn", &assumed.arn);
        });
    }))
}
