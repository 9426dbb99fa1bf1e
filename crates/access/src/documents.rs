//! Policy documents that were read, by their text: resource and session policies belong to no principal.
//!
//! Bounded by their length, not their number: one may have 10,240 characters, is larger once it is read, and whoever may
//! assume a role makes as many session policies as they like.

use crate::policy::{DocumentKind, Policy};
use std::collections::HashMap;
use std::sync::Arc;

/// Bytes of text that are remembered; beyond it everything is forgotten.
const CAPACITY: usize = 4 * 1024 * 1024;

/// `None` is a text that is no policy.
type Read = Option<Arc<Policy>>;

#[derive(Default)]
pub(crate) struct Documents {
    by_text: HashMap<String, Vec<(DocumentKind, Read)>>,
    bytes: usize,
}

impl Documents {
    pub(crate) fn get(&self, text: &str, kind: DocumentKind) -> Option<Read> {
        self.by_text.get(text)?.iter().find(|(of, _)| *of == kind).map(|(_, read)| read.clone())
    }

    pub(crate) fn insert(&mut self, text: &str, kind: DocumentKind, read: Read) {
        if self.get(text, kind).is_some() {
            return;
        }
        if self.bytes + text.len() > CAPACITY {
            *self = Self::default();
        }
        self.bytes += text.len();
        self.by_text.entry(text.to_owned()).or_default().push((kind, read));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_remembered_for_each_kind_of_document() {
        let mut documents = Documents::default();
        let policy = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        let read = |kind| Policy::parse(policy, kind).ok().map(Arc::new);
        for kind in [DocumentKind::Identity, DocumentKind::Resource] {
            assert!(documents.get(policy, kind).is_none());
            documents.insert(policy, kind, read(kind));
        }
        assert!(documents.get(policy, DocumentKind::Identity).unwrap().is_some());
        assert!(documents.get(policy, DocumentKind::Resource).unwrap().is_none(), "it has no principal");
        assert!(documents.get(policy, DocumentKind::Trust).is_none());
    }

    #[test]
    fn no_more_text_is_remembered_than_the_capacity() {
        let mut documents = Documents::default();
        for n in 0..3 * CAPACITY / 10_000 {
            documents.insert(&format!("{n:010000}"), DocumentKind::Resource, None);
            let held: usize = documents.by_text.keys().map(String::len).sum();
            assert!(held <= CAPACITY && held == documents.bytes, "{held} {}", documents.bytes);
        }
        assert!(documents.get(&format!("{:010000}", 0), DocumentKind::Resource).is_none());
    }
}
