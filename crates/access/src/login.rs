//! Logging in with a password: at the registry and at the console.

use crate::iam::{IamError, IamFault, check_password};
use crate::principal::{Caller, Peer, Proof};
use crate::subjects::Subject;
use crate::throttle::Wait;
use crate::{Access, LoginError};
use packyard_store::AuditEntry;
use packyard_store::identity::LoginProfileRow;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

enum Reset {
    Required,
    NotRequired,
}

/// Why a password was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefused {
    #[error(transparent)]
    Old(#[from] LoginError),
    #[error(transparent)]
    New(#[from] IamError),
}

/// A name nobody has may be a password in the wrong field.
fn for_log(subject: Option<&Subject>) -> &str {
    subject.map_or("nobody's name", Subject::arn)
}

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
        match self.check_any_password(login, password, peer).await? {
            (_, Reset::Required) => Err(LoginError::ResetRequired),
            (subject, Reset::NotRequired) => Ok(subject),
        }
    }

    /// A password that its owner is to replace is told only from one that is right.
    async fn check_any_password(
        &self,
        login: &str,
        password: &str,
        peer: Peer,
    ) -> Result<(Arc<Subject>, Reset), LoginError> {
        if let Err(wait) = self.inner.throttle.attempt(login, peer.ip()) {
            if wait.is_news {
                self.log_wait(wait, login, peer).await;
            }
            return Err(LoginError::Throttled { retry_after_s: wait.seconds });
        }
        let subject = self.subject_of(login).await?;
        let profile = match &subject {
            Some(subject) => self.inner.identity.login_profile(&subject.row.uid).await?,
            None => None,
        };
        let reset = match &profile {
            Some(profile) if profile.reset_required() => Reset::Required,
            _ => Reset::NotRequired,
        };
        let is_over = profile.as_ref().is_some_and(|profile| self.is_over(profile));
        let right = self.inner.passwords.is_right(password, profile.map(|profile| profile.hash)).await;
        if !right {
            tracing::warn!(user = for_log(subject.as_deref()), address = %peer.ip(), "a wrong password");
        }
        let subject = subject.filter(|_| right).ok_or(LoginError::Wrong)?;
        self.inner.throttle.forgive(login, peer.ip());
        if subject.row.is_disabled() {
            return Err(LoginError::Disabled);
        }
        if is_over {
            return Err(LoginError::OneTimePasswordExpired);
        }
        Ok((subject, reset))
    }

    async fn subject_of(&self, login: &str) -> Result<Option<Arc<Subject>>, packyard_store::Error> {
        // No database keeps that character, and PostgreSQL fails when it is asked for it.
        if login.contains('\0') { Ok(None) } else { self.inner.subjects.by_login(login).await }
    }

    /// One line for a whole window: whoever guesses must not fill the log.
    async fn log_wait(&self, wait: Wait, login: &str, peer: Peer) {
        let subject = self.subject_of(login).await.ok().flatten();
        tracing::warn!(
            user = for_log(subject.as_deref()),
            address = %peer.ip(),
            counted = wait.counted,
            seconds = wait.seconds,
            "too many wrong passwords: logins are refused unseen for these seconds"
        );
    }

    /// Whether it is a one-time password whose time has passed.
    fn is_over(&self, profile: &LoginProfileRow) -> bool {
        let set_at = profile.set_at.filter(|_| profile.reset_required());
        let until = set_at.and_then(|set_at| self.one_time_until(set_at));
        until.is_some_and(|until| until <= self.now_ms())
    }

    /// Until when a one-time password is good that was given at `given_ms`; `None` for ever.
    pub(crate) fn one_time_until(&self, given_ms: i64) -> Option<i64> {
        let life_s = self.inner.config.one_time_password_life_s;
        (life_s > 0).then(|| given_ms.saturating_add(life_s.saturating_mul(1000)))
    }

    /// A new password for the old one, also where the old one is good for nothing else. Ends all sessions.
    pub async fn change_password(
        &self,
        login: &str,
        old: &str,
        new: &SecretString,
        peer: Peer,
    ) -> Result<(), ChangeRefused> {
        let (subject, _) = self.check_any_password(login, old, peer).await?;
        check_password(new)?;
        if new.expose_secret() == old {
            let text = "The new password is the old one. Choose another";
            return Err(IamError::new(IamFault::PasswordPolicyViolation, text).into());
        }
        let failed = || IamError::new(IamFault::ServiceFailure, "The password could not be hashed.");
        let hash = self.inner.passwords.hash(new).await.ok_or_else(failed)?;
        let entry = AuditEntry::new(subject.arn(), "iam:ChangePassword", subject.arn()).detail(peer.audited());
        let done = self.inner.identity.update_login_profile(&subject.row.uid, &hash, false, entry).await;
        self.inner.subjects.forget();
        Ok(done.map_err(IamError::from)?)
    }
}
