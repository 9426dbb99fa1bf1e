//! Secrets at rest: AES-256-GCM under the installation's key, bound to the row they belong to.

use crate::{Error, Result, random_bytes};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use std::sync::Arc;

/// The 32-byte key that seals stored credentials. Never printed.
#[derive(Clone)]
pub struct SealKey([u8; 32]);

impl SealKey {
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub fn generate() -> Self {
        Self(random_bytes())
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey([REDACTED])")
    }
}

/// Seals and opens. `place` (table and row) is authenticated: a sealed value copied to another row does not open.
#[derive(Clone)]
pub struct Sealer {
    cipher: Arc<LessSafeKey>,
    root: SealKey,
}

/// First byte of every sealed value, so that a later format can be told apart.
const FORMAT: u8 = 1;
const NONCE: usize = 12;

impl Sealer {
    pub fn new(key: SealKey) -> Self {
        #[expect(clippy::expect_used, reason = "the key has exactly the length the algorithm wants")]
        let unbound = UnboundKey::new(&AES_256_GCM, &key.0).expect("a 32-byte key");
        Self { cipher: Arc::new(LessSafeKey::new(unbound)), root: key }
    }

    pub fn seal(&self, place: &str, secret: &[u8]) -> Vec<u8> {
        let nonce = random_bytes::<NONCE>();
        let mut body = secret.to_vec();
        #[expect(clippy::expect_used, reason = "sealing fails only beyond 64 GiB")]
        self.cipher
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place.as_bytes()), &mut body)
            .expect("a secret shorter than 64 GiB");
        let mut out = Vec::with_capacity(1 + NONCE + body.len());
        out.push(FORMAT);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&body);
        out
    }

    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let (&format, rest) = sealed.split_first().ok_or(Error::Unsealable)?;
        if format != FORMAT {
            return Err(Error::Unsealable);
        }
        let (nonce, body) = rest.split_at_checked(NONCE).ok_or(Error::Unsealable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Error::Unsealable)?;
        let mut body = body.to_vec();
        let open =
            self.cipher.open_in_place(nonce, Aad::from(place.as_bytes()), &mut body).map_err(|_| Error::Unsealable)?;
        Ok(open.to_vec())
    }

    /// A key for another purpose (signing tokens, ...), derived from the installation's key.
    pub fn derive(&self, purpose: &str) -> ring::hmac::Key {
        let root = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &self.root.0);
        let tag = ring::hmac::sign(&root, purpose.as_bytes());
        ring::hmac::Key::new(ring::hmac::HMAC_SHA256, tag.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_what_it_sealed_and_only_in_its_place() {
        let sealer = Sealer::new(SealKey::generate());
        let sealed = sealer.seal("access_key/AKIA1", b"secret");
        assert_eq!(sealer.open("access_key/AKIA1", &sealed).unwrap(), b"secret");
        assert!(matches!(sealer.open("access_key/AKIA2", &sealed), Err(Error::Unsealable)));
        assert!(matches!(Sealer::new(SealKey::generate()).open("access_key/AKIA1", &sealed), Err(Error::Unsealable)));
        assert!(matches!(sealer.open("x", &[]), Err(Error::Unsealable)));
        assert!(matches!(sealer.open("x", &sealed[..8]), Err(Error::Unsealable)));
    }
}
