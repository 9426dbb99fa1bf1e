//! Where sealed values rest: every column that holds some, in one list, so that a new key reaches them all.

use crate::identity::AccessKeyRow;
use crate::profile::{state_place, version_place};
use crate::{Db, Result, Sealer, catalog, on, user_macro};

/// What a sealed value is the secret of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    AccessKey,
    Registry,
    Macro,
    Profile,
}

impl Owner {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AccessKey => "access key",
            Self::Registry => "registry",
            Self::Macro => "macro",
            Self::Profile => "cluster profile",
        }
    }
}

/// One column of sealed values.
pub(crate) struct SealedColumn {
    pub(crate) owner: Owner,
    /// Gives two texts that name the row (the second may be empty), and the value.
    pub(crate) read: &'static str,
    /// Sets the value `$1` in the row named by `$2` and `$3`.
    pub(crate) write: &'static str,
    /// What the value is sealed to.
    place: fn(&str, &str) -> String,
}

pub(crate) static COLUMNS: [SealedColumn; 7] = [
    SealedColumn {
        owner: Owner::AccessKey,
        read: "SELECT id, '', secret FROM access_key ORDER BY id",
        write: "UPDATE access_key SET secret = $1 WHERE id = $2 AND $3 = ''",
        place: |id, _| AccessKeyRow::place(id),
    },
    SealedColumn {
        owner: Owner::Registry,
        read: "SELECT uid, '', secret FROM remote_registry WHERE secret IS NOT NULL ORDER BY uid",
        write: "UPDATE remote_registry SET secret = $1 WHERE uid = $2 AND $3 = ''",
        place: |uid, _| catalog::login_place(uid),
    },
    SealedColumn {
        owner: Owner::Registry,
        read: "SELECT uid, '', client_key FROM remote_registry WHERE client_key IS NOT NULL ORDER BY uid",
        write: "UPDATE remote_registry SET client_key = $1 WHERE uid = $2 AND $3 = ''",
        place: |uid, _| catalog::client_key_place(uid),
    },
    SealedColumn {
        owner: Owner::Registry,
        read: "SELECT uid, '', proxy_password FROM remote_registry WHERE proxy_password IS NOT NULL ORDER BY uid",
        write: "UPDATE remote_registry SET proxy_password = $1 WHERE uid = $2 AND $3 = ''",
        place: |uid, _| catalog::proxy_password_place(uid),
    },
    SealedColumn {
        owner: Owner::Macro,
        read: "SELECT name, project_uid, value FROM user_macro ORDER BY project_uid, name",
        write: "UPDATE user_macro SET value = $1 WHERE name = $2 AND project_uid = $3",
        place: |name, project_uid| user_macro::place(project_uid, name),
    },
    SealedColumn {
        owner: Owner::Profile,
        read: "SELECT uid, '', secrets FROM profile WHERE secrets IS NOT NULL ORDER BY uid",
        write: "UPDATE profile SET secrets = $1 WHERE uid = $2 AND $3 = ''",
        place: |uid, _| version_place(uid),
    },
    SealedColumn {
        owner: Owner::Profile,
        read: "SELECT profile_uid, CAST(id AS TEXT), secrets FROM profile_state WHERE secrets IS NOT NULL ORDER BY id",
        write: "UPDATE profile_state SET secrets = $1 WHERE profile_uid = $2 AND id = CAST($3 AS BIGINT)",
        place: |profile_uid, id| state_place(profile_uid, id),
    },
];

/// A sealed value and where it rests.
pub(crate) struct SealedValue {
    pub(crate) row: (String, String),
    place: String,
    sealed: Vec<u8>,
}

impl SealedColumn {
    pub(crate) fn value(&self, (first, second, sealed): (String, String, Vec<u8>)) -> SealedValue {
        SealedValue { place: (self.place)(&first, &second), row: (first, second), sealed }
    }
}

impl SealedValue {
    pub(crate) fn open(&self, sealer: &Sealer) -> Result<Vec<u8>> {
        sealer.open(&self.place, &self.sealed)
    }

    /// The same secret under another key.
    pub(crate) fn sealed_anew(&self, old: &Sealer, new: &Sealer) -> Result<Vec<u8>> {
        Ok(new.seal(&self.place, &self.open(old)?))
    }
}

pub(crate) async fn by_column(db: &Db) -> Result<Vec<(&'static SealedColumn, Vec<SealedValue>)>> {
    let mut found = Vec::new();
    for column in &COLUMNS {
        let rows: Vec<(String, String, Vec<u8>)> = on!(db, p => sqlx::query_as(column.read).fetch_all(p).await?);
        found.push((column, rows.into_iter().map(|row| column.value(row)).collect()));
    }
    Ok(found)
}

pub(crate) async fn all(db: &Db) -> Result<Vec<SealedValue>> {
    Ok(by_column(db).await?.into_iter().flat_map(|(_, values)| values).collect())
}

/// In a unit of work that writes what this process sealed: fails it when the database's key has changed meanwhile, since
/// nobody could open the value any more. First in the unit: a change of the key takes this row before all others.
macro_rules! sealing {
    ($tx:ident, $core:expr) => {
        if sqlx::query($crate::sealed::SAME_KEY).bind(&*$core.canary).execute(&mut *$tx).await?.rows_affected() == 0 {
            return Err($crate::Error::KeyChanged);
        }
    };
}
pub(crate) use sealing;

/// Holds the row until the transaction ends.
pub(crate) const SAME_KEY: &str = "UPDATE installation SET value = value WHERE name = 'seal-canary' AND value = $1";
