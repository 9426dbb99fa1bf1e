//! The words of READMEs, for searches. They stay in memory once somebody has searched for words.
//!
//! What is looked in is the newest README of a pack in each registry: a hundred thousand versions have some thousand
//! READMEs that differ in what they say. That of a chart's newest version may not have been read yet, and a pre-release's
//! seldom is; then it is that of an older one. All other texts that are searched are in the snapshot.

use crate::error::{Doing, Error};
use crate::snapshot::{Entry, Facts, Named, Sha256, Snapshot};
use packyard_store::CatalogStore;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

/// Words of one README that are kept, in bytes.
const KEPT: usize = 32 * 1024;

/// By [`key`], so that a changed pack is read anew.
type Words = HashMap<Sha256, Arc<str>>;

#[derive(Clone, Default)]
pub(crate) struct Readmes(Arc<RwLock<Arc<Words>>>);

impl Readmes {
    /// The words that `text` asks for and all READMEs; `None` when it has none.
    pub(crate) async fn sought(
        &self,
        text: &str,
        snapshot: &Snapshot,
        store: &CatalogStore,
    ) -> Result<Option<Sought>, Error> {
        let words: Vec<String> = text.to_lowercase().split_whitespace().take(8).map(str::to_owned).collect();
        if words.is_empty() {
            return Ok(None);
        }
        Ok(Some(Sought { words, readmes: self.read(snapshot, store).await? }))
    }

    async fn read(&self, snapshot: &Snapshot, store: &CatalogStore) -> Result<Arc<Words>, Error> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        let newest = || snapshot.packs().flat_map(newest);
        let missing: Vec<String> = newest()
            .filter(|entry| !known.contains_key(&key(&entry.digest, || entry.uid.text())))
            .map(|entry| entry.uid.text())
            .collect();
        if missing.is_empty() {
            return Ok(known);
        }
        let mut words: Words = newest()
            .filter_map(|entry| known.get_key_value(&key(&entry.digest, || entry.uid.text())))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        let take = |uid: String, digest: String, text: String| {
            words.insert(key(&Sha256::of(&digest), || uid), distinct(&text));
        };
        store.search_texts(&missing, take).await.doing("read the texts of packs")?;
        let words = Arc::new(words);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = words.clone();
        Ok(words)
    }
}

/// The digest of the pack; an index of charts need not name one, which leaves the uid.
fn key(digest: &Sha256, uid: impl FnOnce() -> String) -> Sha256 {
    if digest.is_empty() { Sha256::of(&uid()) } else { digest.clone() }
}

/// The newest version with a README of each registry that still has it.
fn newest(named: &Named) -> impl Iterator<Item = &Entry> {
    let mut seen: Vec<&str> = Vec::new();
    named.versions.iter().filter(|entry| !entry.facts.is_gone && entry.facts.has_readme).filter(move |entry| {
        let registry: &str = &entry.facts.registry_uid;
        let is_first = !seen.contains(&registry);
        if is_first {
            seen.push(registry);
        }
        is_first
    })
}

/// Each word once: whoever looks for a word in it finds what the text has.
fn distinct(text: &str) -> Arc<str> {
    let mut seen = HashSet::new();
    let mut words = String::new();
    for word in text.split_whitespace() {
        if seen.insert(word) && words.len() + word.len() < KEPT {
            words.push_str(word);
            words.push(' ');
        }
    }
    words.into()
}

/// What a search looks for in texts.
pub(crate) struct Sought {
    /// In lower case.
    words: Vec<String>,
    readmes: Arc<Words>,
}

impl Sought {
    /// Which registries' versions of a name have every word: in a name or a description of their own, or in the newest
    /// README.
    pub(crate) fn of<'a>(&'a self, named: &'a Named) -> SoughtIn<'a> {
        let readme = |entry: &'a Entry| {
            Some((&*entry.facts.registry_uid, &**self.readmes.get(&key(&entry.digest, || entry.uid.text()))?))
        };
        SoughtIn { words: &self.words, readmes: newest(named).filter_map(readme).collect() }
    }
}

pub(crate) struct SoughtIn<'a> {
    words: &'a [String],
    /// By registry.
    readmes: Vec<(&'a str, &'a str)>,
}

impl SoughtIn<'_> {
    pub(crate) fn has_all(&self, facts: &Facts) -> bool {
        let readme = self.readmes.iter().find(|(registry, _)| *registry == &*facts.registry_uid).map(|(_, text)| *text);
        let description = facts.description.to_lowercase();
        let name = facts.name.to_lowercase();
        self.words.iter().all(|word| {
            let word = word.as_str();
            name.contains(word)
                || facts.display_folded.contains(word)
                || description.contains(word)
                || readme.is_some_and(|text| text.contains(word))
        })
    }
}
