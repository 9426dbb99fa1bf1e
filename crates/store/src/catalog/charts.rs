//! What is kept beside packs for Helm repositories: which index was read, and what a chart's archive held that was read
//! later than the index.

use crate::catalog::{BUMP, CatalogStore, held};
use crate::{Error, Lease, Result, on, unit};

/// An index as it was read whole.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct IndexRow {
    /// The registry's `updated` when it was read.
    pub settings: i64,
    pub reader: i64,
    pub etag: String,
    pub modified: String,
}

/// What a chart's archive holds.
#[derive(Debug, Clone, Copy)]
pub struct ChartWrite<'a> {
    pub uid: &'a str,
    /// The documents that were there when the archive was asked for; with others there, nothing is written.
    pub digest_before: &'a str,
    pub detail_before: &'a str,
    pub search: &'a str,
    pub detail: &'a str,
    pub values: &'a str,
    pub readme: Option<&'a str>,
    pub logo: Option<(&'a str, &'a [u8])>,
}

const INDEX: &str = "SELECT settings, reader, etag, modified FROM read_index WHERE registry_uid = $1";
const PUT_INDEX: &str = "INSERT INTO read_index (registry_uid, settings, reader, etag, modified)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (registry_uid) DO UPDATE SET settings = excluded.settings, reader = excluded.reader,
        etag = excluded.etag, modified = excluded.modified";
pub(crate) const DELETE_INDEX: &str = "DELETE FROM read_index WHERE registry_uid = $1";
const FILL: &str = "UPDATE catalog_pack SET rev = $4, search = $5, detail = $6, values_text = $7, readme = $8,
        logo_type = $9, logo = $10
    WHERE uid = $1 AND digest = $2 AND detail = $3";

impl CatalogStore {
    pub async fn index(&self, registry_uid: &str) -> Result<Option<IndexRow>> {
        Ok(on!(self.core.db, p => sqlx::query_as(INDEX).bind(registry_uid).fetch_optional(p).await?))
    }

    /// The catalogue agrees with this index now.
    pub async fn put_index(&self, lease: &Lease, registry_uid: &str, index: &IndexRow) -> Result<()> {
        unit!(self.core.db, Error, |tx| {
            held!(tx, lease);
            sqlx::query(PUT_INDEX)
                .bind(registry_uid)
                .bind(index.settings)
                .bind(index.reader)
                .bind(index.etag.as_str())
                .bind(index.modified.as_str())
                .execute(&mut *tx)
                .await?;
            Ok(())
        })
    }

    /// The catalogue is about to be changed, so that it may agree with no index for a while.
    pub async fn forget_index(&self, lease: &Lease, registry_uid: &str) -> Result<()> {
        unit!(self.core.db, Error, |tx| {
            held!(tx, lease);
            sqlx::query(DELETE_INDEX).bind(registry_uid).execute(&mut *tx).await?;
            Ok(())
        })
    }

    /// Adds what a chart's archive holds to the chart's row. False when the row has changed since: what was read may be
    /// of another archive. Safe to do twice, so it needs no lease.
    pub async fn fill_chart(&self, write: ChartWrite<'_>) -> Result<bool> {
        let (logo_type, logo) = write.logo.unzip();
        unit!(self.core.db, Error, |tx| {
            let rev: i64 = sqlx::query_scalar(BUMP).fetch_one(&mut *tx).await?;
            let filled = sqlx::query(FILL)
                .bind(write.uid)
                .bind(write.digest_before)
                .bind(write.detail_before)
                .bind(rev)
                .bind(write.search)
                .bind(write.detail)
                .bind(write.values)
                .bind(write.readme)
                .bind(logo_type)
                .bind(logo)
                .execute(&mut *tx)
                .await?;
            Ok(filled.rows_affected() == 1)
        })
    }
}
