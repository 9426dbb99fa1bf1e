//! What it means that credentials are taken or refused, and what to do.

use crate::{Auth, RegistrySpec};
use packyard_oci::client::ClientError;

pub(super) fn taken(spec: &RegistrySpec) -> &'static str {
    if matches!(spec.auth, Auth::Anonymous) { "nobody has to log in" } else { "the registry takes them" }
}

/// What a refusal of the credentials means, and what to do.
pub(super) fn not_taken(spec: &RegistrySpec, error: &ClientError) -> (String, &'static str) {
    let code = error.codes.first().map_or("", |code| code.code.as_str());
    let because = |text: &str| if code.is_empty() { text.to_owned() } else { format!("{text} ({code})") };
    match &spec.auth {
        Auth::Anonymous => (
            because("the registry wants somebody to log in"),
            "Choose Basic or ECR as the authentication type, and give credentials.",
        ),
        Auth::Basic { .. } if error.status == Some(401) => {
            (because("the registry does not take this user name and password"), "Check user name and password.")
        }
        Auth::Basic { .. } | Auth::Token { .. } => (error.seen.clone(), "Check user name and password."),
        Auth::AwsServer => {
            (error.seen.clone(), "Check what this server's environment, pod or instance gives it, and its policies.")
        }
        Auth::AwsKeys { .. } | Auth::AwsRole { .. } => match code {
            "UnrecognizedClientException" | "InvalidClientTokenId" => (
                because("the registry does not know this access key"),
                "Check the access key; it may have been deleted or disabled.",
            ),
            "InvalidSignatureException" | "SignatureDoesNotMatch" => (
                because("the secret access key does not belong to this access key"),
                "Enter the secret access key again.",
            ),
            "ExpiredTokenException" | "ExpiredToken" => {
                (because("these temporary credentials have expired"), "Enter credentials that last.")
            }
            _ if matches!(spec.auth, Auth::AwsRole { .. }) => (
                error.seen.clone(),
                "Check the ARN of the role, who may assume it (its trust policy), and the external ID.",
            ),
            _ => (error.seen.clone(), "Check the access key and the secret access key."),
        },
    }
}
