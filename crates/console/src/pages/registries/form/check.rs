//! What can be said of a form without asking anybody.

use super::super::certificate;
use super::Form;
use packyard_catalog::Auth;

impl Form {
    /// What can be said without asking anybody.
    pub(super) fn check(&mut self, auth: &Auth) {
        if self.endpoint.is_empty() {
            self.errors.add("endpoint", "Enter the registry's address.");
        }
        if !certificate::is_readable(&self.certificates) {
            self.errors.add(
                "certificate",
                "This does not read as certificates in PEM form. Upload another file, or empty the field.",
            );
        }
        self.connection.check(&mut self.errors);
        let secret_needed = !self.has_secret;
        match auth {
            Auth::Basic { username, password } => {
                if username.is_empty() {
                    self.errors.add("username", "Enter the user name.");
                }
                if password.is_none() && secret_needed {
                    self.errors.add("password", "Enter the password.");
                }
            }
            Auth::AwsKeys { access_key, secret_key } => {
                self.check_keys(access_key, secret_key.is_some(), secret_needed)
            }
            Auth::AwsRole { role_arn, access_key, secret_key, .. } => {
                if role_arn.is_empty() {
                    self.errors.add("role_arn", "Enter the ARN of the role to assume.");
                }
                if !access_key.is_empty() || secret_key.is_some() {
                    self.check_keys(access_key, secret_key.is_some(), secret_needed);
                }
            }
            Auth::Anonymous | Auth::Token { .. } | Auth::AwsServer => {}
        }
    }

    fn check_keys(&mut self, access_key: &str, has_secret: bool, secret_needed: bool) {
        if access_key.is_empty() {
            self.errors.add("access_key", "Enter the access key id.");
        }
        if !has_secret && secret_needed {
            self.errors.add("secret_key", "Enter the secret access key.");
        }
    }

    pub(super) fn need_name(&mut self) {
        if self.name.is_empty() {
            self.errors.add("name", "Enter a name; the profile wizard shows it in its drop-down.");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::FIELDS;
    use super::super::tests::filled;

    #[test]
    fn the_fields_that_follow_from_the_authentication_are_demanded() {
        let missing = |text: &str| {
            let (form, _) = filled(text, false);
            FIELDS
                .iter()
                .copied()
                .filter(|field| form.errors.slot(field).to_string().contains("class=\"error\""))
                .collect::<Vec<_>>()
        };
        assert_eq!(missing("auth=ecr&aws=keys&endpoint=h"), ["access_key", "secret_key"]);
        assert_eq!(missing("auth=ecr&aws=sts&endpoint=h"), ["role_arn"]);
        assert_eq!(missing("auth=ecr&aws=sts&endpoint=h&role_arn=a&access_key=k"), ["secret_key"]);
        assert_eq!(missing("auth=basic&endpoint=h&username=u"), ["password"]);
        assert_eq!(missing("auth=none"), ["endpoint"]);
        assert_eq!(missing("auth=none&endpoint=h&certificate=x"), ["certificate"]);
    }
}
