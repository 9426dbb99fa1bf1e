//! Inline and attached policies of users and roles, and the managed policies there are.

use super::{Iam, IamError, IamFault, check, keeps_admin};
use crate::policy::{DocumentKind, ManagedPolicy, Policy, managed_policies, managed_policy};
use packyard_store::Error;
use packyard_store::identity::{PrincipalKind, PrincipalRow};

/// Whose policies: IAM has one family of calls for users and one for roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder<'a> {
    User(&'a str),
    Role(&'a str),
}

impl Holder<'_> {
    fn kind(self) -> PrincipalKind {
        match self {
            Self::User(_) => PrincipalKind::User,
            Self::Role(_) => PrincipalKind::Role,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Role(_) => "role",
        }
    }

    fn pick(self, user: &'static str, role: &'static str) -> &'static str {
        match self {
            Self::User(_) => user,
            Self::Role(_) => role,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachedPolicy {
    pub name: &'static str,
    pub arn: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedPolicySummary {
    pub policy: &'static ManagedPolicy,
    pub attachments: i64,
}

impl Iam<'_> {
    async fn holder(&self, action: &str, holder: Holder<'_>) -> Result<PrincipalRow, IamError> {
        self.holder_of(action, holder, None).await
    }

    /// `policy`: the ARN of the one to attach or detach, which conditions may name.
    async fn holder_of(
        &self,
        action: &str,
        holder: Holder<'_>,
        policy: Option<&str>,
    ) -> Result<PrincipalRow, IamError> {
        let (Holder::User(name) | Holder::Role(name)) = holder;
        self.target_of_policy(action, holder.kind(), name, policy).await
    }

    pub async fn put_policy(&self, holder: Holder<'_>, name: &str, document: &str) -> Result<(), IamError> {
        let action = holder.pick("iam:PutUserPolicy", "iam:PutRolePolicy");
        check::name(name, "policyName", 128)?;
        let row = self.holder(action, holder).await?;
        Policy::parse(document, DocumentKind::Identity)?;
        let at_most = self.access.inner.config.max_inline_policy_chars;
        let entry = self.audit(action, self.arn_of(&row)).detail(name);
        match self.changed(self.store().put_inline_policy(&row.uid, name, document, at_most, entry).await) {
            Err(Error::Conflict(_)) => Err(IamError::new(
                IamFault::LimitExceeded,
                format!("Maximum policy size of {at_most} bytes exceeded for {} {}", holder.name(), row.name),
            )),
            outcome => Ok(outcome?),
        }
    }

    /// The document, exactly as it was put.
    pub async fn inline_policy(&self, holder: Holder<'_>, name: &str) -> Result<String, IamError> {
        let row = self.holder(holder.pick("iam:GetUserPolicy", "iam:GetRolePolicy"), holder).await?;
        let set = self.store().policies(&row.uid).await?;
        set.inline
            .into_iter()
            .find(|policy| policy.name == name)
            .map(|policy| policy.document)
            .ok_or_else(|| no_inline(holder, name))
    }

    pub async fn inline_policy_names(&self, holder: Holder<'_>) -> Result<Vec<String>, IamError> {
        let row = self.holder(holder.pick("iam:ListUserPolicies", "iam:ListRolePolicies"), holder).await?;
        Ok(self.store().policies(&row.uid).await?.inline.into_iter().map(|policy| policy.name).collect())
    }

    pub async fn delete_policy(&self, holder: Holder<'_>, name: &str) -> Result<(), IamError> {
        let action = holder.pick("iam:DeleteUserPolicy", "iam:DeleteRolePolicy");
        let row = self.holder(action, holder).await?;
        let entry = self.audit(action, self.arn_of(&row)).detail(name);
        match self.changed(self.store().delete_inline_policy(&row.uid, name, entry).await) {
            Err(Error::NotFound(_)) => Err(no_inline(holder, name)),
            outcome => Ok(outcome?),
        }
    }

    pub async fn attach_policy(&self, holder: Holder<'_>, arn: &str) -> Result<(), IamError> {
        let action = holder.pick("iam:AttachUserPolicy", "iam:AttachRolePolicy");
        let row = self.holder_of(action, holder, Some(arn)).await?;
        if managed_policy(arn).is_none() {
            return Err(IamError::missing(format!("Policy {arn} does not exist or is not attachable.")));
        }
        let at_most = self.access.inner.config.max_attached_policies;
        let entry = self.audit(action, self.arn_of(&row)).detail(arn);
        match self.changed(self.store().attach_policy(&row.uid, arn, at_most, entry).await) {
            Err(Error::Conflict(_)) => Err(IamError::new(
                IamFault::LimitExceeded,
                format!("Cannot exceed quota for {}: {at_most}", holder.pick("PoliciesPerUser", "PoliciesPerRole")),
            )),
            outcome => Ok(outcome?),
        }
    }

    pub async fn detach_policy(&self, holder: Holder<'_>, arn: &str) -> Result<(), IamError> {
        let action = holder.pick("iam:DetachUserPolicy", "iam:DetachRolePolicy");
        let row = self.holder_of(action, holder, Some(arn)).await?;
        let entry = self.audit(action, self.arn_of(&row)).detail(arn);
        match self.changed(self.store().detach_policy(&row.uid, arn, entry).await) {
            Err(Error::NotFound(_)) => Err(IamError::missing(format!("Policy {arn} was not found."))),
            outcome => outcome.map_err(|error| keeps_admin(error, &row)),
        }
    }

    pub async fn attached_policies(&self, holder: Holder<'_>) -> Result<Vec<AttachedPolicy>, IamError> {
        let action = holder.pick("iam:ListAttachedUserPolicies", "iam:ListAttachedRolePolicies");
        let row = self.holder(action, holder).await?;
        let set = self.store().policies(&row.uid).await?;
        let managed = set.attached.iter().filter_map(|arn| managed_policy(arn));
        Ok(managed.map(|policy| AttachedPolicy { name: policy.name, arn: policy.arn }).collect())
    }

    pub async fn managed_policies(&self) -> Result<Vec<ManagedPolicySummary>, IamError> {
        self.may("iam:ListPolicies", &format!("arn:aws:iam::{}:policy/", self.access.account_id())).await?;
        let counts = self.store().attachment_counts().await?;
        Ok(managed_policies()
            .iter()
            .map(|policy| ManagedPolicySummary { policy, attachments: attachments(&counts, policy) })
            .collect())
    }

    pub async fn managed_policy(&self, arn: &str) -> Result<ManagedPolicySummary, IamError> {
        self.managed("iam:GetPolicy", arn).await
    }

    /// There is one version of each.
    pub async fn managed_policy_version(&self, arn: &str, version: &str) -> Result<ManagedPolicySummary, IamError> {
        let found = self.managed("iam:GetPolicyVersion", arn).await?;
        if version != "v1" {
            return Err(IamError::missing(format!(
                "Policy {arn} version {version} does not exist or is not attachable."
            )));
        }
        Ok(found)
    }

    async fn managed(&self, action: &str, arn: &str) -> Result<ManagedPolicySummary, IamError> {
        self.may(action, arn).await?;
        let policy = managed_policy(arn).ok_or_else(|| IamError::missing(format!("Policy {arn} was not found.")))?;
        let counts = self.store().attachment_counts().await?;
        Ok(ManagedPolicySummary { policy, attachments: attachments(&counts, policy) })
    }
}

fn attachments(counts: &[(String, i64)], policy: &ManagedPolicy) -> i64 {
    counts.iter().find(|(arn, _)| arn == policy.arn).map_or(0, |(_, count)| *count)
}

fn no_inline(holder: Holder<'_>, name: &str) -> IamError {
    IamError::missing(format!("The {} policy with name {name} cannot be found.", holder.name()))
}
