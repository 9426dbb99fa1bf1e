//! How a table is sorted: by one of its columns, from the least on or from the greatest. It stands in the page's address,
//! so it survives a reload and can be passed on; the headings of the columns are links to the other ways.

use crate::icons;
use askama::Template;
use askama::filters::HtmlSafe;
use std::cmp::Ordering;

/// A column that can be sorted by.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// As the address calls it.
    pub(crate) key: &'static str,
    /// What its first click brings to the top: numbers and times are asked for from the greatest on.
    pub(crate) is_greatest_first: bool,
}

impl Column {
    pub(crate) const fn least_first(key: &'static str) -> Self {
        Self { key, is_greatest_first: false }
    }

    pub(crate) const fn greatest_first(key: &'static str) -> Self {
        Self { key, is_greatest_first: true }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sorting {
    /// All there are. By the first one the table is sorted when nothing else is asked for.
    columns: &'static [Column],
    chosen: &'static Column,
    is_descending: bool,
}

impl Sorting {
    /// What the address asks for, as `packs` or `-packs`. Rubbish asks for nothing.
    pub(crate) fn asked(columns: &'static [Column], text: &str) -> Self {
        let (key, is_descending) = text.strip_prefix('-').map_or((text, false), |key| (key, true));
        match columns.iter().find(|column| column.key == key) {
            Some(chosen) => Self { columns, chosen, is_descending },
            None => Self::first(columns, &columns[0]),
        }
    }

    fn first(columns: &'static [Column], chosen: &'static Column) -> Self {
        Self { columns, chosen, is_descending: chosen.is_greatest_first }
    }

    pub(crate) fn is_descending(self) -> bool {
        self.is_descending
    }

    /// As the address has it; empty for what needs no word.
    pub(crate) fn word(self) -> String {
        match self == Self::first(self.columns, &self.columns[0]) {
            true => String::new(),
            false => format!("{}{}", if self.is_descending { "-" } else { "" }, self.chosen.key),
        }
    }

    /// `compare` compares by the column of this key, from the least on. Equals stay in the order they have.
    pub(crate) fn sort<T>(self, rows: &mut [T], compare: impl Fn(&str, &T, &T) -> Ordering) {
        rows.sort_by(|one, other| {
            let order = compare(self.chosen.key, one, other);
            if self.is_descending { order.reverse() } else { order }
        });
    }

    /// The heading of a column, which leads to the page sorted by it; by the chosen column, the other way round.
    pub(crate) fn heading(
        self,
        key: &'static str,
        label: &'static str,
        class: &'static str,
        address: impl Fn(Self) -> String,
    ) -> Heading {
        let chosen = self.chosen.key == key;
        let next = match self.columns.iter().find(|column| column.key == key) {
            Some(column) if !chosen => Self::first(self.columns, column),
            _ => Self { is_descending: !self.is_descending, ..self },
        };
        let (state, icon) = match (chosen, self.is_descending) {
            (false, _) => ("", "sort"),
            (true, false) => ("ascending", "up"),
            (true, true) => ("descending", "down"),
        };
        Heading { key, label, class, state, icon, address: address(next) }
    }
}

/// A `th` with a link. The table and all that depends on its order stand in an element with the id `sorted`.
#[derive(Debug, Template)]
#[template(
    source = r##"<th scope="col"{% if !class.is_empty() %} class="{{ class }}"{% endif %}{% if !state.is_empty() %} aria-sort="{{ state }}"{% endif %}><a class="sort" id="sort-{{ key }}" href="{{ address }}" hx-get="{{ address }}" hx-target="#sorted" hx-select="#sorted" hx-swap="outerHTML" hx-replace-url="true" title="Sort by {{ label|lower }}">{{ label }} {{ icons::svg(icon) }}</a></th>"##,
    ext = "html"
)]
pub(crate) struct Heading {
    key: &'static str,
    label: &'static str,
    class: &'static str,
    state: &'static str,
    icon: &'static str,
    address: String,
}

impl HtmlSafe for Heading {}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[Column::least_first("name"), Column::greatest_first("packs")];

    #[test]
    fn an_order_is_a_word_of_the_address_and_rubbish_is_none() {
        for word in ["-name", "packs", "-packs"] {
            assert_eq!(Sorting::asked(COLUMNS, word).word(), word);
        }
        for own in ["", "name", "size", "-size", "--packs"] {
            assert_eq!(Sorting::asked(COLUMNS, own).word(), "", "{own}");
        }
    }

    #[test]
    fn equals_keep_their_order_either_way() {
        let sorted = |word: &str| {
            let mut rows = [("a", 1), ("b", 2), ("c", 1)];
            Sorting::asked(COLUMNS, word).sort(&mut rows, |key, one, other| match key {
                "packs" => one.1.cmp(&other.1),
                _ => one.0.cmp(other.0),
            });
            rows.map(|(name, _)| name)
        };
        assert_eq!(sorted("packs"), ["a", "c", "b"]);
        assert_eq!(sorted("-packs"), ["b", "a", "c"]);
        assert_eq!(sorted("-name"), ["c", "b", "a"]);
    }

    #[test]
    fn a_heading_leads_to_its_column_and_then_the_other_way_round() {
        let heading = |word: &str, key: &'static str| {
            let made = Sorting::asked(COLUMNS, word).heading(key, "Label", "", |next| format!("?sort={}", next.word()));
            (made.address.clone(), made.state)
        };
        assert_eq!(heading("", "packs"), ("?sort=-packs".to_owned(), ""), "the greatest first");
        assert_eq!(heading("-packs", "packs"), ("?sort=packs".to_owned(), "descending"));
        assert_eq!(heading("packs", "name"), ("?sort=".to_owned(), ""));
        assert_eq!(heading("", "name"), ("?sort=-name".to_owned(), "ascending"));
    }
}
