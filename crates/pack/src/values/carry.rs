//! A person's changes of one version's default values, carried over to the defaults of another version: a three-way
//! merge by lines.

use similar::{DiffOp, TextDiff};
use std::ops::Range;
use std::time::Duration;

/// Longest that each of the two searches for changes takes; after it coarser changes are merged.
const PATIENCE: Duration = Duration::from_secs(1);

/// The outcome of [`carry`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Carried {
    pub text: String,
    /// The first line, from 1, of each place that both sides changed in another way; there the person's text stands.
    pub conflicts: Vec<usize>,
    /// How many changes of the new defaults came in.
    pub taken: usize,
}

/// `values` were made of `old_default`; the result is made of `new_default` with the same changes in it.
pub fn carry(old_default: &str, new_default: &str, values: &str) -> Carried {
    let split = |text: &'_ str| -> Vec<String> { text.split_inclusive('\n').map(str::to_owned).collect() };
    let (base, ours, theirs) = (split(old_default), split(values), split(new_default));
    let (own, new) = (changes(old_default, values), changes(old_default, new_default));
    let mut merged = Merge { base: &base, out: Vec::new(), carried: Carried::default() };
    let (mut at, mut own, mut new) = (0, own.as_slice(), new.as_slice());
    while let Some(start) = own.first().into_iter().chain(new.first()).map(|change| change.base.start).min() {
        merged.keep(at..start);
        // Changes that touch are one place.
        let mut end = start;
        let (mut used_own, mut used_new) = (0, 0);
        loop {
            let touches =
                |changes: &[Change], used: usize| changes.get(used).filter(|next| next.base.start <= end).cloned();
            if let Some(next) = touches(own, used_own) {
                end = end.max(next.base.end);
                used_own += 1;
            } else if let Some(next) = touches(new, used_new) {
                end = end.max(next.base.end);
                used_new += 1;
            } else {
                break;
            }
        }
        let mine = applied(&base, &ours, start..end, &own[..used_own]);
        let other = applied(&base, &theirs, start..end, &new[..used_new]);
        merged.place(mine, used_own > 0, other, used_new > 0);
        (at, own, new) = (end, &own[used_own..], &new[used_new..]);
    }
    merged.keep(at..base.len());
    Carried { text: merged.out.concat(), ..merged.carried }
}

struct Merge<'a> {
    base: &'a [String],
    out: Vec<String>,
    carried: Carried,
}

impl Merge<'_> {
    fn keep(&mut self, lines: Range<usize>) {
        self.out.extend_from_slice(&self.base[lines]);
    }

    fn place(&mut self, mine: Vec<String>, has_mine: bool, other: Vec<String>, has_other: bool) {
        if has_mine && has_other && mine != other {
            self.carried.conflicts.push(self.out.len() + 1);
        }
        if has_other && !has_mine {
            self.carried.taken += 1;
        }
        self.out.extend(if has_mine { mine } else { other });
    }
}

/// Lines of the base that became other lines.
#[derive(Debug, Clone)]
struct Change {
    base: Range<usize>,
    new: Range<usize>,
}

fn changes(base: &str, text: &str) -> Vec<Change> {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(base, text);
    let ops = diff.ops().iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
    ops.map(|op| Change { base: op.old_range(), new: op.new_range() }).collect()
}

/// What a range of the base became by these changes of it.
fn applied(base: &[String], side: &[String], range: Range<usize>, changes: &[Change]) -> Vec<String> {
    let mut out = Vec::new();
    let mut at = range.start;
    for change in changes {
        out.extend_from_slice(&base[at..change.base.start]);
        out.extend_from_slice(&side[change.new.clone()]);
        at = change.base.end;
    }
    out.extend_from_slice(&base[at..range.end]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OLD: &str = "# copies\nreplicas: 1\nimage: a:1\n# ports\nport: 80\nlast: x\n";

    #[test]
    fn changes_of_both_sides_are_kept() {
        let new = OLD.replace("a:1", "a:2") + "added: true\n";
        let own = OLD.replace("port: 80", "port: 8080 # ours");
        let carried = carry(OLD, &new, &own);
        assert_eq!(
            carried.text,
            "# copies\nreplicas: 1\nimage: a:2\n# ports\nport: 8080 # ours\nlast: x\nadded: true\n"
        );
        assert_eq!((carried.conflicts, carried.taken), (vec![], 2));
    }

    #[test]
    fn where_both_changed_the_person_wins_and_it_is_said() {
        let carried =
            carry(OLD, &OLD.replace("replicas: 1", "replicas: 2"), &OLD.replace("replicas: 1", "replicas: 9"));
        assert_eq!(carried.text, OLD.replace("replicas: 1", "replicas: 9"));
        assert_eq!((carried.conflicts, carried.taken), (vec![2], 0));
        let same = carry(OLD, &OLD.replace("replicas: 1", "replicas: 2"), &OLD.replace("replicas: 1", "replicas: 2"));
        assert!(same.conflicts.is_empty());
    }

    proptest! {
        #[test]
        fn one_side_alone_is_that_side(old in "([ab]\n){0,8}", new in "([abc]\n){0,8}") {
            prop_assert_eq!(carry(&old, &new, &old).text, new.clone());
            prop_assert_eq!(carry(&old, &old, &new).text, new);
        }

        #[test]
        fn no_line_comes_from_nowhere(old in "([ab]\n?){0,8}", new in "([abc]\n?){0,8}", own in "([abd]\n?){0,8}") {
            let text = carry(&old, &new, &own).text;
            for line in text.split_inclusive('\n') {
                prop_assert!([&old, &new, &own].iter().any(|side| side.split_inclusive('\n').any(|known| known == line)));
            }
        }
    }
}
