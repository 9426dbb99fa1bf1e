//! Reading the packs of the catalogue: what changed, the whole of some, their texts and logos.

use crate::catalog::CatalogStore;
use crate::{Result, on};
use futures_util::TryStreamExt;

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SummaryRow {
    pub uid: String,
    pub registry_uid: String,
    pub name: String,
    pub version: String,
    pub repository: String,
    pub tag: String,
    pub digest: String,
    pub gone: i64,
    pub updated: i64,
    pub rev: i64,
    pub summary: String,
    pub has_readme: i64,
    pub has_logo: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DetailRow {
    pub uid: String,
    pub detail: String,
    pub values_text: String,
    pub readme: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct LogoRow {
    pub logo_type: String,
    pub logo: Vec<u8>,
}

const REVISION: &str = "SELECT value FROM catalog_revision WHERE id = 1";
const SINCE: &str = "SELECT uid, registry_uid, name, version, repository, tag, digest, gone, updated, rev, summary,
        CAST(CASE WHEN readme IS NULL THEN 0 ELSE 1 END AS BIGINT) AS has_readme,
        CAST(CASE WHEN logo_type IS NULL THEN 0 ELSE 1 END AS BIGINT) AS has_logo
    FROM catalog_pack WHERE rev > $1 ORDER BY rev";
/// As many as [`AT_ONCE`]; places that are not needed hold an empty uid.
const DETAILS: &str = "SELECT uid, detail, values_text, readme FROM catalog_pack
    WHERE uid IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
/// The same number.
const TEXTS: &str = "SELECT uid, digest, search FROM catalog_pack
    WHERE uid IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
const AT_ONCE: usize = 16;
const LOGO: &str =
    "SELECT logo_type, logo FROM catalog_pack WHERE uid = $1 AND logo_type IS NOT NULL AND logo IS NOT NULL";

impl CatalogStore {
    /// The newest revision; readers that know it need not ask for more.
    pub async fn revision(&self) -> Result<i64> {
        Ok(on!(self.core.db, p => sqlx::query_scalar(REVISION).fetch_one(p).await?))
    }

    /// Gives each pack that changed after `rev` to `take`, in the order of the changes. They may be very many, so that
    /// they are not gathered here.
    pub async fn packs_since(&self, rev: i64, mut take: impl FnMut(SummaryRow) + Send) -> Result<()> {
        on!(self.core.db, p => {
            let mut rows = sqlx::query_as(SINCE).bind(rev).fetch(p);
            while let Some(row) = rows.try_next().await? {
                take(row);
            }
        });
        Ok(())
    }

    /// Everything about each of these packs that is known, in any order.
    pub async fn pack_details(&self, uids: &[&str]) -> Result<Vec<DetailRow>> {
        let mut found = Vec::with_capacity(uids.len());
        for some in uids.chunks(AT_ONCE) {
            let rows: Vec<DetailRow> = on!(self.core.db, p => {
                let mut query = sqlx::query_as(DETAILS);
                for at in 0..AT_ONCE {
                    query = query.bind(some.get(at).copied().unwrap_or_default());
                }
                query.fetch_all(p).await?
            });
            found.extend(rows);
        }
        Ok(found)
    }

    pub async fn pack_logo(&self, uid: &str) -> Result<Option<LogoRow>> {
        Ok(on!(self.core.db, p => sqlx::query_as(LOGO).bind(uid).fetch_optional(p).await?))
    }

    /// Gives uid, digest and searched text (lower case) of each of these packs to `take`.
    pub async fn search_texts(
        &self,
        uids: &[String],
        mut take: impl FnMut(String, String, String) + Send,
    ) -> Result<()> {
        for some in uids.chunks(AT_ONCE) {
            let rows: Vec<(String, String, String)> = on!(self.core.db, p => {
                let mut query = sqlx::query_as(TEXTS);
                for at in 0..AT_ONCE {
                    query = query.bind(some.get(at).map(String::as_str).unwrap_or_default());
                }
                query.fetch_all(p).await?
            });
            rows.into_iter().for_each(|(uid, digest, text)| take(uid, digest, text));
        }
        Ok(())
    }
}
