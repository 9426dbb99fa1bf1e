//! What proves an identity without being stored: ECR authorization tokens and session tokens of temporary
//! credentials. Both are sealed with the installation's key, so they survive restarts and open on every replica; both
//! carry the proof they were made from and end with it.

use crate::principal::{Caller, Peer, Proof, RoleSession};
use crate::sigv4::{SignatureError, SignatureFault, Signed, SignedRequest, signature_is_right};
use crate::{Access, LoginError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use packyard_store::random_bytes;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// Access key ids of temporary credentials begin so.
pub(crate) const TEMPORARY_PREFIX: &str = "ASIA";

const ECR_PLACE: &str = "ecr authorization token";
const STS_PLACE: &str = "sts session token";

/// The password that goes with user name `AWS`.
#[derive(Clone)]
pub struct EcrToken {
    pub password: SecretString,
    pub expires_at_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct SealedIdentity {
    uid: String,
    proof: Proof,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role_session: Option<RoleSession>,
    expires_at: i64,
}

#[derive(Serialize, Deserialize)]
struct SealedCredentials {
    key_id: String,
    secret: String,
    role: String,
    session: RoleSession,
    expires_at: i64,
}

/// Temporary credentials of a role.
#[derive(Clone)]
pub struct TemporaryCredentials {
    pub access_key_id: String,
    pub secret_access_key: SecretString,
    pub session_token: SecretString,
    pub expires_at_ms: i64,
}

impl Access {
    /// Lives for `token_life_s`, or as long as the temporary credentials it was asked with, if that is shorter. The
    /// right to ask (`ecr:GetAuthorizationToken`) is the caller's business.
    pub async fn ecr_token(&self, caller: &Caller) -> EcrToken {
        let life = self.now_ms() + self.inner.config.token_life_s * 1000;
        let expires_at = match &caller.proof {
            Proof::Temporary { expires_at, .. } => life.min(*expires_at),
            _ => life,
        };
        let sealed = SealedIdentity {
            uid: caller.principal.uid.clone(),
            proof: caller.proof.clone(),
            role_session: caller.role_session.as_deref().cloned(),
            expires_at,
        };
        EcrToken { password: SecretString::from(self.seal(ECR_PLACE, &sealed)), expires_at_ms: expires_at }
    }

    /// Password of user name `AWS`.
    pub(crate) async fn ecr_login(&self, password: &str, peer: Peer) -> Result<Caller, LoginError> {
        let sealed: SealedIdentity = self.unseal(ECR_PLACE, password).ok_or(LoginError::Wrong)?;
        if sealed.expires_at <= self.now_ms() {
            return Err(LoginError::Expired);
        }
        self.caller(&sealed.uid, sealed.proof, sealed.role_session, peer).await
    }

    pub(crate) fn temporary_credentials(&self, role: &str, session: RoleSession, life_s: i64) -> TemporaryCredentials {
        let expires_at = self.now_ms() + life_s * 1000;
        let key_id = new_key_id(TEMPORARY_PREFIX);
        let secret = new_secret();
        let sealed = SealedCredentials {
            key_id: key_id.clone(),
            secret: secret.expose_secret().to_owned(),
            role: role.to_owned(),
            session,
            expires_at,
        };
        TemporaryCredentials {
            access_key_id: key_id,
            secret_access_key: secret,
            session_token: SecretString::from(self.seal(STS_PLACE, &sealed)),
            expires_at_ms: expires_at,
        }
    }

    /// Who signed this request, with a key of ours, for this service, now.
    pub async fn verify_sigv4(&self, request: &SignedRequest<'_>) -> Result<Caller, SignatureError> {
        let signed = Signed::read(request)?;
        signed.check_scope(request.service)?;
        signed.check_time(self.now_ms(), self.inner.config.clock_skew_s)?;
        let refused = |error: LoginError| match error {
            LoginError::Expired => SignatureError::new(
                SignatureFault::ExpiredToken,
                "The security token included in the request is expired",
            ),
            LoginError::Unavailable => SignatureError::unavailable(),
            _ => SignatureError::unknown_key(),
        };
        let (uid, proof, role_session, secret) = match &signed.session_token {
            Some(token) => {
                let sealed: SealedCredentials =
                    self.unseal(STS_PLACE, token).ok_or_else(SignatureError::unknown_key)?;
                if sealed.key_id != signed.key_id {
                    return Err(SignatureError::unknown_key());
                }
                let proof = Proof::Temporary { id: sealed.key_id, expires_at: sealed.expires_at };
                (sealed.role, proof, Some(sealed.session), SecretString::from(sealed.secret))
            }
            None => {
                if signed.key_id.contains('\0') {
                    return Err(SignatureError::unknown_key());
                }
                let key = self.inner.subjects.access_key(&signed.key_id).await.map_err(|e| refused(e.into()))?;
                let key = key.ok_or_else(SignatureError::unknown_key)?;
                let proof = Proof::AccessKey { id: key.id.clone() };
                (key.principal.clone(), proof, None, key.secret.clone())
            }
        };
        if !signature_is_right(request, &signed, &secret) {
            return Err(SignatureError::mismatch(
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                 Access Key and signing method. Consult the service documentation for details.",
            ));
        }
        self.caller(&uid, proof, role_session, request.peer).await.map_err(refused)
    }

    fn seal(&self, place: &str, value: &impl Serialize) -> String {
        let json = serde_json::to_vec(value).unwrap_or_default();
        STANDARD.encode(self.inner.store.core.sealer.seal(place, &json))
    }

    fn unseal<T: for<'de> Deserialize<'de>>(&self, place: &str, token: &str) -> Option<T> {
        let sealed = STANDARD.decode(token).ok()?;
        let json = self.inner.store.core.sealer.open(place, &sealed).ok()?;
        serde_json::from_slice(&json).ok()
    }
}

/// `prefix` and 16 characters of base 32, as AWS forms its ids.
pub(crate) fn new_key_id(prefix: &str) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let tail = random_bytes::<16>().into_iter().map(|b| char::from(ALPHABET[usize::from(b & 31)]));
    prefix.chars().chain(tail).collect()
}

/// 40 characters of base 64: 240 random bits.
pub(crate) fn new_secret() -> SecretString {
    SecretString::from(STANDARD.encode(random_bytes::<30>()))
}
