//! Why something others may use is replaced: what `--force REASON` of the verbs that write to a registry takes.

/// For clap: a text that says something.
pub(crate) fn parse(typed: &str) -> Result<String, String> {
    let reason = typed.trim();
    if reason.is_empty() {
        return Err("it wants a reason, such as --force \"the image was wrong\"".to_owned());
    }
    Ok(reason.to_owned())
}
