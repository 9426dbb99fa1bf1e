//! Opening a store: the database first, then the key that its secrets are sealed with.

use crate::{Clock, Core, Db, DbLocation, Error, Result, SealKey, Sealer, Store, SystemClock, sealed};
use packyard_oci::{hex, unhex};
use std::sync::Arc;

/// A database whose secrets nobody can read yet. That there are two steps lets the caller look for secrets before it
/// makes up a key: a new key for a database that has some would be of no use to anybody.
pub struct LockedStore {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
}

/// The fact that holds the canary: a value sealed on the first start. A key that does not open it is not this
/// installation's.
pub(crate) const CANARY: &str = "seal-canary";
const CANARY_PLACE: &str = "installation/seal-canary";
const CANARY_TEXT: &[u8] = b"packyard";

impl Store {
    pub async fn open(location: &DbLocation, key: SealKey) -> Result<Self> {
        Self::open_at(location, key, Arc::new(SystemClock)).await
    }

    pub async fn open_at(location: &DbLocation, key: SealKey, clock: Arc<dyn Clock>) -> Result<Self> {
        LockedStore::open_at(location, clock).await?.unlock(key).await
    }
}

impl LockedStore {
    pub async fn open(location: &DbLocation) -> Result<Self> {
        Self::open_at(location, Arc::new(SystemClock)).await
    }

    pub async fn open_at(location: &DbLocation, clock: Arc<dyn Clock>) -> Result<Self> {
        Ok(Self { db: Db::open(location).await?, clock })
    }

    /// For work that nobody else may be at the database for; see [`LockedStore::rotate`].
    pub async fn open_alone(location: &DbLocation) -> Result<Self> {
        Ok(Self { db: Db::open_alone(location).await?, clock: Arc::new(SystemClock) })
    }

    /// Whether something in it was sealed: then only the key it was sealed with will do.
    pub async fn has_secrets(&self) -> Result<bool> {
        let store = self.with(SealKey::generate());
        Ok(store.journal().fact(CANARY).await?.is_some() || !sealed::all(&self.db).await?.is_empty())
    }

    /// Whether the database's secrets were sealed with `key`.
    pub async fn opens_with(&self, key: &SealKey) -> Result<bool> {
        match self.check(&self.with(key.clone())).await {
            Ok(_) => Ok(true),
            Err(Error::Unsealable) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// [`Error::Unsealable`] when the database's secrets were sealed with another key.
    pub async fn unlock(self, key: SealKey) -> Result<Store> {
        let mut store = self.with(key);
        match self.check(&store).await {
            Ok(canary) => {
                store.core.canary = canary.into();
                Ok(store)
            }
            Err(error) => {
                store.close().await;
                Err(error)
            }
        }
    }

    pub async fn close(self) {
        self.db.close().await;
    }

    /// The canary, which the store's key opens.
    async fn check(&self, store: &Store) -> Result<String> {
        let (journal, sealer) = (store.journal(), &store.core.sealer);
        let canary = match journal.fact(CANARY).await? {
            Some(canary) => canary,
            None => {
                // A database from before there was a canary: what it holds has to open.
                let sealed = sealed::all(&self.db).await?;
                if !sealed.is_empty() && !sealed.iter().any(|value| value.open(sealer).is_ok()) {
                    return Err(Error::Unsealable);
                }
                // Servers that start together agree on one of their canaries, and those with another key find out.
                journal.fact_or(CANARY, &new_canary(sealer)).await?
            }
        };
        open_canary(sealer, &canary)?;
        Ok(canary)
    }

    fn with(&self, key: SealKey) -> Store {
        let (db, clock) = (self.db.clone(), self.clock.clone());
        Store { core: Core { db, sealer: Sealer::new(key), canary: "".into(), clock, outbox_bell: Arc::default() } }
    }
}

pub(crate) fn new_canary(sealer: &Sealer) -> String {
    hex(sealer.seal(CANARY_PLACE, CANARY_TEXT))
}

pub(crate) fn open_canary(sealer: &Sealer, canary: &str) -> Result<()> {
    let sealed = unhex(canary).ok_or_else(|| Error::Corrupt(format!("the fact {CANARY}")))?;
    sealer.open(CANARY_PLACE, &sealed).map(drop)
}
