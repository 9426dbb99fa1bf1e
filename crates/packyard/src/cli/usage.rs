//! The line `Usage:` of an error, as the help of the verb has it. Clap's own also names each option that a variable of the
//! environment sets, as if it were needed.

use clap::error::{ContextKind, ContextValue};

pub(super) fn as_in_help(mut error: clap::Error, root: &clap::Command, words: &[String]) -> clap::Error {
    if error.get(ContextKind::Usage).is_none() {
        return error;
    }
    let mut root = root.clone();
    // Verbs know their whole name only then.
    root.build();
    let verb = words.iter().fold(&root, |command, word| command.find_subcommand(word).unwrap_or(command));
    let usage = verb.clone().render_usage();
    error.insert(ContextKind::Usage, ContextValue::StyledStr(usage));
    error
}
