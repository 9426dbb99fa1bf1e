//! A server says what is wrong with a registry's settings in words for everybody; here it is said which flag sets it.

use crate::commands::server::Refused;
use serde_json::Value;

/// The error with the flags of `add`, `validate` and `update` that mend it, where it is known which. Who gave a login knows
/// how.
pub(super) fn with_flags(error: anyhow::Error, kind: &str, has_login: bool) -> anyhow::Error {
    let flags = error.downcast_ref::<Refused>().and_then(|refused| flags(&refused.details, kind, has_login));
    match flags {
        Some(flags) => anyhow::anyhow!("{error} ({flags})"),
        None => error,
    }
}

fn flags(details: &Value, kind: &str, has_login: bool) -> Option<&'static str> {
    let failed = details["hops"].as_array().into_iter().flatten().find(|hop| hop["state"] == "failed");
    let field = failed.map_or(&details["field"], |hop| &hop["field"]);
    of_field(field.as_str().unwrap_or_default()).or_else(|| of_hop(details["hop"].as_str()?, kind, has_login))
}

/// By the name that a setting has in `/v1`.
fn of_field(field: &str) -> Option<&'static str> {
    Some(match field {
        "endpoint" => "--endpoint",
        "password" | "token" | "secretKey" | "credentials.secretKey" => "--secret-stdin",
        "credentials.accessKey" => "--access-key",
        "credentials.sts.arn" => "--role-arn",
        "tls.key" | "tls.certificate" => "--client-cert and --client-key",
        "proxy.username" | "proxy.password" => "--proxy http://USER@HOST:PORT and --proxy-password-file",
        _ => return None,
    })
}

fn of_hop(hop: &str, kind: &str, has_login: bool) -> Option<&'static str> {
    Some(match (hop, kind) {
        ("proxy", _) => "--proxy, --no-proxy",
        ("tls", _) => "--registry-ca, or --insecure-skip-verify",
        ("credentials", _) if has_login => return None,
        ("credentials", "ecr") => "--access-key with --secret-stdin",
        ("credentials", "helm") => "--username with --secret-stdin",
        ("credentials", _) => "--username with --secret-stdin; for ECR --kind ecr --access-key with --secret-stdin",
        ("path", "helm") => "--endpoint; for charts in an OCI registry --provider helm instead of --kind helm",
        ("path", _) => "--base",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_setting_counts_before_the_hop() {
        let details = json!({
            "hop": "credentials",
            "hops": [{ "hop": "dns", "state": "ok" }, { "hop": "credentials", "state": "failed", "field": "credentials.secretKey" }],
        });
        assert_eq!(flags(&details, "ecr", true), Some("--secret-stdin"));
        let tls = json!({ "hop": "tls", "hops": [] });
        assert_eq!(flags(&tls, "basic", false), Some("--registry-ca, or --insecure-skip-verify"));
        let proxy = flags(&json!({ "field": "proxy.password" }), "basic", false);
        assert!(proxy.is_some_and(|text| text.starts_with("--proxy")));
        // An edit that moves a registry elsewhere asks for its secret again.
        for field in ["password", "token", "secretKey"] {
            assert_eq!(flags(&json!({ "field": field }), "basic", true), Some("--secret-stdin"));
        }
        let credentials = json!({ "hop": "credentials" });
        assert_eq!(flags(&credentials, "helm", false), Some("--username with --secret-stdin"));
        assert_eq!(flags(&credentials, "helm", true), None);
        for unknown in [json!(null), json!({ "hop": "permission" }), json!({ "field": "name" })] {
            assert_eq!(flags(&unknown, "basic", false), None, "{unknown}");
        }
    }
}
