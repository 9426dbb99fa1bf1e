//! Where an action on a registry leads back to: the list, sorted as it was, or the registry's own page. It stands in the
//! address of the action.

use super::{LIST, order};
use crate::sorting::Sorting;
use serde::Deserialize;

const HISTORY: &str = "history";

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct WayBack {
    from: String,
    sort: String,
}

impl WayBack {
    pub(super) fn to_history() -> Self {
        Self { from: HISTORY.to_owned(), sort: String::new() }
    }

    pub(super) fn to_list(sorting: Sorting) -> Self {
        Self { from: String::new(), sort: sorting.word() }
    }

    pub(super) fn is_history(&self) -> bool {
        self.from == HISTORY
    }

    pub(super) fn sorting(&self) -> Sorting {
        Sorting::asked(order::COLUMNS, &self.sort)
    }

    /// As it stands after the address of an action.
    pub(super) fn query(&self) -> String {
        if self.is_history() {
            return format!("?from={HISTORY}");
        }
        let word = self.sorting().word();
        if word.is_empty() { word } else { format!("?sort={word}") }
    }

    pub(super) fn list(&self) -> String {
        if self.is_history() { LIST.to_owned() } else { format!("{LIST}{}", self.query()) }
    }

    /// From an action on this registry.
    pub(super) fn address(&self, uid: &str) -> String {
        if self.is_history() { format!("{LIST}/{uid}") } else { self.list() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_leads_to_the_list_as_it_was_or_to_the_registry_and_nowhere_else() {
        let list = WayBack { from: "https://elsewhere.example".to_owned(), sort: "-packs".to_owned() };
        assert_eq!((list.address("u"), list.query()), (format!("{LIST}?sort=-packs"), "?sort=-packs".to_owned()));
        let history = WayBack::to_history();
        assert_eq!((history.address("u"), history.list()), (format!("{LIST}/u"), LIST.to_owned()));
        let rubbish = WayBack { sort: "x&y".to_owned(), ..WayBack::default() };
        assert_eq!((rubbish.address("u"), rubbish.query()), (LIST.to_owned(), String::new()));
    }
}
