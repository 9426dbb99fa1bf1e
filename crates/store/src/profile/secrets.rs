//! The secret part of a profile: a text of the profile service that rests sealed beside the rest of the row, in the version
//! and in each state of its history.

use crate::{Error, Result, Sealer};

/// The secret part of a row, opened; empty where nothing is secret. Does not print.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ProfileSecrets(String);

impl ProfileSecrets {
    pub fn new(text: String) -> Self {
        Self(text)
    }

    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As it rests: nothing where there is none.
    pub(crate) fn sealed(&self, sealer: &Sealer, place: &str) -> Option<Vec<u8>> {
        (!self.is_empty()).then(|| sealer.seal(place, self.0.as_bytes()))
    }

    pub(crate) fn open(sealer: &Sealer, place: &str, sealed: Option<&[u8]>) -> Result<Self> {
        let Some(sealed) = sealed else { return Ok(Self::default()) };
        let text = String::from_utf8(sealer.open(place, sealed)?);
        text.map(Self).map_err(|_| Error::Corrupt(format!("the secrets of {place}")))
    }
}

impl std::fmt::Debug for ProfileSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_empty() { "ProfileSecrets(none)" } else { "ProfileSecrets([REDACTED])" })
    }
}

/// What the secrets of a version are sealed to.
pub(crate) fn version_place(uid: &str) -> String {
    format!("profile/{uid}")
}

/// What the secrets of a saved state are sealed to.
pub(crate) fn state_place(profile_uid: &str, id: impl std::fmt::Display) -> String {
    format!("profile_state/{profile_uid}/{id}")
}

/// A row as it is read, its secrets as they rest.
#[derive(sqlx::FromRow)]
pub(crate) struct Resting<T> {
    #[sqlx(flatten)]
    pub(crate) row: T,
    secrets: Option<Vec<u8>>,
}

impl<T> Resting<T> {
    pub(crate) fn open(&self, sealer: &Sealer, place: &str) -> Result<ProfileSecrets> {
        ProfileSecrets::open(sealer, place, self.secrets.as_deref())
    }
}
