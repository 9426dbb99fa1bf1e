//! Extended headers: what they say about the member that follows, and how pax writes it.

use crate::archive::error::ArchiveError;

/// What extended headers said about the member that follows.
#[derive(Default)]
pub(super) struct Extended {
    pub(super) path: Option<String>,
    pub(super) link: Option<String>,
    pub(super) size: Option<u64>,
    pub(super) sparse: bool,
    pub(super) any: bool,
}

impl Extended {
    pub(super) fn set_path(&mut self, path: String) -> Result<(), ArchiveError> {
        self.any = true;
        match self.path.replace(path) {
            None => Ok(()),
            Some(path) => {
                Err(ArchiveError::Damaged(format!("an entry has two names, one is `{}`", crate::shown::shown(&path))))
            }
        }
    }

    pub(super) fn set_link(&mut self, link: String) -> Result<(), ArchiveError> {
        self.any = true;
        match self.link.replace(link) {
            None => Ok(()),
            Some(link) => {
                Err(ArchiveError::Damaged(format!("a link has two targets, one is `{}`", crate::shown::shown(&link))))
            }
        }
    }
}

/// `LENGTH KEY=VALUE\n`, one after the other.
pub(super) fn pax_records(mut bytes: &[u8]) -> Result<Vec<(&str, &[u8])>, ArchiveError> {
    let damaged = || ArchiveError::Damaged("an extended header is malformed".to_owned());
    let mut records = Vec::new();
    while !bytes.is_empty() {
        let space = bytes.iter().position(|b| *b == b' ').ok_or_else(damaged)?;
        let length =
            std::str::from_utf8(&bytes[..space]).ok().and_then(|t| t.parse::<usize>().ok()).ok_or_else(damaged)?;
        let record = bytes.get(space + 1..length).ok_or_else(damaged)?;
        let record = record.strip_suffix(b"\n").ok_or_else(damaged)?;
        let equals = record.iter().position(|b| *b == b'=').ok_or_else(damaged)?;
        let key = std::str::from_utf8(&record[..equals]).map_err(|_| damaged())?;
        records.push((key, &record[equals + 1..]));
        bytes = &bytes[length..];
    }
    Ok(records)
}
