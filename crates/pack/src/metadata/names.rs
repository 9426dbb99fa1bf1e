//! What a name and a version may be.

/// ECR's and the distribution-spec's bounds for one part of a repository name and for a tag.
const NAME_BYTES: usize = 200;
const VERSION_BYTES: usize = 128;

/// A name must be one part of an OCI repository name.
pub(crate) fn name_problem(name: &str) -> Option<&'static str> {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    if name.len() > NAME_BYTES {
        Some("is longer than 200 characters")
    } else if !name.chars().all(inner) {
        Some("has characters other than lower-case letters, digits, `.`, `_` and `-`")
    } else if !edge(name.chars().next()) || !edge(name.chars().next_back()) {
        Some("does not start and end with a letter or digit")
    } else if ["..", "._", "_.", "-.", ".-", "-_", "_-", "___"].iter().any(|pair| name.contains(pair)) {
        Some("has separators side by side that no repository name may have")
    } else {
        None
    }
}

/// A version must be an OCI tag, or be one once each `+` is written `_`, as Helm does.
pub(crate) fn version_problem(version: &str) -> Option<&'static str> {
    let first = version.chars().next();
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
    if version.len() > VERSION_BYTES {
        Some("is longer than 128 characters")
    } else if !version.chars().all(inner) {
        Some("has characters other than letters, digits, `.`, `_`, `-` and `+`")
    } else if !first.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
        Some("does not start with a letter or digit")
    } else {
        None
    }
}
