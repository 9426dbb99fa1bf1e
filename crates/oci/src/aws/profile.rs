//! Profiles of the AWS configuration files that name a role: `role_arn` with `source_profile`, `credential_source` or
//! `web_identity_token_file`. The chain of `reqsign` reads the keys of a profile and passes over its role.

use super::sts::RoleToAssume;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The settings of every profile, from both files. Those of the credentials file win, as for the AWS CLI.
#[derive(Default)]
pub(super) struct Profiles(HashMap<String, HashMap<String, String>>);

/// A role and where the keys come from that may assume it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ProfileRole {
    pub(super) role: RoleToAssume,
    pub(super) source: RoleSource,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum RoleSource {
    Profile(String),
    Environment,
    Instance,
    Container,
    /// A token of an identity provider, instead of keys.
    WebIdentity(PathBuf),
}

impl Profiles {
    /// What the files of this user say; files that are not there say nothing.
    pub(super) async fn load() -> Self {
        let mut profiles = Self::default();
        for (variable, file, prefix) in
            [("AWS_CONFIG_FILE", "config", "profile "), ("AWS_SHARED_CREDENTIALS_FILE", "credentials", "")]
        {
            let named = std::env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from);
            let path = named.or_else(|| Some(std::env::home_dir()?.join(".aws").join(file)));
            let Some(path) = path else { continue };
            if let Ok(text) = tokio::fs::read_to_string(in_home(&path)).await {
                profiles.read(&text, prefix);
            }
        }
        profiles
    }

    /// `prefix` stands before the names of profiles in `config`, except before `default`.
    fn read(&mut self, text: &str, prefix: &str) {
        let mut current: Option<String> = None;
        for line in text.lines() {
            // Lines that are indented belong to a nested setting (`s3 =`), which is none of ours.
            if line.starts_with([' ', '\t', '#', ';']) {
                continue;
            }
            if let Some(section) = line.trim_end().strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                let name = section.0.trim();
                let profile = name.strip_prefix(prefix).or((name == "default").then_some(name));
                current = profile.map(|name| name.trim().to_owned());
                // A profile without a setting is one too.
                if let Some(profile) = &current {
                    self.0.entry(profile.clone()).or_default();
                }
            } else if let (Some(profile), Some((key, value))) = (&current, line.split_once('=')) {
                let value = value.split_once(" #").map_or(value, |(value, _comment)| value);
                let settings = self.0.entry(profile.clone()).or_default();
                settings.insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
            }
        }
    }

    pub(super) fn has(&self, profile: &str) -> bool {
        self.0.contains_key(profile)
    }

    /// In order, for a message.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.0.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// The role of a profile; `None` when it has none. The text says what is wrong with it.
    pub(super) fn role(&self, profile: &str) -> Result<Option<ProfileRole>, String> {
        let Some(settings) = self.0.get(profile) else { return Ok(None) };
        let text = |key: &str| settings.get(key).map(String::as_str).filter(|value| !value.is_empty());
        let Some(role_arn) = text("role_arn") else { return Ok(None) };
        if text("mfa_serial").is_some() {
            return Err(format!(
                "the profile `{profile}` asks for an MFA code, which is not asked for here; put temporary keys into the environment (`aws configure export-credentials --profile {profile} --format env`)"
            ));
        }
        let source = match (text("source_profile"), text("credential_source"), text("web_identity_token_file")) {
            (Some(name), ..) => RoleSource::Profile(name.to_owned()),
            (_, Some("Environment"), _) => RoleSource::Environment,
            (_, Some("Ec2InstanceMetadata"), _) => RoleSource::Instance,
            (_, Some("EcsContainer"), _) => RoleSource::Container,
            (_, Some(other), _) => {
                return Err(format!("the profile `{profile}` has credential_source = {other}, which is not known"));
            }
            (_, _, Some(file)) => RoleSource::WebIdentity(in_home(Path::new(file))),
            _ => {
                return Err(format!(
                    "the profile `{profile}` names a role but not who assumes it; add source_profile or credential_source"
                ));
            }
        };
        let role = RoleToAssume {
            role_arn: role_arn.to_owned(),
            external_id: text("external_id").map(str::to_owned),
            session_name: text("role_session_name").unwrap_or("packyard").to_owned(),
            duration_s: text("duration_seconds").and_then(|seconds| seconds.parse().ok()),
        };
        Ok(Some(ProfileRole { role, source }))
    }
}

/// `~/` is the home folder.
fn in_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::home_dir()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profiles() -> Profiles {
        let mut profiles = Profiles::default();
        let config = "[default]\nregion = eu-west-1\n\n[profile deploy]\nrole_arn = arn:aws:iam::123456789012:role/Deploy # ours\nsource_profile=base\nexternal_id = x=1\nduration_seconds = 900\ns3 =\n  role_arn = nested\n[profile ci]\nrole_arn=arn:aws:iam::1:role/Ci\nweb_identity_token_file = /var/token\n[profile host]\nROLE_ARN=arn:aws:iam::1:role/H\ncredential_source = Ec2InstanceMetadata\n[profile lost]\nrole_arn=a\n[profile mfa]\nrole_arn=a\nsource_profile=base\nmfa_serial=m\n[sso-session default]\nrole_arn = not-a-profile\n";
        profiles.read(config, "profile ");
        profiles.read("[base]\naws_access_key_id = AKIA\n[deploy]\nrole_session_name = from-credentials\n", "");
        profiles
    }

    #[test]
    fn roles_with_every_source() {
        let profiles = profiles();
        let role = RoleToAssume {
            role_arn: "arn:aws:iam::123456789012:role/Deploy".into(),
            external_id: Some("x=1".into()),
            session_name: "from-credentials".into(),
            duration_s: Some(900),
        };
        let deploy = ProfileRole { role, source: RoleSource::Profile("base".into()) };
        assert_eq!(profiles.role("deploy"), Ok(Some(deploy)));
        let source = |name: &str| profiles.role(name).unwrap().unwrap().source;
        assert_eq!(source("ci"), RoleSource::WebIdentity("/var/token".into()));
        assert_eq!(source("host"), RoleSource::Instance);
        for none in ["default", "base", "nowhere"] {
            assert_eq!(profiles.role(none), Ok(None), "{none}");
        }
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        assert!(profiles().role("lost").unwrap_err().contains("add source_profile"));
        assert!(profiles().role("mfa").unwrap_err().contains("MFA code"));
    }
}
