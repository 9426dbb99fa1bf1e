//! STS: assuming a role. The external id is a condition of the role's trust policy, and is enforced like any other.

use crate::Access;
use crate::iam::{IamError, IamFault};
use crate::policy::{DocumentKind, Policy, managed_policy};
use crate::principal::{Caller, Kind, RoleSession, Target};
use crate::subjects::principal_arn;
pub use crate::token::TemporaryCredentials;
use packyard_store::AuditEntry;
use packyard_store::identity::{PrincipalKind, PrincipalRow};

#[derive(Debug, Clone, Default)]
pub struct AssumeRole {
    pub role_arn: String,
    pub session_name: String,
    pub external_id: Option<String>,
    /// 900 to the role's maximum; an hour when not given.
    pub duration_s: Option<i64>,
    /// Session policies: the session has no more rights than these allow.
    pub policy: Option<String>,
    pub policy_arns: Vec<String>,
}

pub struct AssumedRole {
    pub credentials: TemporaryCredentials,
    /// `AROA...:session`
    pub id: String,
    pub arn: String,
}

const ACTION: &str = "sts:AssumeRole";
const DEFAULT_DURATION_S: i64 = 3600;
/// Session policies travel in the session token, so what they may be is bounded, as at AWS.
const MAX_POLICY_CHARS: usize = 2048;
const MAX_POLICY_ARNS: usize = 10;
/// A session of a role that assumes a role gets no longer one.
const CHAINED_DURATION_S: i64 = 3600;

impl Access {
    pub async fn assume_role(&self, caller: &Caller, request: AssumeRole) -> Result<AssumedRole, IamError> {
        check(&request)?;
        if caller.principal.is_root() {
            return Err(IamError::new(IamFault::AccessDenied, "Roles may not be assumed by root accounts."));
        }
        let role = self.trusted_role(caller, &request).await?;
        let duration_s = duration(caller, &role, request.duration_s)?;
        let session = RoleSession { name: request.session_name.clone(), policies: session_policies(&request)? };
        let arn = format!("arn:aws:sts::{}:assumed-role/{}/{}", self.account_id(), role.name, session.name);
        let entry = AuditEntry::new(caller.arn(), ACTION, &request.role_arn).detail(&arn);
        self.inner.store.journal().audit(entry).await?;
        Ok(AssumedRole {
            id: format!("{}:{}", role.aws_id, session.name),
            credentials: self.temporary_credentials(&role.uid, session, duration_s),
            arn,
        })
    }

    /// One answer for a role that is not there and for one that does not trust the caller.
    async fn trusted_role(&self, caller: &Caller, request: &AssumeRole) -> Result<PrincipalRow, IamError> {
        let refused = || {
            let (who, role) = (caller.arn(), &request.role_arn);
            let text = format!("User: {who} is not authorized to perform: {ACTION} on resource: {role}");
            tracing::info!(actor = who, "{text}");
            IamError::new(IamFault::AccessDenied, text)
        };
        let name = request.role_arn.rsplit('/').next().unwrap_or_default();
        let row = self.inner.identity.principal_named(PrincipalKind::Role, name).await?;
        let row = row
            .filter(|row| principal_arn(self.account_id(), row) == request.role_arn && !row.is_disabled())
            .ok_or_else(refused)?;
        let tags = self.inner.identity.principal_tags(&row.uid).await?;
        let trust = row.trust_policy.as_deref().unwrap_or_default();
        let target = Target::arn(request.role_arn.as_str()).policy(Some(trust)).resource_tags(&tags);
        let mut extra = vec![("sts:rolesessionname", request.session_name.clone())];
        extra.extend(request.external_id.clone().map(|id| ("sts:externalid", id)));
        match self.decide(caller, ACTION, &target, &extra, true).await {
            Ok(()) => Ok(row),
            Err(denied) if denied.is_unavailable() => Err(denied.into()),
            Err(_) => Err(refused()),
        }
    }
}

fn check(request: &AssumeRole) -> Result<(), IamError> {
    let arn = &request.role_arn;
    if !(20..=2048).contains(&arn.chars().count()) {
        return Err(IamError::constraint(arn, "roleArn", "have length between 20 and 2048"));
    }
    if !arn.starts_with("arn:") {
        return Err(IamError::new(IamFault::ValidationError, format!("{arn} is invalid")));
    }
    let fits = |text: &str, extra: &str| {
        text.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c) || extra.contains(c))
    };
    let name = &request.session_name;
    if !(2..=64).contains(&name.len()) {
        return Err(IamError::constraint(name, "roleSessionName", "have length between 2 and 64"));
    }
    if !fits(name, "") {
        return Err(IamError::constraint(name, "roleSessionName", r"satisfy regular expression pattern: [\w+=,.@-]*"));
    }
    if let Some(id) = &request.external_id {
        if !(2..=1224).contains(&id.len()) {
            return Err(IamError::constraint(id, "externalId", "have length between 2 and 1224"));
        }
        if !fits(id, ":/") {
            return Err(IamError::constraint(id, "externalId", r"satisfy regular expression pattern: [\w+=,.@:\/-]*"));
        }
    }
    match request.duration_s {
        Some(s) if !(900..=43_200).contains(&s) => {
            Err(IamError::constraint(&s.to_string(), "durationSeconds", "have value between 900 and 43200"))
        }
        _ => Ok(()),
    }
}

fn duration(caller: &Caller, role: &PrincipalRow, wanted: Option<i64>) -> Result<i64, IamError> {
    let wanted = wanted.unwrap_or(DEFAULT_DURATION_S);
    let too_long = |why: &str| {
        Err(IamError::new(IamFault::ValidationError, format!("The requested DurationSeconds exceeds {why}")))
    };
    if matches!(caller.principal.kind, Kind::AssumedRole { .. }) && wanted > CHAINED_DURATION_S {
        return too_long("the 1 hour session limit for roles assumed by role chaining.");
    }
    if wanted > role.max_session_s {
        return too_long("the MaxSessionDuration set for this role.");
    }
    Ok(wanted)
}

fn session_policies(request: &AssumeRole) -> Result<Vec<String>, IamError> {
    let mut out = Vec::new();
    let too_many = |what: String| IamError::new(IamFault::ValidationError, what);
    let chars = request.policy.as_ref().map_or(0, |document| document.chars().count());
    if chars > MAX_POLICY_CHARS {
        return Err(too_many(format!("The session policy has {chars} characters; {MAX_POLICY_CHARS} are the most.")));
    }
    if request.policy_arns.len() > MAX_POLICY_ARNS {
        return Err(too_many(format!("There are more than {MAX_POLICY_ARNS} policies in PolicyArns.")));
    }
    if let Some(document) = &request.policy {
        Policy::parse(document, DocumentKind::Identity)?;
        out.push(document.clone());
    }
    for arn in &request.policy_arns {
        let managed = managed_policy(arn)
            .ok_or_else(|| IamError::new(IamFault::InvalidInput, format!("Policy {arn} does not exist.")))?;
        out.push(managed.document.to_owned());
    }
    Ok(out)
}
