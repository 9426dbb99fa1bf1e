//! What it means that credentials are taken or refused, and what to do.

use crate::{Auth, Hop, HopResult, HopState, RegistryKind, RegistrySpec};
use packyard_oci::client::ClientError;

/// An ECR that is not the public one asks everybody for a key, so this is none, or a key was forgotten.
pub(super) const OPEN_ECR: &str = "no access key was given and the registry lets anybody in, so it is read by /v2 as any open registry is, not by the ECR API";

pub(super) fn taken(spec: &RegistrySpec) -> &'static str {
    if matches!(spec.auth, Auth::Anonymous) { "nobody has to log in" } else { "the registry takes them" }
}

/// Credentials that were refused: what that means, what to do, and which of the settings is the wrong one.
pub(super) fn not_taken(spec: &RegistrySpec, error: &ClientError) -> HopResult {
    let code = error.codes.first().map_or("", |code| code.code.as_str());
    let (seen, advice) = refusal(spec, error, code);
    let field = match &spec.auth {
        Auth::AwsKeys { .. } | Auth::AwsRole { .. } if is_unknown_key(code) => Some("credentials.accessKey"),
        Auth::AwsKeys { .. } | Auth::AwsRole { .. } if is_wrong_secret(code) => Some("credentials.secretKey"),
        _ => None,
    };
    let failed = HopResult::new(Hop::Credentials, HopState::Failed, &seen).about(field);
    HopResult { advice: Some(advice.to_owned()), ..failed }
}

fn is_unknown_key(code: &str) -> bool {
    matches!(code, "UnrecognizedClientException" | "InvalidClientTokenId")
}

fn is_wrong_secret(code: &str) -> bool {
    matches!(code, "InvalidSignatureException" | "SignatureDoesNotMatch")
}

fn refusal(spec: &RegistrySpec, error: &ClientError, code: &str) -> (String, &'static str) {
    let because = |text: &str| if code.is_empty() { text.to_owned() } else { format!("{text} ({code})") };
    match &spec.auth {
        Auth::Anonymous => (
            because("the registry wants somebody to log in"),
            match spec.kind {
                RegistryKind::Helm => "Give a user name and password.",
                _ => "Give a user name and password, or for ECR an access key.",
            },
        ),
        Auth::Basic { .. } if error.status == Some(401) => {
            (because("the registry does not take this user name and password"), "Check user name and password.")
        }
        Auth::Basic { .. } | Auth::Token { .. } => (error.seen.clone(), "Check user name and password."),
        Auth::AwsServer => {
            (error.seen.clone(), "Check what this server's environment, pod or instance gives it, and its policies.")
        }
        Auth::AwsKeys { .. } | Auth::AwsRole { .. } if is_unknown_key(code) => (
            because("the registry does not know this access key"),
            "Check the access key; it may have been deleted or disabled.",
        ),
        Auth::AwsKeys { .. } | Auth::AwsRole { .. } if is_wrong_secret(code) => {
            (because("the secret access key does not belong to this access key"), "Enter the secret access key again.")
        }
        Auth::AwsKeys { .. } | Auth::AwsRole { .. } if matches!(code, "ExpiredTokenException" | "ExpiredToken") => {
            (because("these temporary credentials have expired"), "Enter credentials that last.")
        }
        Auth::AwsRole { .. } => (
            error.seen.clone(),
            "Check the ARN of the role, who may assume it (its trust policy), and the external ID.",
        ),
        Auth::AwsKeys { .. } => (error.seen.clone(), "Check the access key and the secret access key."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use packyard_oci::client::{self, RemoteCode};

    fn refused(auth: Auth, code: &str) -> HopResult {
        let error = ClientError {
            hop: client::Hop::Auth,
            doing: "ask".to_owned(),
            seen: "it says no".to_owned(),
            status: Some(403),
            codes: vec![RemoteCode { code: code.to_owned(), message: String::new() }],
            without_login: false,
            retry_after: None,
            source: None,
        };
        not_taken(&RegistrySpec::ecr("h", "", auth), &error)
    }

    #[test]
    fn the_setting_that_is_wrong_is_named() {
        let keys = || Auth::AwsKeys { access_key: "A".to_owned(), secret_key: None };
        let role = || Auth::AwsRole {
            role_arn: "arn".to_owned(),
            external_id: String::new(),
            access_key: "A".to_owned(),
            secret_key: None,
        };
        for (code, field) in [
            ("InvalidSignatureException", Some("credentials.secretKey")),
            ("SignatureDoesNotMatch", Some("credentials.secretKey")),
            ("UnrecognizedClientException", Some("credentials.accessKey")),
            ("AccessDenied", None),
        ] {
            assert_eq!((refused(keys(), code).field, refused(role(), code).field), (field, field), "{code}");
        }
        assert_eq!(refused(Auth::Anonymous, "InvalidSignatureException").field, None);
    }
}
