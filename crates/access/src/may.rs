//! The one question: may this caller do this to that?

use crate::Access;
use crate::denied::Denied;
use crate::policy::{Decision, DocumentKind, Policies, Question, Reason, Who, decide, project_arn, tenant_arn};
use crate::principal::{Caller, Kind, Proof, Target};
use crate::request_keys::RequestKeys;

impl Access {
    /// Reads only memory when warm. A refusal is logged here with its text, since a HEAD reply cannot carry it.
    pub async fn may(&self, caller: &Caller, action: &str, target: &Target<'_>) -> Result<(), Denied> {
        self.may_with(caller, action, target, &[]).await
    }

    /// The same for the resource's own policy. The account root may always read, set and remove one, as with a bucket's
    /// policy in S3: else a policy that denies everybody everything could never be taken back.
    pub async fn may_govern(&self, caller: &Caller, action: &str, target: &Target<'_>) -> Result<(), Denied> {
        match self.decide(caller, action, target, &[], false).await {
            Err(denied) if caller.principal.is_root() && denied.is_by_the_resource() => Ok(()),
            asked => asked.inspect_err(|denied| tracing::info!(actor = caller.arn(), action, "{denied}")),
        }
    }

    /// True when any of the actions is allowed; else the refusal of the first.
    pub async fn may_any(&self, caller: &Caller, actions: &[&str], target: &Target<'_>) -> Result<(), Denied> {
        let mut refusal = None;
        for action in actions {
            match self.decide(caller, action, target, &[], false).await {
                Ok(()) => return Ok(()),
                Err(denied) => refusal = refusal.or(Some(denied)),
            }
        }
        match refusal {
            Some(denied) => {
                tracing::info!(actor = caller.arn(), "{denied}");
                Err(denied)
            }
            None => Ok(()),
        }
    }

    /// Like [`Access::may`] without a log entry: for lists that show only what the caller may see.
    pub async fn could(&self, caller: &Caller, action: &str, target: &Target<'_>) -> bool {
        self.decide(caller, action, target, &[], false).await.is_ok()
    }

    /// The tenant: what is in no project.
    pub fn tenant(&self) -> Target<'static> {
        Target::arn(tenant_arn(self.account_id()))
    }

    /// A project with all that is in it.
    pub fn project(&self, uid: &str) -> Target<'static> {
        Target::arn(project_arn(self.account_id(), uid))
    }

    /// Whether the caller may do this anywhere, be it in one project: whether a door opens at all. What is behind the
    /// door asks again, about the one thing.
    pub async fn may_somewhere(&self, caller: &Caller, action: &str) -> Result<(), Denied> {
        let asked = self.somewhere(caller, action).await;
        asked.inspect_err(|denied| tracing::info!(actor = caller.arn(), action, "{denied}"))
    }

    /// Like [`Access::may_somewhere`] without a log entry: for menus.
    pub async fn could_somewhere(&self, caller: &Caller, action: &str) -> bool {
        self.somewhere(caller, action).await.is_ok()
    }

    async fn somewhere(&self, caller: &Caller, action: &str) -> Result<(), Denied> {
        let refusal = match self.decide(caller, action, &Target::any(), &[], false).await {
            Ok(()) => return Ok(()),
            Err(denied) if denied.is_unavailable() => return Err(denied),
            Err(denied) => denied,
        };
        let subject = self.inner.subjects.by_uid(&caller.principal.uid).await.ok().flatten();
        for uid in subject.iter().flat_map(|subject| &subject.projects) {
            if self.could(caller, action, &self.project(uid)).await {
                return Ok(());
            }
        }
        Err(refusal)
    }

    pub(crate) async fn may_with(
        &self,
        caller: &Caller,
        action: &str,
        target: &Target<'_>,
        extra: &[(&'static str, String)],
    ) -> Result<(), Denied> {
        self.decide(caller, action, target, extra, false)
            .await
            .inspect_err(|denied| tracing::info!(actor = caller.arn(), action, "{denied}"))
    }

    /// `trust`: the target's policy is a trust policy, which must name the caller.
    pub(crate) async fn decide(
        &self,
        caller: &Caller,
        action: &str,
        target: &Target<'_>,
        extra: &[(&'static str, String)],
        trust: bool,
    ) -> Result<(), Denied> {
        let principal = &*caller.principal;
        if caller.proof == Proof::Operator {
            return Ok(());
        }
        let subject = match self.inner.subjects.by_uid(&principal.uid).await {
            Ok(Some(subject)) if !subject.row.is_disabled() => subject,
            Ok(_) => return Err(Denied::new(&principal.arn, action, &target.arn, Reason::NoIdentityAllow)),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "rights could not be read");
                return Err(Denied::unavailable(&principal.arn, action, &target.arn));
            }
        };
        let kind = if trust { DocumentKind::Trust } else { DocumentKind::Resource };
        let resource = match target.policy {
            None => None,
            Some(document) => match self.inner.subjects.document(document, kind) {
                Some(policy) => Some(policy),
                None => return Err(Denied::new(&principal.arn, action, &target.arn, Reason::DeniedByResource)),
            },
        };
        let keys = RequestKeys { caller, target, now_ms: self.now_ms(), extra };
        let question = Question { who: who(caller), action, resource: &target.arn, keys: &keys };
        let policies = Policies {
            identity: &subject.policies,
            session: caller.session_policies.as_deref(),
            resource: resource.as_deref(),
            resource_must_allow: trust,
        };
        match decide(&question, &policies) {
            Decision::Allow => Ok(()),
            Decision::Deny(reason) => Err(Denied::new(&principal.arn, action, &target.arn, reason)),
        }
    }
}

fn who(caller: &Caller) -> Who<'_> {
    let principal = &*caller.principal;
    Who {
        account: &principal.account_id,
        arn: &principal.arn,
        role_arn: match &principal.kind {
            Kind::AssumedRole { role_arn, .. } => Some(role_arn),
            Kind::Root | Kind::User => None,
        },
        is_root: principal.is_root(),
    }
}
