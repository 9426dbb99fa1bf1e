//! Logging in with a password: at the registry and at the console.

use crate::principal::{Caller, Peer, Proof};
use crate::subjects::Subject;
use crate::{Access, LoginError};
use std::sync::Arc;

/// The user name whose password is an ECR token.
const ECR_USER: &str = "AWS";

impl Access {
    /// Basic credentials of `/v2`: `AWS` and an ECR token, or a user name (or email address) and its password.
    pub async fn registry_login(&self, user: &str, password: &str, peer: Peer) -> Result<Caller, LoginError> {
        if user == ECR_USER {
            return self.ecr_login(password, peer).await;
        }
        let digest = self.inner.passwords.memory_digest(user, password);
        if let Some(caller) = self.remembered(&digest, peer).await {
            return Ok(caller);
        }
        // A client opens many connections at once: one of them has the password checked, the others wait for that.
        let _turn = self.inner.passwords.turn_for(&digest).await;
        if let Some(caller) = self.remembered(&digest, peer).await {
            return Ok(caller);
        }
        let subject = self.check_password(user, password, peer).await?;
        let epoch = subject.row.login_epoch;
        let until = self.now_ms() + self.inner.config.password_memory_s * 1000;
        self.inner.subjects.remember_password(digest, &subject.row.uid, epoch, until);
        self.caller(&subject.row.uid, Proof::Password { epoch }, None, peer).await
    }

    async fn remembered(&self, digest: &[u8; 32], peer: Peer) -> Option<Caller> {
        let (uid, epoch) = self.inner.subjects.remembered_password(digest)?;
        self.caller(&uid, Proof::Password { epoch }, None, peer).await.ok()
    }

    /// The subject as it was when its password was read: callers compare its epoch later.
    pub(crate) async fn check_password(
        &self,
        login: &str,
        password: &str,
        peer: Peer,
    ) -> Result<Arc<Subject>, LoginError> {
        self.inner
            .throttle
            .attempt(login, peer.ip())
            .map_err(|retry_after_s| LoginError::Throttled { retry_after_s })?;
        let subject = self.inner.subjects.by_login(login).await?;
        let profile = match &subject {
            Some(subject) => self.inner.identity.login_profile(&subject.row.uid).await?,
            None => None,
        };
        let right = self.inner.passwords.is_right(password, profile.map(|profile| profile.hash)).await;
        let subject = subject.filter(|_| right).ok_or(LoginError::Wrong)?;
        self.inner.throttle.forgive(login, peer.ip());
        if subject.row.is_disabled() {
            return Err(LoginError::Disabled);
        }
        Ok(subject)
    }
}
