//! Hashing and checking passwords: argon2id, off the async threads, a few at a time.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use tokio::sync::{Mutex, MutexGuard, Semaphore};

pub(crate) struct Passwords {
    /// Bounds the memory that logins can take.
    turns: Arc<Semaphore>,
    memory_key: hmac::Key,
    /// By the first byte of a memory digest: the same credentials always meet at the same one.
    same: [Mutex<()>; 64],
}

/// A hash of nothing anybody knows: unknown names take as long as known ones.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$7H0T7BoPzJfNHXcWrBoR1V5AQDVZNVWtXVb3sbnGyqM";

impl Passwords {
    pub(crate) fn new(at_once: usize, memory_key: hmac::Key) -> Self {
        Self {
            turns: Arc::new(Semaphore::new(at_once.max(1))),
            memory_key,
            same: std::array::from_fn(|_| Mutex::default()),
        }
    }

    /// A PHC string; `None` when hashing is impossible.
    pub(crate) async fn hash(&self, password: &SecretString) -> Option<String> {
        let password = password.clone();
        self.off_thread(move || hash(password.expose_secret().as_bytes()).map(|hash| hash.to_string())).await.flatten()
    }

    /// With no hash it takes as long and is false.
    pub(crate) async fn is_right(&self, password: &str, hash: Option<String>) -> bool {
        let password = SecretString::from(password.to_owned());
        self.off_thread(move || {
            let text = hash.as_deref().unwrap_or(NOBODY);
            fits(password.expose_secret().as_bytes(), text) && hash.is_some()
        })
        .await
        .unwrap_or(false)
    }

    /// What a right password is remembered under: useless without the key.
    pub(crate) fn memory_digest(&self, user: &str, password: &str) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.memory_key);
        context.update(&(user.len() as u64).to_be_bytes());
        context.update(user.as_bytes());
        context.update(password.as_bytes());
        let mut out = [0; 32];
        out.copy_from_slice(context.sign().as_ref());
        out
    }

    /// Held while these credentials are checked.
    pub(crate) async fn turn_for(&self, digest: &[u8; 32]) -> MutexGuard<'_, ()> {
        self.same[usize::from(digest[0]) % self.same.len()].lock().await
    }

    async fn off_thread<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let turn = self.turns.clone().acquire_owned().await.ok()?;
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        })
        .await
        .ok()
    }
}

/// argon2id with the crate's default costs (19 MiB, 2 passes: OWASP's first recommendation) and a random salt.
fn hash(password: &[u8]) -> Option<PasswordHash> {
    let (algorithm, version, params) = (Algorithm::Argon2id, Version::V0x13, Params::DEFAULT);
    let salt = Salt::generate();
    let size = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    Some(PasswordHash {
        algorithm: algorithm.ident(),
        version: Some(version.into()),
        params: ParamsString::try_from(&params).ok()?,
        hash: Some(compute(&Argon2::new(algorithm, version, params), password, &salt, size)?),
        salt: Some(salt),
    })
}

/// Whether the PHC string is the password's. Outputs compare in constant time.
fn fits(password: &[u8], text: &str) -> bool {
    let right = || {
        let parsed = PasswordHash::new(text).ok()?;
        let algorithm = Algorithm::try_from(parsed.algorithm.as_str()).ok()?;
        let version = Version::try_from(parsed.version?).ok()?;
        let context = Argon2::new(algorithm, version, Params::try_from(&parsed).ok()?);
        let (salt, output) = (parsed.salt?, parsed.hash?);
        Some(compute(&context, password, &salt, output.len())? == output)
    };
    right().unwrap_or(false)
}

/// A buffer this large goes back to the system the moment it is freed: glibc maps what is above 32 MiB by itself,
/// always, while a freed smaller one stays in whichever thread's arena it was in. Wrong passwords would otherwise leave
/// 19 MiB in every thread that ever checked one. Only the pages in use cost memory.
const GIVEN_BACK: usize = 33 << 20;

fn compute(context: &Argon2<'_>, password: &[u8], salt: &Salt, size: usize) -> Option<Output> {
    let blocks = context.params().block_count();
    let mut memory = Vec::with_capacity(blocks.max(GIVEN_BACK / Block::SIZE));
    memory.resize(blocks, Block::default());
    let mut output = vec![0; size];
    context.hash_password_into_with_memory(password, salt, &mut output, &mut memory).ok()?;
    Output::new(&output).ok()
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::{PasswordHasher, PasswordVerifier};

    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::new(1, hmac::Key::new(hmac::HMAC_SHA256, b"k"));
        let hash = passwords.hash(&SecretString::from("correct horse")).await.unwrap();
        assert!(passwords.is_right("correct horse", Some(hash.clone())).await);
        assert!(!passwords.is_right("battery staple", Some(hash)).await);
        assert!(!passwords.is_right("battery staple", None).await);
    }

    #[test]
    fn the_crate_itself_agrees_both_ways() {
        let theirs: PasswordHash = Argon2::default().hash_password(b"correct horse").unwrap();
        assert!(fits(b"correct horse", &theirs.to_string()) && !fits(b"battery staple", &theirs.to_string()));
        assert!(Argon2::default().verify_password(b"correct horse", &hash(b"correct horse").unwrap()).is_ok());
        assert!(!fits(b"", "not a hash"));
    }

    #[test]
    fn the_dummy_hash_is_as_costly_as_a_real_one() {
        let dummy = PasswordHash::new(NOBODY).unwrap();
        let real: PasswordHash = Argon2::default().hash_password(b"x").unwrap();
        assert_eq!(dummy.params, real.params);
    }

    #[test]
    fn user_and_password_do_not_run_together() {
        let passwords = Passwords::new(1, hmac::Key::new(hmac::HMAC_SHA256, b"k"));
        assert_ne!(passwords.memory_digest("ab", "c"), passwords.memory_digest("a", "bc"));
    }
}
