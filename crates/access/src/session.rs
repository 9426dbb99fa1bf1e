//! Console sessions. The cookie holds a random token, the store its digest; the CSRF token is derived from it, so that
//! a form of one session is no form of another.

use crate::principal::{Caller, Peer, Proof};
use crate::sigv4::sha256_hex;
use crate::{Access, LoginError};
use packyard_oci::hex;
use packyard_store::identity::SessionRow;
use packyard_store::{AuditEntry, random_bytes};
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};

/// A session's use is noted no more often.
const NOTE_USE_MS: i64 = 60_000;

#[derive(Clone)]
pub struct Session {
    /// The cookie's value.
    pub token: SecretString,
    /// For forms and unsafe requests; compare with [`Session::csrf_is`].
    pub csrf: String,
    pub caller: Caller,
    pub expires_at_ms: i64,
}

impl Session {
    /// In constant time.
    pub fn csrf_is(&self, sent: &str) -> bool {
        use subtle::ConstantTimeEq as _;
        self.csrf.as_bytes().ct_eq(sent.as_bytes()).into()
    }
}

impl Access {
    /// `email` may also be a user name.
    pub async fn login(&self, email: &str, password: &str, peer: Peer) -> Result<Session, LoginError> {
        let subject = self.check_password(email, password, peer).await?;
        let (uid, epoch) = (&subject.row.uid, subject.row.login_epoch);
        let token = SecretString::from(hex(random_bytes::<32>()));
        let expires_at = self.now_ms() + self.inner.config.session_life_s * 1000;
        let entry = AuditEntry::new(subject.arn(), "packyard:Login", subject.arn()).detail(peer.audited());
        self.inner.identity.create_session(&digest(token.expose_secret()), uid, epoch, expires_at, entry).await?;
        self.inner.identity.logged_in(uid).await?;
        let caller = self.caller(uid, Proof::Password { epoch }, None, peer).await?;
        Ok(self.describe_session(token, caller, expires_at))
    }

    /// `None` once it has expired, was left unused for too long, was logged out, or the user's password changed or the user
    /// was disabled. Asking is use.
    pub async fn session(&self, token: &str, peer: Peer) -> Option<Session> {
        let row = self.session_row(token).await?;
        let session = self.session_of(token, &row, peer).await?;
        self.note_use(token, &row).await;
        Some(session)
    }

    /// The same for what a page asks by itself, perhaps with nobody before it: that keeps no session alive.
    pub async fn session_without_use(&self, token: &str, peer: Peer) -> Option<Session> {
        let row = self.session_row(token).await?;
        self.session_of(token, &row, peer).await
    }

    async fn session_row(&self, token: &str) -> Option<SessionRow> {
        let found = self.inner.identity.session(&digest(token)).await;
        let row = found
            .inspect_err(|error| {
                tracing::error!(error = error as &dyn std::error::Error, "a session could not be read")
            })
            .ok()??;
        let is_over = self.idle_limit_ms().is_some_and(|most| self.now_ms() - row.used_at >= most);
        (!is_over).then_some(row)
    }

    async fn session_of(&self, token: &str, row: &SessionRow, peer: Peer) -> Option<Session> {
        let caller = self.caller(&row.principal, Proof::Password { epoch: row.epoch }, None, peer).await.ok()?;
        Some(self.describe_session(SecretString::from(token.to_owned()), caller, row.expires_at))
    }

    /// Now and then is enough: a page is many requests, and each note is a write.
    async fn note_use(&self, token: &str, row: &SessionRow) {
        let Some(most) = self.idle_limit_ms() else { return };
        if self.now_ms() - row.used_at < NOTE_USE_MS.min(most / 10) {
            return;
        }
        if let Err(error) = self.inner.identity.use_session(&digest(token)).await {
            // The session ends early then; that is no reason to end it now.
            tracing::warn!(error = &error as &dyn std::error::Error, "the use of a session could not be noted");
        }
    }

    fn idle_limit_ms(&self) -> Option<i64> {
        let idle_s = self.inner.config.session_idle_s;
        (idle_s > 0).then(|| idle_s.saturating_mul(1000))
    }

    pub async fn logout(&self, token: &str) {
        if let Err(error) = self.inner.identity.end_session(&digest(token)).await {
            tracing::error!(error = &error as &dyn std::error::Error, "a session could not be ended");
        }
    }

    fn describe_session(&self, token: SecretString, caller: Caller, expires_at_ms: i64) -> Session {
        let csrf = hex(hmac::sign(&self.inner.csrf_key, token.expose_secret().as_bytes()));
        Session { token, csrf, caller, expires_at_ms }
    }
}

fn digest(token: &str) -> String {
    sha256_hex(token.as_bytes())
}
