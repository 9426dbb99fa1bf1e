//! The drawer of Add New OCI Registry, of Add New Helm Registry and of Edit: fields, Validate, Confirm.
//!
//! Secrets go one way: a page never holds one. An empty secret field of an existing registry keeps what is stored.

mod actions;
mod check;
mod connection;
mod fill;
mod mark;
mod outcome;
mod provider;
mod start;

pub(super) use actions::{change, create, edit, new, validate_changed, validate_new};
pub(super) use mark::Mark;
pub(super) use provider::Provider;

use super::certificate::CertificateView;
use super::report::ReportView;
use super::syncing::Choice;
use crate::parts::{ErrorSlot, FieldErrors};
use connection::Connection;
use packyard_catalog::RegistryKind;

/// Every field with a slot for an error.
const FIELDS: &[&str] = &[
    "name",
    "endpoint",
    "paths",
    "aws",
    "role_arn",
    "access_key",
    "secret_key",
    "username",
    "password",
    "certificate",
    "client_certificate",
    "client_key",
    "proxy_url",
    "proxy_username",
    "proxy_password",
    "no_proxy",
];

#[derive(Default)]
pub(crate) struct Form {
    pub(super) title: String,
    pub(super) action: String,
    pub(super) validate_action: String,
    pub(super) back: String,
    pub(super) csrf: String,
    /// `None` for a new one.
    existing: Option<RegistryKind>,
    has_secret: bool,
    /// Of a Helm repository that clients of `/v1` gave a token: its user name, often none. It stays a token until another
    /// user name is given.
    token_username: Option<String>,
    pub(super) this_server: String,
    pub(super) endpoint_example: String,
    pub(super) trust_policy: String,
    pub(super) name: String,
    /// `ecr`, `basic` or `none`.
    pub(super) auth: String,
    /// `keys`, `sts` or `server`.
    pub(super) aws: String,
    pub(super) endpoint: String,
    pub(super) region: String,
    pub(super) paths: String,
    pub(super) username: String,
    pub(super) access_key: String,
    pub(super) role_arn: String,
    pub(super) external_id: String,
    pub(super) certificate: String,
    pub(super) certificates: Vec<CertificateView>,
    pub(super) skip_verify: bool,
    pub(super) connection: Connection,
    /// How often it is synchronised by itself; of a registry that is there.
    pub(super) intervals: Vec<Choice>,
    /// The server's own AWS identity may be chosen.
    pub(super) lends_identity: bool,
    /// A secret was sent with this form. No page holds it, so it has to be typed again.
    secret_was_typed: bool,
    pub(super) errors: FieldErrors,
    pub(super) problem: Option<String>,
    pub(super) report: Option<ReportView>,
    pub(super) provider: Provider,
}

impl Form {
    pub(super) fn error<'a>(&'a self, field: &'a str) -> ErrorSlot<'a> {
        self.errors.slot(field)
    }

    /// What Validate and Confirm refill beside the report.
    pub(super) fn slots(&self) -> String {
        FIELDS.iter().map(|field| format!("#error-{field}")).collect::<Vec<_>>().join(",")
    }

    /// What the registry may hold: one of several while it is new.
    pub(super) fn providers(&self) -> Vec<Provider> {
        match self.existing {
            None if !self.provider.is_repository() => vec![Provider::PACK, Provider::CHARTS],
            _ => vec![self.provider],
        }
    }

    pub(super) fn is_kind_fixed(&self, auth: &str) -> bool {
        if self.provider.is_repository() {
            return auth == "ecr";
        }
        match self.existing {
            None => false,
            Some(RegistryKind::Ecr) => auth != "ecr",
            Some(RegistryKind::Basic) => auth == "ecr",
            // They have no form here.
            Some(RegistryKind::Helm | RegistryKind::Pack) => true,
        }
    }

    /// Why not every authentication type can be chosen, where one cannot.
    pub(super) fn why_kind_is_fixed(&self) -> Option<&'static str> {
        match self.existing {
            Some(RegistryKind::Ecr) => {
                Some("A registry that was added as ECR stays one. To log in otherwise, add it anew.")
            }
            Some(RegistryKind::Basic) => {
                Some("This registry was not added as ECR. To use ECR's keys or roles, add it anew.")
            }
            None | Some(RegistryKind::Helm | RegistryKind::Pack) => None,
        }
    }

    pub(super) fn secret_placeholder(&self) -> &'static str {
        match (self.secret_was_typed, self.has_secret) {
            (true, _) => "Type it again",
            (false, true) => "Unchanged",
            (false, false) => "",
        }
    }

    pub(super) fn asks_for_secret_again(&self) -> bool {
        self.secret_was_typed
    }

    /// For the attributes of a field.
    pub(super) fn mark(&self, field: &'static str) -> Mark {
        Mark { is_wrong: self.errors.has(field), has_focus: self.first_stop() == Some(field) }
    }

    /// Where the focus goes: the first field to mend, and nowhere when there is something to read further down.
    fn first_stop(&self) -> Option<&'static str> {
        if self.report.is_some() {
            return None;
        }
        let wrong = FIELDS.iter().copied().find(|field| self.errors.has(field));
        wrong.or(if self.problem.is_none() { Some("name") } else { None })
    }

    pub(super) fn fields(&self) -> &'static [&'static str] {
        FIELDS
    }

    /// The near miss's base as the field would have it: beside paths that found packs, else instead of them.
    pub(super) fn paths_with(&self, base: &str) -> String {
        joined(&self.paths, base, self.report.as_ref().is_some_and(|report| report.has_packs))
    }
}

fn joined(paths: &str, base: &str, keeps_paths: bool) -> String {
    if keeps_paths && !paths.is_empty() && !base.is_empty() { format!("{paths}, {base}") } else { base.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::Form;
    use crate::form::Fields;
    use packyard_catalog::{RegistryKind, RegistrySpec};

    pub(super) fn filled(text: &str, has_secret: bool) -> (Form, RegistrySpec) {
        let blank = Form {
            auth: "ecr".to_owned(),
            has_secret,
            existing: has_secret.then_some(RegistryKind::Ecr),
            ..Form::default()
        };
        blank.filled(&Fields::parse(text), 0)
    }
}
