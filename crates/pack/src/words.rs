//! The words of texts that are not kept, such as a chart's templates: enough to say whether a name occurs in them.

use std::collections::BTreeSet;

/// Words kept of one chart. Beyond, any word may be in it.
const WORDS: usize = 10_000;
/// Longer words are cut out of data, not names.
const WORD_BYTES: usize = 80;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Words {
    words: BTreeSet<Box<str>>,
    /// Something was not read: nothing can be said to be missing.
    pub(crate) partial: bool,
}

impl Words {
    pub(crate) fn read(&mut self, text: &str) {
        for word in split(text).filter(|word| word.len() <= WORD_BYTES) {
            if self.words.contains(word) {
                continue;
            }
            if self.words.len() >= WORDS {
                self.partial = true;
                return;
            }
            self.words.insert(word.into());
        }
    }

    /// Whether each word of a name may occur.
    pub(crate) fn may_have(&self, name: &str) -> bool {
        self.partial || split(name).all(|word| word.len() > WORD_BYTES || self.words.contains(word))
    }

    /// What they cost in memory, about.
    pub(crate) fn bytes(&self) -> u64 {
        self.words.iter().map(|word| word.len() as u64 + 32).sum()
    }
}

/// Runs of letters, digits, `_` and inner `-`.
fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')))
        .map(|word| word.trim_matches('-'))
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_their_words() {
        let mut words = Words::default();
        words.read("{{- .Values.my-app.image_tag }}: quay.io/a/b:1");
        assert!(words.may_have("my-app") && words.may_have("image_tag.quay") && !words.may_have("app"));
        words.read(&(0..WORDS).map(|i| format!("w{i} ")).collect::<String>());
        assert!(words.partial && words.may_have("anything"));
    }
}
