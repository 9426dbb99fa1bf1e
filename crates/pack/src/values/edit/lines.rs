//! Lines of two texts compared, and a change of one carried over to another.

/// Edits that a comparison may cost; beyond, the differing middle counts as one change.
const COST: i64 = 1000;

/// Lines `old` of the first text became lines `new` of the second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hunk {
    pub(super) old: std::ops::Range<usize>,
    pub(super) new: std::ops::Range<usize>,
}

/// The differences, first to last (Myers, "An O(ND) difference algorithm").
pub(super) fn diff(a: &[&str], b: &[&str]) -> Vec<Hunk> {
    let start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let tail = a[start..].iter().rev().zip(b[start..].iter().rev()).take_while(|(x, y)| x == y).count();
    let (mid_a, mid_b) = (&a[start..a.len() - tail], &b[start..b.len() - tail]);
    if mid_a.is_empty() && mid_b.is_empty() {
        return Vec::new();
    }
    let whole = || vec![Hunk { old: 0..mid_a.len(), new: 0..mid_b.len() }];
    let mut hunks = shortest(mid_a, mid_b).map_or_else(whole, |pairs| gaps(&pairs, mid_a.len(), mid_b.len()));
    for hunk in &mut hunks {
        hunk.old = hunk.old.start + start..hunk.old.end + start;
        hunk.new = hunk.new.start + start..hunk.new.end + start;
    }
    hunks
}

/// Pairs of equal lines; None where finding them costs too much. Diagonal `k` is `x - y`.
fn shortest(a: &[&str], b: &[&str]) -> Option<Vec<(usize, usize)>> {
    let (rows, columns) = (a.len() as i64, b.len() as i64);
    let most = (rows + columns).min(COST);
    let mut reach = Reach { from: -most - 1, x: vec![0; 2 * most as usize + 3] };
    let mut trace = Vec::new();
    for cost in 0..=most {
        trace.push(reach.between(-cost - 1, cost + 1));
        for k in (-cost..=cost).step_by(2) {
            let (mut x, _) = reach.step(k, cost);
            let mut y = x - k;
            while x < rows && y < columns && a[x as usize] == b[y as usize] {
                (x, y) = (x + 1, y + 1);
            }
            reach.set(k, x);
            if x >= rows && y >= columns {
                return Some(back(&trace, rows, columns));
            }
        }
    }
    None
}

/// How far each diagonal has come.
struct Reach {
    from: i64,
    x: Vec<i64>,
}

impl Reach {
    fn at(&self, k: i64) -> i64 {
        self.x[(k - self.from) as usize]
    }

    fn set(&mut self, k: i64, x: i64) {
        self.x[(k - self.from) as usize] = x;
    }

    fn between(&self, from: i64, to: i64) -> Self {
        Self { from, x: (from..=to).map(|k| self.at(k)).collect() }
    }

    /// The start of the next edit on a diagonal, and the diagonal it comes from.
    fn step(&self, k: i64, cost: i64) -> (i64, i64) {
        if k == -cost || (k != cost && self.at(k - 1) < self.at(k + 1)) {
            (self.at(k + 1), k + 1)
        } else {
            (self.at(k - 1) + 1, k - 1)
        }
    }
}

/// Walks the trace from the end to the start.
fn back(trace: &[Reach], mut x: i64, mut y: i64) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for (cost, reach) in trace.iter().enumerate().rev() {
        let (_, before) = reach.step(x - y, cost as i64);
        let (from_x, from_y) = (reach.at(before), reach.at(before) - before);
        while x > from_x && y > from_y && x > 0 && y > 0 {
            (x, y) = (x - 1, y - 1);
            pairs.push((x as usize, y as usize));
        }
        (x, y) = (from_x, from_y);
    }
    pairs.reverse();
    pairs
}

fn gaps(pairs: &[(usize, usize)], a: usize, b: usize) -> Vec<Hunk> {
    let mut hunks = Vec::new();
    let (mut x, mut y) = (0, 0);
    for (px, py) in pairs.iter().copied().chain([(a, b)]) {
        if px > x || py > y {
            hunks.push(Hunk { old: x..px, new: y..py });
        }
        (x, y) = (px + 1, py + 1);
    }
    hunks
}

/// Makes of `base` -> `target` the same change in `text`: its lines, or the line of `text` (from 0) where both changed.
pub(super) fn carry<'a>(base: &[&str], target: &[&'a str], text: &[&'a str]) -> Result<Vec<&'a str>, usize> {
    let theirs = diff(base, text);
    let mut out = Vec::new();
    let (mut copied, mut shift) = (0_usize, 0_i64);
    let mut edits = theirs.iter().peekable();
    for hunk in diff(base, target) {
        let place = |line: usize, shift: i64| (line as i64 + shift) as usize;
        while let Some(edit) = edits.next_if(|edit| before(&edit.old, &hunk.old)) {
            shift = edit.new.end as i64 - edit.old.end as i64;
        }
        if edits.peek().is_some_and(|edit| !before(&hunk.old, &edit.old)) {
            return Err(place(hunk.old.start, shift));
        }
        let (from, to) = (place(hunk.old.start, shift), place(hunk.old.end, shift));
        out.extend(text[copied..from].iter().copied());
        out.extend(target[hunk.new].iter().copied());
        copied = to;
    }
    out.extend(text[copied..].iter().copied());
    Ok(out)
}

/// Whether a change lies wholly before another. Two insertions at one place, or one at the edge of a change, do not: which
/// comes first is not known.
fn before(first: &std::ops::Range<usize>, then: &std::ops::Range<usize>) -> bool {
    first.end < then.start || (first.end == then.start && !first.is_empty() && !then.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(text: &str) -> Vec<&str> {
        text.split("").filter(|c| !c.is_empty()).collect()
    }

    proptest! {
        #[test]
        fn a_difference_makes_one_text_of_the_other(a in "[abc]{0,30}", b in "[abc]{0,30}") {
            let (a, b) = (lines(&a), lines(&b));
            let mut out = Vec::new();
            let mut at = 0;
            for hunk in diff(&a, &b) {
                out.extend_from_slice(&a[at..hunk.old.start]);
                out.extend_from_slice(&b[hunk.new.clone()]);
                at = hunk.old.end;
            }
            out.extend_from_slice(&a[at..]);
            prop_assert_eq!(&out, &b);
            prop_assert_eq!(carry(&a, &b, &a).unwrap(), b);
        }

        #[test]
        fn carrying_never_panics(a in "[ab]{0,20}", b in "[ab]{0,20}", c in "[ab]{0,20}") {
            let _ = carry(&lines(&a), &lines(&b), &lines(&c));
        }
    }

    #[test]
    fn changes_apart_go_together_and_at_one_place_do_not() {
        assert_eq!(carry(&lines("abcdef"), &lines("aXcdef"), &lines("abcdYf")).unwrap(), lines("aXcdYf"));
        assert_eq!(carry(&lines("abcdef"), &lines("aXcdef"), &lines("aYcdef")), Err(1));
        let (a, b): (Vec<String>, Vec<String>) = ((0..3000).map(|i| format!("a{i}")).collect(), vec![String::new()]);
        let (a, b): (Vec<&str>, Vec<&str>) =
            (a.iter().map(String::as_str).collect(), b.iter().map(String::as_str).collect());
        assert_eq!(diff(&a, &b), [Hunk { old: 0..3000, new: 0..1 }]);
    }
}
