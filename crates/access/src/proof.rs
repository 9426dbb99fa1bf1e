//! Whether what a caller once proved itself with still holds. Tokens carry their proof; each use asks again.

use crate::policy::{DocumentKind, Policy};
use crate::principal::{Caller, Kind, Peer, Principal, Proof, RoleSession};
use crate::subjects::{ApiKeyBy, Subject};
use crate::{Access, LoginError};
use packyard_store::identity::PrincipalKind;
use std::sync::Arc;

impl Access {
    /// The caller behind `uid`, if it is enabled and `proof` still holds.
    pub(crate) async fn caller(
        &self,
        uid: &str,
        proof: Proof,
        role_session: Option<RoleSession>,
        peer: Peer,
    ) -> Result<Caller, LoginError> {
        let subject = self.inner.subjects.by_uid(uid).await?.ok_or(LoginError::Wrong)?;
        if subject.row.is_disabled() {
            return Err(LoginError::Disabled);
        }
        self.still_holds(&subject, &proof).await?;
        let is_role = subject.row.kind() == PrincipalKind::Role;
        let (principal, session_policies, role_session) = match role_session {
            Some(session) if is_role => {
                let policies = self.session_policies(&session)?;
                (Arc::new(assumed(&subject, &session.name)), policies, Some(Arc::new(session)))
            }
            None if !is_role => (subject.principal.clone(), None, None),
            _ => return Err(LoginError::Wrong),
        };
        Ok(Caller { principal, source_ip: Some(peer.ip()), secure: peer.secure, proof, role_session, session_policies })
    }

    async fn still_holds(&self, subject: &Subject, proof: &Proof) -> Result<(), LoginError> {
        match proof {
            Proof::Operator => Ok(()),
            Proof::AccessKey { id } => match self.inner.subjects.access_key(id).await? {
                Some(key) if key.principal != subject.row.uid => Err(LoginError::Wrong),
                Some(key) if !key.active => Err(LoginError::Disabled),
                Some(_) => Ok(()),
                None => Err(LoginError::Wrong),
            },
            Proof::Temporary { expires_at, .. } if *expires_at <= self.now_ms() => Err(LoginError::Expired),
            Proof::Temporary { .. } => Ok(()),
            Proof::Password { epoch } if *epoch == subject.row.login_epoch => Ok(()),
            Proof::Password { .. } => Err(LoginError::Expired),
            Proof::ApiKey { uid } => {
                let key = self.inner.subjects.api_key(ApiKeyBy::Uid(uid)).await?.ok_or(LoginError::Wrong)?;
                self.usable(&key)
            }
        }
    }

    fn session_policies(&self, session: &RoleSession) -> Result<Option<Arc<[Arc<Policy>]>>, LoginError> {
        if session.policies.is_empty() {
            return Ok(None);
        }
        let parsed: Option<Vec<_>> =
            session.policies.iter().map(|text| self.inner.subjects.document(text, DocumentKind::Identity)).collect();
        parsed.map(|policies| Some(policies.into())).ok_or(LoginError::Wrong)
    }
}

fn assumed(role: &Subject, session: &str) -> Principal {
    let account = &role.principal.account_id;
    Principal {
        arn: format!("arn:aws:sts::{account}:assumed-role/{}/{session}", role.row.name),
        kind: Kind::AssumedRole { role_arn: role.arn().to_owned(), session: session.to_owned() },
        user_id: format!("{}:{session}", role.row.aws_id),
        ..(*role.principal).clone()
    }
}
