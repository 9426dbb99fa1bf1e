//! Patterns of JSON Schema as patterns of schema.yaml: found anywhere there, the whole value here.

/// None where no placeholder can hold it; whether it is a pattern of RE2 at all, the caller finds out by reading it back.
pub(super) fn whole(pattern: &str) -> Option<String> {
    let one_line = !pattern.chars().any(char::is_control);
    // These are escapes and groups of ECMAScript that RE2 reads as something else or not at all.
    let foreign =
        ["\\u", "\\c", "(?=", "(?!", "(?<=", "(?<!", "\\k", "&&", "~~"].iter().any(|part| pattern.contains(part));
    if pattern.is_empty() || !one_line || foreign {
        return None;
    }
    let anchored = pattern.starts_with('^') && ends_anchored(pattern) && !pattern.contains('|');
    let out = if anchored { pattern.to_owned() } else { format!(".*(?:{pattern}).*") };
    // They would end the placeholder, or the expression around it.
    let fits = !out.contains("/}") && !out.contains("{{") && !out.contains("}}");
    fits.then_some(out)
}

/// `$` at the end, and not `\$`.
fn ends_anchored(pattern: &str) -> bool {
    let Some(before) = pattern.strip_suffix('$') else { return false };
    let slashes = before.len() - before.trim_end_matches('\\').len();
    slashes % 2 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_the_whole_value() {
        for (pattern, expected) in [
            ("^[a-z]+$", Some("^[a-z]+$")),
            ("[a-z]+", Some(".*(?:[a-z]+).*")),
            ("^a|b$", Some(".*(?:^a|b$).*")),
            ("^a\\$", Some(".*(?:^a\\$).*")),
            ("^(?!x).*$", None),
            ("a/}b", None),
            ("a{{2}}", None),
            ("\\u0041", None),
            ("", None),
        ] {
            assert_eq!(whole(pattern).as_deref(), expected, "{pattern}");
        }
    }
}
