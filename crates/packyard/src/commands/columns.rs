//! A list with several things to say of each row: words stand below each other, under a line that names them.

use crate::terminal::line;
use std::fmt;

pub(super) struct Columns<const N: usize> {
    rows: Vec<[String; N]>,
}

impl<const N: usize> Columns<N> {
    pub(super) fn headed(names: [&str; N]) -> Self {
        Self { rows: vec![names.map(str::to_owned)] }
    }

    /// Cells of unknown origin cannot paint the terminal.
    pub(super) fn row(&mut self, cells: [&str; N]) {
        self.rows.push(cells.map(|cell| line(cell).into_owned()));
    }

    /// Each line by itself, the names first; numbers stand to the right.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        let width = |at: usize| self.rows.iter().map(|row| row[at].chars().count()).max().unwrap_or_default();
        let widths: [usize; N] = std::array::from_fn(width);
        let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        let of_numbers: [bool; N] =
            std::array::from_fn(|at| self.rows.len() > 1 && self.rows.iter().skip(1).all(|row| is_number(&row[at])));
        self.rows.iter().map(move |row| {
            let cells = row.iter().zip(widths).zip(of_numbers).map(|((cell, width), to_the_right)| {
                if to_the_right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
            });
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        })
    }
}

impl<const N: usize> fmt::Display for Columns<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().collect::<Vec<_>>().join("\n"))
    }
}

/// A time as `/v1` writes it, to the second; a dash for none.
pub(super) fn to_the_second(time: Option<&str>) -> String {
    match time {
        None => "-".to_owned(),
        Some(time) => match time.split_once('.') {
            Some((whole, _)) => format!("{whole}Z"),
            None => time.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_below_each_other_and_numbers_end_together() {
        let mut columns = Columns::headed(["NAME", "PACKS", "WHERE"]);
        columns.row(["harbour", "12", "a"]);
        columns.row(["quay", "-", "\u{1b}[31m"]);
        assert_eq!(columns.to_string(), "NAME     PACKS  WHERE\nharbour     12  a\nquay         -  \\u{1b}[31m");
    }

    #[test]
    fn times_have_no_fractions() {
        assert_eq!(to_the_second(Some("2026-11-26T00:07:31.192Z")), "2026-11-26T00:07:31Z");
        assert_eq!(to_the_second(Some("2026-11-26T00:07:31Z")), "2026-11-26T00:07:31Z");
        assert_eq!(to_the_second(None), "-");
    }
}
