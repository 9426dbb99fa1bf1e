//! What the service said, beside the field that it is about.

use super::super::{failure, report};
use super::Form;
use crate::failure::Failure;
use crate::words::counted;
use packyard_catalog::{Error, Hop, RegistrySpec, ValidateReport};

impl Form {
    /// An error of the service, beside its field where the form has one.
    pub(super) fn refused(&mut self, error: Error) -> Result<(), Failure> {
        match error {
            Error::NameTaken(name) => {
                self.errors.add("name", format!("A registry named {name} exists already. Choose another name."))
            }
            Error::Invalid { field, message } => match self.own_field(field) {
                Some(own) => self.add(own, sentence(&message)),
                None => self.problem = Some(sentence(&message)),
            },
            Error::Unreachable(report) => self.problem = report.problem(),
            other => return Err(failure(other)),
        }
        Ok(())
    }

    pub(in super::super) fn note_errors(&mut self) {
        if !self.errors.is_empty() && self.problem.is_none() && self.report.is_none() {
            self.problem = Some(format!("{} to mend above.", counted(self.errors.count() as i64, "field")));
        }
    }

    pub(in super::super) fn take(
        &mut self,
        found: Result<ValidateReport, Error>,
        spec: &RegistrySpec,
    ) -> Result<(), Failure> {
        match found {
            Ok(report) => self.take_report(report, spec),
            Err(error) => self.refused(error)?,
        }
        Ok(())
    }

    /// What Validate found also stands beside the field that it is about.
    fn take_report(&mut self, report: ValidateReport, spec: &RegistrySpec) {
        if let Some(failed) = report.failed()
            && let Some(field) =
                failed.field.and_then(|field| self.own_field(field)).or_else(|| self.field_of(failed.hop))
        {
            self.add(field, failed.detail.clone());
        }
        self.report = Some(report::view(report, spec));
    }

    fn add(&mut self, field: &'static str, text: String) {
        self.errors.add(field, text);
        self.connection.open(field);
    }

    fn field_of(&self, hop: Hop) -> Option<&'static str> {
        Some(match hop {
            Hop::Endpoint | Hop::Dns | Hop::Tcp | Hop::Registry => "endpoint",
            Hop::Proxy => "proxy_url",
            Hop::Tls => "certificate",
            Hop::Path if self.provider.is_repository() => "endpoint",
            Hop::Path => "paths",
            Hop::Permission => return None,
            Hop::Credentials => match (self.auth.as_str(), self.aws.as_str()) {
                ("basic", _) => "username",
                ("ecr", "sts") => "role_arn",
                ("ecr", "server") => "aws",
                ("ecr", _) => "access_key",
                _ => return None,
            },
        })
    }

    /// The service names fields as the API does.
    fn own_field(&self, field: &str) -> Option<&'static str> {
        Some(match field {
            "name" => "name",
            "endpoint" | "basePath" => "endpoint",
            "baseContentPath" => "paths",
            "password" | "token" => "password",
            "secretKey" | "credentials.secretKey" => "secret_key",
            // Where this server's own identity is chosen, there are no keys to see.
            "credentials" if self.auth == "ecr" && self.aws == "server" => "aws",
            "credentials" | "credentials.accessKey" => "access_key",
            "credentials.sts.arn" => "role_arn",
            "tls" | "certificate" => "certificate",
            "tls.certificate" => "client_certificate",
            "tls.key" => "client_key",
            "proxy.url" => "proxy_url",
            "proxy.username" => "proxy_username",
            "proxy.password" => "proxy_password",
            "proxy.noProxy" => "no_proxy",
            _ => return None,
        })
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.trim_end_matches('.').chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).chain(['.']).collect())
}

#[cfg(test)]
mod tests {
    use super::super::tests::filled;
    use packyard_catalog::{Hop, HopResult, HopState, ValidateReport};

    #[test]
    fn what_hides_a_field_with_an_error_is_opened() {
        for (field, hop, own) in [("tls.key", Hop::Tls, "client_key"), ("proxy.username", Hop::Proxy, "proxy_username")]
        {
            let (mut form, spec) = filled("auth=none&endpoint=h&name=n", false);
            let failed = HopResult {
                hop,
                state: HopState::Failed,
                detail: "Seen.".to_owned(),
                advice: None,
                field: Some(field),
            };
            form.take(Ok(ValidateReport { hops: vec![failed], ..ValidateReport::default() }), &spec).unwrap();
            assert!(form.errors.has(own), "{field}");
            let open = (form.connection.shows_certificate, form.connection.by_proxy);
            assert_eq!(open, (hop == Hop::Tls, hop == Hop::Proxy), "{field}");
        }
    }
}
