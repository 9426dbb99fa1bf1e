//! Commands that pages show, with this server's own addresses filled in, ready to paste.

use crate::ConsoleConfig;
use packyard_catalog::{Auth, Registry};

/// From nothing to a published pack on this very server: what each step is for, and its command.
pub(crate) fn first_pack(config: &ConsoleConfig) -> Vec<(&'static str, String)> {
    let host = config.host();
    vec![
        (
            "Use an access key of this server: it asks for one (the first was shown when the server first started)",
            format!(
                "aws configure --profile packyard && export AWS_PROFILE=packyard AWS_REGION={} AWS_ENDPOINT_URL_ECR={}",
                config.region, config.public_url
            ),
        ),
        (
            "Check, archive and push a pack folder; missing repositories are created",
            format!("packyard publish ./my-pack --to {host}/spectro-oci-registry"),
        ),
        (
            "Look at what arrived",
            format!("aws ecr describe-repositories --region {} --endpoint-url {}", config.region, config.public_url),
        ),
    ]
}

/// The host of an endpoint, as references to images and artifacts begin.
pub(crate) fn host(endpoint: &str) -> &str {
    endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest).trim_end_matches('/')
}

/// How ORAS logs in to a registry that wants a login; secrets are left to be asked for.
pub(crate) fn oras_login(registry: &Registry, config: &ConsoleConfig) -> Option<String> {
    let host = host(&registry.spec.endpoint);
    match &registry.spec.auth {
        Auth::Anonymous | Auth::Token { .. } => None,
        Auth::Basic { username, .. } => Some(format!("oras login {host} --username {}", quoted(username))),
        Auth::AwsKeys { .. } | Auth::AwsRole { .. } | Auth::AwsServer => {
            let here = format!(" --region {} --endpoint-url {}", config.region, config.public_url);
            let place = if registry.is_this_server { here } else { region_of(host) };
            Some(format!("aws ecr get-login-password{place} | oras login {host} --username AWS --password-stdin"))
        }
    }
}

/// `<account>.dkr.ecr.<region>.amazonaws.com` names its region; elsewhere the client's own setting counts.
fn region_of(host: &str) -> String {
    let region = host.split_once(".dkr.ecr.").and_then(|(_, rest)| rest.split('.').next());
    region.map_or_else(String::new, |region| format!(" --region {region}"))
}

/// A name that a shell could read as something else, such as Harbor's `robot$reader`, in quotes.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@.+-_:/".contains(c);
    if text.chars().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// One pack to `<endpoint>/<base path>`: with our own client, then by hand.
pub(crate) fn publish(endpoint: &str, base_path: &str) -> Vec<String> {
    let place = [host(endpoint), base_path].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
    vec![
        format!("packyard publish ./my-pack --to {place}"),
        format!("oras push {place}/spectro-packs/archive/my-pack:1.0.0 my-pack-1.0.0.tar.gz"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_command_has_a_hole_to_fill() {
        let config = ConsoleConfig {
            allowed_hosts: [].into(),
            public_url: "https://packs.example.com".to_owned(),
            account_id: "000000000000".to_owned(),
            region: "eu-west-1".to_owned(),
            form_limit: ConsoleConfig::FORM_LIMIT,
        };
        let steps = first_pack(&config);
        assert!(steps[0].1.contains("AWS_ENDPOINT_URL_ECR=https://packs.example.com"), "{steps:?}");
        for command in steps.into_iter().map(|(_, command)| command).chain(publish("host", "team")) {
            assert!(!command.contains(['…', '<', '$']), "{command}");
        }
    }

    #[test]
    fn commands_name_the_place_without_scheme_and_without_double_slash() {
        let commands = publish("https://harbor.example.com/", "team");
        assert_eq!(commands[0], "packyard publish ./my-pack --to harbor.example.com/team");
        assert!(commands[1].starts_with("oras push harbor.example.com/team/spectro-packs/archive/"));
        assert_eq!(publish("host:5000", "")[0], "packyard publish ./my-pack --to host:5000");
    }

    #[test]
    fn a_login_names_region_and_user_so_that_a_shell_takes_them() {
        assert_eq!(region_of("000000000000.dkr.ecr.eu-central-1.amazonaws.com"), " --region eu-central-1");
        assert_eq!(region_of("harbor.example.com"), "");
        assert_eq!(quoted("robot$reader"), "'robot$reader'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("admin@example.com"), "admin@example.com");
    }
}
