//! What was typed, and the specification that it makes.

use super::super::certificate;
use super::Form;
use crate::form::Fields;
use packyard_catalog::{Auth, RegistryKind, RegistrySpec, TlsSpec};
use secrecy::SecretString;

impl Form {
    /// Takes what was typed; secrets become part of the specification only.
    pub(super) fn filled(mut self, fields: &Fields, now_ms: i64) -> (Self, RegistrySpec) {
        self.name = fields.text("name");
        let sent = fields.text("auth");
        if ["ecr", "basic", "none"].contains(&sent.as_str()) && !self.is_kind_fixed(&sent) {
            self.auth = sent;
        }
        let aws = fields.text("aws");
        self.aws = if ["sts", "server"].contains(&aws.as_str()) { aws } else { "keys".to_owned() };
        self.endpoint = fields.text("endpoint");
        self.region = fields.text("region");
        // The button of a near miss says which paths to take instead.
        let paths = if fields.is_checked("use_paths") { "use_paths" } else { "paths" };
        self.paths = fields.list(paths).join(", ");
        self.username = fields.text("username");
        self.access_key = fields.text("access_key");
        self.role_arn = fields.text("role_arn");
        self.external_id = fields.text("external_id");
        self.certificate = fields.long_text("certificate", "").trim().to_owned();
        self.skip_verify = fields.is_checked("skip_verify");
        self.certificates = certificate::read(&self.certificate, now_ms);
        self.connection.fill(fields, now_ms);
        let interval = fields.text("interval");
        self.intervals.iter_mut().for_each(|choice| choice.is_chosen = choice.value == interval);
        self.secret_was_typed = ["secret_key", "password"].iter().any(|name| !fields.exact(name).is_empty());
        let auth = self.auth_of(fields);
        self.check(&auth);
        let mut spec = self.spec(auth);
        spec.client_certificate = self.connection.client_certificate(fields);
        spec.proxy = self.connection.proxy(fields);
        (self, spec)
    }

    fn auth_of(&self, fields: &Fields) -> Auth {
        let secret = |name: &str| Some(fields.exact(name)).filter(|text| !text.is_empty()).map(SecretString::from);
        match (self.auth.as_str(), self.aws.as_str()) {
            ("basic", _) if self.token_username.as_ref() == Some(&self.username) => {
                Auth::Token { username: self.username.clone(), token: secret("password") }
            }
            ("basic", _) => Auth::Basic { username: self.username.clone(), password: secret("password") },
            ("ecr", "sts") => Auth::AwsRole {
                role_arn: self.role_arn.clone(),
                external_id: self.external_id.clone(),
                access_key: self.access_key.clone(),
                secret_key: secret("secret_key"),
            },
            ("ecr", "server") => Auth::AwsServer,
            ("ecr", _) => Auth::AwsKeys { access_key: self.access_key.clone(), secret_key: secret("secret_key") },
            _ => Auth::Anonymous,
        }
    }

    fn spec(&self, auth: Auth) -> RegistrySpec {
        let paths = self.paths.replace(", ", ",");
        let mut spec = match self.auth.as_str() {
            _ if self.provider.is_repository() => RegistrySpec::other(RegistryKind::Helm, self.endpoint.clone(), auth),
            "ecr" => RegistrySpec::ecr(self.endpoint.clone(), paths, auth),
            _ => RegistrySpec::basic(self.endpoint.clone(), paths, auth),
        };
        if !self.provider.is_repository() {
            self.provider.value.clone_into(&mut spec.provider_type);
        }
        spec.default_region.clone_from(&self.region);
        if !self.certificate.is_empty() || self.skip_verify {
            let certificate =
                if self.certificate.is_empty() { String::new() } else { format!("{}\n", self.certificate) };
            spec.tls =
                Some(TlsSpec { enabled: true, certificate, ca: String::new(), insecure_skip_verify: self.skip_verify });
        }
        spec
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::filled;
    use packyard_catalog::Auth;

    #[test]
    fn an_empty_secret_of_an_existing_registry_keeps_the_stored_one() {
        let (form, spec) = filled("auth=basic&aws=keys&endpoint=h&access_key=k", true);
        assert!(form.errors.is_empty());
        assert_eq!(form.auth, "ecr", "the kind of an existing registry is fixed");
        assert!(matches!(spec.auth, Auth::AwsKeys { secret_key: None, .. }));
    }

    #[test]
    fn several_base_paths_become_one_list() {
        let (_, spec) = filled("auth=none&endpoint=h&paths=one%2C+two%0D%0Athree", false);
        assert_eq!(spec.base_content_path, "one,two,three");
        assert!(spec.tls.is_none());
    }
}
