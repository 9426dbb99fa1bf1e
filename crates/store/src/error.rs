use std::path::PathBuf;

/// What went wrong in the store. Services translate it; its text is for the log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("{}", what_failed(.0))]
    Database(#[from] sqlx::Error),
    #[error("could not connect to PostgreSQL at {place}")]
    Unreachable {
        place: String,
        #[source]
        source: sqlx::Error,
    },
    #[error("could not open the database {path}", path = .path.display())]
    CannotOpen {
        path: PathBuf,
        #[source]
        source: sqlx::Error,
    },
    #[error("could not {action} {path}", path = .path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// A thread of ours that worked on an object panicked, or was cut off by a stop.
    #[error("a storage task did not end")]
    Task(#[from] tokio::task::JoinError),
    /// A precondition given by the service did not hold inside the transaction; nothing was written.
    #[error("{0} already exists")]
    AlreadyExists(String),
    #[error("{0} does not exist")]
    NotFound(String),
    /// The project that something was to be written in, in contrast to the thing itself.
    #[error("project {0} does not exist")]
    NoProject(String),
    #[error("a user with the email address {0} already exists")]
    EmailTaken(String),
    /// The principal that was to be deleted has these still.
    #[error("the principal still has {0:?}")]
    Leftover(crate::identity::Leftover),
    /// Nobody would be left with the policy that somebody must keep.
    #[error("nobody would be left with the policy that somebody must keep")]
    LastHolder,
    #[error("{0}")]
    Conflict(String),
    #[error("a stored secret could not be opened: the secret key is not the one it was sealed with")]
    Unsealable,
    #[error("the database's secret key was changed while this process ran; start it again with the new key")]
    KeyChanged,
    #[error(
        "the database is in use by another packyard, perhaps on another machine; stop every server that shares it first"
    )]
    InUse,
    #[error("{0}")]
    InvalidKey(String),
    #[error(
        "the database has schema {found}, written by packyard {by}; this is packyard {own}, which knows schemas up to {known}. Use packyard {by} or newer"
    )]
    SchemaTooNew { found: i64, known: i64, by: String, own: &'static str },
    #[error("the database holds something this version cannot read: {0}")]
    Corrupt(String),
}

/// The pool waits for a database that is gone, and then says no more than that it waited.
fn what_failed(error: &sqlx::Error) -> &'static str {
    match error {
        sqlx::Error::PoolTimedOut => {
            "the database did not answer in time: it is gone, cannot be reached, or has too much to do"
        }
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) => "the connection to the database broke",
        _ => "the database refused a statement",
    }
}

/// SQLite's SQLITE_FULL.
const SQLITE_FULL: &str = "13";
/// PostgreSQL's disk_full.
const PG_DISK_FULL: &str = "53100";

impl Error {
    /// No room is left where the data is: somebody has to make some, then the same works again.
    pub fn is_storage_full(&self) -> bool {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        match self {
            Self::Io { source, .. } => matches!(source.kind(), StorageFull | QuotaExceeded),
            Self::Database(sqlx::Error::Database(error)) => {
                error.code().is_some_and(|code| [SQLITE_FULL, PG_DISK_FULL].contains(&&*code))
            }
            _ => false,
        }
    }

    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(e)) if e.is_unique_violation())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_is_gone_is_not_said_to_refuse() {
        assert!(Error::from(sqlx::Error::PoolTimedOut).to_string().contains("did not answer"));
        assert_eq!(Error::from(sqlx::Error::RowNotFound).to_string(), "the database refused a statement");
    }
}
