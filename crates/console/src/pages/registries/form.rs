//! The drawer of Add New OCI Registry, of Add New Helm Registry and of Edit: fields, Validate, Confirm.
//!
//! Secrets go one way: a page never holds one. An empty secret field of an existing registry keeps what is stored.

use super::certificate::{self, CertificateView};
use super::report::{self, ReportView};
use super::validating;
use super::{LIST, MANAGE, Overlay, failure, list, row};
use crate::ConsoleState;
use crate::failure::Failure;
use crate::form::Fields;
use crate::parts::{ErrorSlot, FieldErrors};
use crate::visit::{Post, Visit};
use crate::words::counted;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use packyard_catalog::{Auth, Error, Hop, Registry, RegistryKind, RegistrySpec, TlsSpec, ValidateReport};
use secrecy::SecretString;
use serde::Deserialize;
use std::fmt;

/// Every field with a slot for an error.
const FIELDS: [&str; 9] =
    ["name", "endpoint", "paths", "role_arn", "access_key", "secret_key", "username", "password", "certificate"];

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
    /// The server's own AWS identity may be chosen.
    pub(super) lends_identity: bool,
    /// A secret was sent with this form. No page holds it, so it has to be typed again.
    secret_was_typed: bool,
    pub(super) errors: FieldErrors,
    pub(super) problem: Option<String>,
    pub(super) report: Option<ReportView>,
    pub(super) provider: Provider,
}

/// What the registry holds. A drawer makes OCI registries of packs or charts, or a Helm repository; others come from
/// clients of /v1 and stay what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Provider {
    pub(super) value: &'static str,
    pub(super) name: &'static str,
    pub(super) holds: &'static str,
}

impl Provider {
    const PACK: Self = Self { value: "pack", name: "Pack", holds: "Archives of packs" };
    const CHARTS: Self = Self { value: "helm", name: "Helm", holds: "Charts, by helm push" };
    /// Not OCI.
    const REPOSITORY: Self = Self { value: "repository", name: "Helm repository", holds: "Charts in an index.yaml" };
    const ZARF: Self = Self { value: "zarf", name: "Zarf", holds: "Packages; not synced" };

    fn of(spec: &RegistrySpec) -> Self {
        match (spec.kind, spec.provider_type.as_str()) {
            (RegistryKind::Helm, _) => Self::REPOSITORY,
            (_, "helm") => Self::CHARTS,
            (_, "zarf") => Self::ZARF,
            _ => Self::PACK,
        }
    }

    /// What a drawer for a new one may ask for.
    fn asked(value: &str) -> Option<Self> {
        [Self::PACK, Self::CHARTS, Self::REPOSITORY].into_iter().find(|provider| provider.value == value)
    }

    pub(super) fn has_packs(self) -> bool {
        self == Self::PACK
    }

    pub(super) fn has_charts(self) -> bool {
        self == Self::CHARTS
    }

    pub(super) fn is_repository(self) -> bool {
        self == Self::REPOSITORY
    }
}

impl Default for Provider {
    fn default() -> Self {
        Self::PACK
    }
}

impl Form {
    pub(super) fn error<'a>(&'a self, field: &'a str) -> ErrorSlot<'a> {
        self.errors.slot(field)
    }

    /// What Validate and Confirm refill beside the report.
    pub(super) fn slots(&self) -> String {
        FIELDS.map(|field| format!("#error-{field}")).join(",")
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
        let wrong = FIELDS.into_iter().find(|field| self.errors.has(field));
        wrong.or(if self.problem.is_none() { Some("name") } else { None })
    }

    pub(super) fn fields(&self) -> [&'static str; 9] {
        FIELDS
    }

    /// The near miss's base as the field would have it: beside paths that found packs, else instead of them.
    pub(super) fn paths_with(&self, base: &str) -> String {
        joined(&self.paths, base, self.report.as_ref().is_some_and(|report| report.has_packs))
    }

    fn blank(state: &ConsoleState, visit: &Visit) -> Self {
        let config = &state.config;
        Self {
            title: "Add New OCI Registry".to_owned(),
            action: format!("{LIST}/new"),
            validate_action: format!("{LIST}/validate"),
            back: LIST.to_owned(),
            csrf: visit.session.csrf.clone(),
            this_server: config.public_url.clone(),
            endpoint_example: format!("{}.dkr.ecr.{}.amazonaws.com", config.account_id, config.region),
            trust_policy: trust_policy("<the ARN of the key's user>", "<external id>"),
            auth: "ecr".to_owned(),
            aws: "keys".to_owned(),
            lends_identity: state.catalog.lends_aws_identity(),
            ..Self::default()
        }
    }

    fn repository(state: &ConsoleState, visit: &Visit) -> Self {
        Self {
            title: "Add New Helm Registry".to_owned(),
            endpoint_example: "https://charts.example.com/stable".to_owned(),
            auth: "none".to_owned(),
            provider: Provider::REPOSITORY,
            ..Self::blank(state, visit)
        }
    }

    /// A new one as its drawer sent it.
    fn sent(state: &ConsoleState, visit: &Visit, fields: &Fields) -> Self {
        match Provider::asked(&fields.text("provider")).unwrap_or_default() {
            Provider::REPOSITORY => Self::repository(state, visit),
            provider => Self { provider, ..Self::blank(state, visit) },
        }
    }

    fn for_registry(state: &ConsoleState, visit: &Visit, registry: &Registry) -> Self {
        let spec = &registry.spec;
        let mut form = Self {
            title: format!("Edit {}", registry.name),
            action: format!("{LIST}/{}/edit", registry.uid),
            validate_action: format!("{LIST}/{}/validate", registry.uid),
            existing: Some(spec.kind),
            has_secret: registry.has_secret,
            name: registry.name.clone(),
            endpoint: spec.endpoint.clone(),
            region: spec.default_region.clone(),
            paths: row::paths(&spec.base_content_path).join(", "),
            provider: Provider::of(spec),
            ..Self::blank(state, visit)
        };
        if let Some(tls) = &spec.tls {
            form.certificate = tls.authority().unwrap_or_default().to_owned();
            form.skip_verify = tls.insecure_skip_verify;
        }
        form.certificates = certificate::read(&form.certificate, visit.now_ms());
        match &spec.auth {
            Auth::Anonymous => form.auth = if spec.kind == RegistryKind::Ecr { "ecr" } else { "none" }.to_owned(),
            Auth::Basic { username, .. } | Auth::Token { username, .. } => {
                form.auth = "basic".to_owned();
                form.username.clone_from(username);
            }
            Auth::AwsKeys { access_key, .. } => form.access_key.clone_from(access_key),
            Auth::AwsServer => {
                form.aws = "server".to_owned();
                form.lends_identity = true;
            }
            Auth::AwsRole { role_arn, external_id, access_key, .. } => {
                form.aws = "sts".to_owned();
                form.role_arn.clone_from(role_arn);
                form.external_id.clone_from(external_id);
                form.access_key.clone_from(access_key);
            }
        }
        form
    }

    /// Takes what was typed; secrets become part of the specification only.
    fn filled(mut self, fields: &Fields, now_ms: i64) -> (Self, RegistrySpec) {
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
        self.secret_was_typed = ["secret_key", "password"].iter().any(|name| !fields.exact(name).is_empty());
        let auth = self.auth_of(fields);
        self.check(&auth);
        let spec = self.spec(auth);
        (self, spec)
    }

    fn auth_of(&self, fields: &Fields) -> Auth {
        let secret = |name: &str| Some(fields.exact(name)).filter(|text| !text.is_empty()).map(SecretString::from);
        match (self.auth.as_str(), self.aws.as_str()) {
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

    /// What can be said without asking anybody.
    fn check(&mut self, auth: &Auth) {
        if self.endpoint.is_empty() {
            self.errors.add("endpoint", "Enter the registry's address.");
        }
        if !certificate::is_readable(&self.certificates) {
            self.errors.add(
                "certificate",
                "This does not read as certificates in PEM form. Upload another file, or empty the field.",
            );
        }
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

    /// An error of the service, beside its field where the form has one.
    fn refused(&mut self, error: Error) -> Result<(), Failure> {
        match error {
            Error::NameTaken(name) => {
                self.errors.add("name", format!("A registry named {name} exists already. Choose another name."))
            }
            Error::Invalid { field, message } => match own_field(field) {
                Some(own) => self.errors.add(own, sentence(&message)),
                None => self.problem = Some(sentence(&message)),
            },
            Error::Unreachable(report) => self.problem = report.problem(),
            other => return Err(failure(other)),
        }
        Ok(())
    }

    pub(super) fn note_errors(&mut self) {
        if !self.errors.is_empty() && self.problem.is_none() && self.report.is_none() {
            self.problem = Some(format!("{} to mend above.", counted(self.errors.count() as i64, "field")));
        }
    }

    pub(super) fn take(&mut self, found: Result<ValidateReport, Error>, spec: &RegistrySpec) -> Result<(), Failure> {
        match found {
            Ok(report) => self.take_report(report, spec),
            Err(error) => self.refused(error)?,
        }
        Ok(())
    }

    /// What Validate found also stands beside the field that it is about.
    fn take_report(&mut self, report: ValidateReport, spec: &RegistrySpec) {
        if let Some(failed) = report.failed()
            && let Some(field) = self.field_of(failed.hop)
        {
            self.errors.add(field, failed.detail.clone());
        }
        self.report = Some(report::view(report, spec));
    }

    fn field_of(&self, hop: Hop) -> Option<&'static str> {
        Some(match hop {
            Hop::Endpoint | Hop::Dns | Hop::Tcp | Hop::Registry => "endpoint",
            Hop::Tls => "certificate",
            Hop::Path if self.provider.is_repository() => "endpoint",
            Hop::Path => "paths",
            Hop::Permission => return None,
            Hop::Credentials => match (self.auth.as_str(), self.aws.as_str()) {
                ("basic", _) => "username",
                ("ecr", "sts") => "role_arn",
                ("ecr", _) => "access_key",
                _ => return None,
            },
        })
    }
}

fn joined(paths: &str, base: &str, keeps_paths: bool) -> String {
    if keeps_paths && !paths.is_empty() && !base.is_empty() { format!("{paths}, {base}") } else { base.to_owned() }
}

/// A near miss in the history leads here with the base path that it is about.
#[derive(Deserialize)]
pub(super) struct Asked {
    use_paths: Option<String>,
    /// `helm` for the drawer of a Helm repository.
    holds: Option<String>,
}

/// Attributes of a field that say how it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    is_wrong: bool,
    has_focus: bool,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_wrong { " aria-invalid=\"true\"" } else { "" })?;
        f.write_str(if self.has_focus { " autofocus" } else { "" })
    }
}

impl askama::filters::HtmlSafe for Mark {}

/// The service names fields as the API does.
fn own_field(field: &str) -> Option<&'static str> {
    Some(match field {
        "name" => "name",
        "endpoint" | "basePath" => "endpoint",
        "baseContentPath" => "paths",
        "password" => "password",
        "secretKey" | "credentials.secretKey" => "secret_key",
        "credentials" => "access_key",
        "credentials.sts.arn" => "role_arn",
        "tls" | "tls.certificate" | "certificate" => "certificate",
        _ => return None,
    })
}

fn sentence(text: &str) -> String {
    let mut letters = text.trim_end_matches('.').chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).chain(['.']).collect())
}

fn trust_policy(principal: &str, external_id: &str) -> String {
    let policy = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": principal },
            "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": { "sts:ExternalId": external_id } },
        }],
    });
    serde_json::to_string_pretty(&policy).unwrap_or_default()
}

async fn show(state: &ConsoleState, visit: &Visit, mut form: Form) -> Result<Response, Failure> {
    form.note_errors();
    let title = form.title.clone();
    let mut page = list::page(state, visit, Overlay::Form(Box::new(form))).await?;
    page.frame = page.frame.under("OCI Registries", LIST);
    page.frame.title = title;
    visit.page(&page)
}

pub(super) async fn new(
    State(state): State<ConsoleState>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visit.require(MANAGE).await?;
    let form = match asked.holds.as_deref() {
        Some("helm") => Form::repository(&state, &visit),
        _ => Form::blank(&state, &visit),
    };
    show(&state, &visit, form).await
}

/// The first sync is started and not waited for: the list follows it.
pub(super) async fn create(State(state): State<ConsoleState>, post: Post) -> Result<Response, Failure> {
    let Post { visit, fields } = post;
    visit.require(MANAGE).await?;
    let (mut form, spec) = Form::sent(&state, &visit, &fields).filled(&fields, visit.now_ms());
    need_name(&mut form);
    if form.errors.is_empty() {
        match state.catalog.create_registry_at_once(visit.caller(), &form.name, spec).await {
            Ok(registry) => return Ok(visit.done(LIST, &format!("Registry {} added", registry.name))),
            Err(error) => form.refused(error)?,
        }
    }
    show(&state, &visit, form).await
}

fn need_name(form: &mut Form) {
    if form.name.is_empty() {
        form.errors.add("name", "Enter a name; the profile wizard shows it in its drop-down.");
    }
}

pub(super) async fn validate_new(State(state): State<ConsoleState>, post: Post) -> Result<Response, Failure> {
    let Post { visit, fields } = post;
    visit.require(MANAGE).await?;
    let (form, spec) = Form::sent(&state, &visit, &fields).filled(&fields, visit.now_ms());
    validated(state, visit, form, spec, None).await
}

/// The form would make something else of a pack registry from before OCI.
async fn editable(state: &ConsoleState, visit: &Visit, uid: &str) -> Result<Registry, Failure> {
    let registry = state.catalog.registry(visit.caller(), uid).await.map_err(failure)?;
    if registry.spec.kind != RegistryKind::Pack {
        return Ok(registry);
    }
    Err(Failure::Refused(format!(
        "{} is a pack registry from before OCI. It is kept for Terraform and other clients of /v1; change it with them",
        registry.name
    )))
}

pub(super) async fn edit(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visit.require(MANAGE).await?;
    let registry = editable(&state, &visit, &uid).await?;
    let mut form = Form::for_registry(&state, &visit, &registry);
    if let Some(base) = asked.use_paths {
        form.paths = joined(&form.paths, &base, registry.version_count > 0);
    }
    show(&state, &visit, form).await
}

pub(super) async fn change(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let Post { visit, fields } = post;
    visit.require(MANAGE).await?;
    let registry = editable(&state, &visit, &uid).await?;
    let (mut form, spec) = Form::for_registry(&state, &visit, &registry).filled(&fields, visit.now_ms());
    need_name(&mut form);
    if form.errors.is_empty() {
        match state.catalog.update_registry(visit.caller(), &uid, &form.name, kept(spec, &registry.spec), false).await {
            Ok(registry) => return Ok(visit.done(LIST, &format!("Registry {} saved", registry.name))),
            Err(error) => form.refused(error)?,
        }
    }
    show(&state, &visit, form).await
}

/// What the form does not show stays as it is.
fn kept(mut spec: RegistrySpec, before: &RegistrySpec) -> RegistrySpec {
    spec.base_path.clone_from(&before.base_path);
    spec.labels.clone_from(&before.labels);
    spec.annotations.clone_from(&before.annotations);
    spec.provider_type.clone_from(&before.provider_type);
    spec.is_sync_supported = before.is_sync_supported;
    spec
}

pub(super) async fn validate_changed(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let Post { visit, fields } = post;
    visit.require(MANAGE).await?;
    let registry = editable(&state, &visit, &uid).await?;
    let (form, spec) = Form::for_registry(&state, &visit, &registry).filled(&fields, visit.now_ms());
    let spec = kept(spec, &registry.spec);
    validated(state, visit, form, spec, Some(uid)).await
}

/// As a page, or live for a client that reads events.
async fn validated(
    state: ConsoleState,
    visit: Visit,
    mut form: Form,
    spec: RegistrySpec,
    existing: Option<String>,
) -> Result<Response, Failure> {
    if visit.takes_events {
        return Ok(validating::reply(validating::Validation { state, visit, form, spec, existing }));
    }
    if form.errors.is_empty() {
        let found = state.catalog.validate_registry(visit.caller(), &spec, existing.as_deref()).await;
        form.take(found, &spec)?;
    }
    show(&state, &visit, form).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, has_secret: bool) -> (Form, RegistrySpec) {
        let blank = Form {
            auth: "ecr".to_owned(),
            has_secret,
            existing: has_secret.then_some(RegistryKind::Ecr),
            ..Form::default()
        };
        blank.filled(&Fields::parse(text), 0)
    }

    #[test]
    fn the_fields_that_follow_from_the_authentication_are_demanded() {
        let missing = |text: &str| {
            let (form, _) = filled(text, false);
            FIELDS
                .into_iter()
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
