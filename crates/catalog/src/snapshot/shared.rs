//! Texts and facts that many versions have are kept once.

use super::entry::Facts;
use std::collections::HashSet;
use std::sync::Arc;

pub(crate) type Text = Arc<str>;

/// So many more texts than after the last look for unused ones are a reason for another look.
const ROOM: usize = 4096;

/// What is shared. Only who makes entries needs it; what nobody holds any more is let go now and then.
#[derive(Debug, Default)]
pub(super) struct Shared {
    texts: HashSet<Text>,
    facts: HashSet<Arc<Facts>>,
    /// Texts after the last look for unused ones.
    used: usize,
}

impl Shared {
    pub(super) fn text(&mut self, text: &str) -> Text {
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        let text: Text = text.into();
        self.texts.insert(text.clone());
        text
    }

    pub(super) fn facts(&mut self, facts: Facts) -> Arc<Facts> {
        if let Some(known) = self.facts.get(&facts) {
            return known.clone();
        }
        let facts = Arc::new(facts);
        self.facts.insert(facts.clone());
        facts
    }

    /// Lets go of what no entry has, once there may be much of it.
    pub(super) fn tidy(&mut self) {
        if self.texts.len() > 2 * self.used + ROOM {
            self.facts.retain(|facts| Arc::strong_count(facts) > 1);
            self.texts.retain(|text| Arc::strong_count(text) > 1);
            self.texts.shrink_to_fit();
            self.facts.shrink_to_fit();
            self.used = self.texts.len();
        }
    }

    #[cfg(test)]
    pub(super) fn texts_kept(&self) -> usize {
        self.texts.len()
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let texts = self.texts.iter().map(|text| text.len() + 16).sum::<usize>() + self.texts.capacity() * 17;
        let lists = |facts: &Facts| facts.cloud_types.len() * 16 + facts.annotations.len() * 32;
        let facts = self.facts.iter().map(|facts| size_of::<Facts>() + 16 + lists(facts)).sum::<usize>();
        texts + facts + self.facts.capacity() * 9
    }
}
