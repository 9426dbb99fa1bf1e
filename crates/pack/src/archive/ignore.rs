//! What of a folder is not part of the pack: leftovers that never are, and the patterns of `.packignore`.
//!
//! The patterns are those of .gitignore: `*`, `?`, `[...]`, `**`, `/` in front to anchor, `/` behind for folders, `!` to take
//! back, `#` for comments.

use regex::Regex;

pub(crate) const IGNORE_FILE: &str = ".packignore";
/// The same for a Helm chart.
pub(super) const HELM_IGNORE_FILE: &str = ".helmignore";

#[derive(Debug, Default)]
pub(crate) struct IgnoreRules {
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    regex: Regex,
    folders_only: bool,
    take_back: bool,
}

impl IgnoreRules {
    /// A line that makes no pattern is skipped, as git does.
    pub(crate) fn parse(text: &str) -> Self {
        Self { patterns: text.lines().filter_map(pattern).collect() }
    }

    pub(crate) fn ignores(&self, path: &str, folder: bool) -> bool {
        if is_leftover(path.rsplit('/').next().unwrap_or(path)) {
            return true;
        }
        let last = self.patterns.iter().rev().find(|p| (folder || !p.folders_only) && p.regex.is_match(path));
        last.is_some_and(|pattern| !pattern.take_back)
    }
}

fn is_leftover(name: &str) -> bool {
    name == ".git" || name == ".DS_Store" || name.starts_with("._") || name.ends_with(".orig")
}

fn pattern(line: &str) -> Option<Pattern> {
    let line = line.trim_end();
    let (take_back, line) = match line.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let (folders_only, line) = match line.strip_suffix('/') {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let anchored = line.contains('/');
    let body = to_regex(line.trim_start_matches('/'));
    let start = if anchored { "^" } else { "^(?:.*/)?" };
    Regex::new(&format!("{start}{body}$")).ok().map(|regex| Pattern { regex, folders_only, take_back })
}

fn to_regex(glob: &str) -> String {
    let mut out = String::new();
    let mut rest = glob;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("**/") {
            out.push_str("(?:.*/)?");
            rest = after;
            continue;
        }
        if let Some(after) = rest.strip_prefix("**") {
            out.push_str(".*");
            rest = after;
            continue;
        }
        rest = &rest[c.len_utf8()..];
        match c {
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '[' => match rest.split_once(']') {
                Some((set, after)) if !set.is_empty() => {
                    let set = set.replace('\\', "\\\\").replace('[', "\\[").replace('!', "^");
                    out.push_str(&format!("[{set}]"));
                    rest = after;
                }
                _ => out.push_str("\\["),
            },
            '\\' => {
                if let Some(c) = rest.chars().next() {
                    out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
                    rest = &rest[c.len_utf8()..];
                }
            }
            c => out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_are_never_part_of_a_pack() {
        let rules = IgnoreRules::parse("!*.orig\n");
        for path in [".git", "charts/.DS_Store", "charts/._a.tgz", "charts/a.tgz.orig"] {
            assert!(rules.ignores(path, false), "{path}");
        }
        assert!(!rules.ignores("charts/.helmignore", false));
    }

    #[test]
    fn patterns_are_those_of_gitignore() {
        let rules = IgnoreRules::parse("# notes\n*.log\n/build\ndocs/**/draft?.md\ntmp/\n!keep.log\ncharts/[ab].txt\n");
        for (path, folder) in [
            ("a.log", false),
            ("x/y/a.log", false),
            ("build", true),
            ("docs/a/b/draft1.md", false),
            ("x/tmp", true),
            ("charts/b.txt", false),
        ] {
            assert!(rules.ignores(path, folder), "{path}");
        }
        for (path, folder) in [
            ("x/build", true),
            ("docs/a/draft10.md", false),
            ("tmp", false),
            ("x/keep.log", false),
            ("charts/c.txt", false),
        ] {
            assert!(!rules.ignores(path, folder), "{path}");
        }
    }
}
