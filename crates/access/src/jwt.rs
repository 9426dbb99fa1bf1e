//! JWTs of `/v1`: HS256 under a key of this installation. Nothing is stored; a token ends with its password.

use crate::principal::{Caller, Peer, Proof};
use crate::{Access, LoginError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde::{Deserialize, Serialize};

/// Header of every token issued, and the only one accepted: no other algorithm is ever looked at.
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    iat: i64,
    exp: i64,
    /// What the issuing login was proved with.
    proof: Proof,
}

impl Access {
    /// For the caller of a password login or of an API key.
    pub async fn issue_jwt(&self, caller: &Caller) -> String {
        let now = self.now_ms() / 1000;
        let claims = Claims {
            sub: caller.principal.uid.clone(),
            iat: now,
            exp: now + self.inner.config.jwt_life_s,
            proof: caller.proof.clone(),
        };
        let claims = serde_json::to_vec(&claims).unwrap_or_default();
        let body = format!("{}.{}", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(claims));
        let signature = hmac::sign(&self.inner.jwt_key, body.as_bytes());
        format!("{body}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }

    pub async fn jwt(&self, token: &str, peer: Peer) -> Result<Caller, LoginError> {
        let claims = self.verified(token).ok_or(LoginError::Wrong)?;
        if claims.exp <= self.now_ms() / 1000 {
            return Err(LoginError::Expired);
        }
        self.caller(&claims.sub, claims.proof, None, peer).await
    }

    fn verified(&self, token: &str) -> Option<Claims> {
        let (body, signature) = token.rsplit_once('.')?;
        let (header, claims) = body.split_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        hmac::verify(&self.inner.jwt_key, body.as_bytes(), &signature).ok()?;
        if URL_SAFE_NO_PAD.decode(header).ok()? != HEADER.as_bytes() {
            return None;
        }
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }
}
