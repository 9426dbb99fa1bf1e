//! Opening a store: the database first, then the key that its secrets are sealed with.

use crate::identity::AccessKeyRow;
use crate::{Clock, Core, Db, DbLocation, Error, Result, SealKey, Sealer, Store, SystemClock, catalog, on};
use std::sync::Arc;

/// A database whose secrets nobody can read yet. That there are two steps lets the caller look for secrets before it
/// makes up a key: a new key for a database that has some would be of no use to anybody.
pub struct LockedStore {
    db: Db,
    clock: Arc<dyn Clock>,
}

/// A value sealed on the first start; a key that does not open it is not this installation's.
const CANARY: &str = "seal-canary";
const CANARY_PLACE: &str = "installation/seal-canary";
const CANARY_TEXT: &[u8] = b"packyard";

const KEYS: &str = "SELECT id, secret FROM access_key ORDER BY created_at, id";
const REGISTRIES: &str = "SELECT uid, secret FROM remote_registry WHERE secret IS NOT NULL ORDER BY uid";

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

    /// Whether something in it was sealed: then only the key it was sealed with will do.
    pub async fn has_secrets(&self) -> Result<bool> {
        let store = self.with(SealKey::generate());
        Ok(store.journal().fact(CANARY).await?.is_some() || !self.sealed().await?.is_empty())
    }

    /// [`Error::Unsealable`] when the database's secrets were sealed with another key.
    pub async fn unlock(self, key: SealKey) -> Result<Store> {
        let store = self.with(key);
        match self.check(&store).await {
            Ok(()) => Ok(store),
            Err(error) => {
                store.close().await;
                Err(error)
            }
        }
    }

    pub async fn close(self) {
        self.db.close().await;
    }

    async fn check(&self, store: &Store) -> Result<()> {
        let (journal, sealer) = (store.journal(), &store.core.sealer);
        let canary = match journal.fact(CANARY).await? {
            Some(canary) => canary,
            None => {
                // A database from before there was a canary: what it holds has to open.
                let sealed = self.sealed().await?;
                let opens = |(place, secret): &(String, Vec<u8>)| sealer.open(place, secret).is_ok();
                if !sealed.is_empty() && !sealed.iter().any(opens) {
                    return Err(Error::Unsealable);
                }
                // Servers that start together agree on one of their canaries, and those with another key find out.
                journal.fact_or(CANARY, &hex(&sealer.seal(CANARY_PLACE, CANARY_TEXT))).await?
            }
        };
        let sealed = unhex(&canary).ok_or_else(|| Error::Corrupt(format!("the fact {CANARY}")))?;
        sealer.open(CANARY_PLACE, &sealed).map(|_| ())
    }

    /// Every sealed value with its place.
    async fn sealed(&self) -> Result<Vec<(String, Vec<u8>)>> {
        let keys: Vec<(String, Vec<u8>)> = on!(self.db, p => sqlx::query_as(KEYS).fetch_all(p).await?);
        let registries: Vec<(String, Vec<u8>)> = on!(self.db, p => sqlx::query_as(REGISTRIES).fetch_all(p).await?);
        let keys = keys.into_iter().map(|(id, secret)| (AccessKeyRow::place(&id), secret));
        Ok(keys.chain(registries.into_iter().map(|(uid, secret)| (catalog::place(&uid), secret))).collect())
    }

    fn with(&self, key: SealKey) -> Store {
        let (db, clock) = (self.db.clone(), self.clock.clone());
        Store { core: Core { db, sealer: Sealer::new(key), clock, outbox_bell: Arc::default() } }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
