//! Names of registered registries, without what they are.

use crate::catalog::CatalogStore;
use crate::{Result, on};

const NAMES: &str = "SELECT uid, name FROM remote_registry";
/// As many as [`AT_ONCE`]; places that are not needed hold an empty text.
const CALLED: &str = "SELECT uid, name FROM remote_registry
    WHERE uid IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
    OR name IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
const AT_ONCE: usize = 16;

impl CatalogStore {
    /// `(uid, name)` of every registry, in any order.
    pub async fn registry_names(&self) -> Result<Vec<(String, String)>> {
        Ok(on!(self.core.db, p => sqlx::query_as(NAMES).fetch_all(p).await?))
    }

    /// `(uid, name)` of the registries that have one of these words for their uid or their name, in any order.
    pub async fn registries_called(&self, words: &[&str]) -> Result<Vec<(String, String)>> {
        let mut found = Vec::new();
        for some in words.chunks(AT_ONCE) {
            let rows: Vec<(String, String)> = on!(self.core.db, p => {
                let mut query = sqlx::query_as(CALLED);
                for at in 0..AT_ONCE {
                    query = query.bind(some.get(at).copied().unwrap_or_default());
                }
                query.fetch_all(p).await?
            });
            found.extend(rows);
        }
        Ok(found)
    }
}
