//! What a run of the tests has to tell beside "ok". Written to standard error itself: the test runner keeps what
//! `eprintln!` prints of a passing test to itself, and a skipped test must be seen. `scripts/test` counts the lines.

use std::io::Write;

/// A fact about this run: a version, a count.
pub fn note(text: &str) {
    line("NOTE", text);
}

/// Says by name that a test is skipped because something that can be installed is missing.
///
/// # Panics
/// Where `CI` is set: there it is a failure.
pub fn skip(test: &str, why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{test}: {why}");
    line("SKIPPED", &format!("{test}: {why}"));
}

/// Says by name that a test is skipped because the material it needs is not beside the project. That material is not
/// part of the project, so its absence is never a failure.
pub fn skip_without_shared(test: &str, what: &str) {
    line("SKIPPED", &format!("{test}: {what} is not beside the project"));
}

/// Says by name that a test is skipped because the system does not let it do what it needs, as containers may not.
pub fn skip_where_refused(test: &str, what: &str) {
    line("SKIPPED", &format!("{test}: the system refuses {what}"));
}

fn line(kind: &str, text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{kind} {text}");
}
