//! One version of a chart as an index lists it.

use crate::Reason;
use packyard_oci::Digest;
use packyard_pack::helm::IndexEntry;

/// Longest name and version; both are keys.
const KEY_BYTES: usize = 255;
/// Of a description, what lists show.
const DESCRIPTION_CHARS: usize = 4096;

#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) entry: IndexEntry,
    /// `sha256:…` of the archive; empty where the index does not say it.
    pub(crate) digest: String,
    /// Of what the catalogue takes from the entry. Not of its time, which some tools write anew with every index.
    pub(crate) fingerprint: String,
}

impl Listed {
    pub(crate) fn new(mut entry: IndexEntry) -> Self {
        if let Some(description) = &mut entry.description
            && let Some((end, _)) = description.char_indices().nth(DESCRIPTION_CHARS)
        {
            description.truncate(end);
        }
        let digest = entry.digest.as_deref().and_then(sha256).unwrap_or_default();
        let IndexEntry { app_version, description, urls, deprecated, .. } = &entry;
        let facts = serde_json::json!([digest, app_version, description, urls, deprecated]);
        let fingerprint = Digest::sha256(facts.to_string().as_bytes()).hex()[..32].to_owned();
        Self { entry, digest, fingerprint }
    }

    /// Why it cannot be an entry of the catalogue.
    pub(crate) fn refusal(&self) -> Option<Reason> {
        let reason = |code: &str, text: &str, hint: &str| {
            Some(Reason { code: code.to_owned(), reason: text.to_owned(), hint: hint.to_owned() })
        };
        let again = "write the index again with `helm repo index`";
        match &self.entry {
            entry if entry.version.is_empty() => reason("no-version", "the index has no version of it", again),
            entry if entry.urls.is_empty() => reason("no-address", "the index has no address of its archive", again),
            _ => None,
        }
    }

    /// Whether name and version can be keys at all. What is not cannot even be told of.
    pub(crate) fn has_keys(&self) -> bool {
        let fits = |text: &str| text.len() <= KEY_BYTES && !text.chars().any(char::is_control);
        !self.entry.name.is_empty() && fits(&self.entry.name) && fits(&self.entry.version)
    }
}

/// The digest as everybody else writes it.
fn sha256(text: &str) -> Option<String> {
    let hex = text.strip_prefix("sha256:").unwrap_or(text).to_ascii_lowercase();
    format!("sha256:{hex}").parse::<Digest>().ok().map(|digest| digest.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> IndexEntry {
        IndexEntry {
            name: "web".to_owned(),
            version: "1.0.0".to_owned(),
            digest: Some("AB".repeat(32)),
            urls: vec!["web-1.0.0.tgz".to_owned()],
            ..IndexEntry::default()
        }
    }

    #[test]
    fn what_the_catalogue_takes_is_a_change_and_the_time_is_none() {
        let listed = Listed::new(entry());
        assert_eq!(listed.digest, format!("sha256:{}", "ab".repeat(32)));
        let with = |change: fn(&mut IndexEntry)| {
            let mut entry = entry();
            change(&mut entry);
            Listed::new(entry).fingerprint
        };
        assert_eq!(listed.fingerprint, with(|entry| entry.created = Some("now".to_owned())));
        assert_ne!(listed.fingerprint, with(|entry| entry.deprecated = true));
        assert_ne!(listed.fingerprint, with(|entry| entry.digest = None));
        assert_ne!(listed.fingerprint, with(|entry| entry.urls.push("other".to_owned())));
    }

    #[test]
    fn what_cannot_be_used_says_why() {
        let code = |change: fn(&mut IndexEntry)| {
            let mut entry = entry();
            change(&mut entry);
            Listed::new(entry).refusal().map(|reason| reason.code)
        };
        assert_eq!(code(|_| {}), None);
        assert_eq!(code(|entry| entry.urls.clear()).as_deref(), Some("no-address"));
        assert_eq!(code(|entry| entry.version.clear()).as_deref(), Some("no-version"));
        let odd = Listed::new(IndexEntry { name: "a\0b".to_owned(), ..entry() });
        assert!(!odd.has_keys());
    }
}
